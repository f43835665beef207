"""One dbt build for the whole folder, also when several test processes run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from tests.dbt_project import raw_warehouse, world
from transforms.dbt import build

JUDGED = "source:instantly_judged+"
Query = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse built from the whole world, unit tests of the SQL included.

    Without what hangs on the judgement: that is built after it, and tested with it.
    """
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "dbt_project"
    with FileLock(f"{shared}.lock"):
        if not (shared / "done").exists():
            shared.mkdir(parents=True, exist_ok=True)
            raw_warehouse.write(shared / "instantly.duckdb", world.rows())
            result = build(
                shared / "instantly.duckdb",
                workdir=shared / "work",
                variables={"settled_after_days": 14, "settled_days_keep": "greatest"},
                environment=os.environ,
                exclude=JUDGED,
                unit_tests=True,
            )
            (shared / "done").write_text(str(len(result.tests)))
    return shared


@pytest.fixture(scope="session")
def query(built: Path) -> Iterator[Query]:
    """Rows of a query on the built warehouse as dicts."""
    with duckdb.connect(str(built / "instantly.duckdb"), read_only=True) as connection:
        connection.execute("use instantly.instantly")

        def rows(sql: str) -> list[dict[str, Any]]:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        yield rows


@pytest.fixture(scope="session")
def manifest(built: Path) -> dict[str, Any]:
    """What dbt knows about the project."""
    return json.loads((built / "work" / "target" / "manifest.json").read_text())
