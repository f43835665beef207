"""The order of a move: both locks, nothing there yet, ship, prove, show.

Which way it goes is told by `to` alone: the two ends are the file of WAREHOUSE_PATH and the
database of DESTINATION_POSTGRES_URL, whichever of them DESTINATION names today.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        to: `duckdb` or `postgres`, where it goes.

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
    file = settings.warehouse_path
    database = place_of(file, settings.postgres_url.get_secret_value())
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
    with open_read_only(home) as connection:
        cargo = cargo_of(connection, str(home))
        job.progress.stage("load")
        ship(cargo, connection, draft.database, dataset, draft.workdir, job.progress)
    with _both(home, draft, writes=True) as (connection, here, there):
        put_others(cargo, connection, here, f"{there}.{dataset}")
    job.progress.stage("compare")
    with _both(home, draft, writes=False) as (connection, here, there):
        return _compared(job, cargo, connection, here, f"{there}.{dataset}")


def _compared(
    job: Job, cargo: Cargo, connection: duckdb.DuckDBPyConnection, here: str, there: str
) -> tuple[Comparison, ...]:
    job.progress.table_started("move", "compared", len(cargo.tables))
    found = []
    for comparison in comparisons(connection, cargo.tables, here, there):
        found.append(comparison)
        job.progress.advance("move", "compared")
    return tuple(found)


def _dataset(draft: Draft) -> str:
    """The schema to load into: in a database one that no reader looks at, and that goes with the
    draft; a file that is a draft as a whole has its tables where they stay."""
    if isinstance(draft.database, Path):
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
        connection.execute(f"attach {text(str(file))} as {OTHER} ({mode})")
        here, there = (quoted(catalog), OTHER) if is_to_file else (OTHER, quoted(catalog))
        yield connection, f"{here}.{RAW}", there
        if mode == "read_write":
            connection.execute("commit")


def _opened(database: Any, *, writes: bool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    return database.mend() if writes else database.look()


def _show(draft: Draft) -> None:
    """From here on readers find the warehouse: a renamed file, or one transaction."""
    if isinstance(draft.database, Path):
        draft.publish()
        return
    from pipelines.move.settling import settle

    settle(draft)
