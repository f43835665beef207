"""A DuckLake as the warehouse: Parquet files in a folder, and a catalog in a PostgreSQL database.

    begin ── an advisory lock in the catalog's database: one run at a time
      │
      ├─ load       dlt ─> instantly_raw             one transaction, one snapshot (`loading`)
      ├─ transform  dbt ─> a DuckDB file of the run  reads the lake, builds beside it (`draft`)
      ├─ judge      dlt ─> instantly_judged          one snapshot
      └─ publish    the run's file ─> instantly      one snapshot for all marts (`publishing`)

A snapshot is what a reader sees: all of it or the one before, for as long as its transaction lasts,
and no reader waits for a writer. So what holds of PostgreSQL holds here (raw tables may be a load
ahead of the marts, never behind, and never half of one), by the same means: one connection for all
jobs of a load, and the lock of `pipelines.destinations.postgres`, with which every run begins there
as here. What comes behind the lock is another connection and another draft.

Models are built in a file of this machine because a lake is slow in what dbt does most: each view
is a snapshot and a round of questions to the catalog, and would stay in its history besides.

Its packages are the extra `ducklake`; nothing of them is imported before a run or reader needs it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pipelines.destinations.packages import refuse_missing
from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.run_folders import leftovers, remove_all, room_explained
from pipelines.warehouse_file import MARTS, SCHEMAS

if TYPE_CHECKING:
    import duckdb

    from pipelines.destinations.ducklake.draft import LakeDraft

NEEDS = {
    "psycopg2": "psycopg2-binary",
    "duckdb_extension_ducklake": "duckdb-extension-ducklake",
    "duckdb_extension_postgres_scanner": "duckdb-extension-postgres-scanner",
}


@dataclass(frozen=True, slots=True)
class LakeWarehouse:
    """The warehouse in a lake.

    Attributes:
        address: of the database with the catalog.
        rows: the folder of the Parquet files, the same for everybody who reads or writes.
        folder: of this machine, for the working folders of runs.
    """

    address: PostgresAddress
    rows: Path
    folder: Path

    schemas: ClassVar[tuple[str, ...]] = SCHEMAS
    """Those of the warehouse; any other is somebody else's."""

    @property
    def name(self) -> str:
        """The database's, which is what a file's name is to a file."""
        return self.address.database

    def __str__(self) -> str:
        return f"{self.address.shown} with {self.rows}"

    def refuse_missing_packages(self) -> None:
        """ConfigurationError when the extra is not installed."""
        refuse_missing("ducklake", NEEDS)

    def exists(self) -> bool:
        """Whether a run has ever begun to load into it."""
        self.refuse_missing_packages()
        from pipelines.destinations.ducklake.catalog import is_there

        return is_there(self.address)

    def size_bytes(self) -> int:
        """The files that today's tables are made of."""
        from pipelines.destinations.ducklake.catalog import SIZE
        from pipelines.destinations.postgres.connecting import asked

        return int(asked(self.address, SIZE) or 0)

    def look(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A read-only connection that sees one snapshot for as long as it is open."""
        self.refuse_missing_packages()
        from pipelines.destinations.ducklake.looking import looking

        return looking(self.address, self.rows, MARTS)

    @contextmanager
    def begin(self, run_id: str) -> Generator[LakeDraft]:
        """Yields a draft under the lock; its rest is gone when the block ends.

        Raises LockHeldError, ConfigurationError or RunFailedError before anything is changed.
        """
        self.refuse_missing_packages()
        from pipelines.destinations.ducklake.draft import LakeDraft
        from pipelines.destinations.ducklake.session import LakeSession
        from pipelines.destinations.postgres.session import only_run

        with only_run(self.address, self.folder) as held:
            remove_all(leftovers(self._folder("")))
            with (
                room_explained(self.folder),
                held.explained(),
                LakeSession.of(held, self.rows) as session,
            ):
                session.refuse_newer()
                draft = LakeDraft(session, self._folder(run_id))
                try:
                    draft.prepare()
                    yield draft
                finally:
                    draft.discard()

    def _folder(self, run_id: str) -> Path:
        return self.folder / f".ducklake-{self.address.fingerprint}.run-{run_id}"
