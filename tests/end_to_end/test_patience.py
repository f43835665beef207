"""The whole command and an API that does not answer: how long it waits, and how it stops."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox import Sandbox
from tests.end_to_end import impatient
from tests.end_to_end.conftest import Source, Warehouse, differences
from tests.end_to_end.first_run import PROGRAM, TODAY, WORLD, FirstRun, command, environment

SECONDS_TO_STOP = 10


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def file(tmp_path: Path, first_run: FirstRun) -> Path:
    """A warehouse of one's own, after one good run."""
    return Path(shutil.copy(first_run.file, tmp_path / "warehouse.duckdb"))


def hurried(
    folder: Path, api: Sandbox, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The command with the constants of waiting lowered."""
    return subprocess.run(
        [sys.executable, impatient.__file__, *arguments],
        cwd=folder,
        env=environment(folder, api, **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def statuses(file: Path) -> dict[str, str]:
    """How each table fared in the only run."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute("select table_name, status from instantly_raw.sync_runs")
        return dict(rows.fetchall())


def test_what_arrived_before_a_storm_is_published_and_the_next_run_goes_on(
    tmp_path: Path, api: Sandbox
) -> None:
    """The first run of all, so that nothing older fills the hole that it leaves."""
    api.fault("status", "*", status=429, nth=22, times=None)
    partial = hurried(tmp_path, api, "sync")
    answered = api.requests()["by_status"]
    found = statuses(tmp_path / "warehouse.duckdb")
    api.clear_faults()
    whole = command(tmp_path, api, "--quiet", "sync")

    assert partial.returncode == 3, partial.stderr
    assert "still rate limited (429)" in partial.stderr
    assert {found["campaigns"], found["workspace_members"]} == {"ok"}
    assert {found["step_analytics_daily"], found["accounts"], found["leads"]} == {"failed"}
    assert (answered["200"], answered["404"]) == (20, 1), "a 404 is an answer about a scope"
    assert whole.returncode == 0, whole.stderr
    assert differences(Warehouse(tmp_path), Source(api, api.key), TODAY, 7) == {}


def test_where_nothing_arrives_the_file_stays_as_it_was(
    tmp_path: Path, api: Sandbox, file: Path
) -> None:
    before = file.read_bytes()
    api.fault("status", status=429, times=None)
    done = hurried(tmp_path, api, "--quiet", "sync")

    assert done.returncode == 1, done.stderr
    assert "GET /workspaces/current: still rate limited (429) after" in done.stderr
    assert done.stderr.count("\n") == 1, "one line"
    assert file.read_bytes() == before
    assert api.requests()["by_status"].keys() == {"429"}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"action": "silence"}, "it was silent for too long"),
        ({"action": "slow", "seconds": 0.1}, "the answer was not complete"),
    ],
    ids=["silence", "a body that drips"],
)
def test_a_server_that_does_not_get_done_is_given_up(
    tmp_path: Path, api: Sandbox, file: Path, fault: dict[str, Any], says: str
) -> None:
    before = file.read_bytes()
    api.fault(operation="GET /accounts", times=None, **fault)
    started = time.monotonic()
    done = hurried(tmp_path, api, "--quiet", "sync")

    assert done.returncode == 1, done.stderr
    assert f"GET /accounts: no answer from {api.url}/api/v2 ({says}" in done.stderr
    assert time.monotonic() - started < 60
    assert 1 <= api.requests()["by_operation"]["GET /accounts"] <= 4
    assert file.read_bytes() == before


TOLD_TO_WAIT = {"action": "status", "status": 429, "headers": {"Retry-After": "60"}}


@pytest.mark.parametrize(
    ("operation", "fault", "attempts", "number"),
    [
        ("GET /accounts", TOLD_TO_WAIT, 1, signal.SIGTERM),
        ("GET /accounts", {"action": "status", "status": 503}, 3, signal.SIGINT),
        ("GET /accounts", {"action": "silence"}, 1, signal.SIGTERM),
        ("GET /emails", {"action": "delay", "seconds": 0}, 1, signal.SIGINT),
    ],
    ids=["Retry-After", "two attempts", "an answer", "a turn in a lane"],
)
def test_a_run_that_waits_for_it_stops_when_told_to(
    tmp_path: Path,
    api: Sandbox,
    file: Path,
    operation: str,
    fault: dict[str, Any],
    attempts: int,
    number: signal.Signals,
) -> None:
    tables = "emails" if operation == "GET /emails" else "accounts"
    before = file.read_bytes()
    api.fault(operation=operation, times=None, **fault)
    run = subprocess.Popen(
        [str(PROGRAM), "--quiet", "sync", "--tables", tables],
        cwd=tmp_path,
        env=environment(tmp_path, api),
        stderr=subprocess.PIPE,
        text=True,
    )
    while api.requests()["by_operation"].get(operation, 0) < attempts:
        assert run.poll() is None
        time.sleep(0.01)
    time.sleep(0.2)
    told, asked = time.monotonic(), api.requests()["total"]
    run.send_signal(number)
    _, said = run.communicate(timeout=60)

    assert time.monotonic() - told < SECONDS_TO_STOP
    assert run.returncode == 128 + number, said
    assert said.count("\n") == 1, said
    assert api.requests()["total"] <= asked + 1
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "run-" in path.name] == []
