"""Runs that find nothing new leave the marts as they are; the marts are always those of a build."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from pipelines import run as jobs
from pipelines.outcome import SyncReport, new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job
from pipelines.settings import Settings
from sandbox import Sandbox
from sandbox.worlds import small

TODAY = date(2026, 11, 17)
WORLD = small(campaigns=2, days=10, leads_per_day=5)


@pytest.fixture
def api():
    with Sandbox(WORLD, seed=4, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


def marts(file: Path) -> dict[str, list[Any]]:
    """Every row of every mart."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'instantly' order by all"
        ).fetchall()
        return {
            name: connection.execute(
                f"select columns(c -> c != 'judged_at') from instantly.{name} order by all"
            ).fetchall()
            for (name,) in names
        }


@pytest.mark.slow
def test_marts_after_every_run_are_those_of_a_build(tmp_path: Path, api: Sandbox) -> None:
    file = tmp_path / "warehouse.duckdb"

    def done(work: Callable[[Job], SyncReport], **others: Any) -> SyncReport:
        settings = Settings(
            INSTANTLY_API_KEY=SecretStr(api.key),
            INSTANTLY_BASE_URL=api.url,
            WAREHOUSE_PATH=str(file),
            INSTANTLY_REQUESTS_PER_MINUTE=6000,
            **others,
        )
        return work(Job(settings, new_run_id(), SilentProgress()))

    def is_unchanged(**others: Any) -> bool:
        report = done(jobs.run, **others)
        told = marts(file)
        assert {row[0] for row in told["warehouse_info"]} == {
            max(r[0] for r in told["sync_status"])
        }
        if report.is_unchanged:
            done(jobs.transform, **others)
            assert marts(file) == told
        return report.is_unchanged

    assert not is_unchanged(), "a first run builds"
    assert is_unchanged()
    api.change("late_reply", campaign=0, days_ago=6)
    done(jobs.sync)
    assert not is_unchanged(), "a load without a build before it"


def packages(file: Path) -> int:
    """How often dlt has loaded into the file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute("select count(*) from instantly_raw._dlt_loads").fetchone()
    assert found
    return found[0]


def test_loader_is_started_for_what_the_warehouse_does_not_hold(
    tmp_path: Path, api: Sandbox
) -> None:
    file = tmp_path / "warehouse.duckdb"

    def started(**others: Any) -> int:
        before = packages(file) if file.exists() else 0
        settings = Settings(
            INSTANTLY_API_KEY=SecretStr(api.key),
            INSTANTLY_BASE_URL=api.url,
            WAREHOUSE_PATH=str(file),
            INSTANTLY_REQUESTS_PER_MINUTE=6000,
            INSTANTLY_TABLES="leads",
            **others,
        )
        report = jobs.sync(Job(settings, new_run_id(), SilentProgress()))
        assert not report.is_partial
        return packages(file) - before

    assert started() == 1
    assert started() == 0, "nothing new, leads included"
    assert started(LEAD_VARIABLES="Industry") == 1, "a column is new"
    api.change("late_reply", campaign=0, days_ago=6)
    assert started(LEAD_VARIABLES="Industry") == 1
