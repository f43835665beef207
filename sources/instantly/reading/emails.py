"""E-mails: by the time at which they were stored, window by window, in a lane of their own.

                       front − 1 day                front                                  now
    ───────────────────────┼──────────────────────────┼───── 36 h ─────┼───── 36 h ─────┼───→
                           │  2. looked at once more  │  1. new: each window from its oldest │
                           │     (one window)         │     e-mail on, the last one open     │

The front is derived from the warehouse: the greatest storage time that is stored, or the last run
that read to the end. Times after now do not count, so that one row dated 2999 cannot stop what is
stored later. Because windows and pages come in rising order, everything before the front has been
read, wherever a run stopped; and because only that makes the front mean anything, rows outside of
the window or out of order are refused: the API ignores members it does not know (quirk A9).

The time in the mail itself can be forged and decides nothing (quirk D22). E-mails have no update
time (quirk D23), so those of the last day are read once more; new mail goes first, or a busy
workspace could spend its minutes on yesterday for ever.

Wide windows time out on busy workspaces (quirks A17, D21): a window that fails is halved, one that
holds little is doubled, so that a busy day is read in pieces and an empty year in a few requests.

The lane of e-mails allows some 17 requests a minute, a page each. That is slow enough to run
beside everything else, in a thread of its own: `read` shares nothing with other readers but the
client, the history, the listener and `put`, all of which may be used from several threads, and
leaves the pool of requests to them.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sources.instantly.conversation import paging
from sources.instantly.conversation.paging import Element
from sources.instantly.endpoint import PAGE_SIZE, Row
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import (
    OutOfContract,
    Paused,
    RateLimited,
    Unfinished,
    Unreachable,
)
from sources.instantly.reading.batch import Batch, Put
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.visit import Visit
from sources.instantly.reading.window import EVER, Reads
from sources.instantly.shaping import columns
from sources.instantly.shaping.retention import STORED_AT, is_text_of_mail

EMAILS = BY_TABLE["emails"]

USUAL = timedelta(hours=36)
"""The widest window that was seen to work on busy workspaces (quirk D21)."""
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=30)
QUIET_ROWS = PAGE_SIZE
"""A window with no more rows than this says that the next may be wider than usual."""
CALM_WINDOWS = 4
"""Windows that have to be read after one that failed, before the next grows again."""

AGAIN = timedelta(days=1)
"""Read once more in every run: read state, labels and reminders change without a trace."""
SEAM = timedelta(minutes=1)
"""Windows overlap by this much, because nobody says whether their bounds count as inside, nor
whether the order is exact to the millisecond."""
SLACK = timedelta(seconds=1)
"""Bounds may be compared in whole seconds."""

GIVE_UP_SECONDS = 120
"""How long a window that can still shrink is retried where the API fails: two silences. The 15
minutes of other requests would spend a quarter of an hour on learning that a window is too wide."""

_SECONDS_PER_MINUTE = 60.0


@dataclass(slots=True)
class Span:
    """How much storage time a window covers: as much as the API bears and the e-mails fill.

    Attributes:
        length: of the next window.
    """

    length: timedelta = USUAL
    _calm: int = CALM_WINDOWS

    def was_read(self, rows: int) -> None:
        """A window was read; the next is twice as long, wider than usual only in quiet times."""
        self._calm += 1
        if self._calm > CALM_WINDOWS:
            self.length = min(2 * self.length, LONGEST if rows <= QUIET_ROWS else USUAL)

    def failed(self, length: timedelta) -> None:
        """A window of this length was too much; the next is half as long, and never too wide."""
        self._calm = 0
        self.length = max(SHORTEST, min(length / 2, USUAL))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Storage time to be read: from `first` to `last`, which is open where it is None.

    Attributes:
        left: what to tell a person if it is not read to its end; `{time}` and `{day}` stand for
            where the reading stopped.
    """

    first: datetime
    last: datetime | None
    left: str


_NEW = "e-mails stored from {time} on wait for the next run"
_ONCE_MORE = (
    "new e-mails were all read; whether older ones changed was not looked up from {time} on"
)
_REREAD = "e-mails stored from {time} on were not read again; go on with --since {day}"


