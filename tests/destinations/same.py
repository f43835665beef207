"""Two warehouses held against each other: every table, every row, as multisets.

    DuckDB's file ──┐
                    ├─ DuckDB's SQL ─> rows in one spelling ─> tables that differ, with what differs
    PostgreSQL    ──┘

One spelling, because the engines write some values in two: JSON is compared as what it says and not
as it is written, also where a mart has it as a text (`jsonb` keeps neither the order of members nor
spaces), a moment with or without a zone as UTC, any integer as an integer. What is computed is the
same to 12 digits, as sums depend on the order of rows; what is loaded is the same to the bit.

Left out is what no two runs have in common, wherever they load: the loader's own numbers, and what
a run notes of its id, its seconds and its hours by this machine's clock.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse_file import Elsewhere, open_read_only

SCHEMAS = ("instantly_raw", "instantly_judged", "instantly")
LOADERS_OWN = frozenset({"_dlt_id", "_dlt_load_id"})
OF_ONE_RUN = {
    "sync_runs": {"run_id", "seconds", "started_at", "finished_at"},
    "sync_status": {"run_id", "seconds", "started_at", "finished_at"},
    "warehouse_info": {"run_id"},
    "privacy": {"since"},
    "forgotten": {"address_hash", "salt", "forgotten_at"},
}
TOLD_OF_RUNS = frozenset(OF_ONE_RUN) - {"privacy", "forgotten"}
"""Tables about the runs themselves: a run that was killed behind its load is in them."""

OF_THE_CLOCK = {"judged_at"}
"""The source's clock at the newest load, and no two loads have the same: the one after a load that
was killed behind its end is a microsecond later."""

SHOWN = 2
Rows = Counter[tuple[Any, ...]]
Content = Mapping[str, Rows]

COLUMNS = """
    select columns.schema_name, columns.table_name, columns.column_name, columns.data_type
    from duckdb_columns() as columns
    where columns.database_name = current_database() and columns.schema_name in (
        'instantly_raw', 'instantly_judged', 'instantly'
    )
    order by all
"""


def shapes(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """Column types of every table that is not the loader's."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(COLUMNS).fetchall():
        if not table.startswith("_dlt_") and column not in LOADERS_OWN:
            found.setdefault((schema, table), {})[column] = kind
    return found


def differences(file: Path, other: Path | Elsewhere, *, killed: bool = False) -> dict[str, str]:
    """Tables that are not the same, with a few rows that only one has; empty when all are."""
    with open_read_only(file) as ours, open_read_only(other) as theirs:
        known, found = shapes(ours), shapes(theirs)
        told = {".".join(table): "only in one" for table in known.keys() ^ found.keys()}
        for table in sorted(known.keys() & found.keys()):
            if killed and table[1] in TOLD_OF_RUNS:
                continue
            if known[table].keys() != found[table].keys():
                told[".".join(table)] = f"columns {known[table].keys() ^ found[table].keys()}"
                continue
            left_out = OF_ONE_RUN.get(table[1], set()) | (OF_THE_CLOCK if killed else set())
            names = [name for name in known[table] if name not in left_out]
            here = _rows(ours, table, known[table], names)
            there = _rows(theirs, table, known[table], names)
            if here != there:
                told[".".join(table)] = _told(here, there, names)
    return told


def _told(here: Rows, there: Rows, names: Sequence[str]) -> str:
    """How many rows only one has, and the columns in which they differ, with some values."""
    lost, more = here - there, there - here
    columns = {
        name: (sorted(set(map(str, ours)))[:SHOWN], sorted(set(map(str, theirs)))[:SHOWN])
        for name, ours, theirs in zip(
            names, zip(*lost, strict=True), zip(*more, strict=True), strict=False
        )
        if Counter(ours) != Counter(theirs)
    }
    return f"{lost.total()} rows only in the file, {more.total()} only in the other: {columns}"


def _rows(
    connection: duckdb.DuckDBPyConnection,
    table: tuple[str, str],
    kinds: Mapping[str, str],
    names: Sequence[str],
) -> Rows:
    columns = ", ".join(f'"{name}"' for name in names)
    catalog = connection.execute("select current_database()").fetchone()
    relation = f'"{catalog[0]}".{table[0]}."{table[1]}"' if catalog else ""
    found = connection.execute(f"select {columns} from {relation}").fetchall()
    return Counter(
        tuple(
            one_spelling(value, kinds[name], is_raw=table[0] == "instantly_raw")
            for name, value in zip(names, row, strict=True)
        )
        for row in found
    )


def one_spelling(value: Any, kind: str, *, is_raw: bool) -> Any:
    """A value as both engines say it."""
    if value is None:
        return None
    if isinstance(value, float) and not is_raw:
        return float(f"{value:.12g}")
    if kind == "JSON" or (isinstance(value, str) and value[:1] in ("{", "[")):
        return _as_json(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return tuple(value) if isinstance(value, list) else value


def _as_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return text
