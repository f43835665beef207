"""dlt's DuckDB destination, over one handle on the draft's file.

    dlt ─ clients of its own making ─> RunClient ─> cursors of one connection ─> the draft's file

dlt opens the file anew for every step and every job, two dozen times in a load, and sets the same
switches each time. Here whoever comes first opens it and whoever leaves last closes it: a draft is
published only when nobody holds it.

A draft whose load was cut short is thrown away, so that nothing needs a write-ahead log to heal it,
and rows that fill no row group went into one before they went into the file. Without one, all is
written by the checkpoint at the end, which is asked for by name: at closing it fails silently. A
file that has missed one is opened no more, or a repeated job of dlt's would go on without the rest.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from dlt.destinations.sql_client import raise_open_connection_error

from pipelines.destinations.handed_on import Handed, destination_class
from pipelines.errors import RunFailedError
from pipelines.warehouse_file import NOTHING_FETCHED, WRITTEN_AS, text

FOR_ROWS, FOR_MERGES = "180MB", "300MB"
"""Most that DuckDB takes while rows are written, and while they are compared with what is held;
beyond that it works on the disk. A group of 122,880 leads, which it presses as a whole, fits into
240 MB; with 180 a million leads cost 1 s of CPU more, of 50, and the whole command keeps below
500 MB. A merge cannot put everything on the disk: one of 300,000 leads that had all changed ran out
of memory with less than 300."""

SETTINGS = {
    **NOTHING_FETCHED,
    "threads": 1,
    "preserve_insertion_order": False,
    "allocator_flush_threshold": "16MB",
}
"""Little memory, whatever the machine has, and one thread. DuckDB takes four fifths of the memory
by default, keeps what it has freed, and uses every core: what dlt has it do are inserts, for which
two threads take up to twice the CPU, and write a file that is larger by two thirds because each
fills row groups of its own."""

CATALOG = "draft"
"""The file's name while it is loaded. Its own could be `memory`, which DuckDB has already."""


def destination(database: Path) -> Any:
    """dlt's destination of a draft, whose clients all share one handle on the file."""
    of_this_run = destination_class(duckdb_destination, _Client, held=_Held(database))
    return of_this_run({"database": str(database)}, destination_name="duckdb")


class _Held:
    """The file, open while somebody works in it, from whatever thread."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._cursors = 0
        self._memory = FOR_MERGES
        self._unwritten: RunFailedError | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor with a transaction of its own; `let_go` of it."""
        with self._guard:
            if self._unwritten is not None:
                raise self._unwritten
            if self._connection is None:
                self._connection = self._opened()
            self._cursors += 1
            return self._connection.cursor().execute(f"use {CATALOG}")

    def let_go(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Closes a cursor; with the last one the file, when all is written into it.

        Raises:
            RunFailedError: it could not be written.
        """
        cursor.close()
        with self._guard:
            self._cursors -= 1
            if self._connection is not None and not self._cursors:
                last, self._connection = self._connection, None
                with last:
                    self._write(last)

    def _write(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            connection.execute(f"checkpoint {CATALOG}")
        except duckdb.Error as error:
            what = f"what was loaded could not be written into the draft: {error}"
            where, todo = str(self._database), "run again, with -v for more"
            self._unwritten = RunFailedError(what, where=where, todo=todo)
            raise self._unwritten from error

    def allow(self, memory: str) -> None:
        """Lets DuckDB take so much from now on, or as much as before if it cannot let go of it."""
        with self._guard:
            self._memory = memory
            if self._connection is not None:
                with suppress(duckdb.OutOfMemoryException):
                    self._connection.execute(f"set global memory_limit = {text(memory)}")

    def _opened(self) -> duckdb.DuckDBPyConnection:
        settings = {
            **SETTINGS,
            **WRITTEN_AS,
            "memory_limit": self._memory,
            "temp_directory": f"{self._database}.tmp",
        }
        connection = duckdb.connect(config=settings)
        path = text(str(self._database))
        connection.execute("set global TimeZone = 'UTC'")
        connection.execute(f"attach {path} as {CATALOG} (recovery_mode no_wal_writes)")
        return connection


class _SqlClient(DuckDbSqlClient):
    """dlt's way to the file, over cursors of the one handle."""

    held: _Held

    @raise_open_connection_error
    def open_connection(self) -> duckdb.DuckDBPyConnection:
        self._conn = self.held.cursor()
        with suppress(duckdb.CatalogException):  # the dataset may have to be made first
            path = text(self.fully_qualified_dataset_name())
            self._conn.execute(f"set search_path = {path}")
        return self._conn

    def close_connection(self) -> None:
        if self._conn:
            self.held.let_go(self._conn)
            self._conn: Any = None


class _Client(Handed, DuckDbClient):
    """dlt's client of a dataset, over the one handle."""

    held: _Held
    sql_kind = _SqlClient

    def create_load_job(
        self, table: Any, file_path: str, load_id: str, restore: bool = False
    ) -> Any:
        """Every job with the memory that its kind needs: one at a time is at work."""
        job = super().create_load_job(table, file_path, load_id, restore)
        self.held.allow(FOR_ROWS if isinstance(job, DuckDbCopyJob) else FOR_MERGES)
        return job
