"""A warehouse moves into a real lake with all of its history, in one snapshot, and back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.destinations import begin
from pipelines.errors import ConfigurationError
from pipelines.move import move
from pipelines.move.moving import _kept_if_equal
from pipelines.move.proof import Comparison
from pipelines.warehouse_file import open_read_only
from tests.move.conftest import House
from tests.move.sides import in_file
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

OF_LOADER = {"_dlt_version", "_dlt_pipeline_state"}
"""Its own notes on the past, of which a load keeps the newest."""

SNAPSHOTS = "select count(*) from instantly_lake.ducklake_snapshot"


@dataclass(frozen=True)
class ByTheLake(House):
    """A house whose other end is a lake."""

    is_home: bool = False

    @property
    def settings(self) -> dict[str, str]:
        folder = {"DESTINATION_DUCKLAKE_FOLDER": str(self.file.parent / "rows")}
        kind = {"DESTINATION": "ducklake"} if self.is_home else {}
        return {**super().settings, **folder, **kind}


@pytest.fixture
def by_the_lake(home: Path, postgres: PostgresServer, tmp_path: Path) -> ByTheLake:
    pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake brings it")
    return ByTheLake(Path(shutil.copy(home, tmp_path / "warehouse.duckdb")), postgres.database())


def test_every_row_is_in_the_lake_and_comes_back(by_the_lake, home) -> None:
    done = move(by_the_lake.job(), "ducklake")
    assert done.is_equal
    assert by_the_lake.file.read_bytes() == home.read_bytes()
    assert by_the_lake.database.execute(SNAPSHOTS) == "2\n", "the empty lake, and all of it"
    with pytest.raises(ConfigurationError, match="there is something already"):
        move(by_the_lake.job(), "ducklake")

    back = ByTheLake(by_the_lake.file.with_name("back.duckdb"), by_the_lake.database, is_home=True)
    assert move(back.job(), "duckdb").is_equal
    there = in_file(back.file)
    for table, rows in in_file(home).items():
        assert table in OF_LOADER or there[table] == rows, table


def test_what_is_not_equal_is_in_no_snapshot(by_the_lake) -> None:
    place = ByTheLake(by_the_lake.file, by_the_lake.database, is_home=True).job().settings.place
    with (
        begin(place, "run") as draft,
        _kept_if_equal(draft, [Comparison("moved", 1, 2, is_equal=False)]),
    ):
        session = draft.session  # ty: ignore
        session.begin()
        session.connection.execute("create schema instantly_raw")
        session.connection.execute("create table instantly_raw.moved as select 1 as id")
    assert not place.exists()
    with open_read_only(place) as connection:
        assert connection.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]


def test_a_move_without_a_folder_is_a_wrong_setting(house) -> None:
    with pytest.raises(ConfigurationError, match="DESTINATION_DUCKLAKE_FOLDER is not set"):
        move(house.job(), "ducklake")
