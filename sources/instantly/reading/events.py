"""Lists of things that happened: their days since the newest stored one, and some before it.

                     again          newest
    ─────────────────┼───────────────┼──────────────────→ today
                     └ asked for ────────────────────────┘

Such lists only grow, but their last rows still change (a delivery is retried, a report comes later
than its test), so some days are read again. The start never lies behind the last run that read the
list to its end, because the order of most of these lists is not documented: what a run that was cut
short has stored may be the newest rows alone. What the API no longer has is kept. As long as a row
did not fit, which may have any day, everything is asked for again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sources.instantly.conversation.paging import Element
from sources.instantly.endpoint import Days, Endpoint, Row
from sources.instantly.reading.batch import Put
from sources.instantly.reading.children import answers_of
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.visit import Visit

ROWS_AT_ONCE = 2000
"""Rows that are compared with the warehouse and handed on together."""


@dataclass(frozen=True, slots=True)
class Events:
    """Reads the lists of events of one workspace.

    Attributes:
        visit: the workspace.
        keeper: makes batches of rows.
    """

    visit: Visit
    keeper: Keeper

    def read(
        self, endpoint: Endpoint, parents: Sequence[str] | None, oldest: date | None, put: Put
    ) -> None:
        """Asks and hands on what is new or says something new.

        Args:
            endpoint: a table with a window of days.
            parents: ids of its parent's rows; None for a table without a parent.
            oldest: the first day on which anything can have happened, None when nobody knows.
            put: takes the rows.
        """
        days = _days_of(endpoint)
        span = self._span(endpoint, days, oldest)
        seen: set[object] = set()
        rows: list[Row] = []
        for elements in self._elements(endpoint, parents, span):
            rows += _new_to(seen, endpoint, self.visit.quarantine.cut(endpoint, elements))
            if len(rows) >= ROWS_AT_ONCE:
                put(self.keeper.rows(endpoint, rows))
                rows = []
        put(self.keeper.rows(endpoint, rows))

    def _elements(
        self, endpoint: Endpoint, parents: Sequence[str] | None, span: Mapping[str, str]
    ) -> Iterator[Sequence[Element]]:
        if parents is None:
            yield from self.visit.walk(endpoint, span)
            return
        for answered in answers_of(self.visit, endpoint, parents, span):
            yield answered.elements

    def _span(self, endpoint: Endpoint, days: Days, oldest: date | None) -> dict[str, str]:
        window = self.visit.window
        first = self.visit.reads.since or self._first_day(endpoint, days, oldest)
        span = {days.first: first.isoformat()} if first else {}
        return span | ({days.last: window.end.isoformat()} if days.last else {})

    def _first_day(self, endpoint: Endpoint, days: Days, oldest: date | None) -> date | None:
        visit = self.visit
        start = visit.reads.start or oldest
        read = visit.history.last_complete(endpoint.table, visit.workspace_id)
        newest = visit.history.greatest(endpoint, visit.workspace_id, days.column)
        if visit.reads.everything or read is None or newest is None or visit.unread(endpoint):
            return start
        first = min(_day(newest), read.date()) - timedelta(days=days.again)
        return max(first, start or first)


def _new_to(seen: set[object], endpoint: Endpoint, rows: Sequence[Row]) -> Iterator[Row]:
    """Rows that were not met before in this list: rows shift between its pages."""
    (key,) = endpoint.key
    for row in rows:
        if row.get(key) not in seen:
            seen.add(row.get(key))
            yield row


def _days_of(endpoint: Endpoint) -> Days:
    if endpoint.days is None:
        raise ValueError(f"{endpoint.table} is not asked for by days")
    return endpoint.days


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
