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

from pipelines.warehouse_file import RAW, has_table, open_read_only
from sources.instantly import Reading

PAUSES = """
    create table if not exists instantly_raw.pauses (
        workspace_id varchar, table_name varchar, observed_at timestamptz,
        primary key (workspace_id, table_name, observed_at)
    )
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


def note_pauses(database: Path, readings: Iterable[Reading], at: datetime) -> None:
    """Writes down which tables paused in good order at `at`, and forgets those now read whole."""
    import duckdb

    whole = [(r.workspace_id, r.table_name) for r in readings if r.status == "ok"]
    paused = [(r.workspace_id, r.table_name, at) for r in readings if r.paused == "within"]
    with duckdb.connect(str(database)) as connection:
        if paused:
            connection.execute(PAUSES)
            connection.executemany(
                "insert or ignore into instantly_raw.pauses values (?, ?, ?)", paused
            )
        if whole and has_table(connection, RAW, "pauses"):
            gone = "delete from instantly_raw.pauses where workspace_id = ? and table_name = ?"
            connection.executemany(gone, whole)


def tables_done(database: Path, asked: str) -> dict[Stretch, frozenset[str]]:
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


def note_piece(database: Path, asked: str, piece: Stretch, tables: Collection[str]) -> None:
    """Writes down that a piece of a backfill is there, of these tables."""
    import duckdb

    rows = [(asked, piece.since, piece.until, table, datetime.now(UTC)) for table in tables]
    with duckdb.connect(str(database)) as connection:
        connection.execute(BACKFILLS)
        if rows:
            insert = "insert into instantly_raw.backfills values (?, ?, ?, ?, ?)"
            connection.executemany(insert, rows)


def forget_pieces(database: Path, asked: str) -> None:
    """The backfill is whole, or begins anew: nothing of it is to be skipped next time."""
    import duckdb

    if not database.exists():
        return
    with duckdb.connect(str(database)) as connection:
        if has_table(connection, RAW, "backfills"):
            connection.execute("delete from instantly_raw.backfills where asked = ?", [asked])


def oldest_campaign(database: Path) -> date | None:
    """The day on which the oldest stored campaign was created; None when nobody knows."""
    if not database.exists():
        return None
    with open_read_only(database) as connection:
        if not has_table(connection, RAW, "campaigns"):
            return None
        oldest = "select min(timestamp_created)::date from instantly_raw.campaigns"
        found = connection.execute(oldest).fetchone()
    return found[0] if found else None
