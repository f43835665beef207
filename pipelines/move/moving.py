"""The order of a move: both locks, nothing there yet, ship, prove, show.

Which way it goes is told by `to` alone: one end is the file of WAREHOUSE_PATH, the other the
database of DESTINATION_POSTGRES_URL, whichever of them DESTINATION names today. With that database
as its catalog a lake is the other end when somebody moves to it, or is at home in it and moves out.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipelines.destinations import Place, begin, place_of
from pipelines.errors import ConfigurationError, DataRefusedError, RunFailedError, causes
from pipelines.lock import locked
from pipelines.move.proof import Comparison, comparisons
from pipelines.run import Job, temporary_files_in
from pipelines.settings import Settings, quiet_dlt
from pipelines.warehouse_file import (
    RAW,
    SCHEMAS,
    open_read_only,
    quoted,
    refuse_missing,
    refuse_stray_log,
    refuse_unreadable,
    text,
)

if TYPE_CHECKING:
    import duckdb

    from pipelines.destinations import Draft
    from pipelines.move.cargo import Cargo

FILE = "duckdb"
LAKE = "ducklake"
OTHER = "the_other_end"
"""The catalog of the file, seen from the database."""

HELD = """
    select table_schema, count(*) from information_schema.tables
    where table_catalog = current_database() and list_contains(?, table_schema)
    group by table_schema order by table_schema
"""


@dataclass(frozen=True, slots=True)
class Moving:
    """What was moved and how it compares; when anything differs, nothing is to be seen there."""

    to: str
    here: str
    there: str
    comparisons: tuple[Comparison, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every table is the same on both sides."""
        return all(comparison.is_equal for comparison in self.comparisons)

    @property
    def rows(self) -> int:
        """Rows at home, over all tables."""
        return sum(comparison.rows for comparison in self.comparisons)

    @property
    def refusal(self) -> DataRefusedError:
        """What to say when they are not."""
        wrong = ", ".join(c.table for c in self.comparisons if not c.is_equal)
        what = f"not the same there: {wrong}; nothing was moved"
        return DataRefusedError(
            what, where=self.there, todo="move again, and report it if it stays"
        )


def move(job: Job, to: str) -> Moving:
    """Copies the warehouse to the other end and compares it there.

    Args:
        job: whose warehouse.
        to: `duckdb`, `postgres` or `ducklake`, where it goes.

    Returns:
        How every table compares. Only when all are equal does the target show them.

    Raises:
        ConfigurationError: the target is not configured, or holds a warehouse already.
        LockHeldError: a run is at work at either end.
        RunFailedError: there is nothing to move, or the rows could not be moved.
    """
    home, target = _ends(job.settings, to)
    refuse_missing(home)
    _refuse_occupied(target)
    with _explained(str(target)), _held(home, job.run_id), begin(target, job.run_id) as draft:
        job.interruption.tidy_up = draft.discard
        _refuse_occupied(target)  # whoever came first has the lock no longer
        with temporary_files_in(draft.workdir):
            found = _moved(job, home, draft)
        done = Moving(to, str(home), str(target), found)
        if done.is_equal:
            job.progress.stage("publish")
            _show(draft)
    return done


def _ends(settings: Settings, to: str) -> tuple[Place, Place]:
    """Where the warehouse is and where it goes."""
    if settings.postgres_url is None:
        raise ConfigurationError(
            "DESTINATION_POSTGRES_URL is not set: it names the database of the move",
            todo="write DESTINATION_POSTGRES_URL=postgresql://user:password@host:port/database",
        )
    is_lake = LAKE in (to, settings.destination if to == FILE else to)
    if is_lake and settings.lake_folder is None:
        raise ConfigurationError(
            "DESTINATION_DUCKLAKE_FOLDER is not set: it names the folder of the lake's files",
            todo="write DESTINATION_DUCKLAKE_FOLDER=… with an empty folder",
        )
    file, lake = settings.warehouse_path, settings.lake_folder if is_lake else None
    database = place_of(file, settings.postgres_url.get_secret_value(), lake)
    return (database, file) if to == FILE else (file, database)


@contextmanager
def _explained(where: str) -> Generator[None]:
    """What a library failed with, without what it says: that would be a row of somebody."""
    import duckdb
    from dlt.pipeline.exceptions import PipelineStepFailed

    reason = ""
    try:
        yield
    except (PipelineStepFailed, duckdb.Error) as failure:
        last = list(causes(failure))[-1]
        reason = " ".join(filter(None, (type(last).__name__, getattr(last, "pgcode", ""))))
    if reason:
        raise RunFailedError(
            f"the rows could not be moved ({reason}); nothing is to be seen there",
            where=where,
            todo="move again; the warehouse that they come from is as it was",
        )


