"""`status`: what the stored runs say, also on a half-built warehouse."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.errors import Exit, RunFailedError
from pipelines.status import Status, as_json, print_table, read_status
from tests.pipelines.marts_by_hand import NOW, build


@pytest.fixture
def status(tmp_path: Path) -> Status:
    return read_status(build(tmp_path / "instantly.duckdb"))


def shown(status: Status) -> str:
    console = Console(file=io.StringIO(), width=140)
    print_table(status, console, NOW)
    return console.file.getvalue()


def test_every_table_has_its_last_run_and_its_last_success(status: Status) -> None:
    campaigns, leads = status.tables
    assert (campaigns.table_name, campaigns.status, campaigns.rows) == ("campaigns", "ok", 5)
    assert (campaigns.requests, campaigns.requests_30_days) == (2, 22)
    assert campaigns.succeeded_at == NOW - timedelta(hours=3)
    assert (leads.table_name, leads.status, leads.rows) == ("leads", "failed", 1000)
    assert leads.succeeded_at == NOW - timedelta(days=5)


def test_warehouse_knows_its_run_and_what_is_restating(status: Status) -> None:
    assert (status.run_id, status.version) == ("r2", "0.1.0")
    assert status.as_of == NOW - timedelta(hours=3)
    assert status.restated == {"w1": 2}


def test_table_says_age_and_what_is_wrong(status: Status) -> None:
    text = shown(status)
    assert "180 min" in text or "3 h" in text
    assert "5 d" in text
    assert "failed: leads: key lacks leads:read" in text
    assert "restated: 2" in text


def test_json_is_whole_and_in_utc(status: Status) -> None:
    read = json.loads(as_json(status))
    assert read["as_of"] == "2026-11-17T09:00:00+00:00"
    assert [table["table_name"] for table in read["tables"]] == ["campaigns", "leads"]


def test_before_the_first_transform_nothing_is_said_of_restatements(tmp_path: Path) -> None:
    status = read_status(build(tmp_path / "other name.duckdb", marts=False))
    assert status.restated is None
    assert len(status.tables) == 2


def test_file_without_runs_says_so(tmp_path: Path) -> None:
    status = read_status(build(tmp_path / "instantly.duckdb", marts=False, runs=False))
    assert "no run is recorded" in shown(status)


def test_no_warehouse_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match="instantly-warehouse run") as refused:
        read_status(tmp_path / "instantly.duckdb")
    assert refused.value.exit_code == Exit.FAILED


def test_reading_leaves_no_handle_open(tmp_path: Path) -> None:
    path = build(tmp_path / "instantly.duckdb")
    read_status(path)
    duckdb.connect(str(path)).execute("create table writable as select 1").close()
