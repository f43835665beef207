"""What several commands share: common options, the options of a load, the parsing of days.

The common options may stand before or after the command's name; both set the same `Common`, which
also carries what every command needs of the rest: settings, run id, mask, console. It is built
before the arguments are parsed, so that even a usage error is masked and logged like any other.
"""

from __future__ import annotations

import logging
import re
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from typing import TYPE_CHECKING, Any, get_args

import click

from pipelines.logs import LOGGER, Origin, error_line, set_up
from pipelines.outcome import new_run_id
from pipelines.progress import LogFormat
from pipelines.secrecy import Mask

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.notify import Notifier
    from pipelines.outcome import SyncReport
    from pipelines.settings import Settings

Command = Callable[..., Any]
WIDTH_OF_A_FILE = 120


@dataclass(slots=True)
class Common:
    """The state of one call of the program.

    `command` is empty until its name was understood; `notifier` is there for a run whose end
    somebody wants to hear of.
    """

    log_format: LogFormat = "auto"
    quiet: bool = False
    verbose: bool = False
    run_id: str = field(default_factory=new_run_id)
    mask: Mask = field(default_factory=Mask)
    command: str = ""
    notifier: Notifier | None = None

    @property
    def origin(self) -> Origin:
        """What every line of log says it is from."""
        return Origin(self.run_id, self.command)

    def settings(self) -> Settings:
        """The settings; from here on logs are set up and keys are masked."""
        from pipelines.settings import load_settings

        self._set_up_logs("INFO")
        settings = load_settings()
        self.mask.hide(settings.secrets)
        self._set_up_logs(settings.log_level)
        return settings

    def console(self) -> Console:
        """Where results go: stdout, wide enough when it is no terminal.

        Colour is rich's to decide: on a terminal, not with NO_COLOR, anywhere with FORCE_COLOR.
        """
        from rich.console import Console

        if sys.stdout.isatty():
            return Console(highlight=False)
        width = shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns
        return Console(highlight=False, width=width)

    def log_finished(self, done: SyncReport, seconds: float) -> None:
        """The end of a job as a JSON line: the closing table, and its sums."""
        numbers = {"rows": done.rows, "changed": done.changed, "requests": done.requests}
        fields = {"event": "run_finished", "seconds": round(seconds, 3), **numbers}
        fields["tables"] = [outcome.members for outcome in done.outcomes]
        message = "done in part" if done.is_partial else "done"
        states = {"is_partial": done.is_partial, "is_unchanged": done.is_unchanged}
        logging.getLogger(LOGGER).info(message, extra=fields | states)

    def log_moved(self, members: dict[str, Any]) -> None:
        """The end of a move as a JSON line: how every table compares."""
        logging.getLogger(LOGGER).info("moved", extra={"event": "moved", **members})

    def show_traceback(self, error: BaseException) -> None:
        """Where an error came from, as text or as one JSON line."""
        trace = "".join(traceback.format_exception(error))
        if self.log_format != "json":
            click.echo(self.mask(trace), err=True)
            return
        self._set_up_logs("DEBUG")
        fields = {"event": "traceback", "traceback": trace}
        logging.getLogger(LOGGER).debug(type(error).__name__, extra=fields)

    def error_line(self, text: str, code: int) -> str:
        """What a command that failed leaves on stderr, ready to be written."""
        return error_line(self.log_format, self.origin, self.mask, text, code)

    def _set_up_logs(self, level: str) -> None:
        chosen = "DEBUG" if self.verbose else "ERROR" if self.quiet else level
        set_up(self.log_format, chosen, self.origin, self.mask)


class Day(click.ParamType):
    """A day as YYYY-MM-DD; other spellings mean different days to different people."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error with the right spelling in it."""
        if isinstance(value, date):
            return value
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write for instance 2026-01-31", param, ctx)


class Month(click.ParamType):
    """A month as YYYY-MM: its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The first day of the month, or a usage error with the right spelling in it."""
        if isinstance(value, date):
            return value
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
                raise ValueError(value)
            return date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"{value!r} is not a month; write for instance 2026-01", param, ctx)


class TimeOfDay(click.ParamType):
    """A time of day as HH:MM."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> time:
        """The time, or a usage error with the right spelling in it."""
        if isinstance(value, time):
            return value
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
            self.fail(f"{value!r} is not a time of day; write for instance 04:17", param, ctx)
        return time.fromisoformat(value)


class Commands(click.Group):
    """The commands; which one was called is known as soon as its name is."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Remembers the name for logs and messages."""
        name, command, rest = super().resolve_command(ctx, args)
        if isinstance(ctx.obj, Common):
            ctx.obj.command = name or ""
        return name, command, rest


def common_options(command: Command) -> Command:
    """Adds `--log-format`, `--quiet`, `-v` before or after the name of a command."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _remember}
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="More lines, and tracebacks.", **shared),
        click.option("-q", "--quiet", is_flag=True, help="Only what went wrong.", **shared),
        click.option(
            "--log-format",
            type=click.Choice(get_args(LogFormat)),
            help="auto: a bar on a terminal, else text; json: one object per line.",
            **shared,
        ),
    ):
        command = option(command)
    return command


def load_options(command: Command) -> Command:
    """Adds what `run` and `sync` may be told about this one load."""
    for option in (
        click.option("--allow-shrink", is_flag=True, help="Accept a listing that became short."),
        click.option("--until", type=Day(), help="Last day of a backfill."),
        click.option("--since", type=Day(), help="First day of a backfill."),
        click.option("--full-refresh", is_flag=True, help="Ask for everything again."),
        click.option("--tables", metavar="NAMES", help="Tiers or tables, as INSTANTLY_TABLES."),
    ):
        command = option(command)
    return command


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keeps what was given; what was not given must not undo what stood before the command."""
    if value and isinstance(ctx.obj, Common) and param.name:
        setattr(ctx.obj, param.name, value)
