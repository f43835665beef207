"""Many readers and writers: a DuckLake whose catalog is a real PostgreSQL.

One writer loads through dlt, another by itself, while readers ask in a loop, each over a connection
of its own. dlt's merge is two snapshots here, one without the old rows and one with the new; so
what readers open is written in one transaction from what was loaded. docs/destinations/ducklake.md
says what of DuckLake exists. The extensions come from their packages and are put into a folder of
the test, so that nothing is fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pytest
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials

from pipelines.move.cargo import Table
from pipelines.move.proof import comparisons
from pipelines.settings import quiet_dlt
from pipelines.warehouse_file import NOTHING_FETCHED
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

EXTENSIONS = ("postgres_scanner", "ducklake")
GENERATIONS = 3
LEADS = 500
NOTES = 20
COLUMNS = {"id": "BIGINT", "generation": "BIGINT", "payload": "JSON"}


@dataclass(frozen=True)
class Lake:
    """Rows as Parquet files in a folder; tables, files and snapshots in a PostgreSQL schema."""

    catalog: PostgresServer
    folder: Path

    @property
    def config(self) -> dict[str, Any]:
        return {**NOTHING_FETCHED, "extension_directory": str(self.folder / "extensions")}

    def prepare(self) -> None:
        """Installs the extensions from their packages, and makes the lake."""
        pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake brings it")
        (self.folder / "rows").mkdir()
        with duckdb.connect(config=self.config) as connection:
            for name in EXTENSIONS:
                folder = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
                connection.execute(f"install '{folder / f'{name}.duckdb_extension'}'")
        with self.opened():
            pass

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own, as every reader has one."""
        with duckdb.connect(config=self.config) as connection:
            connection.execute(
                f"attach 'ducklake:postgres:{self.catalog.url}' as lake "
                f"(data_path '{self.folder / 'rows'}', metadata_schema 'lake')"
            )
            yield connection

    def destination(self) -> Any:
        credentials = DuckLakeCredentials(
            "lake", catalog=self.catalog.url, storage=f"file://{self.folder / 'rows'}"
        )
        credentials.global_config = self.config
        return dlt.destinations.ducklake(credentials=credentials)


@dataclass
class Reader:
    """Asks in a loop until it is told to stop, and remembers what it saw and what went wrong."""

    lake: Lake
    stop: threading.Event
    seen: list[tuple[int, int, int]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def __call__(self) -> None:
        try:
            with self.lake.opened() as connection:
                while not self.stop.is_set():
                    asked = (
                        "select count(*), min(generation), max(generation) from lake.shown.leads"
                    )
                    self.seen += connection.execute(asked).fetchall()
        except BaseException as error:  # noqa: BLE001 the test tells it
            self.failures.append(error)


@dataclass
class Writer:
    """Somebody else, who keeps own tables in the same lake: a transaction for each row."""

    lake: Lake
    failures: list[BaseException] = field(default_factory=list)

    def __call__(self) -> None:
        try:
            with self.lake.opened() as connection:
                connection.execute("create schema lake.two")
                connection.execute("create table lake.two.notes (n bigint)")
                for number in range(NOTES):
                    connection.execute("insert into lake.two.notes values (?)", [number])
        except BaseException as error:  # noqa: BLE001 the test tells it
            self.failures.append(error)


@pytest.fixture
def lake(postgres: PostgresServer, tmp_path: Path) -> Lake:
    found = Lake(postgres.database(), tmp_path)
    found.prepare()
    quiet_dlt(tmp_path)
    return found


def rows_of(generation: int) -> pa.Table:
    ids = list(range(LEADS))
    payload = [f'{{"n": {number}, "in": "{generation}"}}' for number in ids]
    return pa.table({"id": ids, "generation": [generation] * LEADS, "payload": payload})


def load(destination: Any, folder: Path, dataset: str, generation: int) -> None:
    """One load that replaces every row, in a working folder that is thrown away."""
    pipeline = dlt.pipeline(
        f"writer_{dataset}",
        pipelines_dir=str(folder / f"{dataset}-{generation}"),
        destination=destination,
        dataset_name=dataset,
    )
    pipeline.run(
        rows_of(generation),
        table_name="leads",
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        primary_key="id",
        columns={"payload": {"data_type": "json"}},
        loader_file_format="parquet",
    )


def publish(lake: Lake) -> None:
    """What was loaded becomes what readers see: one transaction, one snapshot."""
    with lake.opened() as connection:
        connection.execute("create schema if not exists lake.shown")
        connection.execute("begin")
        connection.execute(
            "create table if not exists lake.shown.leads as from lake.one.leads limit 0"
        )
        connection.execute("delete from lake.shown.leads")
        connection.execute("insert into lake.shown.leads from lake.one.leads")
        connection.execute("commit")


def test_readers_see_whole_loads_while_two_writers_write(lake, tmp_path) -> None:
    load(lake.destination(), tmp_path, "one", 0)
    publish(lake)
    stop = threading.Event()
    readers = [Reader(lake, stop) for _ in range(2)]
    other = Writer(lake)
    threads = [threading.Thread(target=work) for work in (*readers, other)]
    for thread in threads:
        thread.start()
    try:
        for generation in range(1, GENERATIONS):
            load(lake.destination(), tmp_path, "one", generation)
            publish(lake)
    finally:
        threads[-1].join()
        stop.set()
        for thread in threads:
            thread.join()

    assert other.failures == []
    for reader in readers:
        assert reader.failures == []
        assert {(count, least == greatest) for count, least, greatest in reader.seen} == {
            (LEADS, True)
        }, "never half a load"
        assert len({least for _, least, _ in reader.seen}) > 1, "it read while loads went on"
    with lake.opened() as connection:
        written = connection.execute("select count(*), min(n) from lake.two.notes").fetchall()
    assert written == [(NOTES, 0)], "the other writer lost nothing"


def test_what_stands_in_the_lake_is_what_stands_in_a_file(lake, tmp_path) -> None:
    file = tmp_path / "warehouse.duckdb"
    for generation in range(2):
        load(lake.destination(), tmp_path, "one", generation)
        load(dlt.destinations.duckdb(str(file)), tmp_path / "file", "one", generation)
    table = Table("leads", COLUMNS, frozenset({"payload"}), "", is_loaded=True)
    with lake.opened() as connection:
        connection.execute(f"attach '{file}' as file (read_only)")
        (found,) = comparisons(connection, [table], "file.one", "lake.one")
    assert found.is_equal
    assert found.rows == LEADS
