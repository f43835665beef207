"""The one connection through which a run changes the database, and the lock that it holds.

    Session ─ lock()            pg_try_advisory_lock: gone when this process or its connection is
            ─ kept_together()   one transaction around everything that dlt does in a load
            ─ connection        psycopg2's, in autocommit otherwise

The lock lives on the connection that writes, so there is no moment in which somebody writes without
it: a connection that breaks takes the lock and the open transaction with it, and nothing connects
anew. A row that says who is at work was refused, as a PID file was for the file: it would lie after
a kill. Through a pooler that shares connections between transactions the lock would be another's;
`docs/destinations/postgres.md` says to connect to the server itself.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.destinations.packages import refuse_missing
from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.errors import (
    ConfigurationError,
    LockHeldError,
    RunFailedError,
    causes,
    is_understood,
)
from pipelines.text import one_line

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812 psycopg2's name for it

DRIVER = {"psycopg2": "psycopg2-binary"}
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


def connect(address: PostgresAddress, name: str, options: str = "") -> Connection:
    """A connection in UTC; ConfigurationError or RunFailedError, without the password.

    Args:
        address: of the database.
        name: who connects, for those who look at the server.
        options: of the session, as `-c name=value`.
    """
    refuse_missing("postgres", DRIVER)
    import psycopg2

    try:
        return psycopg2.connect(
            **address.connection,
            application_name=name[:63],
            options=f"-c TimeZone=UTC -c client_encoding=UTF8 {options}",
        )
    except psycopg2.OperationalError as error:
        raise _refused(address, error) from None


def _refused(address: PostgresAddress, error: Exception) -> ConfigurationError | RunFailedError:
    """Why the server did not let us in."""
    said = told_by(address, error)
    if any(mark in said for mark in ("authentication failed", "does not exist", "not permitted")):
        return ConfigurationError(
            f"PostgreSQL refuses: {said}",
            where=address.shown,
            todo="correct DESTINATION_POSTGRES_URL, or create what it names",
        )
    return RunFailedError(
        f"PostgreSQL cannot be reached: {said}",
        where=address.shown,
        todo="see that the server runs and lets this machine in, or correct "
        "DESTINATION_POSTGRES_URL",
    )


def told_by(address: PostgresAddress, error: Exception | str) -> str:
    """An error in one line, without password and not at length."""
    said = one_line(str(error)).replace(address.attachment, address.shown)
    return said.replace(address.password, "***")[:300]


def right_is_missing(address: PostgresAddress, said: str) -> ConfigurationError:
    """What to say when a role may not do what a run or reader needs."""
    return ConfigurationError(
        f"PostgreSQL refuses: {said}",
        where=address.shown,
        todo="give the role the rights that docs/destinations/postgres.md lists",
    )


def asked(address: PostgresAddress, sql: str, values: Sequence[Any] = ()) -> Any:
    """The one value that a question has for an answer, over a connection of its own."""
    connection = connect(
        address, "instantly-warehouse reader", "-c default_transaction_read_only=on"
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            found = cursor.fetchone()
    finally:
        connection.close()
    return found[0] if found else None


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
        from pipelines.warehouse_file import refuse_newer

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

    @contextmanager
    def explained(self) -> Generator[None]:
        """A lost connection, a full disk or a missing right in a sentence, whoever met it."""
        import psycopg2

        try:
            yield
        except Exception as error:
            if is_understood(error):
                raise
            for cause in causes(error):
                if isinstance(cause, psycopg2.Error) and (told := self._told(cause)):
                    raise told from error
            raise

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


def holder(session: Session) -> str | None:
    """Who is at work, in words; None when nobody is."""
    found = session.run(HOLDER, LOCK)
    if not found:
        return None
    process, name, client, since = found[0]
    return (
        f"{name or 'without a name'} from {client}, process {process} of the server, since {since}"
    )
