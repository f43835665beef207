"""The one table that a run ends with: rows, changes, requests, seconds, per table.

It goes to stdout as text, also into a file; collectors get the same numbers as JSON lines from
`pipelines.progress` and do not need it. What was skipped or failed is repeated below the table with
its reason, because that is what somebody has to act upon.
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.outcome import SyncReport, TableOutcome
from pipelines.text import one_line
from pipelines.text_table import Shape, layout

MARKS = {"ok": "", "skipped": "skipped", "failed": "FAILED"}
STYLES = {"skipped": "yellow", "FAILED": "red"}
HEADS = ("workspace", "table", "rows", "changed", "requests", "seconds", "")
LEAST_NEEDED = ("seconds", "requests", "rows")
UNCHANGED = "nothing new: the marts are as they were"


def print_closing(report: SyncReport, run_id: str, seconds: float, console: Console) -> None:
    """Prints the table, the reasons below it, and one line for the run as a whole."""
    flows = not console.file.isatty()
    if report.outcomes:
        console.print(_table(report, console.width))
    for outcome in report.noted:
        name = f"{outcome.workspace_name}.{outcome.table_name}"
        mark = "note" if outcome.status == "ok" else outcome.status
        console.print(Text(f"{mark}: {name}: {one_line(outcome.note)}"), soft_wrap=flows)
    if report.is_unchanged:
        console.print(Text(UNCHANGED))
    done = "done in part" if report.is_partial else "done"
    console.print(Text(f"{done} in {seconds:.1f} s, run {run_id}"))


def _table(report: SyncReport, width: int) -> Table:
    """One row per workspace and table, and the sum."""
    rows = [*map(_cells, report.outcomes), _sum(report)]
    fitted = layout(Shape(HEADS, "workspace", ("table", ""), LEAST_NEEDED), rows, width)
    return fitted.table(rows, style=lambda row: STYLES.get(row[-1], ""))


def _cells(outcome: TableOutcome) -> tuple[str, ...]:
    return (
        one_line(outcome.workspace_name),
        outcome.table_name,
        f"{outcome.rows:,}",
        f"{outcome.changed:,}",
        f"{outcome.requests:,}",
        f"{outcome.seconds:.1f}",
        MARKS[outcome.status],
    )


def _sum(report: SyncReport) -> tuple[str, ...]:
    seconds = sum(outcome.seconds for outcome in report.outcomes)
    counts = (f"{number:,}" for number in (report.rows, report.changed, report.requests))
    return ("total", "", *counts, f"{seconds:.1f}", "")
