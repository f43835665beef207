"""A reader who never tires: opens the published file, looks whether it is whole, closes it, again.

Started as `python -m chaos.reading FILE`; ends with a line on stdin, and says then, as a JSON list,
what was wrong. A file that is not there yet is nothing wrong; once it was there, it stays.
"""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path

import duckdb

PAUSE_SECONDS = 0.05

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
    wrong: dict[str, int] = {}
    was_there = False
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        if not warehouse.exists():
            if was_there:
                wrong["the file is gone"] = wrong.get("the file is gone", 0) + 1
            continue
        was_there = True
        for what in look(warehouse):
            wrong[what] = wrong.get(what, 0) + 1
        time.sleep(PAUSE_SECONDS)
    print(json.dumps([f"a reader: {what} ({times} times)" for what, times in wrong.items()]))


if __name__ == "__main__":
    main()
