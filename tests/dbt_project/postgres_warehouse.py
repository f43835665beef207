"""The same warehouse on PostgreSQL: what dbt reads is copied, what it builds is compared.

    DuckDB file ──copy──> instantly_raw, instantly_judged of a database
         │                        │ dbt build
         └────── compared ────────┘  names, order and types of columns, then rows as sets

Values must be equal as Python sees them. Three differences are the engines' own, and no more are
let pass: floats may differ in the last bits (`FLOAT_ERROR`), JSON kept as text has other blanks and
another order of keys (jsonb keeps neither), and sums of integers are wider than 64 bits under other
names of types (`TYPES`).
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from tests.postgres_server import PostgresServer
from transforms.dbt import PROJECT, BuildResult, build

FLOAT_ERROR = 1e-12
# type in the DuckDB file -> type of the raw column that a load makes of it
RAW_TYPES = {
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "JSON": "jsonb",
    "VARCHAR": "text",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIMESTAMP": "timestamp without time zone",
    "DATE": "date",
}
# type of a built column in DuckDB -> what it may be in PostgreSQL
TYPES = {
    "BIGINT": {"bigint"},
    "INTEGER": {"integer"},
    "HUGEINT": {"numeric", "bigint"},
    "DOUBLE": {"double precision"},
    "BOOLEAN": {"boolean"},
    "VARCHAR": {"text", "character varying"},
    "TIMESTAMP": {"timestamp without time zone"},
    "DATE": {"date"},
}
BUILT = ("instantly_staging", "instantly")


@dataclass(frozen=True, slots=True)
class Relation:
    """A built table or view: name and type of each column in order, and the rows."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


def environment(server: PostgresServer) -> dict[str, str]:
    """What dbt is told to build there."""
    return {
        **os.environ,
        "DBT_TARGET": "postgres",
        "DBT_POSTGRES_HOST": server.host,
        "DBT_POSTGRES_PORT": str(server.port),
        "DBT_POSTGRES_USER": server.user,
        "DBT_POSTGRES_PASSWORD": server.password,
        "DBT_POSTGRES_DBNAME": server.dbname,
    }


def build_there(
    server: PostgresServer, folder: Path, marts: str = "instantly", **options: Any
) -> BuildResult:
    """Builds the project in the database, marts in that schema; dbt's files go to the folder."""
    return build(
        None,
        workdir=folder,
        variables={"settled_after_days": 14, "settled_days_keep": "greatest"},
        environment=environment(server) | {"DBT_MARTS_SCHEMA": marts},
        **options,
    )


def copy(warehouse: Path, server: PostgresServer, schema: str) -> None:
    """Copies the tables of a schema, types as a load makes them, rows as they are."""
    with (
        duckdb.connect(str(warehouse), read_only=True) as source,
        closing(connected(server)) as target,
        target,
        target.cursor() as cursor,
    ):
        cursor.execute(f"create schema {schema}")
        for (table,) in _tables(source, schema):
            columns = _described(source, f"{schema}.{table}")
            spelled = ", ".join(f'"{name}" {RAW_TYPES[kind]}' for name, kind in columns)
            cursor.execute(f"create table {schema}.{table} ({spelled})")
            rows = source.execute(f"select * from {schema}.{table}").fetchall()
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"insert into {schema}.{table} values ({marks})", rows)


def connected(server: PostgresServer) -> Any:
    """A connection whose times read UTC, whatever the server thinks."""
    import psycopg2

    return psycopg2.connect(server.url, options="-c TimeZone=UTC")


def on_duckdb(warehouse: Path) -> dict[str, Relation]:
    """Everything that dbt built in the file, by `schema.name`."""
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for schema in BUILT:
            for (name,) in _tables(connection, schema):
                columns = _described(connection, f"instantly.{schema}.{name}")
                rows = connection.execute(f"select * from instantly.{schema}.{name}").fetchall()
                found[f"{schema}.{name}"] = Relation(columns, tuple(rows))
    return found


def on_postgres(server: PostgresServer, schemas: Sequence[str] = BUILT) -> dict[str, Relation]:
    """Everything that dbt built in the database, by `schema.name`."""
    found = {}
    with closing(connected(server)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name, column_name, data_type"
            " from information_schema.columns where table_schema = any(%s)"
            " order by table_schema, table_name, ordinal_position",
            [list(schemas)],
        )
        columns: dict[str, list[tuple[str, str]]] = {}
        for schema, name, column, kind in cursor.fetchall():
            columns.setdefault(f"{schema}.{name}", []).append((column, kind))
        for place, described in columns.items():
            cursor.execute(f"select * from {place}")
            found[place] = Relation(tuple(described), tuple(cursor.fetchall()))
    return found


def differences(here: Relation, there: Relation, name: str) -> Iterator[str]:
    """What the second does not have as the first has it; nothing where they are equal."""
    names = [column for column, _ in here.columns]
    if names != [column for column, _ in there.columns]:
        yield f"{name}: columns {names} are {[column for column, _ in there.columns]}"
        return
    for (column, kind), (_, other) in zip(here.columns, there.columns, strict=True):
        if other not in TYPES[kind]:
            yield f"{name}.{column}: {kind} is {other}"
    if len(here.rows) != len(there.rows):
        yield f"{name}: {len(here.rows)} rows are {len(there.rows)}"
        return
    documents = [index for index, column in enumerate(names) if column in documents_as_text()]
    pairs = zip(_sorted(here.rows, documents), _sorted(there.rows, documents), strict=True)
    for left, right in pairs:
        for column, one, other in zip(names, left, right, strict=True):
            if not _is_same(one, other):
                yield f"{name}.{column}: {one!r} is {other!r}"


@cache
def documents_as_text() -> frozenset[str]:
    """The columns that hold JSON as text, or a member that may be an object or a list itself."""
    models = (PROJECT / "models" / "staging").rglob("*.sql")
    made = (
        re.findall(r"json_(?:whole|text)\(.*\) \}\} as (\w+)", model.read_text())
        for model in models
    )
    return frozenset(name for names in made for name in names) | {"custom_variables"}


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[tuple[str]]:
    return connection.execute(
        "select table_name from information_schema.tables"
        " where table_schema = ? and table_name not like '#_dlt%' escape '#' order by 1",
        [schema],
    ).fetchall()


def _described(connection: duckdb.DuckDBPyConnection, place: str) -> tuple[tuple[str, str], ...]:
    found = connection.execute(f"describe {place}").fetchall()
    return tuple((name, kind) for name, kind, *_ in found)


def _sorted(rows: Iterable[Sequence[Any]], documents: Sequence[int]) -> list[list[Any]]:
    """Rows in an order that neither the engine nor the last bits of a float decide."""
    plain = [[_plain(value, index in documents) for index, value in enumerate(row)] for row in rows]
    return sorted(plain, key=lambda row: [_rank(value) for value in row])


def _plain(value: Any, is_document: bool) -> Any:
    """The value without what the engines may differ in."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if is_document and isinstance(value, str) and value[:1] in ("{", "["):
        return json.dumps(json.loads(value), sort_keys=True)
    return value


def _rank(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else repr(value)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=FLOAT_ERROR, abs_tol=0.0)
    return type(one) is type(other) and one == other
