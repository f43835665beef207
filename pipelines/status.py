"""What is in the warehouse and how fresh it is, from the runs that it remembers.

    instantly_raw.sync_runs ──> read_status() ──> Status ──> table or JSON
    instantly.restatements  ──┘

The stored runs are asked and not the tables themselves: counting millions of leads to say that a
table was loaded an hour ago is slow, and a table cannot say that it was skipped. Freshness is the
age of the last success by this machine's clock; `as_of` is the source's clock at that moment.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.text import one_line
from pipelines.warehouse_file import has_table, open_read_only, refuse_missing

if TYPE_CHECKING:
    import duckdb
    from rich.console import Console

TABLES = """
    select
        coalesce(workspace_id, '') as workspace_id,
        coalesce(arg_max(workspace_name, finished_at), '') as workspace_name,
        table_name,
        arg_max(status, finished_at) as status,
        arg_max("rows", finished_at) filter (where status = 'ok') as rows_held,
        arg_max(changed, finished_at) as changed,
        max(finished_at) filter (where status = 'ok') as succeeded_at,
        max(observed_at) filter (where status = 'ok') as as_of,
        arg_max(requests, finished_at) as requests,
        cast(sum(requests) filter (where finished_at > $since) as bigint) as requests_30_days,
        coalesce(arg_max(message, finished_at), '') as message
    from instantly_raw.sync_runs
    group by all
    order by workspace_name, workspace_id, table_name
"""
NEWEST = """
    select run_id, max(observed_at), max(version)
    from instantly_raw.sync_runs group by run_id
    order by max(finished_at) desc, run_id desc limit 1
"""
RESTATED = """
    select workspace_id, count(*) from restatements where seen_at > $since group by all
"""


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One table of one workspace: its last run, and its last good one."""

    workspace_id: str
    workspace_name: str
    table_name: str
    status: str
    rows: int | None
    changed: int | None
    succeeded_at: datetime | None
    as_of: datetime | None
    requests: int | None
    requests_30_days: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """The whole warehouse.

    `restated` counts, per workspace, the numbers of past days that the API changed in the 30 days
    before `as_of`; None while the marts have not been built.
    """

    warehouse: str
    size_bytes: int
    run_id: str | None
    as_of: datetime | None
    version: str | None
    restated: dict[str, int] | None
    tables: tuple[TableStatus, ...]


def read_status(warehouse: Path) -> Status:
    """Reads everything in one short read-only look; RunFailedError when there is no warehouse."""
    refuse_missing(warehouse)
    with open_read_only(warehouse) as connection:
        size = warehouse.stat().st_size
        if not has_table(connection, "instantly_raw", "sync_runs"):
            return Status(str(warehouse), size, None, None, None, None, ())
        newest = connection.execute(NEWEST).fetchone() or (None, None, None)
        since = {"since": (newest[1] or datetime.now(UTC)) - timedelta(days=30)}
        found = connection.execute(TABLES, since).fetchall()
        restated = _restated(connection, since)
    return Status(
        str(warehouse), size, *newest, restated, tuple(TableStatus(*row) for row in found)
    )


def _restated(
    connection: duckdb.DuckDBPyConnection, since: dict[str, datetime]
) -> dict[str, int] | None:
    if not has_table(connection, "instantly", "restatements"):
        return None
    return dict(connection.execute(RESTATED, since).fetchall())


def as_json(status: Status) -> str:
    """One JSON object; times in ISO 8601, UTC."""
    return json.dumps(asdict(status), ensure_ascii=False, indent=2, default=_iso)


def print_table(status: Status, console: Console, now: datetime) -> None:
    """The status for people: one line on the file, one table, and what is wrong."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(_headline(status)), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for name in ("workspace", "table"):
        table.add_column(name, overflow="fold")
    for name in ("rows", "changed", "last success", "age", "requests", "in 30 days"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for line in status.tables:
        table.add_row(*(Text(cell) for cell in _cells(line, now)))
    if status.tables:
        console.print(table)
    for line in status.tables:
        if line.status != "ok":
            console.print(Text(f"{line.status}: {line.table_name}: {one_line(line.message)}"))


def _headline(status: Status) -> str:
    size = f"{status.warehouse}, {status.size_bytes / 1024**2:,.1f} MB"
    if status.run_id is None:
        return f"{size}: no run is recorded in it"
    restated = "" if status.restated is None else f", restated: {sum(status.restated.values()):,}"
    return f"{size}, as of {_minute(status.as_of)}, run {status.run_id}{restated}"


def _cells(line: TableStatus, now: datetime) -> tuple[str, ...]:
    numbers = (line.rows, line.changed)
    used = (line.requests, line.requests_30_days)
    return (
        one_line(line.workspace_name or line.workspace_id),
        line.table_name,
        *("—" if number is None else f"{number:,}" for number in numbers),
        _minute(line.succeeded_at),
        _age(line.succeeded_at, now),
        *("—" if number is None else f"{number:,}" for number in used),
        "" if line.status == "ok" else line.status,
    )


def _minute(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _age(moment: datetime | None, now: datetime) -> str:
    """`5 min`, `3 h`, `12 d`: a simulated clock may run ahead of ours, then the age is zero."""
    if moment is None:
        return "—"
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def _iso(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
