"""The command line: `instantly-warehouse …`, as thin as it can be.

    arguments ──> one function per command ──> pipelines.run | status | report | sandbox
    errors    ──> one line on stderr and the exit code of pipelines.errors

`--help` answers in a fraction of a second because nothing but click is imported at the top; dlt and
pandas alone would cost a second. Usage errors are one line too: click's three lines, with the usage
above the error, push what was wrong out of sight in a log.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pipelines.command_options import Common, Day, common_options, load_options
from pipelines.errors import Exit, exit_code_of, is_understood
from pipelines.text import one_line

if TYPE_CHECKING:
    from pipelines.outcome import SyncReport


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="instantly-warehouse", message="%(version)s")
@common_options
def cli() -> None:
    """Copies Instantly.ai workspaces into a warehouse and turns them into A/B performance.

    \b
    Exit codes: 0 done, 1 failed (the warehouse is the last good one), 2 wrong settings or
    arguments, 3 done in part, 4 another run is at work, 5 data refused, 130/143 interrupted.

    Settings come from the environment and from .env here; .env.example lists them.
    """


@cli.command()
@load_options
@common_options
@click.pass_obj
def run(common: Common, **selected: Any) -> int:
    """The main job: load, build the marts, check, swap in."""
    return _work(common, "run", selected)


@cli.command()
@load_options
@common_options
@click.pass_obj
def sync(common: Common, **selected: Any) -> int:
    """Load the raw tables and swap them in; the marts stay as they are."""
    return _work(common, "sync", selected)


@cli.command()
@common_options
@click.pass_obj
def transform(common: Common) -> int:
    """Build the marts from what is loaded, check, swap in."""
    return _work(common, "transform", {})


@cli.command()
@click.option("--format", "as_", type=click.Choice(["table", "json"]), default="table")
@common_options
@click.pass_obj
def status(common: Common, as_: str) -> None:
    """Per workspace and table: rows, last success, freshness, requests, what is restating."""
    from datetime import UTC, datetime

    from pipelines import status as reading

    found = reading.read_status(common.settings().warehouse_path)
    if as_ == "json":
        click.echo(reading.as_json(found))
    else:
        reading.print_table(found, common.console(), datetime.now(UTC))


@cli.command()
@click.option(
    "--format", "as_", type=click.Choice(["table", "json", "csv", "markdown"]), default="table"
)
@click.option("--campaign", metavar="NAME", help="Only campaigns with this id or part of a name.")
@click.option("--workspace", metavar="NAME", help="Only workspaces with this id or part of a name.")
@common_options
@click.pass_obj
def report(common: Common, as_: str, campaign: str | None, workspace: str | None) -> None:
    """The A/B lines and the campaign table."""
    from pipelines import report_formats
    from pipelines.report import read_report

    found = read_report(common.settings().warehouse_path, campaign, workspace)
    texts = {
        "json": report_formats.as_json,
        "csv": report_formats.as_csv,
        "markdown": report_formats.as_markdown,
    }
    if as_ in texts:
        click.echo(texts[as_](found))
    else:
        report_formats.print_table(found, common.console())


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8787, show_default=True, type=click.IntRange(1, 65535))
@click.option("--world", default="demo", show_default=True, help="The invented workspaces.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--date", "day", type=Day(), help="The day it is in that world.  [default: today]")
@click.option("--rate-limit/--no-rate-limit", default=True, help="Refuse as the API does (429).")
@click.option("--latency", default=0.0, type=click.FloatRange(0, 60), help="Seconds per answer.")
def sandbox(
    host: str, port: int, world: str, seed: int, day: date | None, rate_limit: bool, latency: float
) -> None:
    """Serve a local Instantly API with invented data."""
    from sandbox import serve

    url = f"http://{host}:{port}"
    click.echo(f"{world} on {url}, its keys on {url}/sandbox/keys; Ctrl-C ends it", err=True)
    options = {"rate_limit": rate_limit, "latency": latency}
    try:
        serve(host, port, world, seed, day or _today(), **options)
    except LookupError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--world") from None
    except OSError as error:
        hint = "choose another with --port"
        raise click.ClickException(
            f"{url}: {os.strerror(error.errno or 0).lower()}; {hint}"
        ) from None


def main(arguments: list[str] | None = None) -> NoReturn:
    """The entry point: every end of every command is one of the exit codes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")
    common = Common()
    try:
        result = cli.main(arguments, "instantly-warehouse", standalone_mode=False, obj=common)
        sys.stdout.flush()
        code = result if isinstance(result, int) else Exit.DONE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.DONE
    except click.Abort:
        code = _say(common, "interrupted; safe to run again", Exit.INTERRUPTED)
    except click.ClickException as error:
        code = _say(common, error.format_message(), Exit(error.exit_code))
    except BaseException as error:  # noqa: BLE001 whatever it is, it ends in one line
        code = _failed(common, error)
    sys.exit(int(code))


def _work(common: Common, command: str, selected: dict[str, Any]) -> int:
    """Runs a job that may take long: interruptible, with progress, and a table at the end."""
    from pipelines import run as jobs
    from pipelines.progress import progress_for
    from pipelines.signals import interruptible, leave

    work = {"run": jobs.run, "sync": jobs.sync, "transform": jobs.transform}[command]
    settings = common.settings()
    selection = jobs.Selection(**selected)
    started = time.monotonic()
    with interruptible(settings.run_deadline_minutes * 60) as interruption:
        try:
            with progress_for(common.log_format, quiet=common.quiet) as progress:
                job = jobs.Job(settings, common.run_id, progress, selection, interruption)
                done = work(job)
        except BaseException:
            if interruption.signal is None:
                raise
            leave(interruption)
    return _close(common, done, time.monotonic() - started)


def _close(common: Common, done: SyncReport, seconds: float) -> int:
    """Says what was done and returns 0 or 3."""
    if common.log_format == "json":
        common.log_finished(done, seconds)
    elif not common.quiet or done.is_partial:
        from pipelines.closing import print_closing

        print_closing(done, common.run_id, seconds, common.console())
    return Exit.PARTIAL if done.is_partial else Exit.DONE


def _failed(common: Common, error: BaseException) -> Exit:
    """One line for an error that is understood; a hint where it is not."""
    if isinstance(error, SystemExit):
        raise error
    text = str(error)
    if not is_understood(error):
        text = f"unexpected {type(error).__name__}: {text[:300]}. This is a bug; "
        text += "the warehouse is untouched; run again with -v for the traceback"
    if common.verbose:
        click.echo(common.mask("".join(traceback.format_exception(error))), err=True)
    return _say(common, text, exit_code_of(error))


def _say(common: Common, text: str, code: Exit) -> Exit:
    """The one line that a failing command leaves on stderr."""
    line = common.mask(one_line(text))
    if common.log_format == "json":
        common.log_failed(line, code)
    else:
        click.echo(f"error: {line}", err=True)
    return code


def _today() -> date:
    from datetime import UTC, datetime

    return datetime.now(UTC).date()
