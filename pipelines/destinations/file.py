"""dlt's DuckDB destination, over one handle on the draft's file.

    dlt ─ clients of its own making ─> RunClient ─> cursors of one connection ─> the draft's file

dlt opens the file anew for every step and every job, two dozen times in a load, and sets the same
switches each time. Here whoever comes first opens it and whoever leaves last closes it: a draft is
published only when nobody holds it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from dlt.destinations.sql_client import raise_open_connection_error

from pipelines.destinations.handed_on import Handed, destination_class
from pipelines.warehouse_file import NOTHING_FETCHED, WRITTEN_AS, text

MEMORY = "300MB"
"""Most that DuckDB takes while rows are loaded; beyond that it works on the disk."""

SETTINGS = {
    **NOTHING_FETCHED,
    "memory_limit": MEMORY,
    "threads": 1,
    "preserve_insertion_order": False,
    "checkpoint_threshold": "1gb",
    "allocator_flush_threshold": "16MB",
}
"""Little memory, whatever the machine has, and one thread. DuckDB takes four fifths of the memory
by default, keeps what it has freed, and uses every core: what dlt has it do are inserts, for which
two threads take up to twice the CPU, and write a file that is larger by two thirds because each
fills row groups of its own. The log is written into the file at the end."""


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

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor with a transaction of its own; `let_go` of it."""
        with self._guard:
            if self._connection is None:
                self._connection = self._opened()
            self._cursors += 1
            return self._connection.cursor()

    def let_go(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Closes a cursor, and the file with the last one."""
        cursor.close()
        with self._guard:
            self._cursors -= 1
            if self._connection is not None and not self._cursors:
                self._connection.close()
                self._connection = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        new = {} if self._database.exists() else WRITTEN_AS
        connection = duckdb.connect(str(self._database), config={**SETTINGS, **new})
        connection.execute("set global TimeZone = 'UTC'")
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
