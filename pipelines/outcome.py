"""What a run has to say about itself: one outcome per workspace and table, one report per run.

The loader fills these values in, the swap decides with them whether a run was whole or partial,
the closing table prints them and `sync_runs` stores them. They are plain frozen values on purpose:
handing out dlt's own trace instead would tie the command line, the stored history and the tests to
the inside of one library, and a trace knows nothing of a workspace that was skipped.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

Status = Literal["ok", "skipped", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
ALLOW_SHRINK = "--allow-shrink"


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """One table of one workspace in one run.

    `rows` is what the table holds for the workspace after the load, `changed` what this run wrote,
    `requests` every attempt on the wire (retries too), `seconds` wall time. `message` is empty when
    all went well, else one sentence that says why and what to do. `is_complete_walk` is true when
    the table was walked from end to end, so that what was not found there is gone. `is_paused` is
    true when the run itself goes on with the table, after publishing what was read so far.
    `quarantined` counts rows that do not fit the table and were set apart, in this run or before;
    `new_columns` are fields of the API that nobody knew and that came for the first time.
    """

    workspace_id: str
    workspace_name: str
    table_name: str
    status: Status
    rows: int = 0
    changed: int = 0
    requests: int = 0
    seconds: float = 0.0
    message: str = ""
    is_complete_walk: bool = False
    is_paused: bool = False
    quarantined: int = 0
    new_columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {self.status!r}")
        if self.status != "ok" and not self.message:
            raise ValueError(f"{self.table_name}: a table that is {self.status} needs a message")

    @property
    def members(self) -> dict[str, object]:
        """The outcome as collectors of logs get it."""
        return {
            "workspace": self.workspace_name,
            "table": self.table_name,
            "status": self.status,
            "rows": self.rows,
            "changed": self.changed,
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "quarantined": self.quarantined,
            "new_columns": list(self.new_columns),
            "detail": self.note,
        }

    @property
    def note(self) -> str:
        """What a person should know about it, in one line; empty when there is nothing."""
        new = ", ".join(self.new_columns)
        return "; ".join(filter(None, (self.message, new and f"new fields, now columns: {new}")))

    @property
    def key(self) -> tuple[str, str, str]:
        """Which table of which workspace."""
        return self.workspace_id, self.workspace_name, self.table_name

    def after(self, earlier: TableOutcome) -> TableOutcome:
        """This outcome of a later piece of the same run together with that of an earlier one.

        A reading that paused and went on has ended as its last piece did; of pieces that stand
        beside each other, as those of a backfill, the worst counts.
        """
        worst = self
        if not earlier.is_paused and STATUSES.index(earlier.status) > STATUSES.index(self.status):
            worst = earlier
        return replace(
            self,
            status=worst.status,
            message=worst.message,
            changed=earlier.changed + self.changed,
            requests=earlier.requests + self.requests,
            seconds=earlier.seconds + self.seconds,
            is_complete_walk=earlier.is_complete_walk or self.is_complete_walk,
            new_columns=tuple(dict.fromkeys((*earlier.new_columns, *self.new_columns))),
        )


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Everything one sync did: the outcomes in the order in which they ended.

    `is_unchanged`: nothing was new, and the marts are as they were before.
    """

    outcomes: tuple[TableOutcome, ...] = ()
    is_unchanged: bool = False

    @property
    def is_partial(self) -> bool:
        """True when some tables were loaded as asked and others were not, or not whole (exit 3)."""
        return any(outcome.status != "ok" or outcome.quarantined for outcome in self.outcomes)

    @property
    def is_empty(self) -> bool:
        """True when tables were asked for and not one was loaded: nothing to publish."""
        return bool(self.outcomes) and all(
            outcome.status != "ok" and not outcome.is_paused for outcome in self.outcomes
        )

    @property
    def paused(self) -> frozenset[str]:
        """Names of the tables with which the run goes on."""
        return frozenset(outcome.table_name for outcome in self.outcomes if outcome.is_paused)

    def followed_by(self, later: SyncReport) -> SyncReport:
        """This report of the earlier pieces of a run with the one of the next piece."""
        found = {outcome.key: outcome for outcome in self.outcomes}
        for outcome in later.outcomes:
            earlier = found.get(outcome.key)
            found[outcome.key] = outcome.after(earlier) if earlier else outcome
        return SyncReport(tuple(found.values()))

    @property
    def rows(self) -> int:
        """Rows held after the run, over all tables and workspaces."""
        return sum(outcome.rows for outcome in self.outcomes)

    @property
    def changed(self) -> int:
        """Rows written by the run."""
        return sum(outcome.changed for outcome in self.outcomes)

    @property
    def requests(self) -> int:
        """Attempts on the wire, retries included."""
        return sum(outcome.requests for outcome in self.outcomes)

    @property
    def incomplete(self) -> tuple[TableOutcome, ...]:
        """The outcomes a person must hear about: skipped, failed, or without some of the rows."""
        return tuple(o for o in self.outcomes if o.status != "ok" or o.quarantined)

    @property
    def noted(self) -> tuple[TableOutcome, ...]:
        """The outcomes of which there is something to say."""
        return tuple(outcome for outcome in self.outcomes if outcome.note)


def is_refused_shrink(message: str) -> bool:
    """Whether a message refuses a listing that came back suspiciously short.

    The option that accepts it is the only thing that such messages have in common: by the time a
    table's failure is an outcome, it is a text.
    """
    return ALLOW_SHRINK in message


def new_run_id() -> str:
    """An id that sorts by start time (UTC, milliseconds) and is never used twice.

    The machine's clock names the run; what the run writes into tables goes by the source's clock.
    """
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{secrets.token_hex(3)}"
