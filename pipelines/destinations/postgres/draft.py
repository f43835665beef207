"""One run at work in a PostgreSQL database: where it loads, builds, and what it shows at the end.

The counterpart of `pipelines.swap.Draft`, with the same promises and without a copy: loads are
transactions of their own, and marts are built in a schema that only this run looks at.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg2

from pipelines.destinations.postgres import DRAFT
from pipelines.destinations.postgres.looking import AttachedJson, looking, mending, there
from pipelines.destinations.postgres.publishing import publish, tidy, vacuum
from pipelines.destinations.postgres.session import IS_THERE, SIZE, Session
from pipelines.warehouse_file import MARTS, SCHEMAS

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """What a run works on (`pipelines.destinations.Database`)."""

    session: Session

    schemas: ClassVar[tuple[str, ...]] = (*SCHEMAS, DRAFT)
    """Those of the warehouse, and the one in which this run builds."""

    @property
    def file_format(self) -> str:
        """CSV, which PostgreSQL copies into `jsonb` as well."""
        return "csv"

    def __str__(self) -> str:
        return self.session.address.shown

    def exists(self) -> bool:
        """Whether a run has ever begun to load into it."""
        return bool(self.session.value(IS_THERE))

    def size_bytes(self) -> int:
        """Tables, indexes and all, as PostgreSQL counts them."""
        return int(self.session.value(SIZE, list(self.schemas)) or 0)

    def look(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A read-only connection; names without a schema are marts of this run."""
        return looking(self.session.address, DRAFT)

    def mend(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection that may write, in one transaction."""
        return mending(self.session.address)

    def write(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        """A statement for PostgreSQL itself, over a connection of `mend`."""
        there(connection, sql)

    def json_columns(self, connection: duckdb.DuckDBPyConnection) -> AttachedJson:
        """What mends columns of `jsonb`, over a connection of `mend`."""
        return AttachedJson(connection)

    def destination(self) -> Any:
        """dlt's destination, working through the run's one connection."""
        from pipelines.destinations.postgres.loading import destination

        return destination(self.session)

    def kept_together(self) -> AbstractContextManager[None]:
        """What dlt loads within is one transaction."""
        return self.session.kept_together()


@dataclass(slots=True)
class PostgresDraft:
    """A run's hold on the database; `folder` is the working folder on this machine."""

    session: Session
    folder: Path

    @property
    def database(self) -> PostgresDatabase:
        """What is loaded and asked."""
        return PostgresDatabase(self.session)

    @property
    def workdir(self) -> Path:
        """For dlt's working directory, dbt's target and logs."""
        return self.folder / "work"

    @property
    def dbt_environment(self) -> Mapping[str, str]:
        """The account, and the draft's schema instead of the marts'."""
        return {**self.session.address.environment, "DBT_MARTS_SCHEMA": DRAFT}

    def prepare(self) -> None:
        """A folder for what is thrown away, and no rest of a run that died."""
        self.folder.mkdir(mode=0o700)  # dlt's packages hold people in clear
        self.workdir.mkdir()
        self._drop()

    def publish_and_go_on(self) -> None:
        """Nothing: a load is kept when it ends."""

    def publish(self, *, afresh: bool = False) -> None:
        """Shows the marts that were built, all in one transaction; nothing built, nothing shown.

        Args:
            afresh: rows that were deleted are also taken out of the tables' files (VACUUM).
        """
        tidy(self.session)
        publish(self.session, DRAFT, MARTS)
        if afresh:
            self._drop()
            vacuum(self.session, SCHEMAS)

    def discard(self) -> None:
        """Removes the run folder and the draft's schema, published or not."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if not self.session.connection.closed:
            with suppress(psycopg2.Error):  # what is left, the next run removes
                self.session.end()
                self.session.run("set lock_timeout = '2s'")
                self._drop()

    def _drop(self) -> None:
        self.session.run(f"drop schema if exists {DRAFT} cascade")
