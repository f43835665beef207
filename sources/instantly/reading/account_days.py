"""The daily report of accounts: batches of addresses × windows of days.

    accounts that were read before   the last 30 days, and further back after a longer pause
    accounts that are new            everything since INSTANTLY_START_DATE, or the oldest campaign
                                       200 addresses × 31 days a request, more is refused (C29)

The report has rows that name no account, and the same row twice (quirk C31): the former belong to
nobody and are dropped, the latter count once. The filter for addresses was ignored once (quirk
C30), so rows of others are taken for what they are, and nobody else's row is taken for missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sources.instantly.endpoint import Days, Endpoint, Parent, Row
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.reading.batch import Put
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.visit import Visit
from sources.instantly.shaping import columns


@dataclass(frozen=True, slots=True)
class Question:
    """One request: some accounts, some days, both ends included."""

    accounts: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class AccountDays:
    """Reads the days of one workspace's accounts.

    Attributes:
        visit: the workspace.
        keeper: makes batches of rows.
        endpoint: the report.
        parent, days: what it is asked by.
    """

    visit: Visit
    keeper: Keeper
    endpoint: Endpoint
    parent: Parent
    days: Days

    @classmethod
    def of(cls, visit: Visit, keeper: Keeper, endpoint: Endpoint) -> "AccountDays":
        """The reader of a report of accounts and days."""
        if endpoint.parent is None or endpoint.days is None:
            raise ValueError(f"{endpoint.table} is no report of accounts and days")
        return cls(visit, keeper, endpoint, endpoint.parent, endpoint.days)

    def read(self, accounts: Sequence[str], oldest: date | None, put: Put) -> None:
        """Asks and hands on what is new, request by request.

        Args:
            accounts: addresses of all accounts.
            oldest: the first day on which anything can have been sent, None when nobody knows.
            put: takes the rows.
        """
        questions = list(self.questions(accounts, oldest))
        for question, rows in self.visit.side_by_side(self.endpoint, self._ask, questions):
            known = self._known(question, rows)
            put(self.keeper.observations(self.endpoint, rows, known))

    def questions(self, accounts: Sequence[str], oldest: date | None) -> Iterator[Question]:
        """The requests of this run."""
        reads, last = self.visit.reads, self.visit.window.end
        start = reads.since or reads.start or oldest
        if reads.is_backfill or reads.everything:
            yield from self._cover(accounts, start or self._trailing(), last)
            return
        known = self._known_accounts()
        yield from self._cover([a for a in accounts if a in known], self._trailing(), last)
        new = [account for account in accounts if account not in known]
        yield from self._cover(new, min(start or last, self._trailing()), last)

    def _trailing(self) -> date:
        """The first day that is read again; none is left out when runs were far apart."""
        today, seen = self.visit.at.date(), self._last_read()
        days = max(self.days.again, (today - seen.date()).days + 1 if seen else 0)
        first = today - timedelta(days=days)
        return max(first, self.visit.reads.start or first)

    def _last_read(self) -> datetime | None:
        return self.visit.history.last_complete(self.endpoint.table, self.visit.workspace_id)

    def _known_accounts(self) -> set[str]:
        """Accounts that were there when this was last read, and so have their history.

        Those of which a day did not fit have not; where nobody can say whose day it was, nobody.
        """
        seen, visit = self._last_read(), self.visit
        if seen is None:
            return set()
        source = BY_TABLE[self.parent.table]
        known = visit.history.known_at(source, visit.workspace_id, self.parent.member, seen)
        unread = {kept.key.get(self.parent.column) for kept in visit.unread(self.endpoint)}
        return set() if None in unread else known - unread

    def _cover(self, accounts: Sequence[str], first: date, last: date) -> Iterator[Question]:
        """Days and accounts in pieces that the API takes, oldest days first."""
        width = timedelta(days=(self.days.most or 1) - 1)
        while first <= last:
            until = min(first + width, last)
            for start in range(0, len(accounts), self.parent.batch):
                batch = tuple(accounts[start : start + self.parent.batch])
                yield Question(batch, first, until)
            first = until + timedelta(days=1)

    def _ask(self, question: Question) -> tuple[Question, list[Row]]:
        span = {self.days.first: question.first.isoformat()}
        if self.days.last:
            span[self.days.last] = question.last.isoformat()
        asked = {self.parent.param: list(question.accounts), **span}
        answer = self.visit.ask(self.endpoint, asked)
        return question, self.visit.quarantine.observed(self.endpoint, answer)

    def _known(self, question: Question, rows: Sequence[Row]) -> list[Row]:
        """The latest observation of every day that was asked for, or answered unasked."""
        account, day = self.parent.column, self.days.column
        width = (question.last - question.first).days + 1
        asked = [question.first + timedelta(days=n) for n in range(width)]
        read = {(row[account], row[day]) for row in columns.table(self.endpoint, rows).to_pylist()}
        among = {
            account: {*question.accounts, *(name for name, _ in read)},
            day: {*asked, *(when for _, when in read)},
        }
        visit, mine = self.visit, frozenset(question.accounts)
        known = visit.history.latest(self.endpoint, visit.workspace_id, among=among)
        return [
            row
            for row in known
            if (row[account], row[day]) in read or (row[account] in mine and row[day] in asked)
        ]
