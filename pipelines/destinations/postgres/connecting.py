"""The way into a PostgreSQL database, and its refusals in our words.

    PostgresAddress ─ connect() ─> psycopg2's connection ─┬─ a run keeps one (`session`)
                                                          └─ asked(): one value, and closed

What a server says is put into one line, without the password that a library may repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.destinations.packages import refuse_missing
from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.text import one_line

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812 psycopg2's name for it

DRIVER = {"psycopg2": "psycopg2-binary"}


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
