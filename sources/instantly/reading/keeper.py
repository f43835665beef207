"""From what was read to what has to be written, by the way a table keeps its history.

    versions      all rows that were read, with the closing that says which others are gone
    observations  rows that say something else than their last observation, and zeros for those
                  that are no longer reported
    rows          rows with a content that the warehouse does not hold

It also stands between a listing and the closing of many rows at once: losing them is more likely a
fault of the API than the work of a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.errors import SuspiciouslyShort
from sources.instantly.reading.batch import EVERY_ROW, Batch, Closing
from sources.instantly.reading.history import History
from sources.instantly.reading.quarantine import Quarantine
from sources.instantly.shaping import columns
from sources.instantly.shaping.observations import changes

FEW_ROWS = 20
SMALL_SHARE = 0.1
SOME_ROWS = 3
"""A walk is suspicious when it lost more than FEW_ROWS and SMALL_SHARE of the rows at once, or all
of more than SOME_ROWS."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Makes batches out of the rows of one workspace.

    Attributes:
        history: what the warehouse knows.
        workspace_id: whose rows.
        name: the workspace, for people.
        at: when they count as observed.
        allow_shrink: take a walk that came back suspiciously short for the truth.
        quarantine: takes the rows that do not fit; they are neither written nor missed.
    """

    history: History
    workspace_id: str
    name: str
    at: datetime
    allow_shrink: bool = False
    quarantine: Quarantine = field(default_factory=Quarantine)

    def versions(
        self,
        endpoint: Endpoint,
        rows: Iterable[Row],
        closing: Closing = EVERY_ROW,
        *,
        is_complete: bool = True,
        held: int | None = None,
    ) -> Batch:
        """All rows of a walk, or of a part of one.

        Args:
            endpoint: a table of versions.
            rows: what was read, each with a whole key.
            closing: which rows are gone when they are not among these.
            is_complete: whether it was a walk from end to end.
            held: rows that the walk should have met; by default all that are open.

        Raises:
            SuspiciouslyShort: a walk from end to end lost many rows at once.
        """
        same = {columns.WORKSPACE: self.workspace_id}
        unique = endpoint.unique(rows, endpoint.key)
        table = self.quarantine.typed(endpoint, unique, **same)
        spared = self._spared(endpoint, table)
        if is_complete and not self.allow_shrink:
            if held is None:
                held = self.history.current_rows(endpoint, self.workspace_id)
            refuse_short(endpoint, self.name, held=held, read=table.num_rows + len(spared))
        is_known = not closing.but and self._holds_just(table, endpoint, closing)
        closing = replace(closing, spared=tuple(spared))
        return Batch(endpoint, table, self.workspace_id, is_complete, closing, is_known)

    def _spared(self, endpoint: Endpoint, read: pa.Table) -> list[Row]:
        """Keys of open rows that were not read, while what does not fit may be just these."""
        if not self.quarantine.found(endpoint):
            return []
        held = self.history.stored(endpoint, self.workspace_id, endpoint.key).to_pylist()
        met = {tuple(row.values()) for row in read.select(endpoint.key).to_pylist()}
        return [
            row
            for row in held
            if tuple(row[name] for name in endpoint.key) not in met
            and self.quarantine.holds(endpoint, row)
        ]

    def _holds_just(self, table: pa.Table, endpoint: Endpoint, closing: Closing) -> bool:
        """Whether the open rows that could end are the very rows that were read.

        Most listings say the same day after day, and a merge costs far more than this question.
        """
        among = None if closing.only is None else {closing.column: closing.only}
        names = [columns.ROW_VERSION]
        held = self.history.stored(endpoint, self.workspace_id, names, among=among)
        return set(held[names[0]].to_pylist()) == set(table[names[0]].to_pylist())

    def observations(self, endpoint: Endpoint, rows: Iterable[Row], known: Sequence[Row]) -> Batch:
        """Rows of a report that say something new.

        Args:
            endpoint: a table of observations.
            rows: what was read, unique by key.
            known: the latest observation of every key that was asked for, and of no other.
        """
        known = [row for row in known if not self.quarantine.holds(endpoint, row)]
        new = changes(endpoint, rows, known, workspace_id=self.workspace_id, at=self.at)
        return Batch(endpoint, new, self.workspace_id, is_known=not new.num_rows)

    def rows(self, endpoint: Endpoint, rows: Iterable[Row]) -> Batch:
        """Rows whose content the warehouse does not hold.

        Args:
            endpoint: a table of rows whose key is one column.
            rows: what was read, unique by key.
        """
        same = {columns.WORKSPACE: self.workspace_id, columns.OBSERVED_AT: self.at}
        read = self.quarantine.typed(endpoint, list(rows), **same)
        (key,) = endpoint.key
        names = (key, columns.ROW_VERSION)
        wanted = read[key].to_pylist()
        held = self.history.stored(endpoint, self.workspace_id, names, among={key: wanted})
        known = dict(zip(*(held[name].to_pylist() for name in names), strict=True))
        versions = read[columns.ROW_VERSION].to_pylist()
        is_new = [known.get(k) != v for k, v in zip(wanted, versions, strict=True)]
        new = read.filter(pa.array(is_new, pa.bool_()))
        return Batch(endpoint, new, self.workspace_id, is_known=not new.num_rows)


def refuse_short(endpoint: Endpoint, name: str, *, held: int, read: int) -> None:
    """Guards a walk from end to end.

    Args:
        endpoint: what was walked.
        name: the workspace.
        held: rows that the warehouse holds and that are not known to be gone.
        read: rows that were found.

    Raises:
        SuspiciouslyShort: too many are missing.
    """
    if is_short(held=held, read=read):
        raise SuspiciouslyShort(
            f"{endpoint.operation} listed {read} rows for {endpoint.table} of {name!r} where the "
            f"warehouse holds {held}; if they were really deleted, run again with --allow-shrink"
        )


def is_short(*, held: int, read: int) -> bool:
    """Whether so few of the rows that were held were found that somebody should look."""
    gone = held - read
    return gone > max(FEW_ROWS, SMALL_SHARE * held) or (read == 0 and held > SOME_ROWS)
