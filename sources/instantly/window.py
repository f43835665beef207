"""What a sync reads: which tables, which days, and whether only what moved.

Days are the API's days, UTC midnight to midnight (quirk C12), and today is the server's day: a
wrong local clock must not shift a window.
"""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """The days of one sync.

    Attributes:
        today: the server's day.
        start: first day ever to ask for, None for the day a campaign was created.
        since: first day of a backfill.
        until: last day of a backfill.
        trailing_days: days, today included, that are compared on every run.
        everything: ask for every campaign and day, moved or not.
    """

    today: date
    start: date | None = None
    since: date | None = None
    until: date | None = None
    trailing_days: int = 3
    everything: bool = False

    @property
    def is_backfill(self) -> bool:
        """A backfill reads days again; it never decides what the next run has to read."""
        return self.since is not None or self.until is not None

    @property
    def asks_everything(self) -> bool:
        """Whether movement does not matter."""
        return self.everything or self.is_backfill

    @property
    def end(self) -> date:
        """Last day to ask for, included."""
        return min(self.until or self.today, self.today)

    def first_day(self, created: date | None) -> date | None:
        """First day worth asking of a campaign; None when nothing is known about its age."""
        days = [day for day in (self.since or self.start, created) if day]
        return max(days) if days else None

    def trailing(self) -> list[date]:
        """The days compared on every run, oldest first."""
        return [self.today - timedelta(days=back) for back in reversed(range(self.trailing_days))]

    def holds(self, day: date, created: date | None) -> bool:
        """Whether a day is asked for."""
        first = self.first_day(created)
        return day <= self.end and (first is None or day >= first)


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
    """

    tables: tuple[str, ...]
    start: date | None = None
    since: date | None = None
    until: date | None = None
    trailing_days: int = 3
    everything: bool = False
    allow_shrink: bool = False

    @property
    def is_backfill(self) -> bool:
        """A backfill reads some days again; it is no complete reading of any table."""
        return self.since is not None or self.until is not None

    def window(self, today: date) -> Window:
        """The days to ask for, as of the server's today."""
        return Window(
            today=today,
            start=self.start,
            since=self.since,
            until=self.until,
            trailing_days=self.trailing_days,
            everything=self.everything,
        )
