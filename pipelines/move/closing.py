"""What a move ends with: one table of tables, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.text_table import Shape, layout

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.move.moving import Moving
    from pipelines.move.proof import Comparison

HEADS = ("table", "rows", "rows there", "equal", "differs in")
SHAPE = Shape(HEADS, "differs in", ("table",), ("rows there",))


def print_moving(done: Moving, console: Console) -> None:
    """The tables with rows, a line on those without, and what to do next."""
    from rich.text import Text

    shown = [c for c in done.comparisons if c.rows or c.rows_there or not c.is_equal]
    rows = [*map(_cells, shown), _sum(done)]
    console.print(layout(SHAPE, rows, console.width).table(rows, style=_style))
    for sentence in _sentences(done, len(done.comparisons) - len(shown)):
        console.print(Text(sentence), soft_wrap=True)


def as_members(done: Moving) -> dict[str, Any]:
    """The move as collectors of logs get it."""
    tables = [
        {
            "table": comparison.table,
            "rows": comparison.rows,
            "rows_there": comparison.rows_there,
            "is_equal": comparison.is_equal,
            "differing": list(comparison.differing),
        }
        for comparison in done.comparisons
    ]
    return {"to": done.to, "rows": done.rows, "is_equal": done.is_equal, "tables": tables}


def _cells(comparison: Comparison) -> tuple[str, ...]:
    return (
        comparison.table,
        f"{comparison.rows:,}",
        f"{comparison.rows_there:,}",
        "yes" if comparison.is_equal else "NO",
        ", ".join(comparison.differing) or ("" if comparison.is_equal else "rows as a whole"),
    )


def _sum(done: Moving) -> tuple[str, ...]:
    there = sum(comparison.rows_there for comparison in done.comparisons)
    return ("total", f"{done.rows:,}", f"{there:,}", "yes" if done.is_equal else "NO", "")


def _style(row: Any) -> str:
    return "red" if row[3] == "NO" else ""


def _sentences(done: Moving, empty: int) -> list[str]:
    also = f"; {empty} tables are empty on both sides" if empty else ""
    if not done.is_equal:
        return [f"not equal{also}"]
    todo = f"set DESTINATION={done.to} and call `instantly-warehouse transform`"
    return [
        f"moved to {done.there}{also}; {done.here} is as it was",
        f"next: {todo}, which builds the marts there and asks the API nothing",
    ]
