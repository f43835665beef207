"""Rows on their way to a table, and what may be taken for vanished when they have arrived.

Rows of a table of versions come with a *closing*: which of the open rows end because they were not
among those just read. They travel together in one batch, because new versions without the end of
the old ones would leave two rows open for one key.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Load, Row


@dataclass(frozen=True, slots=True)
class Closing:
    """The open rows of a workspace that end when they were not read again.

    Attributes:
        column: column that the values below are of.
        only: only rows with these values; None for all rows.
        but: never rows with these values.
        spared: never these rows, each by its key: what came in their place does not fit.
    """

    column: str = ""
    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()
    spared: tuple[Row, ...] = ()

    def __post_init__(self) -> None:
        if (self.only is not None or self.but) and not self.column:
            raise ValueError("say which column the values are of")


EVERY_ROW = Closing()
"""A table that was listed from end to end."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way to a table.

    Attributes:
        endpoint: the table.
        rows: typed by `shaping.columns`.
        workspace_id: whose rows.
        is_complete: with this batch the table has been walked from end to end.
        closing: which rows of a table of versions end; by default those of a complete batch.
        is_known: the warehouse holds just this; nothing has to be written.
        is_first: the warehouse holds no row with a key of these, and no other batch does.
        is_distinct: no key comes twice in it, nor in another batch of which this is said.
    """

    endpoint: Endpoint
    rows: pa.Table
    workspace_id: str
    is_complete: bool = False
    closing: Closing | None = None
    is_known: bool = False
    is_first: bool = False
    is_distinct: bool = False

    def __post_init__(self) -> None:
        is_versioned = self.endpoint.load is Load.VERSIONS
        if is_versioned and self.is_complete and self.closing is None:
            object.__setattr__(self, "closing", EVERY_ROW)
        if is_versioned != (self.closing is not None):
            raise ValueError(f"{self.endpoint.table}: versions, and those alone, have a closing")


Put = Callable[[Batch], None]
"""Takes rows."""
