"""The files of a copy: raw tables as they are, then the verdicts on what Spark counted in them.

A copy is `FOLDER/copies/<run>`. Spark reads it in place, so it stays until the next one is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import dlt
import duckdb

from pipelines.history import RUNS
from pipelines.judge import judge_steps
from pipelines.move.cargo import cargo_of
from pipelines.move.shipping import WAY, fill
from pipelines.progress import SilentProgress
from pipelines.warehouse_file import JUDGED, RAW, STAGING, open_read_only, quoted, text
from spark.tables import COUNTED, Columns

if TYPE_CHECKING:
    from transforms.judgement import Rules

COUNTS = "counted"
FORM = "parquet"
VERDICTS = """
    select table_name, column_name, data_type from duckdb_columns()
    where schema_name = ? and not starts_with(table_name, '_dlt_') order by table_name, column_index
"""


def copied(warehouse: Path, copy: Path, workdir: Path) -> Mapping[str, Columns]:
    """Writes every table that the loader filled into a copy; the tables and their columns.

    The file is read as it was at one moment, whatever a run publishes meanwhile.
    """
    with open_read_only(warehouse) as connection:
        cargo = cargo_of(connection, str(warehouse))
        fill(cargo, connection, _files(copy, RAW, WAY, workdir), FORM, SilentProgress())
    return {table.name: table.columns for table in cargo.loaded}


def judged(copy: Path, workdir: Path, rules: Rules) -> Mapping[str, Columns]:
    """Judges what Spark counted and writes the verdicts into the copy; as `copied`.

    The judgement asks a DuckDB file whose tables are views over the files of the copy.
    """
    asked = workdir / "judged.duckdb"
    with duckdb.connect(str(asked)) as connection:
        _view(connection, RAW, RUNS, copy / RAW)
        for model in COUNTED:
            _view(connection, STAGING, model, copy / COUNTS)
    judge_steps(asked, workdir / "judge", rules)
    with duckdb.connect(str(asked), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables: dict[str, dict[str, str]] = {}
        for table, column, kind in connection.execute(VERDICTS, [JUDGED]).fetchall():
            tables.setdefault(table, {})[column] = kind
        found = [
            dlt.resource(
                [connection.execute(f"from {JUDGED}.{quoted(table)}").to_arrow_table()], name=table
            )
            for table in tables
        ]
    _files(copy, JUDGED, JUDGED, workdir).run(found, loader_file_format=FORM)
    return tables


def _files(copy: Path, dataset: str, name: str, workdir: Path) -> dlt.Pipeline:
    """dlt's pipeline into a folder of the copy, one folder for each table."""
    return dlt.pipeline(
        name,
        pipelines_dir=str(workdir / "pipelines"),
        destination=dlt.destinations.filesystem(str(copy)),
        dataset_name=dataset,
    )


def _view(connection: duckdb.DuckDBPyConnection, schema: str, table: str, folder: Path) -> None:
    """A table of the judgement's, over all files in its folder."""
    files = text(str(folder / table / "*.parquet"))
    connection.execute(f"create schema if not exists {schema}")
    connection.execute(f"create view {schema}.{table} as from read_parquet({files})")
