"""What the warehouse already knows, asked of it in SQL: the memory of the plan of requests.

    reading.plan ── "what did day 12 say last?" ──→ WarehouseHistory ──SQL──→ raw tables

Everything is derived from the tables themselves. dlt's state would be the obvious place, and was
refused: it is a second truth beside the rows, and a restored backup or a lost working directory
lets the two disagree. Queries go through dlt's SQL client, so any destination can answer them.
"""

import json
import threading
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import dlt
import pyarrow as pa
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from sources.instantly import Endpoint, Load
from sources.instantly.shaping import columns as types
from sources.instantly.shaping.misfits import Kept

RUNS = "sync_runs"

COLUMNS = """
    select table_name, column_name from information_schema.columns where table_schema = %s
"""


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
        self._runs: dict[str, dict[tuple[str, str], datetime]] = {}
        self._unfit: dict[tuple[str, str], list[Kept]] | None = None

    def __enter__(self) -> Self:
        self._client.open_connection()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close_connection()

    def columns(self) -> dict[str, set[str]]:
        """The columns of every table that is there."""
        found: dict[str, set[str]] = {}
        with self._lock, self._client.execute_query(COLUMNS, self._client.dataset_name) as cursor:
            for table, column in cursor.fetchall():
                found.setdefault(table, set()).add(column)
        return found

    def latest(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        *,
        among: Mapping[str, Collection[Any]],
        as_of: datetime | None = None,
        or_at: Collection[datetime] = (),
    ) -> list[dict[str, Any]]:
        """The newest stored observation of every key (see `History.latest`)."""
        if not all(among.values()):
            return []
        where, values = _where(workspace_id, among)
        if as_of is not None or or_at:
            moments = ", ".join(["%s"] * len(or_at)) or "null"
            where = f"{where} and (observed_at <= %s or observed_at in ({moments}))"
            values = [*values, as_of, *or_at]
        key = ", ".join(endpoint.key)
        rows = self._rows(
            f"select * from (select *, row_number() over (partition by {key} "  # noqa: S608 names come from the endpoint table
            f"order by observed_at desc) as recency from {{{endpoint.table}}} "
            f"where {where}) as observations where recency = 1",
            values,
        )
        for row in rows:
            del row["recency"]
        return rows

    def stored(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        columns: Collection[str] | None,
        *,
        among: Mapping[str, Collection[Any]] | None = None,
        where_open: bool = True,
    ) -> pa.Table:
        """Columns of what a table holds now (see `History.stored`)."""
        among = among or {}
        if not all(among.values()):
            return _typed(endpoint, None, columns)
        where, values = _where(workspace_id, among)
        if where_open:
            where = f"{where} and {_open(endpoint)}"
        chosen = "*" if columns is None else ", ".join(columns)
        sql = f"select {chosen} from {{{endpoint.table}}} where {where}"  # noqa: S608 names come from the endpoint table
        with self._asked(sql, values) as cursor:
            return _typed(endpoint, cursor and cursor.arrow(), columns)

    def greatest(
        self, endpoint: Endpoint, workspace_id: str, column: str, *, below: Any = None
    ) -> Any:
        """The greatest value of a column (see `History.greatest`)."""
        where, values = _where(workspace_id, {})
        if below is not None:
            where, values = f"{where} and {column} < %s", [*values, below]
        rows = self._rows(
            f"select max({column}) as greatest from {{{endpoint.table}}} where {where}",  # noqa: S608 names come from the endpoint table
            values,
        )
        return rows[0]["greatest"] if rows else None

    def known_at(
        self, endpoint: Endpoint, workspace_id: str, column: str, at: datetime
    ) -> set[Any]:
        """Values of a column that were there at a moment (see `History.known_at`)."""
        rows = self._rows(
            f"select distinct {column} as known from {{{endpoint.table}}} "  # noqa: S608 names come from the endpoint table
            "where workspace_id = %s and _dlt_valid_from <= %s "
            "and coalesce(_dlt_valid_to > %s, true)",
            [workspace_id, at, at],
        )
        return {row["known"] for row in rows}

    def current_rows(self, endpoint: Endpoint, workspace_id: str) -> int:
        """How many rows of a table are there (see `History.current_rows`)."""
        where, values = _where(workspace_id, {})
        rows = self._rows(
            f"select count(*) as held from {{{endpoint.table}}} "  # noqa: S608 names come from the endpoint table
            f"where {where} and {_open(endpoint)}",
            values,
        )
        return rows[0]["held"] if rows else 0

    def held(self, endpoint: Endpoint, at: datetime) -> dict[str, Held]:
        """What a table holds, by workspace.

        Args:
            endpoint: the table; rows that are there count, of observations all.
            at: the time of the load whose changes are counted: rows written, closed, marked.
        """
        touched = {
            Load.VERSIONS: "%s in (_dlt_valid_from, _dlt_valid_to)",
            Load.OBSERVATIONS: "observed_at = %s",
            Load.ROWS: "%s in (observed_at, deleted_at)",
        }[endpoint.load]
        rows = self._rows(
            f"select workspace_id, count(*) as n from {{{endpoint.table}}} "  # noqa: S608 names come from the endpoint table
            f"where {_open(endpoint)} group by workspace_id"
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
        """When the table was last read as a run should (see `History.last_complete`)."""
        return self._last("status = 'ok' and not is_backfill").get((workspace_id, table))

    def last_walk(self, table: str, workspace_id: str) -> datetime | None:
        """When the table was last walked from end to end (see `History.last_walk`)."""
        if not self._knows_walks():
            return None
        return self._last("status = 'ok' and is_complete_walk").get((workspace_id, table))

    def _knows_walks(self) -> bool:
        """False for a warehouse of a version that did not note them."""
        with self._asked("select * from {sync_runs} limit 0", ()) as cursor:
            described = cursor.native_cursor.description if cursor else ()
            return any(column[0] == "is_complete_walk" for column in described)

    def _last(self, which: str) -> Mapping[tuple[str, str], datetime]:
        """The newest of such runs, by workspace and table; nothing changes it while we read."""
        if which not in self._runs:
            rows = self._rows(
                "select workspace_id, table_name, max(observed_at) as seen from {sync_runs} "  # noqa: S608 our own words
                f"where {which} group by workspace_id, table_name"
            )
            self._runs[which] = {(r["workspace_id"], r["table_name"]): r["seen"] for r in rows}
        return self._runs[which]

    def quarantined(self, table: str, workspace_id: str) -> list[Kept]:
        """Rows that did not fit and have not been seen well since (see `History.quarantined`)."""
        if self._unfit is None:
            rows = self._rows("select * from {quarantine} where resolved_at is null")
            self._unfit = {}
            for row in rows:
                found = self._unfit.setdefault((row["workspace_id"], row["table_name"]), [])
                found.append(_kept(row))
        return self._unfit.get((workspace_id, table), [])

    def pauses(self, table: str, workspace_id: str) -> list[datetime]:
        """When the reading of a table paused since it was read as a run should (see
        `History.pauses`)."""
        rows = self._rows(
            "select observed_at from {pauses} where table_name = %s and workspace_id = %s",
            [table, workspace_id],
        )
        return [row["observed_at"] for row in rows]

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
        with self._asked(sql, values) as cursor:
            if cursor is None:
                return []
            names = [column[0] for column in cursor.native_cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextmanager
    def _asked(self, sql: str, values: Sequence[Any]) -> Generator[Any]:
        """The cursor of a query, None for a table that does not exist yet."""
        table = sql[sql.index("{") + 1 : sql.index("}")]
        with self._lock:
            qualified = sql.replace(f"{{{table}}}", self._client.make_qualified_table_name(table))
            try:
                with self._client.execute_query(qualified, *values) as cursor:
                    yield cursor
            except DatabaseUndefinedRelation:
                yield None


def _kept(row: Mapping[str, Any]) -> Kept:
    return Kept(
        key=json.loads(row["row_key"]),
        column=row["column_name"],
        reason=row["reason"],
        rows=row["rows"],
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
    )


def _where(workspace_id: str, among: Mapping[str, Collection[Any]]) -> tuple[str, list[Any]]:
    conditions, values = ["workspace_id = %s"], [workspace_id]
    for column, wanted in among.items():
        conditions.append(f"{column} in ({', '.join(['%s'] * len(wanted))})")
        values += wanted
    return " and ".join(conditions), values


def _open(endpoint: Endpoint) -> str:
    """The condition under which a row is there."""
    return {
        Load.VERSIONS: "_dlt_valid_to is null",
        Load.OBSERVATIONS: "true",
        Load.ROWS: "deleted_at is null",
    }[endpoint.load]


def _typed(endpoint: Endpoint, found: pa.Table | None, columns: Collection[str] | None) -> pa.Table:
    """What was found in the declared types, without the loader's columns; empty for nothing."""
    kinds = types.declared(endpoint)
    if found is None:
        chosen = kinds if columns is None else columns
        return pa.table({name: pa.array([], kinds[name].arrow) for name in chosen})
    kept = [name for name in found.column_names if not name.startswith("_dlt_")]
    return pa.table(
        {
            name: found[name].cast(kinds[name].arrow if name in kinds else pa.string())
            for name in kept
        }
    )
