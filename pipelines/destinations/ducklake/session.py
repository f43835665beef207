"""The two connections of a run: PostgreSQL's holds the lock, DuckDB's writes into the lake.

    LakeSession ─ held             the lock, on a connection of psycopg2 (`…postgres.session`)
                ─ connection       DuckDB's, in autocommit otherwise
                ─ kept_together()  one transaction, and so one snapshot, around all of a load
                ─ see(file)        what dbt has built by now, as a copy beside the lake

DuckDB reaches the catalog over connections of its own, so the lock could be lost while it writes.
Nothing is committed before the lock's connection has answered once more; and a run that comes after
it plans from what it finds, so a commit that slips through between is one that it overtakes by key.

DuckDB has no savepoints: what fails while it runs takes the whole transaction back. What dlt asks
and expects to fail, tables that are not there yet, fails before it runs, and harms nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.destinations.ducklake.looking import DRAFT_FILE, attached
from pipelines.housekeeping import tidying
from pipelines.swap import copy_file
from pipelines.warehouse_file import has_table, refuse_newer, text, written_by

if TYPE_CHECKING:
    from pipelines.destinations.postgres.address import PostgresAddress
    from pipelines.destinations.postgres.session import Session


@dataclass(slots=True)
class LakeSession:
    """A run's hold on the lake; `rows` is the folder of its files."""

    held: Session
    rows: Path
    connection: duckdb.DuckDBPyConnection
    is_together: bool = False
    is_open: bool = False
    one_at_a_time: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    @contextmanager
    def of(cls, held: Session, rows: Path) -> Generator[LakeSession]:
        """A session that ends with the block, and with it an open transaction.

        Makes the lake where there is none.
        """
        with attached(held.address, rows, writes=True) as connection:
            yield cls(held, rows, connection)

    @property
    def address(self) -> PostgresAddress:
        """Of the database with the catalog."""
        return self.held.address

    def refuse_newer(self) -> None:
        """ConfigurationError when a newer version of this program loaded last."""
        refuse_newer(self.address.shown, written_by(self.connection))

    def begin(self) -> None:
        """Opens the transaction of `kept_together`; elsewhere, and when it is open, nothing."""
        if self.is_together and not self.is_open:
            self._open()

    def _open(self) -> None:
        with self.one_at_a_time:
            self.connection.execute("begin")
            self.is_open = True

    @contextmanager
    def kept_together(self) -> Generator[None]:
        """Everything that is written within is one snapshot, declared tables and all.

        What the loader needs on its way alone is gone by its end, so it is in no snapshot.
        """
        self.is_together = True
        try:
            yield
            if self.is_open:
                self._tidy()
                self._commit()
        finally:
            self.is_together = False
            self.end()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """One snapshot of its own."""
        self._open()
        try:
            yield
            self._commit()
        finally:
            self.end()

    def _commit(self) -> None:
        """Keeps what was done, if the lock is still ours."""
        self.held.value("select 1")
        self.connection.execute("commit")
        self.is_open = False

    def end(self) -> None:
        """Takes back what was not committed."""
        if self.is_open:
            self.is_open = False
            with suppress(duckdb.Error):  # nothing is left to take back where the server is gone
                self.connection.execute("rollback")

    def _tidy(self) -> None:
        """Removes rows on their way, and the loader's past."""
        for statement in tidying(partial(has_table, self.connection)):
            self.connection.execute(statement)

    def see(self, file: Path) -> None:
        """Shows this connection what a file holds by now, as a catalog beside the lake.

        A copy, because dbt goes on with the file and DuckDB lets nobody write what another reads.
        """
        copy = file.with_name(f"seen-{file.name}")
        with self.one_at_a_time:
            self.connection.execute(f"detach database if exists {DRAFT_FILE}")
            copy.unlink(missing_ok=True)
            copy_file(file, copy)
            self.connection.execute(f"attach {text(str(copy))} as {DRAFT_FILE} (read_only)")
