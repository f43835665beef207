"""DuckDB with the lake attached: what readers, runs and mends open, each a connection of its own.

    DuckDB in memory ── attach ──> lake     `use` marts: names without a schema
                     └─ attach ──> draft    in a run, when dbt has built something

Small inserts would be kept in the catalog itself by default (DuckLake calls it inlining). It is off
for what this program writes: rows about people belong into the files, and into no statement that
the server may log.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.destinations.ducklake.catalog import CATALOG, LAKE
from pipelines.destinations.explaining import explained
from pipelines.destinations.packages import load_extension
from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.destinations.postgres.connecting import connect, right_is_missing, told_by
from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.warehouse_file import NOTHING_FETCHED, text

if TYPE_CHECKING:
    import duckdb

DRAFT_FILE = "draft"
"""The catalog of the file in which dbt builds, which is called after the file."""

STATEMENT = re.compile(r'\s*"[\s\S]*"(?=:)')
"""A statement in an error, or the account, with what the engine says of it behind a colon."""

FORBIDDEN = ("permission denied", "Permission denied")
FULL = ("No space left on device",)
OF_ANOTHER = ("Transaction conflict",)
LOST = ("connection", "Unable to connect")


@contextmanager
def attached(
    address: PostgresAddress, rows: Path, *, writes: bool = False
) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection, in UTC, whose default catalog is the lake; it is made if somebody writes.

    Raises:
        ConfigurationError, RunFailedError: the server does not let us in, the files are not where
            the catalog says; or, whoever meets it within, the catalog was lost, the disk is full,
            a right is missing, or another program changed the same tables.
    """
    connect(address, "instantly-warehouse reader").close()  # refusals in our words
    import duckdb

    connection = duckdb.connect(config=NOTHING_FETCHED)
    try:
        for name in ("postgres_scanner", "ducklake"):
            load_extension(connection, name)
        connection.execute("set TimeZone = 'UTC'")
        options = [f"metadata_schema '{CATALOG}'", "data_inlining_row_limit 0"]
        options += [f"data_path {text(f'{rows}/')}"] if writes else ["read_only"]
        source = text(f"ducklake:postgres:{address.attachment}")
        try:
            connection.execute(f"attach {source} as {LAKE} ({', '.join(options)})")
        except duckdb.Error as error:
            raise _refused(address, rows, error) from None
        connection.execute(f"use {LAKE}")
        with explained(duckdb.Error, partial(_understood, address, rows)):
            yield connection
    finally:
        _close(connection)


def _refused(
    address: PostgresAddress, rows: Path, error: Exception
) -> ConfigurationError | RunFailedError:
    if "DATA_PATH" in (said := told(address, error)):
        return ConfigurationError(
            f"DESTINATION_DUCKLAKE_FOLDER is {rows}, and the files of this lake are elsewhere",
            where=address.shown,
            todo="name the folder that the lake was made with, on every machine the same",
        )
    return _understood(address, rows, error) or RunFailedError(
        f"the lake cannot be opened: {said}", where=address.shown
    )


def _understood(
    address: PostgresAddress, rows: Path, error: Exception
) -> ConfigurationError | RunFailedError | None:
    """What the lake failed with in a sentence; None for what is nothing of it."""
    said = told(address, error)
    where = f"{address.shown} with {rows}"
    if any(mark in said for mark in FULL):
        todo = "make room and run again"
        return RunFailedError("there is no room for the files of the lake", where=where, todo=todo)
    if any(mark in said for mark in FORBIDDEN):
        return right_is_missing(address, said)
    if any(mark in said for mark in OF_ANOTHER):
        return RunFailedError(
            f"another program changed the same tables meanwhile: {said}",
            where=where,
            todo="keep other programs out of the schemas of the warehouse, and run again",
        )
    if any(mark in said for mark in LOST):
        return RunFailedError(
            f"the catalog was lost ({said}); what was not yet kept is in no snapshot",
            where=where,
            todo="run again",
        )
    return None


def told(address: PostgresAddress, error: Exception) -> str:
    """What an engine says, without what it was asked: that may hold values of rows."""
    return told_by(address, STATEMENT.sub("", str(error)))


def _close(connection: duckdb.DuckDBPyConnection) -> None:
    """Lets go of the lake first: DuckDB ends the process when it finds the server gone later."""
    import duckdb

    with suppress(duckdb.Error):
        connection.execute("rollback")
    with suppress(duckdb.Error):
        connection.execute(f"use memory; detach {LAKE}")
    connection.close()


@contextmanager
def looking(
    address: PostgresAddress, rows: Path, marts: str, draft: Path | None = None
) -> Generator[duckdb.DuckDBPyConnection]:
    """A read-only connection that sees one snapshot for as long as it is open.

    Args:
        address: of the database with the catalog.
        rows: the folder of the files.
        marts: the schema of names without one.
        draft: the file in which a run builds; what it holds is found beside the lake.
    """
    with attached(address, rows) as connection:
        if draft is not None and draft.exists():
            connection.execute(f"attach {text(str(draft))} as {DRAFT_FILE} (read_only)")
        connection.execute(f"set search_path = {text(_path(connection, marts))}")
        connection.execute("begin")
        connection.execute(f"from ducklake_current_snapshot('{LAKE}')")  # else the first look says
        yield connection


def _path(connection: duckdb.DuckDBPyConnection, marts: str) -> str:
    """Where names are looked up: marts first, and every schema of the lake and the draft."""
    found = connection.execute(
        "select database_name, schema_name from duckdb_schemas() "  # noqa: S608 literals
        f"where database_name in ('{LAKE}', '{DRAFT_FILE}') and schema_name like 'instantly%' "
        f"order by schema_name <> {text(marts)}, database_name, schema_name"
    ).fetchall()
    return ",".join(f"{catalog}.{schema}" for catalog, schema in found) or f"{LAKE}.main"


@contextmanager
def mending(address: PostgresAddress, rows: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that may write; all of it is one snapshot, which a failure takes back."""
    with attached(address, rows, writes=True) as connection:
        connection.execute("begin")
        yield connection
        connection.execute("commit")
