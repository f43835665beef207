"""Working on a draft, and looking at what lies beside the warehouse afterwards."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.lock import lock_path
from pipelines.swap import Swap


def work_on(warehouse: Path, sql: str) -> None:
    with Swap(warehouse).begin("run") as draft, duckdb.connect(str(draft.database)) as connection:
        connection.execute(sql)


def beside(warehouse: Path) -> set[str]:
    return {path.name for path in warehouse.parent.iterdir()} - {lock_path(warehouse).name}
