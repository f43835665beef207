"""A limit that is used up: by another program, for one operation, for one workspace of several."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.gate import RateLimit
from sandbox.worlds import small
from sources.instantly.errors import OutOfContract
from sources.instantly.reading.visit import REQUESTS_AT_ONCE
from tests.end_to_end import impatient
from tests.end_to_end.conftest import Warehouse

WORLD = small(campaigns=6, days=6, leads_per_day=6)
STEPS = "GET /campaigns/analytics/steps"
GONE = {"status": 404, "body": {"message": "Resource not found"}, "times": None}
QUOTA = 20
"""Requests a second of the workspace, whoever makes them."""
NEIGHBOUR, NEEDED = "neighbour/1", 0.55
"""Another program, and its share of the quota. What is left is more than two fifths of it, to
which a storm takes us down: whoever then is late by a little is not refused."""

Log = list[dict[str, Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(WORLD, date=date(2026, 11, 17), rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient.lower(monkeypatch.setattr, lanes=())


@contextmanager
def neighbour(api: Sandbox, per_second: float) -> Generator[None]:
    """Another program with the same key, which asks evenly and does not mind a 429."""
    done = threading.Event()

    def ask() -> None:
        headers = {"Authorization": f"Bearer {api.key}", "User-Agent": NEIGHBOUR}
        with requests.Session() as session:
            while not done.wait(1 / per_second):
                session.get(f"{api.url}/api/v2/workspaces/current", headers=headers, timeout=10)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()


def test_another_program_that_needs_the_limit_gets_its_share(
    warehouse: Warehouse, api: Sandbox
) -> None:
    """More than half: we fall below what is left, it is refused no more, and the run ends."""
    api.set_rate_limit(RateLimit(per_second=QUOTA, per_minute=1_000_000))
    with neighbour(api, NEEDED * QUOTA):
        report = warehouse.sync(api, INSTANTLY_REQUESTS_PER_MINUTE=QUOTA * 60)
    ours = [row for row in api.log() if row["user_agent"] != NEIGHBOUR]
    theirs = [row for row in api.log() if row["user_agent"] == NEIGHBOUR]
    refused = [row["at"] for row in ours if row["status"] == 429]
    settled, end = refused[-1] + 1, ours[-1]["at"]

    assert not report.is_partial
    assert len(refused) < 20
    assert end - settled > 1
    assert within(ours, settled, end) / (end - settled) <= (1 - NEEDED) * QUOTA
    assert {row["status"] for row in theirs if settled < row["at"] < end} == {200}


def within(log: Log, first: float, last: float) -> int:
    return sum(first < row["at"] <= last for row in log)


@pytest.mark.usefixtures("no_patience")
def test_an_operation_that_is_refused_for_ever_costs_its_own_tables(
    warehouse: Warehouse, api: Sandbox
) -> None:
    api.fault("status", STEPS, status=429, times=None)
    report = warehouse.sync(api, tables="step_analytics_daily,subsequence_analytics,custom_tags")
    fared = {outcome.table_name: outcome for outcome in report.outcomes}
    failed = {name for name, outcome in fared.items() if outcome.status != "ok"}

    assert failed == {"campaign_analytics", "campaign_analytics_daily", "step_analytics_daily"}
    assert all(f"{STEPS}: still rate limited (429)" in fared[name].message for name in failed)
    assert warehouse.current("custom_tags")
    assert fared["subsequence_analytics"].status == "ok"


@pytest.mark.usefixtures("no_patience")
def test_workspaces_do_not_wait_for_one_that_is_refused(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its own pace and its own patience."""
    monkeypatch.setattr(impatient, "RETRY_SECONDS", 5.0)
    with Sandbox("agency", rate_limit=None) as agency:
        for name in ("acme", "globex", "umbrella"):
            monkeypatch.setenv(f"INSTANTLY_API_KEY_{name.upper()}", agency.keys[name])
        told = {"status": 429, "headers": {"Retry-After": "1"}, "times": None}
        agency.fault("status", nth=6, where={"workspace": "acme"}, **told)
        report = warehouse.sync(
            agency, tables="step_analytics", INSTANTLY_WORKSPACES="acme,globex,umbrella"
        )
    asked: dict[str, Log] = {}
    for row in agency.log():
        asked.setdefault(row["workspace"], []).append(row)
    stormy = asked.pop("Acme Tools")

    assert {o.workspace_name for o in report.incomplete} == {"acme"}
    assert len(asked) == 2
    for log in asked.values():
        assert {row["status"] for row in log} == {200}
        assert log[-1]["at"] < stormy[-1]["at"] - 2
    told_at = [row["at"] for row in stormy if row["status"] == 429]
    assert len(told_at) <= REQUESTS_AT_ONCE + 2 * 6, "some were under way, then one or two a second"


def test_reports_that_are_gone_for_all_campaigns_are_refused(
    warehouse: Warehouse, api: Sandbox
) -> None:
    """One that is gone was deleted meanwhile; all at once, it is the API that is wrong."""
    for operation in ("GET /campaigns/analytics/daily", STEPS):
        api.fault("status", operation, **GONE)

    with pytest.raises(OutOfContract, match=r"not found \(404\) for all 6 campaigns") as refused:
        warehouse.sync(api, tables="campaign_analytics_daily")
    assert refused.value.exit_code == 5
    assert api.requests()["by_operation"]["GET /campaigns/analytics/daily"] == 6, "once each"
