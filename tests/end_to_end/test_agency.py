"""Many workspaces: several keys, or an agency's admin key, each with its own failures."""

import pytest

from sandbox import Sandbox
from sources.instantly.errors import KeyRefused, PlanRequired, UnknownWorkspace


@pytest.fixture(scope="module")
def agency():
    with Sandbox("agency", rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _clean(agency):
    yield
    agency.clear_faults()


def statuses(report) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for outcome in report.outcomes:
        found.setdefault(outcome.workspace_name, set()).add(outcome.status)
    return found


def test_an_admin_key_reads_what_has_accepted(warehouse, agency) -> None:
    report = warehouse.sync(agency, INSTANTLY_SUB_WORKSPACES="all")
    fared = statuses(report)

    assert fared["Northlight Agency"] == {"ok"}
    assert fared["Acme Tools"] == fared["Globex « Europe »"] == {"ok"}
    assert "Not Yet Ours" not in fared, "an invitation that is pending opens nothing"
    assert report.is_partial, "the unpaid one"
    assert len({row["workspace_id"] for row in warehouse.current("campaigns")}) >= 4


def test_rows_of_workspaces_do_not_mix(warehouse, agency) -> None:
    warehouse.sync(agency, INSTANTLY_SUB_WORKSPACES="Acme Tools")
    campaigns = warehouse.current("campaigns")

    assert {row["organization"] for row in campaigns} == {row["workspace_id"] for row in campaigns}
    assert len({row["workspace_id"] for row in campaigns}) == 2


def test_a_sub_workspace_that_is_not_there_is_named(warehouse, agency) -> None:
    with pytest.raises(UnknownWorkspace, match=r"Nowhere.*Acme Tools"):
        warehouse.sync(agency, INSTANTLY_SUB_WORKSPACES="Nowhere")


def test_a_workspace_that_fails_keeps_its_rows_and_the_rest_arrives(warehouse, agency) -> None:
    warehouse.sync(agency, INSTANTLY_SUB_WORKSPACES="all", tables="campaigns")
    before = {row["id"] for row in warehouse.current("campaigns")}
    agency.fault("items_null", "GET /campaigns", nth=1, times=4)
    report = warehouse.sync(agency, INSTANTLY_SUB_WORKSPACES="all", tables="campaigns")

    assert report.is_partial
    assert {row["id"] for row in warehouse.current("campaigns")} == before


def test_a_single_workspace_without_a_plan_is_an_error(warehouse, agency) -> None:
    with pytest.raises(PlanRequired):
        warehouse.sync(agency, INSTANTLY_API_KEY=agency.keys["initech"])


def test_a_revoked_key_is_an_error(warehouse, agency) -> None:
    with pytest.raises(KeyRefused):
        warehouse.sync(agency, INSTANTLY_API_KEY=agency.keys["northlight/old"])


def test_every_workspace_keeps_its_own_pace(warehouse, agency) -> None:
    agency.reset_requests()
    warehouse.sync(agency, INSTANTLY_SUB_WORKSPACES="all", tables="campaign_analytics")
    asked = {row["workspace"] for row in agency.log() if row["status"] == 200}

    assert {"Northlight Agency", "Acme Tools", "Hooli"} <= asked


def test_what_a_key_or_a_plan_leaves_out_is_named_and_the_rest_arrives(
    warehouse, agency, monkeypatch
) -> None:
    """Five workspaces whose keys and plans differ, everything that they let one read."""
    names = ("acme", "globex", "initech", "umbrella", "hooli")
    for name in names:
        key = agency.keys["hooli/full" if name == "hooli" else name]
        monkeypatch.setenv(f"INSTANTLY_API_KEY_{name.upper()}", key)
    report = warehouse.sync(
        agency,
        tables="workspaces,workspace_members,campaigns,accounts,custom_tags,lead_lists,webhooks,"
        "inbox_placement_reports,inbox_placement_daily,phone_numbers",
        INSTANTLY_WORKSPACES=",".join(names),
    )
    fared = {(o.workspace_name, o.table_name): o for o in report.outcomes}
    left_out = {place: o.status for place, o in fared.items() if o.status != "ok"}

    assert {name for name, _ in left_out} == {"initech", "umbrella"}
    assert {table for name, table in left_out if name == "umbrella"} == {
        "inbox_placement_tests",
        "inbox_placement_reports",
        "inbox_placement_daily",
    }
    assert all("paid plan" in fared[place].message for place in left_out)
    assert all("402" in o.message for (name, _), o in fared.items() if name == "initech")
    assert len({row["workspace_id"] for row in warehouse.current("phone_numbers")}) == 4


def test_a_table_that_is_skipped_in_one_workspace_stays_as_it_was_there(warehouse, agency) -> None:
    tables = "campaigns,accounts,phone_numbers"
    asked = {"INSTANTLY_SUB_WORKSPACES": "Acme Tools,Globex « Europe »", "tables": tables}
    warehouse.sync(agency, **asked)
    before = {row["email"] for row in warehouse.current("accounts")}
    agency.fault("status", "GET /accounts", status=403, times=None, where={"workspace": "acme"})
    report = warehouse.sync(agency, **asked)

    assert {(o.workspace_name, o.table_name) for o in report.incomplete} == {
        ("Acme Tools", "accounts")
    }
    assert {row["email"] for row in warehouse.current("accounts")} == before
