"""What the warehouse already knows: the questions the plan of requests asks of the past.

This room does not know where the warehouse is. Whoever starts a sync answers these questions from
it; that is the only state there is, so a lost working directory costs nothing and a restored
backup rewinds the plan together with the data.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.shaping.misfits import Kept

Among = Mapping[str, Collection[Any]]
"""Column → the values that count; a row must fit all of them."""


class History(Protocol):
    """Earlier readings of one warehouse."""

    def latest(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        *,
        among: Among,
        as_of: datetime | None = None,
        or_at: Collection[datetime] = (),
    ) -> list[Row]:
        """The newest stored observation of every key, by column names and Python types.

        Args:
            endpoint: a table of observations.
            workspace_id: whose rows.
            among: only these rows.
            as_of: only what had been observed by then.
            or_at: and what was observed at these very moments; without `as_of`, that alone.
        """
        ...

    def stored(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        columns: Collection[str] | None,
        *,
        among: Among | None = None,
        where_open: bool = True,
    ) -> pa.Table:
        """Columns of what a table holds now, in their declared types.

        Args:
            endpoint: a table of versions or of rows.
            workspace_id: whose rows.
            columns: which; None for all but those of the loader.
            among: only these rows.
            where_open: only rows that are there: open versions, rows that are not deleted.
        """
        ...

    def greatest(
        self, endpoint: Endpoint, workspace_id: str, column: str, *, below: Any = None
    ) -> Any:
        """The greatest value of a column, over deleted rows too; None when there is none.

        Args:
            endpoint: a table of rows.
            workspace_id: whose rows.
            column: of a type that has an order.
            below: only values smaller than this.
        """
        ...

    def known_at(
        self, endpoint: Endpoint, workspace_id: str, column: str, at: datetime
    ) -> set[Any]:
        """Values of a column of a table of versions that were there at a moment."""
        ...

    def current_rows(self, endpoint: Endpoint, workspace_id: str) -> int:
        """How many rows a table holds that are there: open versions, rows not deleted."""
        ...

    def last_complete(self, table: str, workspace_id: str) -> datetime | None:
        """When the table was last read as a run should, None for never."""
        ...

    def last_walk(self, table: str, workspace_id: str) -> datetime | None:
        """When the table was last walked from end to end, None for never."""
        ...

    def quarantined(self, table: str, workspace_id: str) -> list[Kept]:
        """Rows of a table that did not fit and have not been seen well, nor gone, since."""
        ...

    def pauses(self, table: str, workspace_id: str) -> Collection[datetime]:
        """When the reading of a table paused since its last complete one: the moments at which
        what was observed was read whole."""
        ...

    def workspace_of(self, name: str) -> str | None:
        """The id that a configured workspace name stood for in the last run that used it."""
        ...

    def newest_observation(self) -> datetime | None:
        """The latest time at which anything was observed."""
        ...
