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

MARKS = {"ok": "", "skipped": "skipped", "failed": "FAILED"}


def print_closing(report: SyncReport, run_id: str, seconds: float, console: Console) -> None:
    """Prints the table, the reasons below it, and one line for the run as a whole."""
    if report.outcomes:
        console.print(_table(report))
    for outcome in report.incomplete:
        name = f"{outcome.workspace_name}.{outcome.table_name}"
        console.print(Text(f"{outcome.status}: {name}: {one_line(outcome.message)}"))
    done = "done in part" if report.is_partial else "done"
    console.print(Text(f"{done} in {seconds:.1f} s, run {run_id}"))


def _table(report: SyncReport) -> Table:
    """One row per workspace and table, and the sum."""
    table = Table(box=None, show_footer=True, pad_edge=False)
    table.add_column("workspace", Text("total"), overflow="fold")
    table.add_column("table", overflow="fold")
    for name, total in (
        ("rows", f"{report.rows:,}"),
        ("changed", f"{report.changed:,}"),
        ("requests", f"{report.requests:,}"),
        ("seconds", f"{sum(outcome.seconds for outcome in report.outcomes):.1f}"),
    ):
        table.add_column(name, total, justify="right", no_wrap=True)
    table.add_column("")
    for outcome in report.outcomes:
        table.add_row(*_cells(outcome))
    return table


def _cells(outcome: TableOutcome) -> tuple[Text, ...]:
    """The row of one table; Text, because a workspace may be called [red]."""
    texts = (
        one_line(outcome.workspace_name),
        outcome.table_name,
        f"{outcome.rows:,}",
        f"{outcome.changed:,}",
        f"{outcome.requests:,}",
        f"{outcome.seconds:.1f}",
        MARKS[outcome.status],
    )
    return tuple(Text(text) for text in texts)
