"""What mails say leaves a draft once it is old enough; who wrote to whom and when stays.

    instantly_raw.emails           body, preview, attachments ─┐ older than EMAIL_TEXT_DAYS
    instantly_raw.webhook_events   payload                     ┴─────────────────────────→ null

It happens after a load, because the load brings the time that counts: the source's clock, not this
machine's. Texts that are too old when they are read never come into the file
(`sources.instantly.shaping.retention`); here go those that have become too old in it. DuckDB keeps
the bytes of what is overwritten, so whoever calls this writes the file anew when it says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.destinations import Database, open_for_writing, write
from pipelines.warehouse_file import RAW, has_table, open_read_only, quoted
from sources.instantly.shaping.retention import TABLES, texts_of

if TYPE_CHECKING:
    import duckdb

NAMES = """
    select column_name from information_schema.columns where table_schema = ? and table_name = ?
"""
OLD = """
    least(timestamp_created, observed_at)
    < (select max(observed_at) from instantly_raw.sync_runs) - {days} * interval '1 day'
"""


def remove_old_texts(database: Path | Database, days: int) -> bool:
    """Empties the texts of mails that are older than `days`, 0 of none; whether there were any."""
    if not days:
        return False
    with open_read_only(database) as connection:
        found = {table: _condition(connection, table, days) for table in TABLES}
        stale = [table for table, old in found.items() if old and _has(connection, table, old)]
    if not stale:
        return False
    with open_for_writing(database) as connection:
        for table in stale:
            emptied = ", ".join(f"{quoted(name)} = null" for name in _texts(connection, table))
            sql = f"update {RAW}.{table} set {emptied} where {found[table]}"  # noqa: S608 names come from the endpoint table
            write(database, connection, sql)
    return True


def rows_with_old_texts(connection: duckdb.DuckDBPyConnection, days: int) -> int:
    """How many rows hold texts that the next load removes."""
    if not days:
        return 0
    conditions = {table: _condition(connection, table, days) for table in TABLES}
    counts = [
        connection.execute(f"select count(*) from {RAW}.{table} where {old}").fetchall()  # noqa: S608 names come from the endpoint table
        for table, old in conditions.items()
        if old
    ]
    return sum(count for ((count,),) in counts)


def _texts(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    names = connection.execute(NAMES, [RAW, table]).fetchall()
    return texts_of(table, [name for (name,) in names])


def _condition(connection: duckdb.DuckDBPyConnection, table: str, days: int) -> str | None:
    """Which rows hold texts that are too old; None where the table has none."""
    texts = _texts(connection, table)
    if not texts or not has_table(connection, RAW, "sync_runs"):
        return None
    filled = " or ".join(f"{quoted(name)} is not null" for name in texts)
    return f"({filled}) and {OLD.format(days=days)}"


def _has(connection: duckdb.DuckDBPyConnection, table: str, old: str) -> bool:
    sql = f"select 1 from {RAW}.{table} where {old} limit 1"  # noqa: S608 names come from the endpoint table
    return connection.execute(sql).fetchone() is not None
