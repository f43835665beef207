"""Who a client is: whole names, workspaces before tags, and nobody by mistake."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.client_report import read_client_month
from pipelines.errors import ConfigurationError, RunFailedError
from tests.dashboard.marts import write
from tests.pipelines.client_report.conftest import OCTOBER, world


@pytest.mark.parametrize(
    ("wanted", "kind", "identity", "campaigns"),
    [
        ("Acme", "workspace", "w1", {"c1", "c2", "c3"}),
        ("acme", "workspace", "w1", {"c1", "c2", "c3"}),
        ("w2", "workspace", "w2", {"c4", "c5"}),
        ("w3", "workspace", "w3", set()),
        ("umbrella", "tag", "t4", {"c4"}),
        ("t6", "tag", "t6", {"c4"}),
        ("t7", "tag", "t7", {"c1"}),
        ("t8", "tag", "t8", {"c5"}),
    ],
)
def test_a_client_is_a_workspace_or_a_tag_by_id_or_whole_name(
    warehouse: Path, wanted: str, kind: str, identity: str, campaigns: set[str]
) -> None:
    found = read_client_month(warehouse, wanted, OCTOBER)
    assert (found.client.kind, found.client.identity) == (kind, identity)
    assert {campaign.line.campaign_id for campaign in found.campaigns} == campaigns


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("Acm", r"no client 'Acm'.*\(Acme; Globex; Twin\).*\(ACME; EMEA; Hooli; Umbrella\)"),
        ("Twin", r"2 workspaces are called 'Twin'.*w3 \(Twin\); w4 \(Twin\)"),
        ("emea", r"2 tags are called 'emea'.*t6 \(EMEA in workspace w2\); t7 \(EMEA in"),
        ("\n", r"no client ''"),
    ],
)
def test_whoever_is_unknown_or_two_is_answered_with_those_there_are(
    warehouse: Path, wanted: str, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        read_client_month(warehouse, wanted, OCTOBER)


def test_without_tags_workspaces_are_clients_all_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "warehouse.duckdb", world())
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table instantly.campaign_tags")
    assert read_client_month(path, "Acme", OCTOBER).campaigns
    with pytest.raises(ConfigurationError, match=r"or a tag \(there is none\)"):
        read_client_month(path, "Umbrella", OCTOBER)


def test_a_warehouse_that_no_run_filled_is_no_report(tmp_path: Path) -> None:
    path = write(tmp_path / "warehouse.duckdb", {})
    with pytest.raises(RunFailedError, match="instantly-warehouse run"):
        read_client_month(path, "Acme", OCTOBER)
    bare = write(tmp_path / "bare.duckdb", {}, without=("campaign_performance",))
    with pytest.raises(RunFailedError, match=r"campaign_performance.*transform"):
        read_client_month(bare, "Acme", OCTOBER)
