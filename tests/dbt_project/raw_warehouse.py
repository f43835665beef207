"""Writes a small raw warehouse: the tables that a sync leaves behind, filled with literal rows.

The columns are those of the endpoint table and of the entity schemas that describe the API, so a
field that is renamed there breaks these tests and not a user's warehouse.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from sources.instantly.endpoints import ENDPOINTS, Endpoint, Load
from sources.instantly.reading.quarantine import SCHEMA
from sources.instantly.shaping.columns import declared

Row = Mapping[str, Any]

TYPES = {
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "json": "JSON",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
}


@cache
def tables() -> dict[str, dict[str, str]]:
    """Every raw table that dbt reads: name -> columns."""
    run = dict.fromkeys(
        ("run_id", "workspace_id", "workspace_name", "table_name", "status"), "VARCHAR"
    )
    run |= dict.fromkeys(("rows", "changed", "requests"), "BIGINT") | {"seconds": "DOUBLE"}
    run |= {"message": "VARCHAR", "version": "VARCHAR"}
    run |= dict.fromkeys(("started_at", "finished_at", "observed_at"), "TIMESTAMPTZ")
    kinds = {"string": "VARCHAR", "int64": "BIGINT"}
    unfit = {column.name: kinds.get(str(column.type), "TIMESTAMPTZ") for column in SCHEMA}
    endpoints = {endpoint.table: _columns(endpoint) for endpoint in ENDPOINTS}
    return endpoints | {"sync_runs": run, "quarantine": unfit}


def _columns(endpoint: Endpoint) -> dict[str, str]:
    """Column -> DuckDB type; dlt adds from when to when a version was valid."""
    columns = {name: TYPES[kind.dlt] for name, kind in declared(endpoint).items()}
    if endpoint.load is Load.VERSIONS:
        columns |= dict.fromkeys(("_dlt_valid_from", "_dlt_valid_to"), "TIMESTAMPTZ")
    return columns


def copy_hash(subject: str, body: str) -> str:
    """The hash that the loader writes beside a copy."""
    return hashlib.sha256(f"{subject}\x1f{body}".encode()).hexdigest()


def write(path: Path, rows: Mapping[str, Iterable[Row]]) -> None:
    """Creates the file with all raw tables and the given rows; what a row leaves out is null."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'")
        create(connection)
        for table, given in rows.items():
            for row in given:
                insert(connection, table, row)


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates all raw tables, empty."""
    connection.execute("create schema instantly_raw")
    for table, columns in tables().items():
        spelled = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create table instantly_raw.{table} ({spelled})")


def insert(connection: duckdb.DuckDBPyConnection, table: str, row: Row) -> None:
    """Adds a row."""
    unknown = set(row) - set(tables()[table])
    assert not unknown, f"{table} has no column {unknown}"
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    values = [json.dumps(v) if isinstance(v, dict | list) else v for v in row.values()]
    connection.execute(f"insert into instantly_raw.{table} ({names}) values ({marks})", values)
