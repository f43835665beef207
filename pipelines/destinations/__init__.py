"""Where a warehouse can be, and what a run needs of the place it loads into.

    settings.place ─> Place ─ begin(run_id) ─> lock ─> Draft ─┬─ database   what is loaded and asked
                        │                                     ├─ dbt        what builds the marts
                        └─ look() ─> readers, in SQL          └─ publish() or discard()

    a Path               the DuckDB file: a draft is a copy, published by a rename
                         (`pipelines.swap`)
    PostgresWarehouse    a database: a load is one transaction, the marts of a run another
                         (`pipelines.destinations.postgres`)
    LakeWarehouse        Parquet files and a catalog: the same, and a transaction is a snapshot
                         (`pipelines.destinations.ducklake`)

What each of them promises:

- `begin` lets in one run at a time and lets go of the place when its process dies. It raises
  LockHeldError, and nothing has been asked of the API by then.
- What is loaded within `kept_together` is there whole or not at all, notes on it included.
- Marts are built where no reader looks. `publish` shows them all at once; a run that fails before
  shows nothing, and readers never wait for it.
- `discard` leaves nothing of the run behind but what it kept, and neither does a kill: the next
  `begin` removes the rest.

They differ in what a failure after a load leaves: the file is as it was before the run, byte for
byte; in a database or lake the loaded rows stay, the marts are as they were, and the next run goes
on from there.

Everybody asks in DuckDB's SQL: a place that is no file is attached to a DuckDB in memory. Spelling
each question a second time in another dialect was refused: two spellings, two answers.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pipelines.warehouse_file import Elsewhere

if TYPE_CHECKING:
    import dlt
    import duckdb

    from pipelines.destinations.ducklake import LakeWarehouse
    from pipelines.destinations.postgres import PostgresWarehouse
    from pipelines.erasure import JsonColumns

Place: TypeAlias = "Path | PostgresWarehouse | LakeWarehouse"
"""A warehouse as readers and `begin` take it."""


class Database(Elsewhere, Protocol):
    """What a run works on where that is no file; a file's path stands for all of it."""

    @property
    def file_format(self) -> str:
        """In which dlt hands over its rows."""
        ...

    def mend(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection that may write; what it did is kept when the block ends well."""
        ...

    def write(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        """A statement of the database's own, over a connection of `mend`."""
        ...

    def destination(self) -> Any:
        """dlt's destination of it."""
        ...

    def json_columns(self, connection: duckdb.DuckDBPyConnection) -> JsonColumns | None:
        """What mends JSON in it, over a connection of `mend`; None where DuckDB can itself."""
        ...

    def kept_together(self) -> AbstractContextManager[None]:
        """What dlt loads within is there whole or not at all."""
        ...


class Draft(Protocol):
    """A place as one run sees it, the only one that may change it."""

    @property
    def database(self) -> Path | Database:
        """What is loaded and asked."""
        ...

    @property
    def workdir(self) -> Path:
        """An empty folder of this machine for everything that may be thrown away."""
        ...

    @property
    def dbt_environment(self) -> Mapping[str, str]:
        """What tells dbt where to build (`dbt_project/profiles.yml`); nothing for a file."""
        ...

    def publish(self, *, afresh: bool = False) -> None:
        """Shows readers what was built; `afresh`: and lets no rest of deleted rows lie about."""
        ...

    def publish_and_go_on(self) -> None:
        """Keeps what is loaded by now, and goes on."""
        ...

    def discard(self) -> None:
        """Removes what is left of the run."""
        ...


def place_of(file: Path, postgres_url: str | None, lake: Path | None = None) -> Place:
    """The file, unless a database is named; with the folder of its files, a lake."""
    if postgres_url is None:
        return file
    from pipelines.destinations.ducklake import LakeWarehouse
    from pipelines.destinations.postgres import PostgresWarehouse
    from pipelines.destinations.postgres.address import PostgresAddress

    address = PostgresAddress.of(postgres_url)
    if lake is not None:
        return LakeWarehouse(address, lake, file.parent)
    return PostgresWarehouse(address, file.parent)


def begin(place: Place, run_id: str) -> AbstractContextManager[Draft]:
    """A draft under the lock of its place; its rest is gone when the block ends, however it ends.

    Raises LockHeldError, ConfigurationError or RunFailedError before anything is changed.
    """
    if isinstance(place, Path):
        from pipelines.swap import Swap

        return Swap(place).begin(run_id)
    return place.begin(run_id)


@contextmanager
def open_for_writing(database: Path | Database) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection to a draft that may write; what it did is kept when the block ends well."""
    if not isinstance(database, Path):
        with database.mend() as connection:
            yield connection
        return
    import duckdb

    with duckdb.connect(str(database)) as connection:
        yield connection


def write(database: Path | Database, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """A statement in words that all dialects have, done where the rows are.

    Over a connection of `open_for_writing` and in its transaction. It spares the rows the way to
    DuckDB and back, and some types cannot come back: DuckDB takes JSON of a database for text.
    """
    if isinstance(database, Path):
        connection.execute(sql)
    else:
        database.write(connection, sql)


def pipeline(database: Path | Database, name: str, dataset: str, workdir: Path) -> dlt.Pipeline:
    """A dlt pipeline into a dataset of a draft, with a working directory that is thrown away."""
    import dlt

    if isinstance(database, Path):
        from pipelines.destinations.file import destination

        into = destination(database)
    else:
        into = database.destination()
    return dlt.pipeline(
        name, pipelines_dir=str(workdir / "dlt"), destination=into, dataset_name=dataset
    )


def file_format(database: Path | Database) -> Any:
    """In which dlt hands over its rows: columns for a file of columns."""
    return "parquet" if isinstance(database, Path) else database.file_format


@contextmanager
def kept_together(database: Path | Database) -> Generator[None]:
    """What dlt loads within is there whole or not at all; a draft that is a copy always is."""
    if isinstance(database, Path):
        yield
        return
    with database.kept_together():
        yield
