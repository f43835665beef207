"""What Spark is told in SQL besides what dbt tells it: tables over files, and files of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.errors import RunFailedError
from pipelines.warehouse_file import JUDGED, MARTS, RAW, STAGING

Columns = Mapping[str, str]
"""Names of columns and DuckDB's types of them, in order."""

TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "JSON": "string",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "VARCHAR": "string",
}
"""DuckDB's types as Spark reads them in Parquet files that dlt wrote."""

COUNTED = (
    "int_judgement_days",
    "int_judgement_arms",
    "int_judgement_cohorts",
    "int_judgement_coverage",
)
"""The models that the judgement reads (`pipelines.judge`)."""


def databases() -> Iterator[str]:
    """All that dbt builds in or reads from."""
    yield from (f"create database if not exists {name}" for name in (RAW, JUDGED, STAGING, MARTS))


def over_files(database: str, tables: Mapping[str, Columns], folder: Path) -> Iterator[str]:
    """Tables over the files of a copy, in place of those over the copy before.

    Columns are named, so that a table without rows, which has no file, is a table as well. Raises
    RunFailedError for a type that no load writes.
    """
    for table, columns in tables.items():
        name = f"{database}.{_name(table)}"
        spelled = ", ".join(f"{_name(c)} {_type(c, kind, name)}" for c, kind in columns.items())
        yield f"drop table if exists {name}"
        yield f"create table {name} ({spelled}) using parquet location {_place(folder / table)}"


def counted(folder: Path) -> Iterator[str]:
    """Writes what the judgement reads to files, one folder for each model."""
    for model in COUNTED:
        rows = f"select * from {STAGING}.{model}"  # noqa: S608 names of this module
        yield f"insert overwrite directory {_place(folder / model)} using parquet {rows}"


def _type(column: str, kind: str, table: str) -> str:
    if kind not in TYPES:
        raise RunFailedError(f"Spark is told no type for {kind}", where=f"{table}.{column}")
    return TYPES[kind]


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _place(folder: Path) -> str:
    """A folder as Spark takes it: an address that is not escaped, in a text that is."""
    return "'file://" + str(folder).replace("\\", "\\\\").replace("'", "\\'") + "'"