def stretches(
    reads: Reads, at: datetime, front: datetime | None, oldest: date | None
) -> list[Stretch]:
    """What to read, in this order.

    Args:
        reads: which days, and whether everything again.
        at: now, by the server's clock.
        front: everything stored before has been read; None when nothing was read yet.
        oldest: no e-mail was stored before this day, None when nobody knows.

    Raises:
        Unfinished: a backfill would leave a gap between what is stored and its first day, which
            no later run would see.
    """
    floor = _midnight(reads.start or oldest or EVER)
    front = max(floor, front or floor)
    if reads.is_backfill:
        first = _midnight(reads.since) if reads.since else floor
        last = _midnight(reads.until) + timedelta(days=1) if reads.until else at
        if first > front:
            raise Unfinished(
                f"{EMAILS.operation}: not asked, because e-mails have been read up to "
                f"{_said(front)} only and a gap before {reads.since} would never be filled; run "
                "without --since first"
            )
        return [Stretch(first, last if last < at else None, _REREAD)]
    if reads.everything:
        return [Stretch(floor, None, _REREAD)]
    return [
        Stretch(front, None, _NEW),
        Stretch(max(floor, front - AGAIN), front, _ONCE_MORE),
    ]


def without_text(email: Element) -> Element:
    """An e-mail without what it says; subject and addresses stay."""
    return {name: value for name, value in email.items() if not is_text_of_mail(name)}


@dataclass(frozen=True, slots=True)
class _Page:
    """What is new on a page, and the storage times of all that stands on it."""

    batch: Batch
    times: tuple[datetime, ...]

    def newest(self, reached: datetime, until: datetime) -> datetime:
        """How far the page goes; storage times after the window say nothing about that."""
        return max([reached, *(moment for moment in self.times if moment <= until)])


