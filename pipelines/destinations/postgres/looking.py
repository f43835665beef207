"""DuckDB's SQL over the tables of PostgreSQL: what readers ask, and what mends stored rows.

    DuckDB in memory ── attach ──> the database          `use` marts: names without a schema
        reads at one moment: its transaction is one of PostgreSQL's, of the kind REPEATABLE READ
        computes itself what it asks: rows travel, so this is for marts and not for millions

DuckDB's own extension does it, from a package. Users ask PostgreSQL itself; this is for the
commands of this program.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pipelines.destinations.packages import load_extension
from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.destinations.postgres.connecting import connect, right_is_missing, told_by
from pipelines.errors import RunFailedError
from pipelines.text import one_line
from pipelines.warehouse_file import NOTHING_FETCHED, has_schema, quoted, text

if TYPE_CHECKING:
    import duckdb

NAME = "warehouse"
"""Of the catalog in DuckDB."""

FORBIDDEN = "permission denied"
LOST = (
    "server closed the connection",
    "terminating connection",
    "connection to server",
    "no connection to the server",
    'Failed to execute query "COMMIT"',
)
"""What DuckDB's reader says, in words of libpq, where the server has gone away."""

JSON_COLUMNS = f"""
    select * from postgres_query('{NAME}', '
        select table_schema, table_name, column_name from information_schema.columns
        where table_schema like ''instantly%'' and data_type in (''json'', ''jsonb'')
    ')
"""  # noqa: S608 our own words


@contextmanager
def looking(address: PostgresAddress, marts: str) -> Generator[duckdb.DuckDBPyConnection]:
    """A read-only connection, in UTC, that sees one moment for as long as it is open.

    Args:
        address: of the database.
        marts: the schema of names without one.

    Raises:
        ConfigurationError, RunFailedError: the server does not let us in.
    """
    with _attached(address, "read_only") as connection:
        if has_schema(connection, marts):
            connection.execute(f"use {NAME}.{marts}")
        connection.execute("begin")
        yield connection


@contextmanager
def mending(address: PostgresAddress) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that may write; all of it is one transaction, which a failure takes back."""
    with _attached(address, "read_write") as connection:
        connection.execute("begin")
        yield connection
        connection.execute("commit")


class AttachedJson:
    """Columns of JSON, which DuckDB sees as texts and cannot write (`pipelines.erasure`).

    What is put in their place goes through a table, so that it stands in no statement that the
    server might log, and cells are found by their sum, so that their text does not either.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(JSON_COLUMNS).fetchall():
            self._known.setdefault((schema, table), set()).add(column)

    def columns(self, schema: str, table: str) -> frozenset[str]:
        """Their names in a table."""
        return frozenset(self._known.get((schema, table), ()))

    def mend(self, schema: str, table: str, column: str, texts: Mapping[str, str]) -> None:
        """Puts texts in the place of those with these MD5 sums, in the open transaction."""
        into = f"{NAME}.instantly_draft.mended"
        self._connection.execute(f"create schema if not exists {NAME}.instantly_draft")
        self._connection.execute(f"create table {into} (digest varchar, mended varchar)")
        self._connection.executemany(f"insert into {into} values (?, ?)", list(texts.items()))  # noqa: S608 our own words
        cell = quoted(column)
        there(
            self._connection,
            f"update {quoted(schema)}.{quoted(table)} as t set {cell} = m.mended::jsonb "  # noqa: S608 names of the catalog
            f"from instantly_draft.mended as m where md5(t.{cell}::text) = m.digest",
        )
        self._connection.execute(f"drop table {into}")


def there(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """A statement for PostgreSQL itself, in the transaction of a connection of `mending`."""
    connection.execute(f"call postgres_execute('{NAME}', {text(sql)})")


@contextmanager
def _attached(address: PostgresAddress, mode: str) -> Generator[duckdb.DuckDBPyConnection]:
    connect(address, "instantly-warehouse reader").close()  # refusals in our words
    import duckdb

    connection = duckdb.connect(config=NOTHING_FETCHED)
    try:
        load_extension(connection, "postgres_scanner")
        connection.execute("set TimeZone = 'UTC'")
        try:
            connection.execute(
                f"attach {text(address.attachment)} as {NAME} (type postgres, {mode})"
            )
        except duckdb.Error as error:
            what = f"cannot be read: {told_by(address, error)}"
            todo = "see that the server runs and lets this machine in, and try again"
            raise RunFailedError(what, where=address.shown, todo=todo) from None
        connection.execute(f"use {NAME}")
        yield connection
    except duckdb.Error as error:
        if any(mark in str(error) for mark in LOST):
            what = f"the connection was lost while it was read: {told_by(address, error)}"
            raise RunFailedError(what, where=address.shown, todo="try again") from None
        if FORBIDDEN not in str(error):
            raise
        said = one_line(str(error)).partition(FORBIDDEN)[2][:100]
        raise right_is_missing(address, f"{FORBIDDEN}{said}") from None
    finally:
        with suppress(duckdb.Error):
            # left to `close`, one that fails for want of a server aborts the process
            connection.rollback()
        connection.close()
