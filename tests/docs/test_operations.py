"""docs/operations.md quotes the product: messages, the event, the log; each is held to the code."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import WarehouseError
from pipelines.lock import locked
from pipelines.notify.event import Event, TableNews, Totals
from pipelines.notify_settings import NotifySettings, Occasion
from pipelines.settings import load_settings, variables
from pipelines.signals import SAFE, Interruption
from pipelines.swap import Swap
from pipelines.warehouse_file import refuse_missing, refuse_unreadable
from sources.instantly import BY_TABLE
from sources.instantly.conversation import answers
from sources.instantly.errors import InstantlyError
from sources.instantly.reading import scopes
from sources.instantly.reading.keeper import refuse_short

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
CODES = PAGE.split("## Exit codes")[1].split("\n## ")[0]
QUOTED = [
    line
    for block in re.findall(r"```text\n(.*?)```", CODES, re.DOTALL)
    for line in block.splitlines()
]
PLAN = answers.final("GET /custom-tags", 402, "")


def said(work: Callable[[], object]) -> str:
    """The message of the error that comes of it."""
    with pytest.raises((WarehouseError, InstantlyError)) as refused:
        work()
    return str(refused.value)


def overdue() -> str:
    interruption = Interruption()
    interruption.is_overdue = True
    return f"{interruption.reason}; {SAFE}"


def terminated() -> str:
    interruption = Interruption()
    interruption.signal = 15
    return f"{interruption.reason}; {SAFE}"


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the product says, from the functions that say it."""
    monkeypatch.chdir(tmp_path)
    for variable in variables():
        monkeypatch.delenv(variable, raising=False)
    file, spoilt = tmp_path / "w.duckdb", tmp_path / "spoilt.duckdb"
    spoilt.write_text("no database")
    no_key = load_settings()
    with locked(file):
        held = said(lambda: Swap(file).begin("r").__enter__())
    monkeypatch.setenv("TRAILING_DAYS", "many")
    return [
        str(Swap(file)._disk_full(1)),
        said(lambda: refuse_unreadable(spoilt)),
        said(lambda: refuse_missing(file)),
        overdue(),
        terminated(),
        said(lambda: no_key.workspaces),
        said(load_settings),
        str(answers.final("GET /workspaces/current", 401, "")),
        str(scopes.lacks(BY_TABLE["custom_tags"])),
        str(PLAN),
        held,
        said(lambda: refuse_short(BY_TABLE["leads"], "acme", held=5000, read=120)),
    ]


ELSEWHERE = ("answers 503", "answered out of contract", "the data break a check")
"""Messages that only a whole run says: tests/end_to_end and tests/transforms are about them."""


def test_messages_that_are_quoted_are_what_is_said(messages: list[str]) -> None:
    assert len(QUOTED) > 10
    for line in QUOTED:
        _, _, text = line.partition(": ")
        text = re.sub(r"^acme\.custom_tags: ", "", text)
        shape = ".*".join(map(re.escape, text.split("…")))
        fits = [message for message in messages if re.fullmatch(shape, message)]
        assert fits or any(part in line for part in ELSEWHERE), line


def test_the_event_that_is_shown_is_the_one_that_is_sent() -> None:
    shown = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL).group(1))
    now = datetime(2026, 11, 17, 4, 17, 2, tzinfo=UTC)
    lost = TableNews("w1", "acme", "custom_tags", "skipped", 0, 0, 0, str(PLAN))
    event = Event(
        occasions=(Occasion.PARTIAL,),
        run_id="20261117T041700123Z-1f6f0a",
        command="run",
        exit_code=3,
        warehouse="warehouse.duckdb",
        as_of=now,
        finished_at=now.replace(second=14),
        seconds=12.3,
        version="0.1.0",
        totals=Totals(2, 1203, 40, 31),
        tables=(lost,),
    )
    assert json.loads(event.as_json()) == shown
    assert json.loads(replace(event, exit_code=1).as_json()).keys() == shown.keys()


def test_every_occasion_is_explained_and_the_default_is_the_one_that_is_shown() -> None:
    told = PAGE.split("| occasion |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)) == {o.value for o in Occasion}
    default = NotifySettings.model_fields["notify_on"].default
    assert re.search(r"^NOTIFY_ON=(\S+)", PAGE, re.MULTILINE).group(1) == default


def test_every_event_of_the_log_is_listed() -> None:
    listed = re.search(r"^\| `event` \| (.+) \|$", PAGE, re.MULTILINE).group(1)
    logged = {
        name
        for path in (ROOT / "pipelines").rglob("*.py")
        for name in re.findall(r'"event": "([a-z_]+)"', path.read_text("utf-8"))
    }
    assert logged <= set(re.findall(r"`(\w+)`", listed))
