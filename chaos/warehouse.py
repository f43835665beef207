"""What a warehouse has published, read for the comparison in one spelling.

    a file, or any other place ─ DuckDB ─> Warehouse ─┬─ rows, current   moments in microseconds,
                                                      │                  JSON with sorted members
                                                      └─ set_apart, fared  what it says of itself

The source's values are brought to the same spelling by the type of their column (`canonical`): so
neither side is held against words that only its engine uses.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from chaos.source import Row, Truth

Key = tuple[Any, ...]


def canonical(value: Any, kind: str) -> Any:
    """A JSON value as a column of this type says it."""
    if value is None:
        return None
    if kind == "JSON":
        return _json(value)
    if kind.startswith("TIMESTAMP"):
        return _moment(value)
    if kind == "DATE":
        return str(value)[:10] or None
    if kind in ("BIGINT", "HUGEINT", "INTEGER"):
        return int(value)
    if kind == "DOUBLE":
        return float(value)
    if kind == "BOOLEAN":
        return bool(value)
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _moment(text: str) -> int | None:
    """Microseconds since 1970."""
    if not text:
        return None
    moment = dt.datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return round(aware.timestamp() * 1_000_000)


def column(member: str) -> str:
    """`camelCase` and `snake_case` members become snake_case columns."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", member).lower()


class Warehouse:
    """What is published, opened for as long as the block lasts, in UTC.

    `connection` is DuckDB's, which looks at it: its tables are those of the current catalog.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._connection.execute("set TimeZone = 'UTC'")

    @classmethod
    def of_file(cls, file: Path) -> Warehouse:
        """The warehouse in a file."""
        return cls(duckdb.connect(str(file), read_only=True))

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, sql: str) -> list[Any]:
        """The rows of a question."""
        return self._connection.execute(sql).fetchall()

    def types(self, schema: str, table: str) -> dict[str, str]:
        """Columns and their types; none where there is no such table."""
        return self._types.get((schema, table), {})

    @cached_property
    def _types(self) -> dict[tuple[str, str], dict[str, str]]:
        """Those of all tables, asked once: the catalog is slow, and the file does not change."""
        found = self._connection.execute(
            "select table_schema, table_name, column_name, data_type "
            "from information_schema.columns where table_catalog = current_database() "
            "order by ordinal_position"
        )
        types: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, name, kind in found.fetchall():
            types.setdefault((schema, table), {})[name] = kind
        return types

    def tables(self, schema: str) -> list[str]:
        """The tables and views of a schema."""
        found = self._connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = current_database() and table_schema = ? order by 1",
            [schema],
        )
        return [name for (name,) in found.fetchall()]

    def rows(self, schema: str, table: str, but: Iterable[str] = ()) -> list[Row]:
        """All rows; moments in microseconds, JSON in one spelling."""
        types = {n: kind for n, kind in self.types(schema, table).items() if n not in set(but)}
        if not types:
            return []
        asked = ", ".join(_selected(name, kind) for name, kind in types.items())
        found = self._connection.execute(f'select {asked} from "{schema}"."{table}"').fetchall()  # noqa: S608 names of the catalog
        return [dict(zip(types, map(_held, row, types.values()), strict=True)) for row in found]

    def current(self, truth: Truth) -> list[Row]:
        """The rows of a raw table that count today."""
        rows = self.rows("instantly_raw", truth.table)
        if truth.load == "versions":
            return [row for row in rows if row["_dlt_valid_to"] is None]
        if truth.load == "rows":
            return [row for row in rows if row["deleted_at"] is None]
        newest: dict[Key, int] = {}
        for row in rows:
            key = key_of(truth, row)
            newest[key] = max(newest.get(key, row["observed_at"]), row["observed_at"])
        return [row for row in rows if row["observed_at"] == newest[key_of(truth, row)]]

    def set_apart(self, table: str) -> list[Row]:
        """What of a table does not fit at present: `workspace_id`, and as much of a key as is read.

        Key columns as JSON has them.
        """
        return [
            {"workspace_id": row["workspace_id"], **json.loads(row["row_key"])}
            for row in self._quarantined
            if row["table_name"] == table and row["resolved_at"] is None
        ]

    @cached_property
    def _quarantined(self) -> list[Row]:
        return self.rows("instantly_raw", "quarantine")

    def fared(self) -> dict[tuple[str, str], str]:
        """How each raw table of each workspace fared in the last run that is in the file."""
        runs = self.rows("instantly_raw", "sync_runs")
        last = max(runs, key=lambda row: row["observed_at"])["run_id"] if runs else ""
        return {
            (row["table_name"], row["workspace_id"]): row["status"]
            for row in runs
            if row["run_id"] == last
        }


def _selected(name: str, kind: str) -> str:
    return f'epoch_us("{name}")' if kind.startswith("TIMESTAMP") else f'"{name}"'


def _held(value: Any, kind: str) -> Any:
    if value is not None and kind == "JSON":
        return _json(json.loads(value))
    return str(value) if isinstance(value, dt.date) else value


def key_of(truth: Truth, row: Row) -> Key:
    """What identifies a row among all workspaces."""
    return (row["workspace_id"], *(row[name] for name in truth.key))
