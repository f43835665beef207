"""What a file and a database hold, read with their own drivers and compared in plain Python."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from psycopg2.extras import register_default_jsonb

from tests.postgres_server import PostgresServer

Rows = Counter[tuple[Any, ...]]


def in_file(file: Path, *, but: Iterable[str] = ()) -> dict[str, Rows]:
    """Every raw table as a multiset of rows, columns by name; without some columns."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        columns: dict[str, dict[str, bool]] = {}
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where schema_name = 'instantly_raw' order by all"
        ).fetchall():
            columns.setdefault(table, {})[column] = kind == "JSON"
        return {
            table: _rows(
                connection.execute(_select(table, found, but)).fetchall(), _kinds(found, but)
            )
            for table, found in columns.items()
        }


def in_database(server: PostgresServer, *, but: Iterable[str] = ()) -> dict[str, Rows]:
    """The same of a database."""
    with closing(psycopg2.connect(server.url, options="-c TimeZone=UTC")) as connection:
        register_default_jsonb(connection, loads=lambda text: text)
        with connection.cursor() as cursor:
            cursor.execute(
                "select table_name, column_name, data_type from information_schema.columns "
                "where table_schema = 'instantly_raw'"
            )
            columns: dict[str, dict[str, bool]] = {}
            for table, column, kind in sorted(cursor.fetchall()):
                columns.setdefault(table, {})[column] = kind == "jsonb"
            found = {}
            for table, names in columns.items():
                cursor.execute(_select(table, names, but))
                found[table] = _rows(cursor.fetchall(), _kinds(names, but))
            return found


def _kinds(columns: Mapping[str, bool], but: Iterable[str]) -> list[bool]:
    return [is_json for name, is_json in columns.items() if name not in but]


def _select(table: str, columns: Mapping[str, bool], but: Iterable[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns if name not in but)
    return f'select {names} from instantly_raw."{table}"'


def _rows(rows: Iterable[tuple[Any, ...]], are_json: list[bool]) -> Rows:
    return Counter(
        tuple(
            _value(json.loads(cell, parse_float=Decimal)) if is_json and cell else _value(cell)
            for cell, is_json in zip(row, are_json, strict=True)
        )
        for row in rows
    )


def _value(value: Any) -> Any:
    """Something hashable that is equal when the values are; a float to the last bit, its sign too.

    PostgreSQL has no zero character: U+2400 stands for it there.
    """
    if isinstance(value, str):
        return value.replace("\0", "\u2400")
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, list):
        return ("list", *map(_value, value))
    if isinstance(value, dict):
        return ("object", *sorted((_value(name), _value(item)) for name, item in value.items()))
    return value
