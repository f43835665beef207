"""Which of the rows just read say something new: the difference to what is already stored.

    read:   day 1 sent 40   day 2 sent 12                 (day 3 no longer reported)
    known:  day 1 sent 40   day 2 sent 10   day 3 sent 7
    new:                    day 2 sent 12   day 3 sent 0

Every distinct observation is kept, an unchanged one is not stored again. A row that the API stops
reporting is an observation too: quiet rows are left out of the reports (quirk C24), so a missing
row says zero. Whole past days have gone to zero that way (quirk C17), and SQL must be able to see
it happen.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.shaping import columns

Key = tuple[Any, ...]


def changes(
    endpoint: Endpoint,
    rows: Iterable[Row],
    known: Sequence[Row],
    *,
    workspace_id: str,
    at: datetime,
) -> pa.Table:
    """The rows worth storing, typed.

    Args:
        endpoint: the report.
        rows: what was read, unique by key.
        known: the latest stored observation of every key that was asked for, and of no other.
        workspace_id: whose rows.
        at: when this was observed.
    """
    same = {columns.WORKSPACE: workspace_id, columns.OBSERVED_AT: at}
    read = columns.table(endpoint, rows, **same)
    if not known:
        return read
    stored = {_key(endpoint, row): row for row in known}
    fresh = read.to_pylist()
    new = [differs(row, stored.get(_key(endpoint, row))) for row in fresh]
    seen = {_key(endpoint, row) for row in fresh}
    gone = [_zero(endpoint, row) for key, row in stored.items() if key not in seen]
    vanished = columns.table(endpoint, [row for row in gone if row], **same)
    changed = read.filter(pa.array(new, pa.bool_()))
    return pa.concat_tables([changed, vanished], promote_options="default")


def differs(row: Row, known: Row | None, *, but: Collection[str] = ()) -> bool:
    """Whether a typed row says anything that the stored one does not.

    Args:
        row: what was read.
        known: what is stored, None when nothing is.
        but: columns that do not count.
    """
    if known is None:
        return True
    skipped = {columns.OBSERVED_AT, columns.WORKSPACE, *but}
    return any(
        row.get(name) != known.get(name)
        for name in row.keys() | known.keys()
        if name not in skipped
    )


def _key(endpoint: Endpoint, row: Row) -> Key:
    return tuple(row[column] for column in endpoint.key)


def _zero(endpoint: Endpoint, row: Row) -> Row | None:
    """The observation that a row is no longer reported; None when it was all zero before."""
    counts = [
        name
        for name, kind in columns.declared(endpoint).items()
        if kind in (columns.INTEGER, columns.DOUBLE) and name not in endpoint.key
    ]
    if not any(row.get(name) for name in counts):
        return None
    return {name: row[name] for name in endpoint.key} | {
        name: 0 for name in counts if row.get(name) is not None
    }
