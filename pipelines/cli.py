"""The command line: `instantly-warehouse …`, as thin as it can be.

    arguments ──> one function per command ──> pipelines.run | forget | doctor | status | …
    how it ends ──> pipelines.command_ends ──> one line on stderr, one exit code

`--help` answers in a fraction of a second because nothing but click is imported at the top; dlt and
pandas alone would cost a second. Usage errors are one line too: click's three lines, with the usage
above the error, push what was wrong out of sight in a log.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from datetime import time as time_of_day
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from pipelines import schedule as schedule_kinds
from pipelines import signals
from pipelines.collector import collect_seldom
from pipelines.command_ends import carried_out
from pipelines.command_options import (
    Commands,
    Common,
    Day,
    Month,
    TimeOfDay,
    common_options,
    load_options,
)
from pipelines.errors import Exit
from pipelines.secrecy import leave_no_cores

if TYPE_CHECKING:
    from pipelines.outcome import SyncReport
    from pipelines.run import Job
    from pipelines.settings import Settings

Done = TypeVar("Done")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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

    found = reading.read_status(common.settings().place)
    if as_ == "json":
        click.echo(reading.as_json(found))
    else:
        reading.print_table(found, common.console(), datetime.now(UTC), quiet=common.quiet)


@cli.command()
@click.option(
    "--format",
    "as_",
    type=click.Choice(["table", "json", "csv", "markdown", "html", "pdf"]),
    help="html and pdf are for --client.  [default: table; html with --client]",
)
@click.option("--campaign", metavar="NAME", help="Only campaigns with this id or part of a name.")
@click.option("--workspace", metavar="NAME", help="Only workspaces with this id or part of a name.")
@click.option("--tag", metavar="NAME", help="Only campaigns tagged with this id or part of a name.")
@click.option("--client", metavar="NAME", help="One client's month: a workspace or a tag.")
@click.option("--month", type=Month(), help="Of the client.  [default: the last that is over]")
@click.option("--output", type=click.Path(path_type=Path), help="The file of the client's report.")
@common_options
@click.pass_obj
def report(
    common: Common,
    as_: str | None,
    client: str | None,
    month: date | None,
    output: Path | None,
    **chosen: str | None,
) -> None:
    """The A/B lines and the campaign table, or one client's month to send (--client)."""
    if client is None:
        if month or output or as_ in ("html", "pdf"):
            raise click.UsageError(
                "--month, --output, html and pdf are for one client's report: add --client NAME, "
                "or choose --format table, json, csv or markdown"
            )
        _report_lines(common, as_ or "table", chosen)
    elif any(chosen.values()) or as_ in ("table", "json"):
        raise click.UsageError(
            "--client takes no --campaign, --workspace or --tag, and --format html, csv, markdown "
            "or pdf"
        )
    else:
        _report_client(common, as_ or "html", client, month, output)


def _report_lines(common: Common, as_: str, chosen: dict[str, str | None]) -> None:
    """The A/B lines of what is chosen, to standard output."""
    from pipelines import report_formats
    from pipelines.report import read_report

    found = read_report(common.settings().place, **chosen)
    texts = {
        "json": report_formats.as_json,
        "csv": report_formats.as_csv,
        "markdown": report_formats.as_markdown,
    }
    if as_ in texts:
        click.echo(texts[as_](found))
    else:
        report_formats.print_table(found, common.console())


def _report_client(
    common: Common, as_: Any, client: str, month: date | None, output: Path | None
) -> None:
    """One client's month; everything that can be refused is looked at before anything is read."""
    from pipelines import client_report

    settings = common.settings()
    where = output.expanduser().resolve() if output else None
    client_report.refuse_bad_output(where, as_, settings.warehouse_path)
    if as_ == "pdf":
        client_report.refuse_missing_typst()
    brand = client_report.brand_of(settings.report_brand_name, settings.report_brand_logo)
    found = client_report.read_client_month(settings.place, client, month)
    data = client_report.rendered(found, as_, brand, settings.settled_after_days)
    client_report.write_out(data, where)


@cli.command()
@click.argument("kind", type=click.Choice(schedule_kinds.KINDS))
@click.option(
    "--at", default="04:17", show_default=True, type=TimeOfDay(), help="One of the starts."
)
@click.option(
    "--every",
    default="24",
    show_default=True,
    metavar="HOURS",
    type=click.Choice([str(hours) for hours in schedule_kinds.EVERY]),
    help="Hours between two starts, a divisor of 24.",
)
def schedule(kind: str, at: time_of_day, every: str) -> None:
    """Print what cron, systemd or GitHub needs to run the job.

    The job starts in the folder from which this command is called: its .env and relative paths
    count there.
    """
    times = schedule_kinds.Times(at, int(every))
    click.echo(schedule_kinds.schedule(kind, times, Path.cwd()), nl=False)


