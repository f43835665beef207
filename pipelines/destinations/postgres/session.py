"""The one connection through which a run changes the database, and the lock that it holds.

    only_run() ─> Session, locked ─ lock()           pg_try_advisory_lock: gone when this process or
                                                     its connection is
                                  ─ kept_together()  one transaction around a whole load of dlt's
                                  ─ connection       psycopg2's, in autocommit otherwise

The lock lives on the connection that writes, so there is no moment in which somebody writes without
it: a connection that breaks takes the lock and the open transaction with it, and nothing connects
anew. A row that says who is at work was refused, as a PID file was for the file: it would lie after
a kill. Through a pooler that shares connections between transactions the lock would be another's;
`docs/destinations/postgres.md` says to connect to the server itself.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.destinations.explaining import explained
from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.destinations.postgres.connecting import connect, right_is_missing, told_by
from pipelines.errors import ConfigurationError, LockHeldError, RunFailedError
from pipelines.warehouse_file import make_default_folder, refuse_bad_place, refuse_newer

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812 psycopg2's name for it

LOCK = 7_201_153_042_111_906_131
"""Of no meaning but that nobody else takes it by chance; locks are counted per database."""

OF_THE_SESSION = {
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "statement_timeout": "0",
    "client_connection_check_interval": "5s",
}
"""A server's limits must not end a run that waits for the API or loads what is much; and it should
see soon that a run was killed, also in the middle of a statement, and let go of the lock."""

IS_THERE = "select to_regnamespace('instantly_raw') is not null"
"""Whether a run has ever begun to load."""

SIZE = """
    select sum(pg_total_relation_size(c.oid)) from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname = any(%s) and c.relkind in ('r', 'm', 'p')
"""
HOLDER = """
    select a.pid, a.application_name, coalesce(host(a.client_addr), 'the server itself'),
        to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    from pg_locks as l inner join pg_stat_activity as a on l.pid = a.pid
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::bigint << 32) + l.objid::bigint = %s
"""
WRITTEN_BY = "select version from instantly_raw.sync_runs order by finished_at desc limit 1"
KNOWS_VERSION = """
    select 1 from information_schema.columns where table_schema = 'instantly_raw'
        and table_name = 'sync_runs' and column_name = 'version'
"""


@dataclass(slots=True)
class Session:
    """A run's connection; `connection` is in autocommit unless `is_open` says otherwise."""

    address: PostgresAddress
    connection: Connection
    is_together: bool = False
    is_open: bool = False
    _savepoints: int = 0
    _one_at_a_time: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    @contextmanager
    def of(cls, address: PostgresAddress, name: str) -> Generator[Session]:
        """A session that ends with the block, and with it lock and open transaction."""
        connection = connect(address, name, "-c search_path=instantly_raw,public")
        try:
            connection.autocommit = True
            session = cls(address, connection)
            session._set_up()
            yield session
        finally:
            connection.close()

    def lock(self) -> None:
        """Becomes the only run of this database; LockHeldError at once if it cannot."""
        if not self.value("select pg_try_advisory_lock(%s)", LOCK):
            todo = "wait until it has ended and run again"
            what = f"another run is at work ({holder(self) or 'it has only just started'})"
            raise LockHeldError(what, where=self.address.shown, todo=todo)

    def refuse_newer(self) -> None:
        """ConfigurationError when a newer version of this program loaded last."""
        if self.value(KNOWS_VERSION):
            refuse_newer(self.address.shown, self.value(WRITTEN_BY))

    def run(self, sql: Any, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, none where it has none."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql: Any, *values: Any) -> Any:
        """The first value of the first row; None without one."""
        found = self.run(sql, *values)
        return found[0][0] if found else None

    @contextmanager
    def kept_together(self) -> Generator[None]:
        """Everything that is written from the first job of a load on is one transaction.

        What a load declares before, schemas, tables and columns, is not part of it: to declare is
        harmless, and a lock on a table's shape would keep readers waiting until the load ends.
        """
        self.is_together = True
        try:
            yield
            if self.is_open:
                self.connection.commit()
        finally:
            self.is_together = False
            self.end()

    def begin(self) -> None:
        """Opens the transaction of `kept_together`; elsewhere, and when it is open, nothing."""
        if self.is_together and not self.is_open:
            self.connection.autocommit = False
            self.is_open = True

    @contextmanager
    def transaction(self) -> Generator[None]:
        """One transaction of its own."""
        self.connection.autocommit = False
        self.is_open = True
        try:
            yield
            self.connection.commit()
        finally:
            self.end()

    def end(self) -> None:
        """Takes back what was not committed."""
        self.is_open = False
        if not self.connection.closed:
            self.connection.rollback()
            self.connection.autocommit = True

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """A part of the open transaction that can fail without the rest; one thread at a time."""
        with self._one_at_a_time:
            self._savepoints += 1
            name = f"part_{self._savepoints}"
            self.run(f"savepoint {name}")
            try:
                yield
                self.run(f"release savepoint {name}")
            except BaseException:
                if not self.connection.closed:
                    self.run(f"rollback to savepoint {name}")
                raise

    def explained(self) -> AbstractContextManager[None]:
        """A lost connection, a full disk or a missing right in a sentence, whoever met it."""
        import psycopg2

        return explained(psycopg2.Error, self._told)

    def _told(self, error: Any) -> ConfigurationError | RunFailedError | None:
        said = told_by(self.address, error)
        code = error.pgcode or ""
        if self.connection.closed or code.startswith(("57P", "08")):
            return RunFailedError(
                f"the connection was lost ({said or 'closed'}); what was not yet kept was taken "
                "back by the server",
                where=self.address.shown,
                todo="run again",
            )
        if code == "42501":
            return right_is_missing(self.address, said)
        if code.startswith("53"):
            return RunFailedError(
                f"PostgreSQL has no room: {said}",
                where=self.address.shown,
                todo="make room on the server and run again",
            )
        return None

    def _set_up(self) -> None:
        """Sets what this version of the server knows."""
        for name, value in OF_THE_SESSION.items():
            self.run(
                "select set_config(name, %s, false) from pg_settings where name = %s", value, name
            )


@contextmanager
def only_run(address: PostgresAddress, folder: Path) -> Generator[Session]:
    """A session under the lock, with which every run begins; the lock ends with the block.

    Args:
        address: of the database.
        folder: of this machine, for the working folder of the run.

    Raises:
        ConfigurationError, LockHeldError, RunFailedError: nothing has been changed by then.
    """
    make_default_folder(folder / "any")
    refuse_bad_place(folder / "any")
    with Session.of(address, f"instantly-warehouse@{socket.gethostname()}") as session:
        session.lock()
        yield session


def holder(session: Session) -> str | None:
    """Who is at work, in words; None when nobody is."""
    found = session.run(HOLDER, LOCK)
    if not found:
        return None
    process, name, client, since = found[0]
    return (
        f"{name or 'without a name'} from {client}, process {process} of the server, since {since}"
    )
