"""A PostgreSQL database as the warehouse, with what its transactions give.

    begin ── an advisory lock on the connection that also writes: whoever loses one loses the other
      │
      ├─ load       dlt ─> instantly_raw         one transaction per load (`loading`)
      ├─ transform  dbt ─> instantly_draft       tables and tests where no reader looks
      ├─ judge      dlt ─> instantly_judged
      └─ publish    instantly_draft ─> instantly one transaction for all marts (`publishing`)

Every piece has an end of its own: the rows of a load with the notes on it, and the marts of a run.
One transaction around both was refused: dbt is another process and would not see the rows, and a
night's rows would be lost with a test that fails. So raw tables may be a load ahead of the marts,
never behind, and never half of one.

Its packages are the extra `postgres`; nothing of them is imported before a run or reader needs it.
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

    from pipelines.destinations.postgres.draft import PostgresDraft

DRAFT = "instantly_draft"
"""The schema in which a run builds."""

NEEDS = {
    "psycopg2": "psycopg2-binary",
    "dbt.adapters.postgres": "dbt-postgres",
    "duckdb_extension_postgres_scanner": "duckdb-extension-postgres-scanner",
}


@dataclass(frozen=True, slots=True)
class PostgresWarehouse:
    """The warehouse in a database.

    Attributes:
        address: of the database.
        folder: of this machine, for the working folders of runs.
    """

    address: PostgresAddress
    folder: Path

    schemas: ClassVar[tuple[str, ...]] = SCHEMAS
    """Those of the warehouse; any other is somebody else's."""

    @property
    def name(self) -> str:
        """The database's, which is what a file's name is to a file."""
        return self.address.database

    def __str__(self) -> str:
        return self.address.shown

    def refuse_missing_packages(self) -> None:
        """ConfigurationError when the extra is not installed."""
        refuse_missing("postgres", NEEDS)

    def exists(self) -> bool:
        """Whether a run has ever begun to load into it."""
        self.refuse_missing_packages()
        from pipelines.destinations.postgres.connecting import asked
        from pipelines.destinations.postgres.session import IS_THERE

        return bool(asked(self.address, IS_THERE))

    def size_bytes(self) -> int:
        """Tables, indexes and all, as PostgreSQL counts them."""
        from pipelines.destinations.postgres.connecting import asked
        from pipelines.destinations.postgres.session import SIZE

        return int(asked(self.address, SIZE, (list(self.schemas),)) or 0)

    def look(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A read-only connection that sees one moment for as long as it is open."""
        self.refuse_missing_packages()
        from pipelines.destinations.postgres.looking import looking

        return looking(self.address, MARTS)

    @contextmanager
    def begin(self, run_id: str) -> Generator[PostgresDraft]:
        """Yields a draft under the lock; its rest is gone when the block ends.

        Raises LockHeldError, ConfigurationError or RunFailedError before anything is changed.
        """
        self.refuse_missing_packages()
        from pipelines.destinations.postgres.draft import PostgresDraft
        from pipelines.destinations.postgres.session import only_run

        with only_run(self.address, self.folder) as session:
            session.refuse_newer()
            remove_all(leftovers(self._folder("")))
            draft = PostgresDraft(session, self._folder(run_id))
            try:
                with room_explained(self.folder), session.explained():
                    draft.prepare()
                    yield draft
            finally:
                draft.discard()

    def _folder(self, run_id: str) -> Path:
        return self.folder / f".postgres-{self.address.fingerprint}.run-{run_id}"
