"""What a run has to say about itself: one outcome per workspace and table, one report per run.

The loader fills these values in, the swap decides with them whether a run was whole or partial,
the closing table prints them and `sync_runs` stores them. They are plain frozen values on purpose:
handing out dlt's own trace instead would tie the command line, the stored history and the tests to
the inside of one library, and a trace knows nothing of a workspace that was skipped.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

Status = Literal["ok", "skipped", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """One table of one workspace in one run.

    `rows` is what the table holds for the workspace after the load, `changed` what this run wrote,
    `requests` every attempt on the wire (retries too), `seconds` wall time. `message` is empty when
    all went well, else one sentence that says why and what to do. `is_complete_walk` is true when
    the table was walked from end to end, so that what was not found there is gone.
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

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {self.status!r}")
        if self.status != "ok" and not self.message:
            raise ValueError(f"{self.table_name}: a table that is {self.status} needs a message")


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Everything one sync did: the outcomes in the order in which they ended."""

    outcomes: tuple[TableOutcome, ...] = ()

    @property
    def is_partial(self) -> bool:
        """True when some tables were loaded as asked and others were not (exit 3)."""
        return any(outcome.status != "ok" for outcome in self.outcomes)

    @property
    def is_empty(self) -> bool:
        """True when tables were asked for and not one was loaded: nothing to publish."""
        return bool(self.outcomes) and all(outcome.status != "ok" for outcome in self.outcomes)

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
        """The outcomes a person must hear about: skipped or failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.status != "ok")


def new_run_id() -> str:
    """An id that sorts by start time (UTC, milliseconds) and is never used twice.

    The machine's clock names the run; what the run writes into tables goes by the source's clock.
    """
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{secrets.token_hex(3)}"
