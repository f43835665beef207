"""The month of a report, and the days it is held against.

    2026-10, seen on 22 November ──> 1–31 October   beside  1–30 September
    2026-11, seen on 22 November ──> 1–22 November  beside  1–22 October

A month that is not over is held against as many days of the one before: against the whole of it,
every running month would look like a collapse. Days are those of the facts, UTC.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from pipelines.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Days:
    """Days of one month, from its first."""

    first: dt.date
    last: dt.date

    @property
    def is_whole(self) -> bool:
        """True when these are all the days of the month."""
        return self.last == end_of(self.first)

    @property
    def month(self) -> str:
        """`2026-10`."""
        return f"{self.first:%Y-%m}"

    @property
    def title(self) -> str:
        """`October 2026`, whether all of it or not."""
        return f"{calendar.month_name[self.first.month]} {self.first.year}"

    @property
    def label(self) -> str:
        """`October 2026`, or `1–22 November 2026`."""
        return self.title if self.is_whole else f"1–{self.last.day} {self.title}"


@dataclass(frozen=True, slots=True)
class Period:
    """The days of the report and those before it; `is_over` when no day of it is still running."""

    this: Days
    previous: Days
    is_over: bool


def period_of(month: dt.date | None, as_of: dt.datetime) -> Period:
    """The period of a month (its first day), as a warehouse of that time can show it.

    None is the last month that was over. ConfigurationError for a month that has not begun.
    """
    today = as_of.date()
    first = (month or _before(today.replace(day=1))).replace(day=1)
    if first > today:
        what = f"{first:%Y-%m} has not begun: the warehouse is as of {today}"
        raise ConfigurationError(what, where="--month", todo=f"write {today:%Y-%m} or earlier")
    last = min(end_of(first), today)
    before = _before(first)
    held = end_of(before)
    if last < end_of(first):
        held = min(held, before + (last - first))
    return Period(Days(first, last), Days(before, held), is_over=today > end_of(first))


def months_back(first: dt.date, count: int) -> list[dt.date]:
    """The first days of `count` months up to this one, oldest first."""
    found = [first]
    while len(found) < count:
        found.insert(0, _before(found[0]))
    return found


def end_of(first: dt.date) -> dt.date:
    """The last day of the month."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _before(first: dt.date) -> dt.date:
    """The first day of the month before."""
    return (first - dt.timedelta(days=1)).replace(day=1)
