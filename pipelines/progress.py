"""How long work says that it is alive: a bar on a terminal, plain lines elsewhere, JSON, silence.

    loader ── table_started / advance / table_finished ──> Progress ──> bar | lines | JSON | nothing

The loader knows only the protocol. It may call from any thread (workspaces load in parallel) and
with unknown totals (a cursor does not say how many pages follow), so a bar without a total counts
instead of guessing. dlt's own collectors were refused: they count jobs and files of dlt, while the
person waits for campaigns and days. Everything goes to stderr; stdout is for results.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from pipelines.text import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from pipelines.outcome import TableOutcome

LogFormat = Literal["auto", "text", "json"]
SECONDS_BETWEEN_LINES = 10.0
NARROW = 70
"""Cells of a terminal below which there is no bar."""
BAR = 24
BESIDE_A_NAME = 26
"""Spinner, `12345/12345`, time and the gaps between them."""
LEAST_NAME = 8

logger = logging.getLogger("instantly_warehouse")


class Progress(Protocol):
    """What a loader tells while it works; every method may be called from any thread.

    A table is named by workspace name and table name. `stage` is a part of the run as a whole
    ("copy", "load", "transform", "judge", "publish"), said once when it begins.
    """

    def stage(self, name: str) -> None:
        """A part of the run begins."""

    def table_started(self, workspace: str, table: str, total: int | None = None) -> None:
        """A table begins; `total` is the number of steps (requests or pages) where known.

        Called again for the same table it replaces the total: a plan may become known late.
        """

    def advance(self, workspace: str, table: str, steps: int = 1) -> None:
        """`steps` more requests or pages of the table are done."""

    def table_finished(self, outcome: TableOutcome) -> None:
        """The table is done, well or not; the outcome carries its numbers."""


class SilentProgress:
    """Says nothing: for tests, and for `--quiet`."""

    def stage(self, name: str) -> None:
        """Nothing."""

    def table_started(self, workspace: str, table: str, total: int | None = None) -> None:
        """Nothing."""

    def advance(self, workspace: str, table: str, steps: int = 1) -> None:
        """Nothing."""

    def table_finished(self, outcome: TableOutcome) -> None:
        """Nothing."""


class LineProgress:
    """Log lines: one per stage and finished table, and a sign of life every ten seconds.

    With the JSON formatter of `pipelines.logs` the same calls become JSON lines: the numbers travel
    as fields of the log record (`event`, `workspace`, `table`, `steps`, …).
    """

    def __init__(self, seconds_between: float = SECONDS_BETWEEN_LINES) -> None:
        self._seconds_between = seconds_between
        self._guard = threading.Lock()
        self._steps: dict[tuple[str, str], int] = {}
        self._totals: dict[tuple[str, str], int | None] = {}
        self._spoke_at: dict[tuple[str, str], float] = {}

    def stage(self, name: str) -> None:
        """One line."""
        logger.info(name, extra={"event": "stage", "stage": name})

    def table_started(self, workspace: str, table: str, total: int | None = None) -> None:
        """Remembers the total; the first line comes only if the table takes long."""
        with self._guard:
            self._totals[workspace, table] = total
            self._steps.setdefault((workspace, table), 0)
            self._spoke_at.setdefault((workspace, table), time.monotonic())

    def advance(self, workspace: str, table: str, steps: int = 1) -> None:
        """A line when the table has been silent for `seconds_between`."""
        key = (workspace, table)
        with self._guard:
            done = self._steps[key] = self._steps.get(key, 0) + steps
            now = time.monotonic()
            if now - self._spoke_at.setdefault(key, now) < self._seconds_between:
                return
            self._spoke_at[key] = now
            total = self._totals.get(key)
        fields = {"event": "table_progress", "workspace": workspace, "table": table, "steps": done}
        of_total = f" of {total}" if total else ""
        logger.info(
            "%s.%s: %d%s", workspace, table, done, of_total, extra=fields | {"total": total}
        )

    def table_finished(self, outcome: TableOutcome) -> None:
        """One line, a warning when there is something to know about the table."""
        level = logging.WARNING if outcome.note else logging.INFO
        fields = {"event": "table_finished", **outcome.members}
        logger.log(level, _sentence(outcome), extra=fields)


class BarProgress:
    """A rich bar per running table, on a terminal; finished tables leave one line behind.

    On a narrow one names are cut and the bar itself goes, so that the numbers stay whole: rich
    would cut from the right, where they stand.
    """

    def __init__(self, console: Console) -> None:
        from rich import progress as rich_progress

        bar = BAR if console.width >= NARROW else 0
        self._room = max(console.width - BESIDE_A_NAME - bar, LEAST_NAME)
        self._guard = threading.Lock()
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._bars = rich_progress.Progress(
            rich_progress.SpinnerColumn(),
            rich_progress.TextColumn("{task.description}", markup=False),
            *([rich_progress.BarColumn(bar_width=BAR)] if bar else []),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._stage = self._bars.add_task("starting", total=None)

    @contextmanager
    def shown(self) -> Generator[BarProgress]:
        """The bars are on the screen while the block runs, and gone after it."""
        with self._bars:
            yield self

    def stage(self, name: str) -> None:
        """Renames the first bar."""
        self._bars.reset(self._stage, description=name, total=None)

    def table_started(self, workspace: str, table: str, total: int | None = None) -> None:
        """Adds a bar, or gives an existing one its total."""
        with self._guard:
            task = self._tasks.get((workspace, table))
            if task is None:
                label = _label(workspace, table, self._room)
                self._tasks[workspace, table] = self._bars.add_task(label, total=total)
            else:
                self._bars.update(task, total=total)

    def advance(self, workspace: str, table: str, steps: int = 1) -> None:
        """Moves the bar."""
        with self._guard:
            task = self._tasks.get((workspace, table))
        if task is not None:
            self._bars.advance(task, steps)

    def table_finished(self, outcome: TableOutcome) -> None:
        """Replaces the bar by a line."""
        with self._guard:
            task = self._tasks.pop((outcome.workspace_name, outcome.table_name), None)
        if task is not None:
            self._bars.remove_task(task)
        self._bars.console.print(_sentence(outcome), markup=False, highlight=False)


@contextmanager
def progress_for(log_format: LogFormat, *, quiet: bool = False) -> Generator[Progress]:
    """The progress that fits: a bar only for `auto` on a terminal that can redraw.

    The stream itself is asked: to rich, FORCE_COLOR makes a terminal of a pipe, and a log of a
    scheduler would be full of frames. Without a terminal rich is not imported.
    """
    if quiet:
        yield SilentProgress()
    elif log_format == "auto" and sys.stderr.isatty() and (console := _redrawing_console()):
        with BarProgress(console).shown() as bars:
            yield bars
    else:
        yield LineProgress()


def _redrawing_console() -> Console | None:
    """The terminal of stderr; None where it cannot redraw what stands on it."""
    from rich.console import Console

    console = Console(stderr=True)
    return None if console.is_dumb_terminal else console


def _label(workspace: str, table: str, room: int) -> str:
    """`Acme.leads` within the room there is; the workspace gives way first."""
    from rich.text import Text

    name, left = Text(table), room - len(table)
    name.truncate(room, overflow="ellipsis")
    place = Text(f"{one_line(workspace)}.")
    place.truncate(left, overflow="ellipsis")
    return f"{place.plain}{name.plain}" if left > 0 else name.plain


def _sentence(outcome: TableOutcome) -> str:
    """One finished table in words."""
    name = f"{outcome.workspace_name}.{outcome.table_name}"
    if outcome.status != "ok":
        return f"{name}: {outcome.status}: {outcome.note}"
    note = f"; {outcome.note}" if outcome.note else ""
    return (
        f"{name}: {outcome.changed:,} changed of {outcome.rows:,} rows, "
        f"{outcome.requests:,} requests, {outcome.seconds:.1f} s{note}"
    )
