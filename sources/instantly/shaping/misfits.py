"""Rows that do not fit their table: which, and why, without saying what they say.

    {"id": "c1", "status": "many", …}   →   campaigns   id c1   status   a text where a whole
                                                                         number is expected

One bad value must neither stop a night's load nor become a null, so the row is set apart as it
stands and the others go on. A misfit remembers the key, the column and the kind of value, and never
the value: what stands in the wrong place may be a person's address, and a copy of it would escape
what is hidden or forgotten. The row itself is still at the source.

As much of the key is kept as can be read. A whole key names one row; half of one names every row
that it could be, and an empty one any row of the table. What may be meant by a misfit must not be
taken for gone, nor for zero.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.shaping import columns

_WRONG = (TypeError, ValueError, LookupError, AttributeError, OverflowError)
"""What a function of rows raises over an element that is not built as the API documents."""

OTHERWISE = "not built as the API documents it"


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that does not fit its table, or rows without a key that do not fit for one reason.

    Attributes:
        table: the table.
        key: what could be read of its key, column by column, typed.
        column: what does not fit; empty where it is the row as a whole.
        reason: what came where what was expected.
    """

    table: str
    key: tuple[tuple[str, Any], ...]
    column: str
    reason: str

    def may_be(self, row: Mapping[str, Any]) -> bool:
        """Whether this may be what a row of the table, in its types, looks like now."""
        return all(row.get(column) == value for column, value in self.key)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the warehouse holds of rows that did not fit and have not been seen well since.

    Attributes:
        key: what could be read of the key, as JSON has it.
        column: what did not fit.
        reason: why.
        rows: how many rows this stands for.
        first_seen_at: since when.
        last_seen_at: when it was last met.
    """

    key: Mapping[str, Any]
    column: str
    reason: str
    rows: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Sifted:
    """Rows, and those that are none.

    Attributes:
        table: what fits, typed.
        kept: the places of these rows among those that were given.
        misfits: what does not.
    """

    table: pa.Table
    kept: list[int]
    misfits: list[Misfit]


def cut(
    endpoint: Endpoint, elements: Iterable[Mapping[str, Any]], **same: Any
) -> Iterator[Row | Misfit]:
    """The rows of the elements of an answer that have a whole key, and misfits for the others.

    Args:
        endpoint: the table.
        elements: the answer.
        same: what the request, not the answer, knows of every row.
    """
    for element in elements:
        try:
            rows = [{**row, **same} for row in endpoint.rows(element)]
        except _WRONG:
            key = _readable_key(endpoint, {**_owner(endpoint, element), **element, **same})
            yield Misfit(endpoint.table, key, "", OTHERWISE)
            continue
        for row in rows:
            yield _holed(endpoint, row) or row


def sift(endpoint: Endpoint, rows: Sequence[Row], **same: Any) -> Sifted:
    """Types rows, and sets those apart that do not fit.

    All are tried at once; only where one of them is odd the halves are tried, and theirs.
    """
    try:
        return Sifted(columns.table(endpoint, rows, **same), list(range(len(rows))), [])
    except columns.DoesNotFit as odd:
        if len(rows) == 1:
            found = _misfit(endpoint, rows[0], odd)
            return Sifted(columns.table(endpoint, [], **same), [], [found])
    half = len(rows) // 2
    first = sift(endpoint, rows[:half], **same)
    last = sift(endpoint, rows[half:], **same)
    return Sifted(
        pa.concat_tables([first.table, last.table], promote_options="default"),
        [*first.kept, *(half + place for place in last.kept)],
        [*first.misfits, *last.misfits],
    )


def _holed(endpoint: Endpoint, row: Row) -> Misfit | None:
    """The misfit of a row whose key has a hole, None for a whole key."""
    key = _readable_key(endpoint, row)
    if len(key) == len(endpoint.key):
        return None
    read = dict(key)
    column, kind = next(
        (name, kind) for name, kind in columns.key_kinds(endpoint).items() if name not in read
    )
    return Misfit(endpoint.table, key, column, columns.misfit(row.get(column), kind))


def _misfit(endpoint: Endpoint, row: Row, odd: columns.DoesNotFit) -> Misfit:
    return Misfit(endpoint.table, _readable_key(endpoint, row), odd.column, odd.reason)


def _readable_key(endpoint: Endpoint, row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The parts of a key that can be read, typed."""
    read = []
    for column, kind in columns.key_kinds(endpoint).items():
        try:
            value = None if row.get(column) is None else kind.convert(row[column])
        except _WRONG:
            continue
        if value is not None:
            read.append((column, value))
    return tuple(read)


def _owner(endpoint: Endpoint, element: Mapping[str, Any]) -> Mapping[str, Any]:
    """Rows that are cut from the rows of another table begin their key with the id of those."""
    is_part = endpoint.source is not None and len(endpoint.key) > 1
    return {endpoint.key[0]: element["id"]} if is_part and "id" in element else {}
