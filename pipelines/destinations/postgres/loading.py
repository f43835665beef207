"""dlt's PostgreSQL destination, with its connection taken from the run and its commits held back.

    dlt ─ clients of its own making ─> RunClient ─> the session of the run ─> PostgreSQL
            begin, commit, rollback  ─> savepoints of one transaction, once a load has begun

dlt opens a connection for every job and commits each of them: a kill between two leaves one table
of a load ahead of the others, and what the plan of requests derives from both would be wrong. Here
all jobs go through the one connection of the run, so the server keeps a whole load or nothing.

Rows travel as CSV through COPY, the fastest way that keeps `jsonb` (dlt's parquet needs `json`).
Two things are done differently from dlt's own copying: an empty text stays one (it made NULL of
it), and a zero character, which PostgreSQL cannot store, becomes U+2400, the sign for it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Any, cast

import psycopg2
from dlt.common.destination.client import HasFollowupJobs, LoadJob, RunnableLoadJob
from dlt.common.storages.file_storage import FileStorage
from dlt.common.storages.load_storage import ParsedLoadJobFileName
from dlt.destinations import postgres
from dlt.destinations.exceptions import DatabaseTerminalException
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient
from psycopg2 import sql
from psycopg2.extras import register_default_json, register_default_jsonb

from pipelines.destinations.handed_on import Handed, destination_class
from pipelines.destinations.postgres.session import Session

PORTION = 1024 * 1024
ZERO = "\u2400".encode()
ESCAPED_ZERO = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""As JSON spells the zero character, unless the backslash itself is escaped."""


def destination(session: Session) -> Any:
    """dlt's destination whose every client works through the session."""
    address = session.address
    register_default_json(session.connection, loads=_as_it_is)
    register_default_jsonb(session.connection, loads=_as_it_is)

    credentials = {
        "host": address.host,
        "port": int(address.port),
        "username": address.user,
        "password": address.password,
        "database": address.database,
    }
    of_this_run = destination_class(postgres, _Client, session=session)
    return of_this_run(
        credentials=credentials,
        create_indexes=False,  # a version that comes back has the id that it had
        replace_strategy="insert-from-staging",
        destination_name="postgres",
    )


class _SqlClient(Psycopg2SqlClient):
    """dlt's way to the server, over the session's connection."""

    session: Session

    def open_connection(self) -> Any:
        self._conn = self.session.connection
        return self._conn

    def close_connection(self) -> None:
        self._conn = None

    @contextmanager
    def begin_transaction(self) -> Generator[Any]:
        if not self.session.is_open:
            with super().begin_transaction() as transaction:
                yield transaction
            return
        with self.session.savepoint():
            yield self

    @contextmanager
    def execute_query(self, query: Any, *args: Any, **kwargs: Any) -> Generator[Any]:
        if self.session.connection.closed:
            lost = psycopg2.OperationalError("the connection was lost")
            raise DatabaseTerminalException(lost)  # a second one would not hold the lock
        values = [_storable_text(value) for value in args]
        if not self.session.is_open:
            with super().execute_query(query, *values, **kwargs) as cursor:
                yield cursor
            return
        with self.session.savepoint(), super().execute_query(query, *values, **kwargs) as cursor:
            yield cursor

    def _reset_connection(self) -> None:
        """Nothing: the savepoint takes back what failed, and autocommit leaves nothing open."""


class _Client(Handed, PostgresClient):
    """dlt's client of a dataset, over the session; its first job begins the transaction."""

    session: Session
    sql_kind = _SqlClient

    def create_load_job(
        self, table: Any, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """As dlt's; rows as CSV are copied by our own job."""
        self.session.begin()
        if ParsedLoadJobFileName.parse(file_path).file_format == "csv":
            return _CopyJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)


class _CopyJob(RunnableLoadJob, HasFollowupJobs):
    """A file of CSV with a header into its table."""

    def run(self) -> None:
        """Copies; the open transaction takes it back when it fails."""
        client: Any = cast(_Client, self._job_client).sql_client
        table = client.make_qualified_table_name(self.load_table_name)
        with FileStorage.open_zipsafe_ro(self._file_path, "rb") as file:
            names = file.readline().decode("utf-8").strip().split(",")
            columns = sql.SQL(", ").join(sql.Identifier(name.strip('"')) for name in names)
            copy = sql.SQL("copy {} ({}) from stdin with (format csv, null '')").format(
                sql.SQL(table), columns
            )
            with client.begin_transaction(), client.native_connection.cursor() as cursor:
                cursor.copy_expert(copy, _Storable(file), size=PORTION)


class _Storable(io.RawIOBase):
    """The rest of a file without what PostgreSQL cannot store, line by line."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none at the end."""
        if not self._left and (lines := self._file.readlines(PORTION)):
            self._left = _storable(b"".join(lines))
        wanted = len(self._left) if size is None or size < 0 else size
        found, self._left = self._left[:wanted], self._left[wanted:]
        return found


def _storable(text: bytes) -> bytes:
    if b"\\u0000" in text:
        text = ESCAPED_ZERO.sub(rb"\1" + ZERO, text)
    return text.replace(b"\0", ZERO) if b"\0" in text else text


def _storable_text(value: Any) -> Any:
    return value.replace("\0", ZERO.decode()) if isinstance(value, str) else value


def _as_it_is(text: str) -> str:
    return text
