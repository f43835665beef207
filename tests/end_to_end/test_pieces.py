"""Long loads keep what they have: pieces that are published, and what is asked after a break."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import run as jobs
from pipelines.outcome import SyncReport, new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job, Selection
from pipelines.settings import Settings
from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.errors import RequestRefused
from tests.end_to_end.conftest import Source, Warehouse, differences
from tests.pipelines.installed_program import PROGRAM

TODAY = date(2026, 11, 17)
DAYS = 65
FIRST = TODAY - timedelta(days=DAYS)
SECOND = FIRST + timedelta(days=31)
THIRD = SECOND + timedelta(days=31)
DAILY, STEPS = "GET /campaigns/analytics/daily", "GET /campaigns/analytics/steps"
WORLD = small(campaigns=3, days=DAYS, leads_per_day=1)
REPORTS = "campaign_analytics_daily,step_analytics,step_analytics_daily"


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


@dataclass
class Published:
    """A published file that `sync` changes, as the command does, in this process."""

    file: Path
    api: Sandbox

    def sync(self, **options: Any) -> SyncReport:
        variables = {name: options.pop(name) for name in list(options) if name.isupper()}
        settings = Settings(
            INSTANTLY_API_KEY=self.api.key,
            INSTANTLY_BASE_URL=self.api.url,
            INSTANTLY_REQUESTS_PER_MINUTE=6000,
            INSTANTLY_TABLES=variables.pop("INSTANTLY_TABLES", "core"),
            WAREHOUSE_PATH=self.file,
            **variables,
        )
        return jobs.sync(Job(settings, new_run_id(), SilentProgress(), Selection(**options)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute("set TimeZone = 'UTC'").execute(sql).fetchall()

    def days(self) -> set[date]:
        found = self.rows("select distinct date from instantly_raw.step_analytics_daily")
        return {day for (day,) in found}

    def first_days(self, operation: str) -> set[str]:
        """First days of the windows that were asked for since the last reset."""
        asked = [r["query"] for r in self.api.log() if r["operation"] == operation]
        return {query["start_date"][0] for query in asked if "start_date" in query}

    def wrong(self) -> dict[str, Any]:
        """Reports of campaigns in which the file says otherwise than the source."""
        held, source = Warehouse(self.file.parent), Source(self.api, self.api.key)
        beside = {"account_analytics_daily"}  # the source is asked for its last days only
        return differences(held, source, TODAY, DAYS, but=beside)


@pytest.fixture
def published(tmp_path: Path, api: Sandbox) -> Published:
    return Published(tmp_path / "warehouse.duckdb", api)


@pytest.fixture
def one_campaign_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.instantly.reading.reports.CAMPAIGNS_AT_ONCE", 1)


def test_a_backfill_that_is_killed_keeps_its_pieces_and_goes_on_behind_them(published, api) -> None:
    recent = TODAY - timedelta(days=3)
    published.sync(INSTANTLY_START_DATE=recent)
    assert min(published.days()) >= recent

    api.fault("delay", DAILY, where={"start_date": SECOND.isoformat()}, times=None, seconds=60)
    with backfilling(published) as process:
        wait_for(lambda: SECOND.isoformat() in published.first_days(DAILY), process)
        process.send_signal(signal.SIGKILL)
    first_piece = {day for day in published.days() if day < recent}
    assert FIRST < max(first_piece) < SECOND

    api.clear_faults()
    api.reset_requests()
    report = published.sync(since=FIRST)
    assert not report.is_partial
    assert min(published.first_days(STEPS)) >= SECOND.isoformat(), "what is there is not asked"
    assert api.requests()["by_operation"][DAILY] == 6, "three campaigns, two pieces left"
    assert published.rows("select count(*) from instantly_raw.backfills") == [(0,)]
    assert not published.wrong()
    assert one_run(published) == (report.requests, True)


def one_run(published: Published) -> tuple[int, bool]:
    """Requests of the newest run in the run log, which has one row for each table."""
    ((rows, tables, requests, is_backfill),) = published.rows(
        "select count(*), count(distinct table_name), sum(requests), bool_and(is_backfill) "
        "from instantly_raw.sync_runs group by run_id order by run_id desc limit 1"
    )
    assert rows == tables
    return requests, is_backfill


@contextmanager
def backfilling(published: Published) -> Generator[subprocess.Popen[bytes]]:
    """The real command at work, which is gone when the block ends."""
    ours = ("INSTANTLY_", "WAREHOUSE_", "PUBLISH_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ours_now = {
        "INSTANTLY_API_KEY": published.api.key,
        "INSTANTLY_BASE_URL": published.api.url,
        "WAREHOUSE_PATH": str(published.file),
        "INSTANTLY_TABLES": "core",
    }
    with subprocess.Popen(
        [str(PROGRAM), "-q", "sync", "--since", FIRST.isoformat()],
        cwd=published.file.parent,
        env=clean | ours_now,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < until
        assert process.poll() is None, "it ended before"
        time.sleep(0.05)


@pytest.mark.usefixtures("one_campaign_at_once")
def test_a_first_load_that_breaks_goes_on_behind_the_campaigns_that_are_there(
    published, api
) -> None:
    first, second, third = (row["campaign_id"] for row in Source(api, api.key).totals())
    refused = {"times": None, "status": 400, "body": {"error": "invented"}}
    api.fault("status", DAILY, where={"campaign_id": third}, **refused)
    with pytest.raises(RequestRefused):
        published.sync(PUBLISH_MINUTES=0, INSTANTLY_TABLES=REPORTS)
    held = published.rows("select distinct campaign_id from instantly_raw.step_analytics_daily")
    assert {campaign for (campaign,) in held} == {first, second}

    api.clear_faults()
    assert api.change("late_reply", campaign=0, days_ago=40)["campaign_id"] == first
    published.sync(INSTANTLY_TABLES="campaign_analytics")  # which sees the movement, not the days
    api.reset_requests()
    report = published.sync(INSTANTLY_TABLES=REPORTS)
    asked = [r["query"]["campaign_id"][0] for r in api.log() if r["operation"] == STEPS]
    assert set(asked) == {first, third}, "what is there is not asked again"
    assert asked.count(first) == 2, "the day that moved, and the lifetime"
    assert not report.is_partial
    assert not published.wrong()
    assert published.rows("select count(*) from instantly_raw.pauses") == [(0,)]


@pytest.mark.usefixtures("one_campaign_at_once")
def test_a_load_in_pieces_ends_as_one_in_one_piece(tmp_path) -> None:
    tables = f"{REPORTS},emails,leads"
    with Sandbox(small(campaigns=2, days=5), date=TODAY, rate_limit=None) as api:
        published = Published(tmp_path / "warehouse.duckdb", api)
        whole = Published(tmp_path / "whole.duckdb", api)
        in_pieces = published.sync(PUBLISH_MINUTES=0, INSTANTLY_TABLES=tables)
        queries = [r["query"] for r in api.log() if r["operation"] == "GET /emails"]
        report = whole.sync(INSTANTLY_TABLES=tables)
        assert not published.wrong()
    assert not in_pieces.is_partial
    told = {outcome.key: (outcome.status, outcome.rows) for outcome in in_pieces.outcomes}
    assert told == {outcome.key: (outcome.status, outcome.rows) for outcome in report.outcomes}
    windows = [str(query) for query in queries if "min_timestamp_created" in query]
    assert len(windows) == len(set(windows)), "no page is asked for twice"
    for table in ("leads", "emails", "campaigns"):
        rows = f"select count(*), bit_xor(hash(row_version)) from instantly_raw.{table}"
        assert published.rows(rows) == whole.rows(rows), table
