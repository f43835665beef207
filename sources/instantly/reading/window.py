"""What a sync reads: which tables, which days, and whether only what moved.

Days are the API's days, UTC midnight to midnight (quirk C12), and today is the server's day: a
wrong local clock must not shift a window.
"""

import time
from dataclasses import dataclass
from datetime import date, timedelta

from sources.instantly.reading.quarantine import DEFAULT_SHARE

EVER = date(2020, 1, 1)
"""Nothing happened before: the platform is younger. A campaign that says it was created in the
year 1 would have its accounts asked for two thousand years."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a sync reads.

    Attributes:
        tables: names of tables, from `select_tables`.
        start: first day of the reports ever to ask for, None for a campaign's first day.
        since: first day of a backfill.
        until: last day of a backfill.
        trailing_days: days compared on every run.
        everything: read all again, moved or not.
        allow_shrink: take a listing that came back suspiciously short for the truth.
        full_walk_days: days after which what is not read in every run is walked from end to end.
        lead_variables: custom variables of leads that become columns of their own.
        email_bodies: store what e-mails say, too.
        email_minutes: most minutes of reading e-mails.
        quarantine_share: of the rows of a table that may be unfit before it is refused.
        email_seconds: how much of that an earlier piece of the run has used.
        pause_at: the reading of `time.monotonic()` from which nothing long is begun any more, so
            that what was read can be published; None to read to the end.
    """

    tables: tuple[str, ...]
    start: date | None = None
    since: date | None = None
    until: date | None = None
    trailing_days: int = 3
    everything: bool = False
    allow_shrink: bool = False
    full_walk_days: int = 7
    lead_variables: tuple[str, ...] = ()
    email_bodies: bool = False
    email_minutes: int = 60
    quarantine_share: float = DEFAULT_SHARE
    email_seconds: float = 0.0
    pause_at: float | None = None

    @property
    def is_pause_due(self) -> bool:
        """Whether it is time to publish what was read."""
        return self.pause_at is not None and time.monotonic() >= self.pause_at

    @property
    def is_backfill(self) -> bool:
        """A backfill reads some days again; it is no complete reading of any table, and never
        decides what the next run has to read."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True)
class Window:
    """The days of one sync.

    Attributes:
        reads: what was asked for.
        today: the server's day.
    """

    reads: Reads
    today: date

    @property
    def is_backfill(self) -> bool:
        """Whether only some days are read again (see `Reads`)."""
        return self.reads.is_backfill

    @property
    def asks_everything(self) -> bool:
        """Whether movement does not matter."""
        return self.reads.everything or self.is_backfill

    @property
    def end(self) -> date:
        """Last day to ask for, included."""
        return min(self.reads.until or self.today, self.today)

    def first_day(self, created: date | None) -> date | None:
        """First day worth asking of a campaign; None when nothing is known about its age."""
        days = [day for day in (self.reads.since or self.reads.start, created) if day]
        return max(days) if days else None

    def trailing(self) -> list[date]:
        """The days compared on every run, oldest first."""
        back = reversed(range(self.reads.trailing_days))
        return [self.today - timedelta(days=days) for days in back]

    def holds(self, day: date, created: date | None) -> bool:
        """Whether a day is asked for."""
        first = self.first_day(created)
        return day <= self.end and (first is None or day >= first)
