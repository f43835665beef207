"""What the warehouse already knows, asked of it in SQL: the memory of the plan of requests.

    reading.plan ── "what did day 12 say last?" ──→ WarehouseHistory ──SQL──→ raw tables

Everything is derived from the tables themselves. dlt's state would be the obvious place, and was
refused: it is a second truth beside the rows, and a restored backup or a lost working directory
lets the two disagree. Queries go through dlt's SQL client, so any destination can answer them.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self

import dlt
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from sources.instantly import Endpoint, Load

RUNS = "sync_runs"


@dataclass(frozen=True, slots=True)
class Held:
    """What a table holds of one workspace: rows that count, and keys that the last load touched."""

    rows: int = 0
    changed: int = 0


class WarehouseHistory:
    """Answers `sources.instantly.History` from the dataset of a dlt pipeline.

    Use it as a context: one connection stays open from the first question to the last, which also
    spares dlt from opening the file anew for every statement. Safe to use from several threads; a
    table that does not exist yet has no rows.
    """

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._client = pipeline.sql_client()
        self._lock = threading.Lock()
        self._complete: dict[tuple[str, str], datetime] | None = None

    def __enter__(self) -> Self:
        self._client.open_connection()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close_connection()

    def latest(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        *,
        campaign_ids: Collection[str],
        days: Collection[date] | None = None,
        as_of: datetime | None = None,
    ) -> list[dict[str, Any]]:
        """The newest stored observation of every key (see `History.latest`)."""
        if not campaign_ids or (days is not None and not days):
            return []
        conditions = ["workspace_id = %s", f"campaign_id in ({_marks(campaign_ids)})"]
        values: list[Any] = [workspace_id, *campaign_ids]
        if days is not None:
            conditions.append(f"date in ({_marks(days)})")
            values += days
        if as_of is not None:
            conditions.append("observed_at <= %s")
            values.append(as_of)
        key = ", ".join(endpoint.key)
        rows = self._rows(
            f"select * from (select *, row_number() over (partition by {key} "  # noqa: S608 names come from the endpoint table
            f"order by observed_at desc) as recency from {{{endpoint.table}}} "
            f"where {' and '.join(conditions)}) as observations where recency = 1",
            values,
        )
        for row in rows:
            del row["recency"]
        return rows

    def current_rows(self, table: str, workspace_id: str) -> int:
        """How many rows of a table of versions are still open."""
        rows = self._rows(
            f"select count(*) as held from {{{table}}} "  # noqa: S608 names come from the endpoint table
            "where workspace_id = %s and _dlt_valid_to is null",
            [workspace_id],
        )
        return rows[0]["held"] if rows else 0

    def held(self, endpoint: Endpoint, at: datetime) -> dict[str, Held]:
        """What a table holds, by workspace.

        Args:
            endpoint: the table; of versions the open ones count, of observations all.
            at: the time of the load whose changes are counted: rows written and rows closed.
        """
        counts, touched = "true", "observed_at = %s"
        if endpoint.load is Load.VERSIONS:
            counts, touched = "_dlt_valid_to is null", "%s in (_dlt_valid_from, _dlt_valid_to)"
        rows = self._rows(
            f"select workspace_id, count(*) as n from {{{endpoint.table}}} "  # noqa: S608 names come from the endpoint table
            f"where {counts} group by workspace_id"
        )
        keys = self._rows(
            "select workspace_id, count(*) as n from "  # noqa: S608 names come from the endpoint table
            f"(select distinct workspace_id, {', '.join(endpoint.key)} from {{{endpoint.table}}} "
            f"where {touched}) as touched group by workspace_id",
            [at],
        )
        found = {row["workspace_id"]: Held(rows=row["n"]) for row in rows}
        for row in keys:
            workspace = row["workspace_id"]
            found[workspace] = replace(found.get(workspace, Held()), changed=row["n"])
        return found

    def last_complete(self, table: str, workspace_id: str) -> datetime | None:
        """When the table was last read completely (see `History.last_complete`)."""
        if self._complete is None:
            rows = self._rows(
                "select workspace_id, table_name, max(observed_at) as seen from {sync_runs} "
                "where status = 'ok' and not is_backfill group by workspace_id, table_name"
            )
            self._complete = {(row["workspace_id"], row["table_name"]): row["seen"] for row in rows}
        return self._complete.get((workspace_id, table))

    def workspace_of(self, name: str) -> str | None:
        """The id a workspace name stood for in the last run that used it."""
        rows = self._rows(
            "select workspace_id from {sync_runs} where workspace_name = %s and status = 'ok' "
            "order by observed_at desc limit 1",
            [name],
        )
        return rows[0]["workspace_id"] if rows else None

    def newest_observation(self) -> datetime | None:
        """The latest time at which anything was observed."""
        rows = self._rows("select max(observed_at) as newest from {sync_runs}")
        return rows[0]["newest"] if rows else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries; `{table}` stands for the qualified name of a raw table."""
        with self._lock:
            table = sql[sql.index("{") + 1 : sql.index("}")]
            qualified = sql.replace(f"{{{table}}}", self._client.make_qualified_table_name(table))
            try:
                with self._client.execute_query(qualified, *values) as cursor:
                    names = [column[0] for column in cursor.native_cursor.description]
                    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            except DatabaseUndefinedRelation:
                return []


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
