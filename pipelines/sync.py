"""Loading: from the API into the raw tables of a draft, and what the run says of itself.

    settings ─→ one reader per workspace ─→ Feed.contact (who is who, what time is it)
                                               │
    WarehouseHistory ←── what do we know? ─────┤
                                               ▼
                       instantly_source ──dlt──→ instantly_raw.*
                       readings + counts ──SQL──→ instantly_raw.sync_runs

Most loads of a night find nothing that the warehouse does not hold. dlt is not started for them:
restoring its schema, a package without rows and putting it away again is half of what they cost.
What a run says of itself goes in by one statement over the loader's own connection, for the same
reason: a second package takes as long as the first.

dlt works in a fresh folder every time and restores what it needs from the draft: its own recovery
from a kept folder does not survive a kill at the wrong moment, and the draft makes it needless.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.destination.exceptions import DestinationException
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines.connections import connected
from pipelines.destinations import Database, file_format, kept_together
from pipelines.destinations import pipeline as pipeline_into
from pipelines.discretion import kept_out
from pipelines.errors import RunFailedError
from pipelines.history import RUNS, Held, WarehouseHistory
from pipelines.outcome import SyncReport, TableOutcome
from pipelines.progress import Progress
from pipelines.settings import Settings
from pipelines.unfinished import note_pauses
from pipelines.warehouse_file import PRODUCT, RAW
from sources.instantly import (
    BY_TABLE,
    DiscreetHistory,
    Discretion,
    Feed,
    Reading,
    Reads,
    WorkspaceReader,
    instantly_source,
    sub_workspaces,
)
from sources.instantly.errors import InstantlyError
from sources.instantly.reading.batch import Batch
from sources.instantly.shaping.retention import Retention
from sources.instantly.source import QUARANTINE, declarations, declared_columns

NOTHING_YET = SyncReport()
PIPELINE = "instantly"
OWN = (QUARANTINE, RUNS)
"""Tables of every load, whatever is read."""

_RUN_COLUMNS = pa.schema(
    [
        ("run_id", pa.string()),
        ("workspace_id", pa.string()),
        ("workspace_name", pa.string()),
        ("table_name", pa.string()),
        ("status", pa.string()),
        ("rows", pa.int64()),
        ("changed", pa.int64()),
        ("requests", pa.int64()),
        ("seconds", pa.float64()),
        ("message", pa.string()),
        ("started_at", pa.timestamp("us", "UTC")),
        ("finished_at", pa.timestamp("us", "UTC")),
        ("observed_at", pa.timestamp("us", "UTC")),
        ("is_backfill", pa.bool_()),
        ("is_complete_walk", pa.bool_()),
        ("version", pa.string()),
    ]
)
_RUN_KEY = ("run_id", "workspace_id", "workspace_name", "table_name")


def load(
    database: Path | Database,
    workdir: Path,
    settings: Settings,
    run_id: str,
    progress: Progress,
    *,
    tables: Sequence[str],
    is_built_from: bool = False,
    full_refresh: bool = False,
    since: date | None = None,
    until: date | None = None,
    allow_shrink: bool = False,
    pause_after: float | None = None,
    earlier: SyncReport = NOTHING_YET,
) -> SyncReport:
    """Loads the raw tables of a draft and notes the run in `sync_runs`.

    Args:
        database: the draft's, a DuckDB file or another; created if it is not there.
        workdir: an empty folder for dlt, thrown away afterwards.
        settings: keys, address, pace.
        run_id: the id of this run.
        progress: told how work goes on.
        tables: names of raw tables, closed over what they need.
        is_built_from: marts follow, which read all raw tables: those that are not read here are
            declared along with the others, or a package of dlt's own would have to.
        full_refresh, since, until, allow_shrink: as in `sources.instantly.Reads`.
        pause_after: seconds after which nothing long is begun any more; the outcomes say with which
            tables the run has to go on.
        earlier: what earlier pieces of this run did; the run log counts them together.

    Returns:
        An outcome per workspace and table of this load, without the earlier ones.

    Raises:
        InstantlyError: no workspace could be read.
        RunFailedError: the load itself failed.
    """
    started = datetime.now(UTC)
    discretion = Discretion(
        settings.privacy(settings.lead_variables),
        kept_out(database),
        Retention(settings.email_text_days),
    )
    pipeline = pipeline_into(database, PIPELINE, RAW, workdir)
    reads = _reads(
        settings,
        tables=tuple(tables),
        since=since,
        until=until,
        everything=full_refresh,
        allow_shrink=allow_shrink,
        email_seconds=_seconds_of_emails(earlier),
        pause_at=None if pause_after is None else time.monotonic() + pause_after,
    )
    with (
        WarehouseHistory(pipeline) as history,
        _feed(history, settings, reads, progress, discretion) as feed,
    ):
        feed.contact()
        with kept_together(database):
            with _explained():
                needed = tuple(declared()) if is_built_from else (*reads.tables, *OWN)
                _write(pipeline, feed, needed, history.columns(), file_format(database))
            report = SyncReport(_report(history, feed, progress))
            outcomes = _in_all(report, earlier)
            rows = [_run_row(outcome, run_id, started, feed) for outcome in outcomes]
            # dlt types what its `__exit__` takes too narrowly
            with _explained(), pipeline.sql_client() as client:  # ty: ignore[invalid-context-manager]
                _note(client, rows)
                note_pauses(client, feed.readings, feed.at)
    return report


def _write(
    pipeline: dlt.Pipeline,
    feed: Feed,
    needed: Sequence[str],
    held: Mapping[str, set[str]],
    file_format: Any,
) -> None:
    """Reads, and has dlt write what came; nothing, where all came that the warehouse holds and the
    tables that are needed are there."""
    wanted = declared()
    is_ready = all(wanted[name] <= held.get(name, set()) for name in needed)
    with closing(feed.batches()) as batches:
        news = (batch for batch in batches if _is_news(batch, held))
        first = list(islice(news, 1))
        if is_ready and not first and not feed.quarantined().num_rows:
            return
        beside = _runs_lacking(held)
        source = instantly_source(feed, chain(first, news), declares=needed, beside=beside)
        pipeline.run(source, loader_file_format=file_format)


def _is_news(batch: Batch, held: Mapping[str, set[str]]) -> bool:
    """Whether a batch tells the warehouse anything: rows, an end of rows, a column."""
    columns = held.get(batch.endpoint.table, set())
    return bool(
        batch.rows.num_rows or batch.closing or not columns.issuperset(batch.rows.column_names)
    )


def _reads(settings: Settings, **asked: Any) -> Reads:
    """What is read, as set and as asked for in this piece."""
    return Reads(
        start=settings.start_date,
        trailing_days=settings.trailing_days,
        full_walk_days=settings.full_walk_days,
        lead_variables=settings.lead_variables,
        email_bodies=settings.email_bodies,
        email_minutes=settings.email_minutes,
        quarantine_share=settings.quarantine_share,
        **asked,
    )


def declared() -> dict[str, set[str]]:
    """The columns that every raw table of this version has, by table."""
    known = {table: set(names) for table, names in declared_columns().items()}
    return known | {RUNS: set(_RUN_COLUMNS.names)}


def declare(database: Path | Database, workdir: Path) -> None:
    """Adds to a draft what of `declared` it lacks; no row and no request.

    Raises:
        RunFailedError: the loader could not.
    """
    pipeline = pipeline_into(database, PIPELINE, RAW, workdir)
    with kept_together(database), _explained(), WarehouseHistory(pipeline) as history:
        source = declarations(beside=_runs_lacking(history.columns()))
        pipeline.run(source, loader_file_format=file_format(database))


def _in_all(report: SyncReport, earlier: SyncReport) -> Iterator[TableOutcome]:
    """The outcomes of this piece, each with what earlier pieces of the run did for its table."""
    read = {outcome.key for outcome in report.outcomes}
    return (o for o in earlier.followed_by(report).outcomes if o.key in read)


def _seconds_of_emails(earlier: SyncReport) -> float:
    """What earlier pieces of the run have used of EMAIL_MINUTES."""
    return max((o.seconds for o in earlier.outcomes if o.table_name == "emails"), default=0.0)


@contextmanager
def _feed(
    history: WarehouseHistory,
    settings: Settings,
    reads: Reads,
    progress: Progress,
    discretion: Discretion,
) -> Generator[Feed]:
    """Readers for every configured workspace; their connections end with the block."""
    with ExitStack() as connections:
        clients = [
            (workspace.name, connected(connections, settings, workspace.api_key))
            for workspace in settings.workspaces
        ]
        if settings.sub_workspaces:
            (_, admin), key = clients[0], settings.workspaces[0].api_key
            clients += [
                (None, connected(connections, settings, key, acting_as))
                for acting_as in sub_workspaces(admin, settings.sub_workspaces)
            ]
        known = DiscreetHistory(history, discretion)
        readers = [WorkspaceReader(name, client, known, progress) for name, client in clients]
        feed = Feed(readers, reads, known, discretion)
        connections.callback(feed.stop)
        yield feed


@contextmanager
def _explained() -> Generator[None]:
    """dlt wraps what happens inside a step; what a person needs is what was wrapped."""
    reason: BaseException | None = None
    try:
        yield
    except (PipelineStepFailed, DestinationException) as failure:
        reason = _innermost(failure)
    if reason is not None:
        raise reason  # outside of the handler: an error must not become its own cause


def _innermost(failure: BaseException) -> BaseException:
    last: BaseException = failure
    while not isinstance(last, InstantlyError | OSError):
        deeper = last.__cause__ or last.__context__
        if deeper is None:
            return RunFailedError(f"loading failed: {last}", todo="run again, with -v for more")
        last = deeper
    return last


def _report(history: WarehouseHistory, feed: Feed, progress: Progress) -> tuple[TableOutcome, ...]:
    """What was read, beside what the tables hold now."""
    held = {table: history.held(BY_TABLE[table], feed.at) for table in feed.reads.tables}
    outcomes = tuple(
        _outcome(reading, held[reading.table_name], feed.new_columns) for reading in feed.readings
    )
    for outcome in outcomes:
        if not outcome.is_paused:
            progress.table_finished(outcome)
    return outcomes


def _outcome(
    reading: Reading, held: Mapping[str, Held], new_columns: Mapping[tuple[str, str], set[str]]
) -> TableOutcome:
    table = held.get(reading.workspace_id, Held())
    return TableOutcome(
        workspace_id=reading.workspace_id,
        workspace_name=reading.workspace_name,
        table_name=reading.table_name,
        status=reading.status,
        rows=table.rows,
        changed=table.changed,
        requests=reading.requests,
        seconds=reading.seconds,
        message=reading.message,
        is_complete_walk=reading.is_complete_walk,
        is_paused=reading.paused is not None,
        quarantined=reading.quarantined,
        new_columns=tuple(sorted(new_columns.get((reading.workspace_id, reading.table_name), ()))),
    )


def _run_row(outcome: TableOutcome, run_id: str, started: datetime, feed: Feed) -> dict[str, Any]:
    names = ("workspace_id", "workspace_name", "table_name", "status", "rows", "changed")
    walk = ("is_complete_walk",)
    numbers = ("requests", "seconds")
    return {name: getattr(outcome, name) for name in (*names, *numbers, *walk)} | {
        "run_id": run_id,
        "message": outcome.note,
        "started_at": started,
        "finished_at": datetime.now(UTC),
        "observed_at": feed.at,
        "is_backfill": feed.reads.is_backfill,
        "version": version(PRODUCT),
    }


def _runs_lacking(held: Mapping[str, set[str]]) -> list[Any]:
    """The table of runs for dlt to make, as far as the warehouse lacks it."""
    if set(_RUN_COLUMNS.names) <= held.get(RUNS, set()):
        return []
    hints = dlt.mark.make_hints(
        table_name=RUNS, write_disposition={"disposition": "append"}, primary_key=_RUN_KEY
    )
    return [dlt.mark.with_hints(_RUN_COLUMNS.empty_table(), hints, create_table_variant=True)]


def _note(client: SqlClientBase[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Stores what the run says of itself beside what it loaded; a later piece of the same run
    replaces what an earlier one said of the same table."""
    names = _RUN_COLUMNS.names
    keys = [row[name] for row in rows for name in _RUN_KEY]
    values = [row[name] for row in rows for name in names]
    runs = client.make_qualified_table_name(RUNS)
    with client.begin_transaction():
        client.execute_sql(
            f"delete from {runs} where ({', '.join(_RUN_KEY)}) in "  # noqa: S608 names of this module
            f"({_places(len(_RUN_KEY), len(rows))})",
            *keys,
        )
        client.execute_sql(
            f"insert into {runs} ({', '.join(names)}) values {_places(len(names), len(rows))}",  # noqa: S608 names of this module
            *values,
        )


def _places(columns: int, rows: int) -> str:
    """`(%s, %s), (%s, %s)`: where the values of rows go."""
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * rows)
