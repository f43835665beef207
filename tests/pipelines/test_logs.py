"""Log lines and progress: what is in them, and what never is."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from rich.console import Console

from pipelines.logs import LOGGER, Origin, set_up
from pipelines.outcome import TableOutcome
from pipelines.progress import BarProgress, LineProgress, LogFormat, Progress, progress_for
from pipelines.secrecy import Mask

KEY = 'k3y+/with"quote=='
OK = TableOutcome("id", "acme", "campaigns", "ok", rows=1200, changed=3, requests=12, seconds=1.25)
FAILED = TableOutcome("id", "acme", "leads", "failed", message="key refused")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch):
    """Sets logs up and returns a function that gives the lines so far."""
    stream = io.StringIO()

    def start(log_format: LogFormat, level: str = "INFO"):
        monkeypatch.setattr("sys.stderr", stream)
        mask = Mask()
        mask.hide((KEY,))
        set_up(log_format, level, Origin("run-1", "run"), mask)
        return lambda: stream.getvalue().splitlines()

    return start


def work(progress: Progress) -> None:
    progress.stage("load")
    progress.table_started("acme", "campaigns")
    progress.advance("acme", "campaigns", 5)
    progress.table_started("acme", "campaigns", 12)
    progress.advance("acme", "campaigns", 7)
    progress.table_finished(OK)
    progress.table_finished(FAILED)


def test_json_lines_carry_run_id_and_numbers(log) -> None:
    lines = log("json")
    work(LineProgress(seconds_between=0))
    records = [json.loads(line) for line in lines()]
    assert {record["run_id"] for record in records} == {"run-1"}
    assert {record["command"] for record in records} == {"run"}
    assert [record["event"] for record in records] == [
        *("stage", "table_progress", "table_progress", "table_finished", "table_finished")
    ]
    assert [record["steps"] for record in records[1:3]] == [5, 12]
    finished = records[3]
    assert (finished["rows"], finished["requests"], finished["level"]) == (1200, 12, "info")
    assert (records[4]["level"], records[4]["detail"]) == ("warning", "key refused")


def test_text_lines_are_for_people(log) -> None:
    lines = log("text")
    work(LineProgress())
    assert [line.split(" ", 1)[1] for line in lines()[:2]] == [
        "load",
        "acme.campaigns: 3 changed of 1,200 rows, 12 requests, 1.2 s",
    ]
    assert lines()[2].startswith("warning: ")
    assert lines()[2].endswith("acme.leads: failed: key refused")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_keys_are_masked_wherever_they_show_up(log, log_format: LogFormat) -> None:
    lines = log(log_format)
    logger = logging.getLogger(LOGGER)
    logger.info("Bearer %s", KEY, extra={"header": {"Authorization": KEY}})
    logger.info("GET /x?key=%s", quote(KEY, safe=""))
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        logger.exception("failed")
    text = "\n".join(lines())
    assert "***" in text
    assert "k3y" not in text


def test_level_hides_what_is_below(log) -> None:
    lines = log("text", "WARNING")
    work(LineProgress())
    assert len(lines()) == 1


def test_lines_count_right_from_many_threads(log) -> None:
    lines = log("json")
    progress = LineProgress(seconds_between=0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: progress.advance("acme", "leads"), range(200)))
    assert max(json.loads(line)["steps"] for line in lines()) == 200


def test_bar_leaves_one_line_per_table_and_shows_odd_names_as_they_are() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with BarProgress(console).shown() as bars:
        work(bars)
        bars.table_started("[red]odd[/]", "leads")
        bars.advance("never", "announced")
    text = console.file.getvalue()
    assert "acme.campaigns: 3 changed of 1,200 rows" in text
    assert "[red]odd[/].leads" in text


def test_bar_is_for_terminals_only() -> None:
    with progress_for("auto") as progress:
        assert isinstance(progress, LineProgress)


def test_outcome_that_is_not_ok_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a message"):
        TableOutcome("id", "acme", "leads", "skipped")
    with pytest.raises(ValueError, match="status must be"):
        TableOutcome("id", "acme", "leads", "done")


OTHERS = """
import logging, sys, threading, warnings
from pipelines.logs import Origin, set_up
from pipelines.secrecy import Mask

mask = Mask()
mask.hide(("canary-key",))
set_up("{log_format}", "{level}", Origin("run-1", "run"), mask)
import dlt
from dlt.common.runtime.init import initialize_runtime
from dlt.common.configuration.specs import RuntimeConfiguration
initialize_runtime("dlt", RuntimeConfiguration(log_level="WARNING", dlthub_telemetry=False))

class Dropped:
    def __del__(self):
        raise ValueError("canary-key in a destructor")

def work():
    raise ValueError("canary-key in a thread")

logging.getLogger("urllib3.connectionpool").warning("retrying with canary-key")
logging.getLogger("urllib3.connectionpool").info("a detail")
logging.getLogger("dlt").error("a load package of canary-key")
warnings.warn("canary-key will go away", DeprecationWarning)
threading.Thread(target=work).start()
dropped = Dropped()
del dropped
"""


def others_say(log_format: str, level: str) -> list[str]:
    """What stands on stderr when everybody but us speaks."""
    code = OTHERS.format(log_format=log_format, level=level)
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True
    )
    assert "canary-key" not in done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_whoever_speaks_speaks_json() -> None:
    records = [json.loads(line) for line in others_say("json", "DEBUG")]
    own = [(r["event"], r.get("logger")) for r in records if "will go away" not in r["message"]]
    assert [r["event"] for r in records if "will go away" in r["message"]] == ["warning"]
    assert own.count(("library", "urllib3.connectionpool")) == 1, "no details of others"
    assert ("library", "dlt") in own
    assert sum(event == "unseen" for event, _ in own) == 2
    assert all("canary" not in r.get("traceback", "") for r in records)
    assert {r["run_id"] for r in records} == {"run-1"}


def test_people_are_spared_what_is_for_developers() -> None:
    lines = others_say("text", "INFO")
    assert len(lines) == 2
    assert lines[0].endswith("retrying with ***")
    assert lines[1].endswith("a load package of ***")
