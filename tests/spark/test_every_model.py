"""Literal, odd and drawn rows, built by DuckDB and by Spark: every view and table is equal.

The rows and the comparison are PostgreSQL's (`tests/dbt_project/test_postgres.py`), staging and
intermediate models included. They never went through a load, so the files are DuckDB's own copy;
what a load brings is compared in `test_same_marts.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from pipelines.judge import judge_steps
from pipelines.warehouse_file import JUDGED, RAW, open_read_only, text
from spark.session import PYTHON, Spark, at_work
from spark.tables import Columns, databases, over_files
from tests.dbt_project import raw_warehouse
from tests.dbt_project.conftest import JUDGED as HANGS_ON_VERDICTS
from tests.dbt_project.postgres_warehouse import Relation, on_duckdb
from tests.dbt_project.test_postgres import VARIABLES, all_differences, built_here, worlds
from transforms.judgement import Rules

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="`make test-slow` installs Spark"),
]

WITHOUT_CHECKS = ("--exclude-resource-type", "test")
# what DuckDB finds in Spark's files -> the name that the comparison with PostgreSQL knows
NAMES = {
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "VARCHAR": "text",
    "TIMESTAMP": "timestamp without time zone",
    "DATE": "date",
}

Everywhere = tuple[dict[str, Relation], dict[str, Relation]]


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Everywhere:
    folder = tmp_path_factory.mktemp("everywhere")
    warehouse, work = folder / "instantly.duckdb", folder / "spark"
    work.mkdir()
    raw_warehouse.write(warehouse, worlds())
    built_here(warehouse, folder, exclude=HANGS_ON_VERDICTS)
    judge_steps(warehouse, folder / "judgement", Rules())
    built_here(warehouse, folder, select=HANGS_ON_VERDICTS)
    here = on_duckdb(warehouse)
    files = {schema: copied(warehouse, schema, folder / schema) for schema in (RAW, JUDGED)}
    with at_work(folder, work, VARIABLES, os.environ) as spark:
        spark.say(databases())
        for schema, tables in files.items():
            spark.say(over_files(schema, tables, folder / schema))
        spark.build(*WITHOUT_CHECKS)
        there = read(spark, here, folder / "read")
    return here, there


def copied(warehouse: Path, schema: str, folder: Path) -> dict[str, Columns]:
    """The tables of a schema as files, JSON as text; their columns."""
    with open_read_only(warehouse) as connection:
        found = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where schema_name = ? and not starts_with(table_name, '_dlt_') "
            "order by table_name, column_index",
            [schema],
        ).fetchall()
        tables: dict[str, dict[str, str]] = {}
        for table, column, kind in found:
            tables.setdefault(table, {})[column] = kind
        for table, columns in tables.items():
            cells = ", ".join(
                f'cast("{c}" as varchar) as "{c}"' if kind == "JSON" else f'"{c}"'
                for c, kind in columns.items()
            )
            (folder / table).mkdir(parents=True)
            file = text(str(folder / table / "rows.parquet"))
            connection.execute(
                f"copy (select {cells} from instantly.{schema}.{table}) to {file} (format parquet)"
            )
    return dict(tables)


def read(spark: Spark, names: dict[str, Relation], folder: Path) -> dict[str, Relation]:
    """Everything that Spark has under these names."""
    spark.say(
        f"insert overwrite directory 'file://{folder / name}' using parquet select * from {name}"
        for name in names
    )
    found = {}
    for name in names:
        rows = duckdb.sql(f"from {text(f'{folder / name}/*.parquet')}")
        kinds = [NAMES[str(kind)] for kind in rows.types]
        columns = tuple(zip(rows.columns, kinds, strict=True))
        found[name] = Relation(columns, tuple(rows.fetchall()))
    return found


def test_every_model_is_equal_row_by_row(everywhere: Everywhere) -> None:
    here, there = everywhere
    assert len(here) > 90
    assert sum(len(relation.rows) for relation in here.values()) > 20_000
    assert all_differences(here, there) == []
