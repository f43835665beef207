"""What the warehouse already knows: the questions the plan of requests asks of the past.

This room does not know where the warehouse is. Whoever starts a sync answers these questions from
it; that is the only state there is, so a lost working directory costs nothing and a restored
backup rewinds the plan together with the data.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol

from sources.instantly.endpoints import Endpoint, Row


class History(Protocol):
    """Earlier observations of one warehouse."""

    def latest(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        *,
        campaign_ids: Collection[str],
        days: Collection[date] | None = None,
        as_of: datetime | None = None,
    ) -> list[Row]:
        """The newest stored observation of every key, by column names and Python types.

        Args:
            endpoint: a table of observations.
            workspace_id: whose rows.
            campaign_ids: only these campaigns.
            days: only these days.
            as_of: only what had been observed by then.
        """
        ...

    def current_rows(self, table: str, workspace_id: str) -> int:
        """How many rows a table of versions holds that are still open."""
        ...

    def last_complete(self, table: str, workspace_id: str) -> datetime | None:
        """When the table was last read completely, None for never."""
        ...

    def workspace_of(self, name: str) -> str | None:
        """The id that a configured workspace name stood for in the last run that used it."""
        ...

    def newest_observation(self) -> datetime | None:
        """The latest time at which anything was observed."""
        ...
