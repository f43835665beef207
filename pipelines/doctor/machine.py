"""The side of the machine: programs, place, disk, lock, and the file itself."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.doctor.finding import Finding, Level
from pipelines.errors import WarehouseError
from pipelines.lock import holder
from pipelines.swap import Swap
from pipelines.warehouse_file import (
    PRODUCT,
    damage,
    open_read_only,
    quoted,
    refuse_bad_place,
    refuse_stray_log,
    refuse_unreadable,
    written_by,
)

PARTS = {"dlt": "dlt", "DuckDB": "duckdb", "dbt": "dbt-core"}
TABLES = """
    select database_name, schema_name, table_name from duckdb_tables()
    where not internal and database_name = current_database()
"""


def versions() -> Finding:
    """What is installed."""
    parts = ", ".join(f"{name} {version(package)}" for name, package in PARTS.items())
    ours = f"{PRODUCT} {version(PRODUCT)}, Python {platform.python_version()}"
    return Finding("versions", Level.OK, f"{ours}, {parts}")


def around(warehouse: Path) -> Iterator[Finding]:
    """Everything about the path; of a place where no warehouse can be, that alone."""
    found = place(warehouse)
    yield found
    if found.level is Level.OK:
        yield disk(warehouse)
        yield from lock(warehouse)
        yield from file(warehouse)


def place(warehouse: Path) -> Finding:
    """Whether a warehouse can be there, and be replaced there."""
    try:
        refuse_bad_place(warehouse)
    except WarehouseError as refused:
        return _wrong("place", refused)
    folder = _nearest(warehouse.parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        todo = "give this user the right to write there, or choose another WAREHOUSE_PATH"
        return Finding("place", Level.WRONG, f"{folder} may not be written to", todo)
    return Finding("place", Level.OK, str(warehouse))


def disk(warehouse: Path) -> Finding:
    """Whether a run would find room: it works on a copy."""
    folder = _nearest(warehouse.parent)
    free, needed = shutil.disk_usage(folder).free, Swap(warehouse).bytes_needed()
    said = f"{free / 1024**2:,.0f} MB are free, a run needs about {needed / 1024**2:,.0f} MB"
    if free < needed:
        todo = "make room, or move the warehouse with WAREHOUSE_PATH"
        return Finding("disk", Level.WRONG, said, todo)
    return Finding("disk", Level.OK, said)


def lock(warehouse: Path) -> Iterator[Finding]:
    """Who is at work, and what dead runs left behind."""
    if who := holder(warehouse):
        yield Finding("lock", Level.NOTE, f"a run is at work ({who})", "wait until it has ended")
        return
    left = [path.name for path in Swap(warehouse).leftovers()] if warehouse.parent.is_dir() else []
    if left:
        what = f"{', '.join(left)}: the rest of a run that died"
        yield Finding("lock", Level.NOTE, what, "nothing: the next run removes it")
    else:
        yield Finding("lock", Level.OK, "nobody is at work")


def file(warehouse: Path) -> Iterator[Finding]:
    """Whether the file can be used, down to its last block, and who wrote it."""
    if not warehouse.exists():
        yield Finding(
            "file", Level.NOTE, "there is no warehouse yet", "run: the first run makes it"
        )
        return
    try:
        refuse_stray_log(warehouse)
        refuse_unreadable(warehouse)
        with open_read_only(warehouse) as connection:
            tables = _read_every_block(connection, warehouse)
            written = written_by(connection)
    except WarehouseError as refused:
        yield _wrong("file", refused)
        return
    size = warehouse.stat().st_size / 1024**2
    yield Finding("file", Level.OK, f"{size:,.1f} MB, {tables} tables, every block can be read")
    if written not in (None, version(PRODUCT)):
        what = f"was last written by {PRODUCT} {written}"
        yield Finding(
            "file", Level.NOTE, what, "nothing: the next run brings it up to this version"
        )


def _read_every_block(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> int:
    """Reads all there is, because a spoilt block is noticed only then; the number of tables."""
    tables = connection.execute(TABLES).fetchall()
    try:
        for table in tables:
            name = ".".join(map(quoted, table))
            connection.execute(f"select bit_xor(hash(rows)) from {name} as rows").fetchall()  # noqa: S608 names of the catalog
    except duckdb.Error as error:
        raise damage(warehouse, error) or error from None
    return len(tables)


def _wrong(check: str, refused: WarehouseError) -> Finding:
    where = f"{refused.where}: " if refused.where else ""
    return Finding(check, Level.WRONG, f"{where}{refused.what}", refused.todo or "see docs")


def _nearest(folder: Path) -> Path:
    """The folder, or the one in which a first run would make it."""
    return folder if folder.is_dir() else folder.parent
