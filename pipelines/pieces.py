"""A long load in pieces, each of them published: what was read need not be read again.

    --since, --until   31 days a piece, oldest first        an interruption, a kill, a deadline
    any other load     PUBLISH_MINUTES of reading a piece   keeps every piece that was published;
                                                            the same command goes on behind them

A load that is shorter than one piece, as nearly all are, is one piece and pays nothing.

Only raw tables are published between two pieces. Marts are built once, at the end, so that what
readers of them see is always of one run: until then, of the one before. All pieces carry the id of
their run, and the run log counts them together.

A backfill is cut by days, because its requests are: each piece that is there is noted in the file,
and asking for the same days again skips it, until the last one has arrived. Then the notes go, and
asking once more reads everything once more, as it should. `--full-refresh` with it begins anew.

Any other load is cut by time, between two tables, two portions of campaigns or two pages of
e-mails. The readers stop themselves (`Reads.pause_at`), and what is noted is the moment up to which
they had read whole. Cutting it by days as well was refused: the totals that tell what moved have no
days. A full refresh is not cut: nothing would tell a later piece what an earlier one has refreshed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipelines.destinations import Database
from pipelines.outcome import SyncReport
from pipelines.unfinished import (
    Stretch,
    forget_pieces,
    note_piece,
    tables_done,
)
from sources.instantly import BY_TABLE, select_tables
from sources.instantly.endpoint import Way

DAYS_A_PIECE = 31
"""As many as the API takes at once for accounts; a request more for each campaign is then lost
among those for its days."""

OF_DAYS = frozenset({Way.REPORTS, Way.ACCOUNT_DAYS, Way.EVENTS, Way.EMAILS})
"""Ways of reading that a backfill asks by days; the rest is read with its first piece."""

Load = Callable[..., SyncReport]
"""Loads tables into the draft: `pipelines.sync.load` with what is the same for all pieces."""

logger = logging.getLogger("instantly_warehouse")


@dataclass(slots=True)
class Pieces:
    """One load, cut where it is long.

    Attributes:
        load: loads one piece; takes `tables`, `earlier`, and what makes the piece.
        publish: puts what is loaded into the place of the warehouse, and work goes on; None where
            nothing may be published before the end.
        report: what was done so far.
    """

    load: Load
    publish: Callable[[], None] | None
    report: SyncReport = field(default_factory=SyncReport)
    _is_kept: bool = False

    def in_time(self, tables: Sequence[str], seconds: float | None) -> SyncReport:
        """Loads tables, and publishes whenever `seconds` of reading are over; None: at once."""
        pause_after = None if self.publish is None else seconds
        while True:
            with self._said("what was read until now"):
                piece = self.load(tables=tables, earlier=self.report, pause_after=pause_after)
            self.report = self.report.followed_by(piece)
            if not piece.paused:
                return self.report
            self._keep(f"tables to go on with: {len(piece.paused)}")
            if (
                set(tables) == set(left := select_tables(",".join(piece.paused)))
                and not piece.changed
            ):
                pause_after = None  # a piece that brought nothing on would be followed by another
            tables = left

    def by_days(
        self, tables: Sequence[str], asked: Backfill, database: Path | Database
    ) -> SyncReport:
        """Loads the days of a backfill, piece by piece, without those that are there."""
        if asked.begins_anew:
            forget_pieces(database, asked.name)
        done = tables_done(database, asked.name)
        missing = list(_missing(tables, asked.stretches(), done))
        if done and missing:
            logger.info(
                "goes on with a backfill that was not finished: %d pieces left", len(missing)
            )
        for number, (stretch, wanted) in enumerate(missing, 1):
            with self._said(f"everything before {stretch.since}"):
                days = {"since": stretch.since, "until": stretch.until}
                piece = self.load(tables=wanted, earlier=self.report, **days)
            self.report = self.report.followed_by(piece)
            if piece.is_empty:
                break
            note_piece(database, asked.name, stretch, _whole(piece))
            if number < len(missing):
                self._keep(f"{stretch}, piece {number} of {len(missing)}")
        if not self.report.is_partial:
            forget_pieces(database, asked.name)
        return self.report

    def _keep(self, what: str) -> None:
        if self.publish is not None:
            self.publish()
            self._is_kept = True
            logger.info("published a piece of the load (%s)", what, extra={"event": "piece"})

    @contextmanager
    def _said(self, what: str) -> Generator[None]:
        """Says what stays when a later piece fails or is interrupted."""
        try:
            yield
        except BaseException:
            if self._is_kept:
                logger.warning("the warehouse keeps %s; the same command goes on behind it", what)
            raise


@dataclass(frozen=True, slots=True)
class Backfill:
    """The days that were asked for.

    Attributes:
        days: both ends, open where nothing was said.
        oldest: the first day worth asking where the beginning is open; None when nobody knows.
        of: the workspaces and tables that were asked for: another set is another backfill.
        begins_anew: what is noted of an earlier attempt does not count.
    """

    days: Stretch
    oldest: date | None
    of: str
    begins_anew: bool = False

    @property
    def name(self) -> str:
        """By which the same request is known again."""
        return f"{self.days}: {self.of}"

    def stretches(self) -> list[Stretch]:
        """The days in pieces, oldest first; together they are just what was asked for.

        This machine's day decides where is cut and never what is read: the last piece ends as the
        request does.
        """
        first = self.days.since or self.oldest
        today = datetime.now(UTC).date()
        last = min(self.days.until or today, today)
        cuts: list[date] = []
        while first and first + timedelta(days=DAYS_A_PIECE) <= last:
            first += timedelta(days=DAYS_A_PIECE)
            cuts.append(first)
        begins = [self.days.since, *cuts]
        ends = [*(cut - timedelta(days=1) for cut in cuts), self.days.until]
        return [Stretch(*ends_of) for ends_of in zip(begins, ends, strict=True)]


def _missing(
    tables: Sequence[str], stretches: Sequence[Stretch], done: dict[Stretch, frozenset[str]]
) -> list[tuple[Stretch, tuple[str, ...]]]:
    """The pieces that are not there yet, each with the tables to load and what these need."""
    found = []
    for number, stretch in enumerate(stretches):
        wanted = tables if number == 0 else [t for t in tables if BY_TABLE[t].way in OF_DAYS]
        left = [table for table in wanted if table not in done.get(stretch, ())]
        if left:
            found.append((stretch, select_tables(",".join(left))))
    return found


def _whole(piece: SyncReport) -> set[str]:
    """Tables that arrived of every workspace."""
    lost = {outcome.table_name for outcome in piece.incomplete}
    return {outcome.table_name for outcome in piece.outcomes} - lost