@cli.command()
@click.option("--format", "as_", type=click.Choice(["table", "json"]), default="table")
@common_options
@click.pass_obj
def doctor(common: Common, as_: str) -> int:
    """Check keys, scopes, plan, clock, disk, lock, versions and the file; changes nothing."""
    from pipelines import doctor as doctors

    found = doctors.examine(common.settings())
    if as_ == "json":
        click.echo(common.mask(doctors.as_json(found)))
    else:
        doctors.print_findings(found, common.console())
    return found.exit_code


@cli.command()
@click.argument("email", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@common_options
@click.pass_obj
def forget(common: Common, email: tuple[str, ...], dry_run: bool) -> None:
    """Remove a person from every table, and keep them out of later loads.

    EMAIL is their address, or - to read it from the standard input, so that it stands in no
    history of the shell.
    """
    from pipelines import forget as forgetting

    if len(email) != 1:
        raise click.UsageError("write one address, or - to type it")  # without what was written
    address = sys.stdin.readline() if email[0] == "-" else email[0]
    settings = common.settings()
    spellings = {address.strip(), address.strip().lower()} if "@" in address else set()
    common.mask.hide((*settings.secrets, *spellings))
    work = forgetting.rehearse if dry_run else forgetting.forget
    done = _interruptible(common, settings, lambda job: work(job, address))
    forgetting.print_forgetting(done, common.console())


@cli.command()
@click.option(
    "--to", required=True, type=click.Choice(["postgres", "ducklake", "duckdb"]), help="Where to."
)
@common_options
@click.pass_obj
def move(common: Common, to: str) -> None:
    """Take the warehouse with its whole history elsewhere, and prove that it is equal there.

    Between the file of WAREHOUSE_PATH and the database of DESTINATION_POSTGRES_URL, or a lake with
    that database as its catalog, which must be empty where it goes. What is left is only read.
    """
    from pipelines import move as moving

    done = _interruptible(common, common.settings(), lambda job: moving.move(job, to))
    if common.log_format == "json":
        common.log_moved(moving.as_members(done))
    elif not common.quiet or not done.is_equal:
        moving.print_moving(done, common.console())
    if not done.is_equal:
        raise done.refusal


@cli.command()
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-browser", is_flag=True, help="Only serve; open no browser.")
@common_options
@click.pass_obj
def dashboard(common: Common, port: int, no_browser: bool) -> None:
    """Open the pages on the warehouse file, on 127.0.0.1."""
    from pipelines import dashboard as pages
    from pipelines.settings import child_environment

    pages.refuse_missing_packages()
    settings = common.settings()
    warehouse = settings.warehouse_path
    pages.refuse_other_places(settings.place)
    pages.refuse_taken_port(port)
    click.echo(f"{warehouse} on http://{pages.HOST}:{port}; Ctrl-C ends it", err=True)
    pages.serve(warehouse, port, child_environment(), open_browser=not no_browser)


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
    signals.heed()
    leave_no_cores()
    collect_seldom()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")
    common = Common()
    name = "instantly-warehouse"
    code = carried_out(common, lambda: cli.main(arguments, name, standalone_mode=False, obj=common))
    signals.settle(code)
    sys.exit(code)


def _work(common: Common, command: str, selected: dict[str, Any]) -> int:
    """Runs a job that loads or builds, with a table at the end."""
    from pipelines import run as jobs
    from pipelines.notify import notifier_for

    work = {"run": jobs.run, "sync": jobs.sync, "transform": jobs.transform}[command]
    common.notifier = notifier_for(command, common.run_id, common.mask)
    settings = common.settings()
    if common.notifier:
        common.notifier.watch(settings)
    selection = jobs.Selection(**selected)
    started = time.monotonic()
    done = _interruptible(common, settings, lambda job: work(replace(job, selection=selection)))
    return _close(common, done, time.monotonic() - started)


def _interruptible(common: Common, settings: Settings, work: Callable[[Job], Done]) -> Done:
    """Does what may take long: with progress, and ending soon when it is told to."""
    from pipelines.progress import progress_for
    from pipelines.run import Job

    with signals.interruptible(settings.run_deadline_minutes * 60) as interruption:
        interruption.worded = common.error_line
        if common.notifier:
            interruption.tell = common.notifier.last_words
        try:
            with progress_for(common.log_format, quiet=common.quiet) as progress:
                job = Job(settings, common.run_id, progress, interruption=interruption)
                return work(job)
        except BaseException:
            if interruption.signal is None:
                raise
            signals.leave(interruption)


def _close(common: Common, done: SyncReport, seconds: float) -> int:
    """Says what was done and returns 0 or 3."""
    if common.log_format == "json":
        common.log_finished(done, seconds)
    elif not common.quiet or done.is_partial:
        from pipelines.closing import print_closing

        print_closing(done, common.run_id, seconds, common.console())
    if common.notifier:
        common.notifier.finished(done)
    return Exit.PARTIAL if done.is_partial else Exit.DONE


def _today() -> date:
    from datetime import UTC, datetime

    return datetime.now(UTC).date()
