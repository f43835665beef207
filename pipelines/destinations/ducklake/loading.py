"""dlt's DuckLake destination, with its connection taken from the run and its commits held back.

    dlt ─ clients of its own making ─> RunClient ─> the session of the run ─> lake
            begin, commit, rollback  ─> nothing, once a load has begun

dlt opens the lake anew for every job and commits each statement: its merge is a snapshot in which
the old rows are gone and another in which the new ones have come, and whoever reads between them
reads half a load. Here all of it goes through the one connection of the run and is one snapshot.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import duckdb
from dlt.common.destination.client import LoadJob
from dlt.destinations import ducklake
from dlt.destinations.exceptions import DatabaseTerminalException
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials
from dlt.destinations.impl.ducklake.ducklake import DuckLakeClient
from dlt.destinations.impl.ducklake.sql_client import DuckLakeSqlClient
from dlt.destinations.sql_client import raise_database_error

from pipelines.destinations.ducklake.catalog import CATALOG, LAKE
from pipelines.destinations.ducklake.looking import DRAFT_FILE, told
from pipelines.destinations.ducklake.session import LakeSession
from pipelines.destinations.handed_on import Handed, destination_class
from pipelines.warehouse_file import STAGING

HARMLESS = (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException)
"""Found before a statement runs, so the transaction goes on."""


def destination(session: LakeSession) -> Any:
    """dlt's destination whose every client works through the session."""
    address = session.address

    credentials = DuckLakeCredentials(
        LAKE,
        metadata_schema=CATALOG,
        # who comes in is the session's to know: dlt opens nothing itself, and writes files
        catalog=f"postgres://{address.host}:{address.port}/lake",
        storage=session.rows.as_uri(),
    )
    of_this_run = destination_class(ducklake, _Client, session=session)
    return of_this_run(
        credentials=credentials,
        replace_strategy="insert-from-staging",
        destination_name="ducklake",
    )


class _SqlClient(DuckLakeSqlClient):
    """dlt's way to the lake, over the session's connection."""

    session: LakeSession

    def open_connection(self) -> Any:
        self._conn = self.session.connection
        return self._conn

    def close_connection(self) -> None:
        self._conn: Any = None

    def catalog_name(self, quote: bool = True, casefold: bool = True) -> str:  # noqa: ARG002 dlt's
        """The lake; models that are no marts stand in the run's own file."""
        return DRAFT_FILE if self.dataset_name == STAGING else LAKE

    @contextmanager
    def begin_transaction(self) -> Generator[Any]:
        self.session.begin()
        if not self.session.is_open:
            with super().begin_transaction() as transaction:
                yield transaction
            return
        yield self

    @contextmanager
    @raise_database_error
    def execute_query(self, query: Any, *args: Any, **kwargs: Any) -> Generator[Any]:
        with self.session.one_at_a_time:
            if not self.session.is_open:
                with super().execute_query(query, *args, **kwargs) as cursor:
                    yield cursor
                return
            values = args or kwargs or None
            asked = query.replace("%s", "?") if values else query
            cursor: Any = self._conn
            try:
                yield self.cursor_impl(cursor.execute(asked, values))
            except HARMLESS:
                raise
            except duckdb.Error as error:
                said = duckdb.Error(told(self.session.address, error))
                raise DatabaseTerminalException(said) from error  # nothing is left to try again


class _Client(Handed, DuckLakeClient):
    """dlt's client of a dataset, over the session; its first change begins the transaction."""

    session: LakeSession
    sql_kind = _SqlClient

    def initialize_storage(self, truncate_tables: Any = None) -> None:
        """As dlt's, within the load."""
        self.session.begin()
        super().initialize_storage(truncate_tables)

    def update_stored_schema(self, *args: Any, **kwargs: Any) -> Any:
        """As dlt's, within the load."""
        self.session.begin()
        return super().update_stored_schema(*args, **kwargs)

    def create_load_job(
        self, table: Any, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """As dlt's, within the load."""
        self.session.begin()
        return super().create_load_job(table, file_path, load_id, restore)
