"""The side of a lake: its catalog's server, the folder of its files, and what it holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pipelines.destinations.ducklake import LakeWarehouse
from pipelines.destinations.ducklake.catalog import CATALOG
from pipelines.destinations.postgres.session import Session
from pipelines.doctor.database import of_another_version, server
from pipelines.doctor.finding import Finding, Level
from pipelines.errors import WarehouseError
from pipelines.warehouse_file import open_read_only, written_by


def around(warehouse: LakeWarehouse) -> Iterator[Finding]:
    """Everything about the lake; of one that lets nobody in, that alone."""
    try:
        warehouse.refuse_missing_packages()
        with Session.of(warehouse.address, "instantly-warehouse doctor") as session:
            yield Finding("place", Level.OK, str(warehouse))
            yield from server(session, CATALOG)
        yield _folder(warehouse)
        yield from _content(warehouse)
    except WarehouseError as refused:
        todo = refused.todo or "see docs/destinations/ducklake.md"
        yield Finding("place", Level.WRONG, f"{warehouse}: {refused.what}", todo)


def _folder(warehouse: LakeWarehouse) -> Finding:
    """Whether files can be written where the lake keeps them."""
    rows = warehouse.rows
    nearest = next(path for path in (rows, *rows.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        todo = "give this user the right, or correct DESTINATION_DUCKLAKE_FOLDER"
        return Finding("folder", Level.WRONG, f"{rows} may not be written to", todo)
    return Finding("folder", Level.OK, f"{rows} may be written to")


def _content(warehouse: LakeWarehouse) -> Iterator[Finding]:
    """How much is there, and who wrote it."""
    if not warehouse.exists():
        todo = "run: the first run makes it"
        yield Finding("warehouse", Level.NOTE, "there is no warehouse yet", todo)
        return
    size = warehouse.size_bytes() / 1024**2
    yield Finding("warehouse", Level.OK, f"{size:,.1f} MB without former snapshots")
    with open_read_only(warehouse) as connection:
        yield from of_another_version(written_by(connection))
