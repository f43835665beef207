"""Writes a small raw warehouse: the tables that a sync leaves behind, filled with literal rows.

The columns come from the JSON schemas that describe the API (`sources/instantly/schemas`), so a
field that is renamed there breaks these tests and not a user's warehouse.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

SCHEMAS = Path(__file__).parents[2] / "sources" / "instantly" / "schemas"
Row = Mapping[str, Any]

TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "object": "JSON",
    "array": "JSON",
    "string": "VARCHAR",
}
FORMATS = {"date-time": "TIMESTAMPTZ", "date": "DATE"}
VERSION_COLUMNS = {
    "row_version": "BIGINT",
    "_dlt_valid_from": "TIMESTAMPTZ",
    "_dlt_valid_to": "TIMESTAMPTZ",
}
OBSERVATION_COLUMNS = {"observed_at": "TIMESTAMPTZ"}
POSITION_COLUMNS = {"step": "BIGINT", "variant": "BIGINT"}


def columns_of(entity: str) -> dict[str, str]:
    """Column -> DuckDB type of one API entity, by the rules of the loader."""
    schema = json.loads((SCHEMAS / f"{entity}.json").read_text())
    return {name: _type_of(field) for name, field in schema["properties"].items()}


def _type_of(field: Mapping[str, Any]) -> str:
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    kind = next(kind for kind in kinds if kind != "null")
    return FORMATS.get(field.get("format", ""), TYPES[kind])


def tables() -> dict[str, dict[str, str]]:
    """Every raw table that dbt reads: name -> columns."""
    own = {"workspace_id": "VARCHAR"}
    of_campaign = {**own, "campaign_id": "VARCHAR"}
    step_counts = columns_of("step_variant_analytics") | POSITION_COLUMNS
    copy = {
        "copy_hash": "VARCHAR",
        "type": "VARCHAR",
        "delay": "DOUBLE",
        "delay_unit": "VARCHAR",
        "pre_delay": "DOUBLE",
        "pre_delay_unit": "VARCHAR",
    }
    campaign = columns_of("campaign")
    del campaign["sequences"]
    run = dict.fromkeys(
        ("run_id", "workspace_id", "workspace_name", "table_name", "status"), "VARCHAR"
    )
    run |= dict.fromkeys(("rows", "changed", "requests"), "BIGINT") | {"seconds": "DOUBLE"}
    run |= {"message": "VARCHAR", "version": "VARCHAR"}
    run |= dict.fromkeys(("started_at", "finished_at", "observed_at"), "TIMESTAMPTZ")
    return {
        "workspaces": own | columns_of("workspace") | VERSION_COLUMNS,
        "workspace_members": own | columns_of("workspace_member") | VERSION_COLUMNS,
        "workspace_group_members": own | columns_of("workspace_group_member") | VERSION_COLUMNS,
        "campaigns": own | campaign | VERSION_COLUMNS,
        "campaign_variants": of_campaign
        | POSITION_COLUMNS
        | columns_of("sequence_variant")
        | copy
        | VERSION_COLUMNS,
        "campaign_analytics": own | columns_of("campaign_analytics") | OBSERVATION_COLUMNS,
        "campaign_analytics_daily": of_campaign
        | columns_of("campaign_daily_point")
        | OBSERVATION_COLUMNS,
        "step_analytics": of_campaign | step_counts | OBSERVATION_COLUMNS,
        "step_analytics_daily": of_campaign | {"date": "DATE"} | step_counts | OBSERVATION_COLUMNS,
        "sync_runs": run,
    }


def copy_hash(subject: str, body: str) -> str:
    """The hash that the loader writes beside a copy."""
    return hashlib.sha256(f"{subject}\x1f{body}".encode()).hexdigest()


def write(path: Path, rows: Mapping[str, Iterable[Row]]) -> None:
    """Creates the file with all raw tables and the given rows; what a row leaves out is null."""
    shapes = tables()
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("create schema instantly_raw")
        for table, columns in shapes.items():
            spelled = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table instantly_raw.{table} ({spelled})")
            for row in rows.get(table, ()):
                _insert(connection, table, columns, row)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], row: Row
) -> None:
    unknown = set(row) - set(columns)
    assert not unknown, f"{table} has no column {unknown}"
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    values = [json.dumps(v) if isinstance(v, dict | list) else v for v in row.values()]
    connection.execute(f"insert into instantly_raw.{table} ({names}) values ({marks})", values)
