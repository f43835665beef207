"""What a build refuses: raw tables that break a promise, raw tables of another shape."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project import raw_warehouse, world
from transforms.dbt import ChecksFailed, ModelFailed, build


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "instantly.duckdb"
    raw_warehouse.write(path, world.workspaces())
    return path


def stage_workspaces(warehouse: Path) -> None:
    build(
        warehouse,
        workdir=warehouse.parent / "work",
        variables={},
        environment=os.environ,
        select="stg_instantly__workspaces",
    )


def test_a_row_loaded_twice_fails_a_check(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        everything = "from instantly_raw.workspaces"
        connection.execute(f"insert into instantly_raw.workspaces select * {everything}")
    with pytest.raises(ChecksFailed, match=r"valid_grain_stg_instantly__workspaces.* \(3 rows\)"):
        stage_workspaces(warehouse)


@pytest.mark.slow
def test_a_missing_raw_column_names_the_model(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table instantly_raw.workspaces drop column plan_id")
    with pytest.raises(ModelFailed, match=r"model stg_instantly__workspaces: .*plan_id") as caught:
        stage_workspaces(warehouse)
    assert "\n" not in str(caught.value)
