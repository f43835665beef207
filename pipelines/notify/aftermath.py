"""What a published file says of the run that made it: how fresh it is, what is gone, what fell.

    sync_runs     ─> as of when
    raw tables    ─> keys that were there before the run and are not any more
    restatements  ─> numbers of settled days that went down since the marts were last built

A late reply raises the count of an old day, night after night, and is no news. A count of a settled
day that falls, or a number of sent mails that moves at all, is the past being rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import WarehouseError
from pipelines.notify.event import Restated
from pipelines.outcome import SyncReport, TableOutcome
from pipelines.warehouse_file import RAW, has_table, open_read_only

if TYPE_CHECKING:
    from pipelines.destinations import Place

AS_OF = "select max(observed_at) from instantly_raw.sync_runs"
SHOWN = "select max(as_of at time zone 'UTC') from instantly.warehouse_info"
RESTATED = """
    select
        workspace_id,
        count(*) filter (where kept = 'new') as taken,
        count(*) filter (where kept = 'old') as refused
    from instantly.restatements
    where seen_at at time zone 'UTC' > $since
        and (kept = 'old' or new_value < old_value or metric = 'sent')
        and (kept = 'old' or datediff('day', date, cast(seen_at as date)) > $settled)
    group by all
    order by all
"""


def as_of(warehouse: Place) -> datetime | None:
    """The source's clock of the newest run in the file; None where there is none."""
    return _one(warehouse, RAW, "sync_runs", AS_OF)


def marts_as_of(warehouse: Place) -> datetime | None:
    """The same for the run that the marts show."""
    return _one(warehouse, "instantly", "warehouse_info", SHOWN)


def _one(warehouse: Place, schema: str, table: str, query: str) -> datetime | None:
    """A file that cannot be opened is said by the run itself."""
    if isinstance(warehouse, Path) and not warehouse.is_file():
        return None
    try:
        with open_read_only(warehouse) as connection:
            if not has_table(connection, schema, table):
                return None
            found = connection.execute(query).fetchone()
            return found[0] if found else None
    except WarehouseError:
        return None


def restated(
    warehouse: Place, since: datetime | None, settled_after_days: int, names: Mapping[str, str]
) -> tuple[Restated, ...]:
    """The past as it was rewritten, by workspace.

    Args:
        warehouse: a published file.
        since: what the marts said before was as of then; None: they said nothing.
        settled_after_days: a day is settled when it is older.
        names: of workspaces, by id.
    """
    if since is None:
        return ()
    with open_read_only(warehouse) as connection:
        if not has_table(connection, "instantly", "restatements"):
            return ()
        values = {"since": since, "settled": settled_after_days}
        found = connection.execute(RESTATED, values).fetchall()
    return tuple(Restated(row[0], names.get(row[0], row[0]), *row[1:]) for row in found)


def deleted(
    warehouse: Place, since: datetime | None, report: SyncReport
) -> dict[TableOutcome, int]:
    """Rows that a run found gone, where there are any.

    Args:
        warehouse: a published file.
        since: what the file was as of before the run; None: there was nothing to lose.
        report: what the run did.
    """
    if since is None:
        return {}
    changed = {outcome.table_name for outcome in report.outcomes if outcome.changed}
    queries = {table: query for table in sorted(changed) if (query := _gone(table))}
    found: dict[tuple[str, str], int] = {}
    with open_read_only(warehouse) as connection:
        for table, query in queries.items():
            rows = connection.execute(query, {"since": since}).fetchall()
            found |= {(table, workspace): count for workspace, count in rows}
    of_outcome = {o: found.get((o.table_name, o.workspace_id), 0) for o in report.outcomes}
    return {outcome: rows for outcome, rows in of_outcome.items() if rows}


def _gone(table: str) -> str | None:
    """The query for the rows of a table that ended after a moment; None where rows never end."""
    from sources.instantly import BY_TABLE, Load

    endpoint = BY_TABLE[table]
    if endpoint.load is Load.ROWS:
        return (
            f"select workspace_id, count(*) from instantly_raw.{table} "  # noqa: S608 names come from the endpoint table
            "where deleted_at > $since group by all"
        )
    if endpoint.load is not Load.VERSIONS:
        return None
    key = ", ".join(("workspace_id", *endpoint.key))
    return (
        f"select workspace_id, count(*) from (select {key} from instantly_raw.{table} "  # noqa: S608 names come from the endpoint table
        f"where _dlt_valid_to > $since except select {key} from instantly_raw.{table} "
        "where _dlt_valid_to is null) as ended group by all"
    )
