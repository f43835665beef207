"""What is moved: every table of `instantly_raw`, in batches, and how the loader knows them.

tables of the loader's schema   all that was loaded; their types are in that schema
`_dlt_…`                        the loader's own
the rest                        what the house notes itself: forgotten, privacy, pauses, …
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
from dlt.common.schema import Schema

from pipelines.errors import RunFailedError
from pipelines.progress import Progress
from pipelines.warehouse_file import RAW, has_table, quoted

if TYPE_CHECKING:
    import duckdb

ROWS_OF_A_BATCH = 20_000
ROWS_OF_A_LOAD = 500_000
"""As many lie beside each other on this machine's disk while they are loaded."""

KEY = re.compile(r",? (PRIMARY KEY|UNIQUE)(\([^)]*\))?")
"""Earlier versions made some of the house's tables with keys; no statement needs them, and a lake
knows none."""

LOADER = "_dlt_"
KEPT_SCHEMAS = "_dlt_version"
SCHEMA = """
    select schema from instantly_raw._dlt_version
    where schema_name = 'instantly' order by inserted_at desc limit 1
"""
TABLES = """
    select
        tables.table_name, tables.sql,
        list(columns.column_name order by columns.column_index) as names,
        list(columns.data_type order by columns.column_index) as types
    from duckdb_tables() as tables
    inner join duckdb_columns() as columns using (database_name, schema_name, table_name)
    where tables.database_name = current_database() and tables.schema_name = 'instantly_raw'
        and tables.table_name <> '_dlt_version'
    group by all order by tables.table_name
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it stands at home.

    Attributes:
        name: of the table.
        columns: names and DuckDB's types; a database's JSON is text to DuckDB.
        json: names of the columns that hold JSON.
        body: what follows after the name in the statement that creates it.
        is_loaded: whether the loader's schema has it.
    """

    name: str
    columns: Mapping[str, str]
    json: frozenset[str]
    body: str
    is_loaded: bool


@dataclass(frozen=True, slots=True)
class Cargo:
    """Everything that is to be moved; `schema` is the loader's, of all that was loaded."""

    schema: Schema
    tables: tuple[Table, ...]

    @property
    def loaded(self) -> tuple[Table, ...]:
        """Those that go through the loader."""
        return tuple(table for table in self.tables if table.is_loaded)

    @property
    def others(self) -> tuple[Table, ...]:
        """The loader's own and the house's: a few rows each."""
        return tuple(table for table in self.tables if not table.is_loaded)


def cargo_of(connection: duckdb.DuckDBPyConnection, shown: str) -> Cargo:
    """What the opened warehouse holds; RunFailedError when nothing was ever loaded into it."""
    found = None
    if has_table(connection, RAW, KEPT_SCHEMAS):
        found = connection.execute(SCHEMA).fetchone()
    if found is None:
        todo = "run `instantly-warehouse run`, which needs no move"
        raise RunFailedError("holds nothing to move", where=shown, todo=todo)
    schema = Schema.from_dict(json.loads(found[0]))
    rows = connection.execute(TABLES).fetchall()
    return Cargo(schema, tuple(_table(schema, *row) for row in rows))


def _table(schema: Schema, name: str, sql: str, names: list[str], types: list[str]) -> Table:
    is_loaded = name in schema.tables and not name.startswith(LOADER)
    known = schema.get_table_columns(name) if is_loaded else {}
    columns = dict(zip(names, types, strict=True))
    as_json = {n for n, kind in columns.items() if kind == "JSON"}
    as_json |= {n for n in columns if known.get(n, {}).get("data_type") == "json"}
    body = KEY.sub("", sql[sql.index("(") :])
    return Table(name, columns, frozenset(as_json), body, is_loaded)


def batches(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], progress: Progress
) -> Iterator[tuple[Table, pa.Table]]:
    """The rows of the tables, table after table; JSON as text. A table without rows has none."""
    for table in tables:
        (rows,) = connection.execute(f"select count(*) from {RAW}.{quoted(table.name)}").fetchall()[  # noqa: S608 names of the catalog
            0
        ]
        if rows > ROWS_OF_A_BATCH:
            progress.table_started("move", table.name, -(-rows // ROWS_OF_A_BATCH))
        found = connection.execute(
            f"select {', '.join(_cells(table))} from {RAW}.{quoted(table.name)}"  # noqa: S608 names of the catalog
        )
        for batch in found.to_arrow_reader(ROWS_OF_A_BATCH):
            if batch.num_rows:
                yield table, pa.Table.from_batches([batch])
                progress.advance("move", table.name)


def loads(
    found: Iterable[tuple[Table, pa.Table]],
) -> Iterator[Iterator[tuple[Table, pa.Table]]]:
    """The batches in portions for one load each; take one whole before you ask for the next."""
    left = iter(found)
    for first in left:
        yield _portion(chain([first], left))


def _portion(left: Iterator[tuple[Table, pa.Table]]) -> Iterator[tuple[Table, pa.Table]]:
    rows = 0
    for table, batch in left:
        yield table, batch
        rows += batch.num_rows
        if rows >= ROWS_OF_A_LOAD:
            return


def _cells(table: Table) -> Iterator[str]:
    for column in table.columns:
        name = quoted(column)
        yield f"cast({name} as varchar) as {name}" if column in table.json else name
