"""A reader who never tires: opens the published file, looks whether it is whole, closes it, again.

Started as `python -m chaos.reading FILE`; ends with a line on stdin, and says then, as a JSON list,
what was wrong. A file that is not there yet is nothing wrong; once it was there, it stays.
"""

from __future__ import annotations

import json
import select
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb

PAUSE_SECONDS = 0.02
LOOKS_AGAIN_SECONDS = 1.0
"""A file that has not been touched is looked at so seldom: a look costs more than the wait."""

WHOLE = {
    "variants are not unique": """
        select count(*) from (select 1 from instantly.variant_performance
        group by workspace_id, campaign_id, step, variant having count(*) > 1)""",
    "campaign days are not unique": """
        select count(*) from (select 1 from instantly.fct_campaign_engagement_daily
        group by workspace_id, campaign_id, date having count(*) > 1)""",
    "variants and steps are of two runs": """
        select abs((select coalesce(sum(sent), 0) from instantly.variant_performance)
        - (select coalesce(sum(sent), 0) from instantly.step_performance))""",
    "campaigns and workspaces are of two runs": """
        select abs((select coalesce(sum(sent), 0) from instantly.campaign_performance)
        - (select coalesce(sum(sent), 0) from instantly.workspace_performance))""",
    "not exactly one row says which run this is": """
        select abs(count(*) - 1) from instantly.warehouse_info""",
    "a verdict is younger or older than the run": """
        select count(*) from instantly.variant_verdicts
        where judged_at <> (select as_of from instantly.warehouse_info)""",
}
"""What must be zero at every instant."""

OPEN_TWICE = """
    select count(*) from (select 1 from instantly_raw.campaigns where _dlt_valid_to is null
    group by workspace_id, id having count(*) > 1)"""


def look(warehouse: Path) -> list[str]:
    """What is wrong with the file at this instant."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            tables = connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables"
            ).fetchall()
            names = {name for (name,) in tables}
            checks = dict(WHOLE) if "instantly.warehouse_info" in names else {}
            if "instantly_raw.campaigns" in names:
                checks["a campaign is open twice"] = OPEN_TWICE
            return [what for what, sql in checks.items() if _number(connection, sql)]
    except duckdb.Error as error:
        return [f"cannot be read: {str(error).splitlines()[0][:160]}"]


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 1


def main() -> None:
    """Look until told to stop."""
    warehouse = Path(sys.argv[1])
    wrong: Counter[str] = Counter()
    touched, looked = None, 0.0
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        before, touched = touched, _touched(warehouse)
        if touched is None:
            wrong["the file is gone"] += before is not None
        elif touched != before or time.monotonic() > looked + LOOKS_AGAIN_SECONDS:
            wrong.update(look(warehouse))
            looked = time.monotonic()
    told = [f"a reader: {what} ({times} times)" for what, times in wrong.items() if times]
    print(json.dumps(told))


def _touched(warehouse: Path) -> tuple[int, int, int] | None:
    """What changes with every write to the file, None while there is none."""
    try:
        found = warehouse.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


if __name__ == "__main__":
    main()
