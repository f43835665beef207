"""What the warehouse remembers about people's wishes, and a draft made to fit the settings.

    instantly_raw.forgotten   salted hashes of forgotten addresses, since when
    instantly_raw.privacy     columns that are dropped or hashed, since when, by which key

Both are tables in the file itself: a list beside it would be missing in a backup, and a restored
backup would bring people back. They are written here and not through dlt, because no load may
replace them.

A column that is hidden from today on was stored in clear until yesterday, and a row that does not
change is not written again. So before a load the stored columns are brought in line (`enforce`).
What a key has hashed cannot be turned back, so another key, or none, is refused with a line.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.destinations import Database, open_for_writing, write
from pipelines.errors import ConfigurationError
from pipelines.warehouse_file import RAW, has_column, has_table, open_read_only, quoted
from sources.instantly.shaping.forgotten import Forgotten
from sources.instantly.shaping.privacy import HASHED, IDS_AND_ADDRESSES, Privacy

if TYPE_CHECKING:
    import duckdb

FORGOTTEN = """
    create table if not exists instantly_raw.forgotten (
        address_hash varchar not null, salt varchar not null, forgotten_at timestamptz not null
    )
"""
PRIVACY = """
    create table if not exists instantly_raw.privacy (
        table_name varchar, column_name varchar, mode varchar not null,
        key_fingerprint varchar not null, since timestamptz not null
    )
"""
NO_LONGER = """
    delete from instantly_raw.privacy where table_name = ? and column_name = ? and mode = ?
"""
HASH, DROP = "hash", "drop"


def read_forgotten(connection: duckdb.DuckDBPyConnection) -> Forgotten:
    """The people to keep out; nobody where the list does not exist."""
    if not has_table(connection, RAW, "forgotten"):
        return Forgotten()
    rows = connection.execute("select address_hash, salt from instantly_raw.forgotten").fetchall()
    salt = bytes.fromhex(rows[0][1]) if rows else b""
    return Forgotten(salt, frozenset(address for address, _ in rows))


def remember(connection: duckdb.DuckDBPyConnection, address: str) -> Forgotten:
    """Puts an address on the list; one salt per warehouse, drawn with the first entry."""
    known = read_forgotten(connection)
    listed = known if known.salt else Forgotten(secrets.token_bytes(32))
    row = [listed.hash_of(address), listed.salt.hex(), datetime.now(UTC)]
    connection.execute("create schema if not exists instantly_raw")
    connection.execute(FORGOTTEN)
    if row[0] not in listed.hashes:
        connection.execute("insert into instantly_raw.forgotten values (?, ?, ?)", row)
    return read_forgotten(connection)


def kept_out(database: Path | Database) -> Forgotten:
    """The people to keep out of a draft."""
    if not database.exists():
        return Forgotten()
    with open_read_only(database) as connection:
        return read_forgotten(connection)


def enforce(database: Path | Database, privacy: Privacy) -> bool:
    """Brings what a draft holds in line with the settings, and notes them in it.

    Returns:
        Whether anything that was stored had to be changed. The former values are then still among
        the bytes of the file, and in the marts.

    Raises:
        ConfigurationError: the draft holds hashes of another key, or hashes are given up.
    """
    if not privacy and not database.exists():
        return False
    with open_for_writing(database) as connection:
        if not privacy and not has_table(connection, RAW, "privacy"):
            return False
        connection.execute("create schema if not exists instantly_raw")
        refuse_other_hashes(connection, privacy)
        changed = [_hide(database, connection, *choice, privacy) for choice in _chosen(privacy)]
        _note(connection, privacy)
    return any(changed)


def refuse_other_hashes(connection: duckdb.DuckDBPyConnection, privacy: Privacy) -> None:
    """ConfigurationError when the stored hashes and those of the settings would not fit."""
    for table, column, mode, key, _ in read_privacy(connection):
        if mode != HASH or column in privacy.dropped.get(table, ()):
            continue
        if column not in privacy.hashed.get(table, ()):
            raise ConfigurationError(
                f"PRIVACY_HASH no longer names {table}.{column}, but the warehouse holds hashes "
                "there, which nothing turns back",
                todo="name it again, or start a warehouse of its own with WAREHOUSE_PATH",
            )
        if key != privacy.fingerprint:
            raise ConfigurationError(
                f"PRIVACY_KEY is not the one that {table}.{column} was hashed with",
                todo="set the former key again, or start another warehouse with WAREHOUSE_PATH",
            )


def read_privacy(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, str, str, str, datetime]]:
    """Table, column, mode, fingerprint of the key, since when: of every hidden column."""
    if not has_table(connection, RAW, "privacy"):
        return []
    return connection.execute("from instantly_raw.privacy order by all").fetchall()


def in_clear(connection: duckdb.DuckDBPyConnection, privacy: Privacy) -> list[str]:
    """Columns, as `table.column`, that the settings hide and the warehouse holds in clear."""
    return [
        f"{table}.{column}"
        for table, column, mode in _chosen(privacy)
        if has_column(connection, RAW, table, column)
        and connection.execute(
            f"select 1 from {RAW}.{quoted(table)} where {_is_clear(column, mode)} limit 1"  # noqa: S608 names come from the endpoint table
        ).fetchone()
    ]


def _chosen(privacy: Privacy) -> Iterator[tuple[str, str, str]]:
    for mode, chosen in ((DROP, privacy.dropped), (HASH, privacy.hashed)):
        for table, columns in sorted(chosen.items()):
            for column in sorted(columns):
                yield table, column, mode


def _is_clear(column: str, mode: str) -> str:
    name = quoted(column)
    if mode == DROP:
        return f"{name} is not null"
    if column in IDS_AND_ADDRESSES:
        return f"contains({name}, '@')"
    return f"not regexp_full_match({name}, '{HASHED}')"


def _hide(
    database: Path | Database,
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    mode: str,
    privacy: Privacy,
) -> bool:
    """Drops or hashes what is stored in clear; whether there was any."""
    if not has_column(connection, RAW, table, column):
        return False
    relation, is_clear = f"{RAW}.{quoted(table)}", _is_clear(column, mode)
    if not connection.execute(f"select 1 from {relation} where {is_clear} limit 1").fetchone():  # noqa: S608 names come from the endpoint table
        return False
    if mode == DROP:
        sql = f"update {relation} set {quoted(column)} = null where {is_clear}"  # noqa: S608 names come from the endpoint table
        write(database, connection, sql)
        return True
    hashed = f"hidden_{table}_{column}"
    connection.create_function(hashed, privacy.spelling(column), ["VARCHAR"], "VARCHAR")
    connection.execute(
        f"update {relation} set {quoted(column)} = {hashed}({quoted(column)}) where {is_clear}"  # noqa: S608 names come from the endpoint table
    )
    return True


def _note(connection: duckdb.DuckDBPyConnection, privacy: Privacy) -> None:
    """What is hidden from now on, and what no longer is."""
    connection.execute(PRIVACY)
    noted = {row[:3] for row in read_privacy(connection)}
    wanted = set(_chosen(privacy))
    for choice in noted - wanted:
        connection.execute(NO_LONGER, choice)
    for table, column, mode in wanted - noted:
        key = privacy.fingerprint if mode == HASH else ""
        row = (table, column, mode, key, datetime.now(UTC))
        connection.execute("insert into instantly_raw.privacy values (?, ?, ?, ?, ?)", row)
