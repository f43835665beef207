"""What a load has not finished, noted in the file itself beside the rows that it did load.

    instantly_raw.pauses      moments at which the reading of a table paused in good order
    instantly_raw.backfills   pieces of a backfill that are there, until all of them are

A list beside the file would speak of another file as soon as a backup is restored. Each note is
published together with the rows it speaks of, so that it can never promise what is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.destinations import Database, open_for_writing
from pipelines.warehouse_file import RAW, has_table, open_read_only
from sources.instantly import Reading
from sources.instantly.reading.window import EVER

if TYPE_CHECKING:
    from dlt.destinations.sql_client import SqlClientBase

PAUSES = """
    create table if not exists instantly_raw.pauses (
        workspace_id varchar, table_name varchar, observed_at timestamptz
    )
"""
PAUSE = """
    insert into instantly_raw.pauses select %s, %s, %s where not exists (
        select 1 from instantly_raw.pauses
        where workspace_id = %s and table_name = %s and observed_at = %s
    )
"""
"""Without a key that would do it: a lake has none."""

HAS_PAUSES = """
    select 1 from information_schema.tables
    where table_schema = 'instantly_raw' and table_name = 'pauses'
"""
BACKFILLS = """
    create schema if not exists instantly_raw;
    create table if not exists instantly_raw.backfills (
        asked varchar, first_day date, last_day date, table_name varchar, done_at timestamptz
    )
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of a backfill, both included; None is open, as in `--since` and `--until`."""

    since: date | None
    until: date | None

    def __str__(self) -> str:
        return f"{self.since or 'the first day'} to {self.until or 'today'}"


def note_pauses(client: SqlClientBase[Any], readings: Iterable[Reading], at: datetime) -> None:
    """Writes down which tables paused in good order at `at`, and forgets those now read whole.

    Through the loader's own connection: where a load is one transaction, the notes belong to it.
    """
    whole = [(r.workspace_id, r.table_name) for r in readings if r.status == "ok"]
    paused = [(r.workspace_id, r.table_name, at) for r in readings if r.paused == "within"]
    if paused:
        client.execute_sql(PAUSES)
    for note in paused:
        client.execute_sql(PAUSE, *note, *note)
    if whole and client.execute_sql(HAS_PAUSES):
        for place in whole:
            client.execute_sql(
                "delete from instantly_raw.pauses where workspace_id = %s and table_name = %s",
                *place,
            )


def tables_done(database: Path | Database, asked: str) -> dict[Stretch, frozenset[str]]:
    """What is there of an unfinished backfill: the tables of each of its pieces."""
    if not database.exists():
        return {}
    with open_read_only(database) as connection:
        if not has_table(connection, RAW, "backfills"):
            return {}
        rows = connection.execute(
            "select first_day, last_day, list(table_name) from instantly_raw.backfills "
            "where asked = ? group by all",
            [asked],
        ).fetchall()
    return {Stretch(first, last): frozenset(tables) for first, last, tables in rows}


def note_piece(
    database: Path | Database, asked: str, piece: Stretch, tables: Collection[str]
) -> None:
    """Writes down that a piece of a backfill is there, of these tables."""
    rows = [(asked, piece.since, piece.until, table, datetime.now(UTC)) for table in tables]
    with open_for_writing(database) as connection:
        connection.execute(BACKFILLS)
        if rows:
            insert = "insert into instantly_raw.backfills values (?, ?, ?, ?, ?)"
            connection.executemany(insert, rows)


def forget_pieces(database: Path | Database, asked: str) -> None:
    """The backfill is whole, or begins anew: nothing of it is to be skipped next time."""
    if not database.exists():
        return
    with open_for_writing(database) as connection:
        if has_table(connection, RAW, "backfills"):
            connection.execute("delete from instantly_raw.backfills where asked = ?", [asked])


def oldest_campaign(database: Path | Database) -> date | None:
    """The day on which the oldest stored campaign was created; None when nobody knows."""
    if not database.exists():
        return None
    with open_read_only(database) as connection:
        if not has_table(connection, RAW, "campaigns"):
            return None
        oldest = "select min(timestamp_created)::date from instantly_raw.campaigns"
        found = connection.execute(oldest).fetchone()
    return max(found[0], EVER) if found and found[0] else None
