"""What is told: one JSON object, its shape numbered, and one sentence in it for people.

    {"schema": 1, "text": "instantly-warehouse run failed (exit 1): …", …}

`text` is the member that chats show which take a JSON message. It is escaped as Slack asks for it
(`&lt;`), so that a campaign called `<!channel>` wakes nobody. Workspaces are named, people are not:
addresses in the texts of errors are replaced. A member may be added without notice; `schema` grows
when one goes or changes its meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from pipelines.errors import Exit
from pipelines.notify_settings import Occasion
from pipelines.text import one_line

SCHEMA = 1
PRODUCT = "instantly-warehouse"
MOST_TABLES = 50
MOST_TEXT = 600
ADDRESS = re.compile(r"[^\s@<>]+(?:@|%40)(?:[\w-]+\.)+[\w-]+")
ENDS = {
    Exit.FAILED: "failed",
    Exit.CONFIGURATION: "cannot work like this",
    Exit.REFUSED: "refused the data",
}
"""How a run ended, in words, by exit code; `ended` for signals."""


@dataclass(frozen=True, slots=True)
class TableNews:
    """One table of one workspace about which there is something to say.

    `rows` held and `changed` by the run, `deleted` the rows that it found gone, `message` why it
    was not loaded.
    """

    workspace_id: str
    workspace: str
    table: str
    status: str
    rows: int
    changed: int
    deleted: int
    message: str


@dataclass(frozen=True, slots=True)
class Restated:
    """Numbers of settled days that went down, or whose fall was not believed (`refused`)."""

    workspace_id: str
    workspace: str
    taken: int
    refused: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all tables of the run."""

    tables: int
    rows: int
    changed: int
    requests: int


@dataclass(frozen=True, slots=True)
class Event:
    """One run, told when it is over.

    `occasions` is what it is about, the gravest first; `as_of` the source's clock of the numbers
    that readers see now; `message` the line on stderr of a run that failed.
    """

    occasions: tuple[Occasion, ...]
    run_id: str
    command: str
    exit_code: int
    warehouse: str
    as_of: datetime | None
    finished_at: datetime
    seconds: float
    version: str
    message: str = ""
    totals: Totals | None = None
    tables: Sequence[TableNews] = ()
    restated: Sequence[Restated] = ()

    @property
    def sentence(self) -> str:
        """What happened, in one line."""
        parts = [part for part in map(self._part, self.occasions) if part]
        where = f"run {self.run_id}; {self.warehouse} is {_as_of(self.as_of)}"
        said = f"{PRODUCT} {self.command} {'; '.join(parts)}"
        return f"{_shortened(_without_addresses(one_line(said)))} [{where}]"

    def _part(self, occasion: Occasion) -> str:
        match occasion:
            case Occasion.FAILURE:
                ended = "was ended" if self.exit_code > 128 else ENDS[Exit(self.exit_code)]
                return f"{ended} (exit {self.exit_code}): {self.message}"
            case Occasion.PARTIAL:
                return f"done in part (exit {self.exit_code}): {self._missing()}"
            case Occasion.MASS_DELETE:
                return self._deleted()
            case Occasion.RESTATEMENT:
                return f"found the past restated: {self._restated()}"
            case Occasion.SUCCESS:
                return f"done: {self.totals.changed if self.totals else 0:,} rows changed"

    def _missing(self) -> str:
        lost = [table for table in self.tables if table.status != "ok"]
        first = lost[0]
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        return f"{first.workspace}.{first.table} {first.status}: {first.message}{more}"

    def _deleted(self) -> str:
        """Of rows that are gone; a refusal to believe it says so itself."""
        gone = [
            f"{table.workspace}.{table.table} lost {table.deleted:,} of "
            f"{table.rows + table.deleted:,} rows"
            for table in self.tables
            if table.deleted
        ]
        return ", ".join(gone) or (
            "" if Occasion.FAILURE in self.occasions else "was told of a mass delete"
        )

    def _restated(self) -> str:
        return ", ".join(
            f"{each.workspace} {each.taken:,} numbers of settled days fell, "
            f"{each.refused:,} falls were refused"
            for each in self.restated
        )

    def as_json(self) -> str:
        """The event as it is sent."""
        shown = self.tables[:MOST_TABLES]
        whole = {
            "schema": SCHEMA,
            "text": _escaped(self.sentence),
            "event": self.occasions[0].value,
            "events": [occasion.value for occasion in self.occasions],
            "run_id": self.run_id,
            "command": self.command,
            "exit_code": self.exit_code,
            "message": _without_addresses(one_line(self.message)),
            "warehouse": self.warehouse,
            "as_of": _time(self.as_of),
            "finished_at": _time(self.finished_at),
            "seconds": round(self.seconds, 1),
            "version": self.version,
            "totals": asdict(self.totals) if self.totals else None,
            "tables": [
                asdict(table) | {"message": _without_addresses(one_line(table.message))}
                for table in shown
            ],
            "tables_left_out": len(self.tables) - len(shown),
            "restated": [asdict(each) for each in self.restated],
        }
        return json.dumps(whole, ensure_ascii=False)


def _without_addresses(text: str) -> str:
    """The text without e-mail addresses: an event leaves the machine."""
    return ADDRESS.sub("[address]", text)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"


def _escaped(text: str) -> str:
    """The three characters that mean something in a chat."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _as_of(moment: datetime | None) -> str:
    return "not there yet" if moment is None else f"as of {moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _time(moment: datetime | None) -> str | None:
    """ISO 8601, UTC, seconds."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