@dataclass(slots=True)
class EmailsReader:
    """Reads the e-mails of one workspace, once.

    Attributes:
        visit: the workspace, and what to read of it; `at` is now, by the server's clock.
        keeper: makes batches of what is new.
        oldest: the day the workspace began, or its oldest campaign; None when nobody knows.
    """

    visit: Visit
    keeper: Keeper
    oldest: date | None = None
    _span: Span = field(default_factory=Span)
    _deadline: float = 0.0

    def read(self, put: Put) -> None:
        """Hands on what is new or changed, page by page.

        Raises:
            Unfinished: the minutes are over, or the API fails even at the shortest window; what
                was handed on counts, and the next run goes on from there.
            Paused: it is time to publish what was handed on.
            InstantlyError: the e-mails cannot be read at all.
        """
        seconds = self.visit.reads.email_minutes * _SECONDS_PER_MINUTE
        self._deadline = time.monotonic() + seconds - self.visit.reads.email_seconds
        self.visit.listener.table_started(self.visit.name, EMAILS.table)
        first, *others = stretches(self.visit.reads, self.visit.at, self._front(), self.oldest)
        self._read_stretch(first, put)
        for stretch in others:
            self._stop_in_time(stretch, stretch.first)
            self._read_stretch(stretch, put)

    def _front(self) -> datetime | None:
        """Up to when all e-mails are stored here; a quiet mailbox is known by its last reading."""
        stored = self.visit.history.greatest(
            EMAILS, self.visit.workspace_id, STORED_AT, below=self.visit.at
        )
        read = self.visit.history.last_complete(EMAILS.table, self.visit.workspace_id)
        return max(stored, read or stored) if stored else None

    def _read_stretch(self, stretch: Stretch, put: Put) -> None:
        reached, stop = stretch.first, stretch.last or self.visit.at
        stored = reached
        while reached < stop:
            until = min(reached + self._span.length, stop)
            length, rows = until - reached, 0
            window = self._window(reached, until if until < stop else stretch.last, length)
            try:
                for page in window:
                    if page.batch.rows.num_rows:
                        put(page.batch)
                    rows += len(page.times)
                    stored = page.newest(stored, until)
                    reached = max(reached, stored)
                    if stored > stretch.first:
                        self._stop_in_time(stretch, reached)
            except RateLimited as failure:
                raise self._unfinished(stretch, reached, str(failure)) from failure
            except Unreachable as failure:
                if length <= SHORTEST:
                    raise self._unfinished(stretch, reached, str(failure)) from failure
                self._span.failed(length)
            else:
                self._span.was_read(rows)
                reached = until
                if stretch.first < stored and reached < stop:
                    self._stop_in_time(stretch, reached)

    def _window(self, first: datetime, last: datetime | None, length: timedelta) -> Iterator[_Page]:
        """The pages of a window, each checked against what was asked for."""
        lower, reached = first - SEAM, first
        asked = {"sort_order": "asc", "min_timestamp_created": _text(lower)}
        if last is not None:
            asked["max_timestamp_created"] = _text(last)
        if not self.visit.reads.email_bodies:
            asked["preview_only"] = "true"
        give_up = GIVE_UP_SECONDS if length > SHORTEST else None
        for elements in paging.elements(self.visit.client, EMAILS, asked, give_up_seconds=give_up):
            page = self._page(elements)
            self._refuse_others(page, lower, last, reached)
            reached = page.newest(reached, last or self.visit.at)
            yield page
            self.visit.listener.advance(self.visit.name, EMAILS.table)

    def _page(self, elements: Sequence[Element]) -> _Page:
        emails = elements if self.visit.reads.email_bodies else map(without_text, elements)
        unique = EMAILS.unique(self.visit.quarantine.cut(EMAILS, emails), EMAILS.key)
        self.visit.quarantine.met(EMAILS, unique)
        times = filter(None, map(_stored_at, unique))
        return _Page(self.keeper.rows(EMAILS, unique), tuple(times))

    def _refuse_others(
        self, page: _Page, lower: datetime, upper: datetime | None, reached: datetime
    ) -> None:
        """A page of rows that were not asked for says that a filter is ignored, and has no end.

        One odd row among others says nothing, nor does a storage time after now.
        """
        times = [moment for moment in page.times if moment <= self.visit.at]
        if times and not any(_holds(lower, upper, moment) for moment in times):
            raise OutOfContract(
                f"{EMAILS.operation}: e-mails stored from {_said(lower)} to "
                f"{_said(upper or self.visit.at)} were asked for, others came; the API seems to "
                "ignore the window now, so nothing of this page was loaded"
            )
        if times and max(times) < reached - SEAM - SLACK:
            raise OutOfContract(
                f"{EMAILS.operation} answered with e-mails in another order than that of their "
                "storage; reading could not be taken up again where it stops, so nothing of this "
                "page was loaded"
            )

    def _stop_in_time(self, stretch: Stretch, reached: datetime) -> None:
        """Asked only after something new was read, so that every run gets on; what is looked at
        once more is short and no place for a pause: nothing would tell that it was read."""
        if time.monotonic() > self._deadline:
            minutes = self.visit.reads.email_minutes
            why = f"{EMAILS.operation}: the {minutes} minutes of EMAIL_MINUTES are over"
            raise self._unfinished(stretch, reached, why)
        if stretch.left == _NEW and self.visit.reads.is_pause_due:
            raise Paused(f"{EMAILS.operation}: read up to {_said(reached)}; the run goes on there")

    def _unfinished(self, stretch: Stretch, reached: datetime, why: str) -> Unfinished:
        left = stretch.left.format(time=_said(reached), day=reached.astimezone(UTC).date())
        return Unfinished(f"{why}; {left}")


def _stored_at(row: Row) -> datetime | None:
    """When an e-mail was stored, None where that cannot be read."""
    value = row.get(STORED_AT)
    try:
        return columns.TIME.convert(value) if value else None
    except (TypeError, ValueError, OverflowError):
        return None


def _holds(lower: datetime, upper: datetime | None, moment: datetime) -> bool:
    return moment >= lower - SLACK and (upper is None or moment <= upper + SLACK)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _text(moment: datetime) -> str:
    """The API's spelling: UTC, milliseconds."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
