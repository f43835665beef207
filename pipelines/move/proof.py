"""The proof: every table is the same multiset of rows here and there, each column of each row.

    a row ─> its cells as text, in one JSON list ─> MD5, 128 bits ─┐
                                                    rows, and the sums of both halves ─> equal?

Sums do not depend on an order, so no table is sorted and none has to fit into memory. The same SQL
of the same engine reads both sides: two spellings of one question would be two answers. A database
keeps the value of JSON and not its spelling, so JSON is spelled in one way first: sorted keys,
numbers as what they are worth.

PostgreSQL has no zero character in texts; the load puts U+2400, the sign for it, in its place, and
so does the comparison.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from pipelines.move.cargo import Table
from pipelines.warehouse_file import quoted

if TYPE_CHECKING:
    import duckdb

ZERO, SIGN_FOR_ZERO = "\0", "\u2400"
NUMBER = "\ue000"
"""Before a number that is compared as a text; of the signs that mean nothing to anybody."""

INEXACT = re.compile(r"[0-9][.eE]|[0-9]{16}")
"""Numbers in JSON that a double would bend, or that can be spelled in several ways."""

Sums = tuple[int, int, int]
"""Rows, and the sums of both halves of their hashes."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table here and there: rows, and the columns in which they differ."""

    table: str
    rows: int
    rows_there: int
    differing: tuple[str, ...] = ()
    is_equal: bool = True


def comparisons(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], home: str, there: str
) -> Iterator[Comparison]:
    """Compares table by table.

    Args:
        connection: to both sides; a function is added to the session.
        tables: as they stand at home.
        home, there: catalog and schema of both, as SQL takes them.
    """
    connection.create_function("one_spelling", one_spelling, ["VARCHAR"], "VARCHAR")
    for table in tables:
        yield _compared(connection, table, home, there)


def _compared(
    connection: duckdb.DuckDBPyConnection, table: Table, home: str, there: str
) -> Comparison:
    names = [f"{place}.{quoted(table.name)}" for place in (home, there)]
    missing = _differing_columns(connection, *names)
    if missing:
        rows, rows_there = (_rows(connection, name) for name in names)
        return Comparison(table.name, rows, rows_there, missing, is_equal=False)
    here, far = (_sums(connection, name, table, tuple(table.columns)) for name in names)
    if here == far:
        return Comparison(table.name, here[0], far[0])
    differing = tuple(
        column
        for column in table.columns
        if len({_sums(connection, name, table, (column,)) for name in names}) > 1
    )
    return Comparison(table.name, here[0], far[0], differing, is_equal=False)


def one_spelling(text: str) -> str:
    """JSON in the one way in which equal values are spelled alike; anything else as it is."""
    try:
        if INEXACT.search(text):
            value = json.loads(text, parse_float=_number, parse_int=_number)
        else:
            value = orjson.loads(text)
        value = _without_zeros(value) if "\\u0000" in text else value
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except ValueError:
        return text


def _number(text: str) -> Any:
    value = Decimal(text)
    whole = int(value) if value == value.to_integral_value() else None
    if whole is not None and abs(whole) < 2**53:
        return whole
    return f"{NUMBER}{value.normalize()}"


def _without_zeros(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(ZERO, SIGN_FOR_ZERO)
    if isinstance(value, list):
        return [_without_zeros(item) for item in value]
    if isinstance(value, Mapping):
        return {_without_zeros(key): _without_zeros(item) for key, item in value.items()}
    return value


def _differing_columns(
    connection: duckdb.DuckDBPyConnection, here: str, there: str
) -> tuple[str, ...]:
    """Columns that only one side has, or that have another type there."""
    sides = []
    for name in (here, there):
        described = connection.execute(f"describe {name}").fetchall()
        sides.append({(column, _kind(kind)) for column, kind, *_ in described})
    return tuple(sorted({column for column, _ in sides[0] ^ sides[1]}))


def _kind(kind: str) -> str:
    return "VARCHAR" if kind == "JSON" else kind


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    return connection.execute(f"select count(*) from {name}").fetchall()[0][0]  # noqa: S608 names of the catalog


def _sums(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, columns: tuple[str, ...]
) -> Sums:
    cells = ", ".join(_cell(column, table) for column in columns)
    found = connection.execute(
        "select count(*), coalesce(sum(md5_number_lower(line)), 0), "  # noqa: S608 names of the catalog
        "coalesce(sum(md5_number_upper(line)), 0) "
        f"from (select cast(to_json([{cells}]) as varchar) as line from {name}) as lines"
    )
    return found.fetchall()[0]


def _cell(column: str, table: Table) -> str:
    text = f"cast({quoted(column)} as varchar)"
    if column in table.json:
        return f"one_spelling({text})"
    return f"replace({text}, chr(0), chr(9216))"
