"""A reader who never tires: looks whether what is published is whole, and looks again.

    FileReader       opens the file, asks, closes it: when it was touched, or a second has passed
    DatabaseReader   one connection; all questions of a look are one transaction (REPEATABLE READ)

Started as `python -m chaos.reading FILE`, or without a file for the database of CHAOS_READS; ends
with a line on stdin, and says then, as a JSON list, what was wrong. What is not there yet is
nothing wrong; a file that was there once stays. A connection that a server has ended is made anew.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import duckdb

PAUSE_SECONDS = 0.02
LOOKS_AGAIN_SECONDS = 1.0
"""A file that has not been touched is looked at so seldom: a look costs more than the wait."""

WHOLE = {
    "variants are not unique": """
        select count(*) from (select 1 from instantly.variant_performance
        group by workspace_id, campaign_id, step, variant having count(*) > 1) as twice""",
    "campaign days are not unique": """
        select count(*) from (select 1 from instantly.fct_campaign_engagement_daily
        group by workspace_id, campaign_id, date having count(*) > 1) as twice""",
    "variants and steps are of two runs": """
        select abs((select coalesce(sum(sent), 0) from instantly.variant_performance)
        - (select coalesce(sum(sent), 0) from instantly.step_performance))""",
    "campaigns and workspaces are of two runs": """
        select abs((select coalesce(sum(sent), 0) from instantly.campaign_performance)
        - (select coalesce(sum(sent), 0) from instantly.workspace_performance))""",
    "not exactly one row says which run this is": """
        select abs(count(*) - 1) from instantly.warehouse_info""",
    "a verdict is younger than the run": """
        select count(*) from instantly.variant_verdicts
        where judged_at > (select as_of from instantly.warehouse_info)""",
    "verdicts are of two judgements": """
        select greatest(count(distinct judged_at), 1) - 1 from instantly.variant_verdicts""",
}
"""What must be zero at every instant."""

OPEN_TWICE = """
    select count(*) from (select 1 from instantly_raw.campaigns where _dlt_valid_to is null
    group by workspace_id, id having count(*) > 1) as twice"""

BEYOND_THE_NOTES = """
    select count(*) from instantly_raw.campaigns
    where _dlt_valid_from > (select max(observed_at) from instantly_raw.sync_runs)"""
"""A load and the notes on it are there together: the notes carry the moment of the load."""

LOOKS_AT_A_SERVER_SECONDS = 0.25
SECONDS_TO_COME_BACK = 60.0
"""How long a server may be away, on a busy machine."""


class Reader(Protocol):
    """Somebody who looks at one warehouse."""

    def is_due(self) -> bool:
        """Whether it is time for another look."""
        ...

    def look(self) -> list[str]:
        """What is wrong at this instant."""
        ...


class FileReader:
    """Opens the published file for each look."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._touched: tuple[int, int, int] | None = None
        self._looked = 0.0

    def is_due(self) -> bool:
        """After every touch, and now and then."""
        before, self._touched = self._touched, _touched(self._file)
        if self._touched is None:
            return before is not None
        is_late = time.monotonic() > self._looked + LOOKS_AGAIN_SECONDS
        return self._touched != before or is_late

    def look(self) -> list[str]:
        """What is wrong with the file at this instant."""
        if self._touched is None:
            return ["the file is gone"]
        try:
            with duckdb.connect(str(self._file), read_only=True) as connection:
                return list(wrong(lambda sql: connection.execute(sql).fetchall()))
        except duckdb.Error as error:
            return [f"cannot be read: {str(error).splitlines()[0][:160]}"]
        finally:
            self._looked = time.monotonic()


class DatabaseReader:
    """Stays connected, as a dashboard does."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._looked = 0.0
        self._connection = self._connected()

    def _connected(self) -> Any:
        import psycopg2

        end = time.monotonic() + SECONDS_TO_COME_BACK
        while True:
            try:
                connection = psycopg2.connect(self._dsn, application_name="chaos reader")
            except psycopg2.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE_SECONDS)
            else:
                connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
                return connection

    def is_due(self) -> bool:
        """Some times a second."""
        return time.monotonic() > self._looked + LOOKS_AT_A_SERVER_SECONDS

    def look(self) -> list[str]:
        """What is wrong at the instant at which this transaction looks."""
        import psycopg2

        try:
            with self._connection, self._connection.cursor() as cursor:
                return list(wrong(lambda sql: cursor.execute(sql) or cursor.fetchall()))
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if not self._connection.closed:
                return [f"cannot be read: {str(error).splitlines()[0][:160]}"]
            self._connection = self._connected()
            return []
        except psycopg2.Error as error:
            return [f"cannot be read: {str(error).splitlines()[0][:160]}"]
        finally:
            self._looked = time.monotonic()


def wrong(ask: Callable[[str], list[Any]]) -> Iterator[str]:
    """What of all that must be zero is not, as far as there are tables."""
    tables = ask("select table_schema || '.' || table_name from information_schema.tables")
    names = {name for (name,) in tables}
    checks = dict(WHOLE) if "instantly.warehouse_info" in names else {}
    if {"instantly_raw.campaigns", "instantly_raw.sync_runs"} <= names:
        checks["a campaign is open twice"] = OPEN_TWICE
        checks["rows are there of a load that is not noted"] = BEYOND_THE_NOTES
    for what, sql in checks.items():
        if ask(sql)[0][0]:
            yield what


def _touched(warehouse: Path) -> tuple[int, int, int] | None:
    """What changes with every write to the file, None while there is none."""
    try:
        found = warehouse.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def main() -> None:
    """Look until told to stop."""
    reader: Reader = (
        FileReader(Path(sys.argv[1])) if sys.argv[1:] else DatabaseReader(os.environ["CHAOS_READS"])
    )
    seen: Counter[str] = Counter()
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        if reader.is_due():
            seen.update(reader.look())
    told = [f"a reader: {what} ({times} times)" for what, times in seen.items()]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