@contextmanager
def _held(home: Place, run_id: str) -> Generator[None]:
    """No run changes the warehouse that is read, for as long as the block runs."""
    if not isinstance(home, Path):
        with begin(home, run_id):
            yield
        return
    with locked(home):
        refuse_stray_log(home)
        refuse_unreadable(home)
        yield


def _refuse_occupied(target: Place) -> None:
    """ConfigurationError when the target holds a table of a warehouse, whoever made it."""
    if not target.exists():
        return
    with open_read_only(target) as connection:
        found = connection.execute(HELD, [list(SCHEMAS)]).fetchall()
    if found or isinstance(target, Path):
        held = ", ".join(f"{tables} tables in {schema}" for schema, tables in found) or "a file"
        raise ConfigurationError(
            f"there is something already: {held}; two histories cannot be one",
            where=str(target),
            todo="move into an empty place, or remove by hand what you no longer need there",
        )


def _moved(job: Job, home: Place, draft: Draft) -> tuple[Comparison, ...]:
    """Ships everything into the draft and compares it there."""
    from pipelines.move.cargo import cargo_of
    from pipelines.move.shipping import put_others, ship

    quiet_dlt(draft.workdir)
    dataset = _dataset(draft)
    found: list[Comparison] = []
    with _kept_if_equal(draft, found):
        with open_read_only(home) as connection:
            cargo = cargo_of(connection, str(home))
            job.progress.stage("load")
            ship(cargo, connection, draft.database, dataset, draft.workdir, job.progress)
        with _both(home, draft, writes=True) as (connection, here, there):
            put_others(cargo, connection, here, f"{there}.{dataset}")
        job.progress.stage("compare")
        with _both(home, draft, writes=False) as (connection, here, there):
            _compare(job, cargo, connection, here, f"{there}.{dataset}", found)
    return tuple(found)


@contextmanager
def _kept_if_equal(draft: Draft, found: Sequence[Comparison]) -> Generator[None]:
    """In a lake, what is moved within is one snapshot, or none; elsewhere `_show` decides."""
    if not _is_of_lake(draft):
        yield
        return
    session = cast(Any, draft).session
    with session.kept_together():
        yield
        if not all(comparison.is_equal for comparison in found):
            session.end()


def _is_of_lake(draft: Draft) -> bool:
    from pipelines.destinations.ducklake.draft import LakeDraft

    return isinstance(draft, LakeDraft)


def _compare(
    job: Job,
    cargo: Cargo,
    connection: duckdb.DuckDBPyConnection,
    here: str,
    there: str,
    found: list[Comparison],
) -> None:
    job.progress.table_started("move", "compared", len(cargo.tables))
    for comparison in comparisons(connection, cargo.tables, here, there):
        found.append(comparison)
        job.progress.advance("move", "compared")


def _dataset(draft: Draft) -> str:
    """The schema to load into: in a database one that no reader looks at, and that goes with the
    draft; a file or a transaction that is a draft as a whole has its tables where they stay."""
    if isinstance(draft.database, Path) or _is_of_lake(draft):
        return RAW
    from pipelines.destinations.postgres import DRAFT

    return DRAFT


@contextmanager
def _both(
    home: Place, draft: Draft, *, writes: bool
) -> Generator[tuple[duckdb.DuckDBPyConnection, str, str]]:
    """One connection to both ends: the tables at home, and the catalog of the target.

    DuckDB reads the database and has the file attached beside it.
    """
    target = draft.database
    is_to_file = isinstance(target, Path)
    file = target if is_to_file else home
    opened = _opened(home if is_to_file else target, writes=writes and not is_to_file)
    mode = "read_write" if writes and is_to_file else "read_only"
    with opened as connection:
        (catalog,) = connection.execute("select current_database()").fetchall()[0]
        connection.execute(f"attach if not exists {text(str(file))} as {OTHER} ({mode})")
        here, there = (quoted(catalog), OTHER) if is_to_file else (OTHER, quoted(catalog))
        yield connection, f"{here}.{RAW}", there
        if mode == "read_write":
            connection.execute("commit")


def _opened(database: Any, *, writes: bool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    return database.mend() if writes else database.look()


def _show(draft: Draft) -> None:
    """From here on readers find the warehouse: a renamed file, or one transaction."""
    if _is_of_lake(draft):
        return
    if isinstance(draft.database, Path):
        draft.publish()
        return
    from pipelines.move.settling import settle

    settle(draft)
