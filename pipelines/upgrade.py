"""A file of an earlier version becomes one of this: tables and columns come, no row is touched.

A load declares what the warehouse lacks on its way (`sources.instantly.source`). What builds marts
without a load, `transform` and `forget`, would meet models of tables that the earlier version did
not know; so they are declared here, by the loader itself. Tables made by hand were refused: the
loader keeps a list of what it made, and a table that is not on it stops the next load.

Nothing is ever renamed or dropped, so there are no steps between versions to be taken one by one.
Files of a newer version are refused when they are opened (`pipelines.warehouse_file`).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.destinations import Database
from pipelines.settings import quiet_dlt
from pipelines.warehouse_file import open_read_only

HELD = """
    select table_name, list(column_name) from information_schema.columns
    where table_schema = 'instantly_raw' group by table_name
"""


def bring_up(database: Path | Database, workdir: Path) -> None:
    """Declares the raw tables and columns that this version knows and a draft lacks.

    Args:
        database: the draft's file.
        workdir: for the loader's own files.
    """
    from pipelines.sync import declare, declared

    with open_read_only(database) as connection:
        held = {table: set(names) for table, names in connection.execute(HELD).fetchall()}
    if any(names - held.get(table, set()) for table, names in declared().items()):
        quiet_dlt(workdir)
        declare(database, workdir / "upgrade")
