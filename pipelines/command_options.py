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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from typing import TYPE_CHECKING, Any, get_args

import click

from pipelines.logs import LOGGER, Mask, set_up
from pipelines.outcome import new_run_id
from pipelines.progress import LogFormat

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.outcome import SyncReport
    from pipelines.settings import Settings

Command = Callable[..., Any]
WIDTH_OF_A_FILE = 120


@dataclass(slots=True)
class Common:
    """The state of one call of the program."""

    log_format: LogFormat = "auto"
    quiet: bool = False
    verbose: bool = False
    run_id: str = field(default_factory=new_run_id)
    mask: Mask = field(default_factory=Mask)

    def settings(self) -> Settings:
        """The settings; from here on logs are set up and keys are masked."""
        from pipelines.settings import load_settings

        settings = load_settings()
        self.mask.hide(settings.secrets)
        self._set_up_logs(settings.log_level)
        return settings

    def console(self) -> Console:
        """Where results go: stdout, plain and wide enough when it is no terminal."""
        from rich.console import Console

        if sys.stdout.isatty():
            return Console(highlight=False)
        width = shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns
        return Console(highlight=False, width=width, force_terminal=False)

    def log_finished(self, done: SyncReport, seconds: float) -> None:
        """The end of a job as a JSON line."""
        numbers = {"rows": done.rows, "changed": done.changed, "requests": done.requests}
        fields = {"event": "run_finished", "seconds": round(seconds, 3), **numbers}
        message = "done in part" if done.is_partial else "done"
        logging.getLogger(LOGGER).info(message, extra=fields | {"is_partial": done.is_partial})

    def log_failed(self, line: str, code: int) -> None:
        """The end of a command that failed as a JSON line."""
        self._set_up_logs("ERROR")
        fields = {"event": "failed", "exit_code": int(code)}
        logging.getLogger(LOGGER).error("%s", line, extra=fields)

    def _set_up_logs(self, level: str) -> None:
        chosen = "DEBUG" if self.verbose else "ERROR" if self.quiet else level
        set_up(self.log_format, chosen, self.run_id, self.mask)


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
