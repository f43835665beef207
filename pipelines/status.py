"""What is in the warehouse and how fresh it is, from the runs that it remembers.

    instantly_raw.sync_runs ──> read_status() ──> Status ──> table or JSON
    instantly.restatements  ──┘

The stored runs are asked and not the tables themselves: counting millions of leads to say that a
table was loaded an hour ago is slow, and a table cannot say that it was skipped. Freshness is the
age of the last success by this machine's clock; `as_of` is the source's clock at that moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.text import one_line
from pipelines.text_table import Shape, layout
from pipelines.warehouse_file import (
    RAW,
    has_table,
    open_read_only,
    refuse_missing,
    size_of,
    text,
)

if TYPE_CHECKING:
    import duckdb
    from rich.console import Console

    from pipelines.destinations import Place

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
        cast(sum(requests) filter (where finished_at > {since}) as bigint) as requests_30_days,
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
    select workspace_id, count(*) from restatements where seen_at > {since} group by all
"""


HEADS = (
    "workspace",
    "table",
    "rows",
    "changed",
    "last success",
    "age",
    "requests",
    "30 days",
    "",
)
LEAST_NEEDED = ("30 days", "changed", "requests", "last success", "rows")
STYLES = {"failed": "red", "skipped": "yellow"}


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


def read_status(warehouse: Place) -> Status:
    """Reads everything in one short read-only look; RunFailedError when there is no warehouse."""
    refuse_missing(warehouse)
    with open_read_only(warehouse) as connection:
        size = size_of(warehouse)
        if not has_table(connection, RAW, "sync_runs"):
            return Status(str(warehouse), size, None, None, None, None, ())
        newest = connection.execute(NEWEST).fetchone() or (None, None, None)
        since = _as_sql((newest[1] or datetime.now(UTC)) - timedelta(days=30))
        found = connection.execute(TABLES.format(since=since)).fetchall()
        restated = _restated(connection, since)
    return Status(
        str(warehouse), size, *newest, restated, tuple(TableStatus(*row) for row in found)
    )


def _as_sql(moment: datetime) -> str:
    """The moment as SQL takes it, without a bound parameter (`warehouse_file.text`)."""
    return f"cast({text(moment.isoformat())} as timestamptz)"


def _restated(connection: duckdb.DuckDBPyConnection, since: str) -> dict[str, int] | None:
    if not has_table(connection, "instantly", "restatements"):
        return None
    return dict(connection.execute(RESTATED.format(since=since)).fetchall())


def as_json(status: Status) -> str:
    """One JSON object; times in ISO 8601, UTC."""
    return json.dumps(asdict(status), ensure_ascii=False, indent=2, default=_iso)


def print_table(status: Status, console: Console, now: datetime, *, quiet: bool = False) -> None:
    """The status for people: one line on the file, one table, and what is wrong.

    Quiet is only what is wrong. Sentences are wrapped on a terminal alone: a file has no width.
    """
    from rich.text import Text

    flows = not console.file.isatty()
    if not quiet:
        console.print(Text(_headline(status)), soft_wrap=flows)
        _print_tables(status, console, now)
    for sentence, style in _wrong(status):
        console.print(Text(sentence, style=style), soft_wrap=flows)


def _print_tables(status: Status, console: Console, now: datetime) -> None:
    rows = [_cells(line, now) for line in status.tables]
    if rows:
        fitted = layout(Shape(HEADS, "workspace", ("table", ""), LEAST_NEEDED), rows, console.width)
        console.print(fitted.table(rows, style=lambda row: STYLES.get(row[-1], "")))


def _wrong(status: Status) -> Iterator[tuple[str, str]]:
    """What did not arrive, or is new, with its style: a sentence per reason, for all its tables."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for line in status.tables:
        if line.status != "ok" or line.message:
            place = one_line(line.workspace_name or line.workspace_id)
            state = "note" if line.status == "ok" else line.status
            key = (state, place, one_line(line.message))
            reasons.setdefault(key, []).append(line.table_name)
    is_one = len({line.workspace_id for line in status.tables}) == 1
    for (state, place, message), tables in reasons.items():
        of_whom = "" if is_one or not place else f"{place}: "
        yield f"{state}: {of_whom}{', '.join(tables)}: {message}", STYLES.get(state, "")


def _headline(status: Status) -> str:
    size = f"{_from_here(status.warehouse)}, {status.size_bytes / 1024**2:,.1f} MB"
    if status.run_id is None:
        return f"{size}: no run is recorded in it"
    restated = "" if status.restated is None else f", restated: {sum(status.restated.values()):,}"
    return f"{size}, as of {_minute(status.as_of)}, run {status.run_id}{restated}"


def _from_here(warehouse: str) -> str:
    """The path as seen from the working directory, if it lies below; else the whole of it."""
    path, here = Path(warehouse), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else warehouse


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
