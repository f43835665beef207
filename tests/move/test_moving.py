"""A warehouse moves into a real PostgreSQL with all of its history, and back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError, Exit, LockHeldError, RunFailedError
from pipelines.lock import locked
from pipelines.move import Moving, move
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job
from pipelines.settings import Settings
from tests.move.conftest import ODD_TEXTS, SCHEMAS, SPOILS, House, load
from tests.move.sides import Rows, in_database, in_file
from tests.postgres_server import PostgresServer

COLUMNS = """
    select table_name, column_name, data_type, is_nullable from duckdb_columns()
    where schema_name = 'instantly_raw' order by all
"""
OF_LOADER = "_dlt_version"


@dataclass(frozen=True)
class Moved:
    """A house after its move, and what the move said."""

    house: House
    done: Moving


@pytest.fixture(scope="module")
def moved(home: Path, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Moved:
    file = Path(shutil.copy(home, tmp_path_factory.mktemp("moved") / "warehouse.duckdb"))
    house = House(file, postgres.database())
    return Moved(house, move(house.job(), "postgres"))


def _differing(one: dict[str, Rows], other: dict[str, Rows]) -> list[str]:
    """Tables that are not the same, but for the loader's own notes on their shape."""
    return [table for table in one if table != OF_LOADER and one[table] != other[table]]


def test_every_row_of_every_table_is_there(moved, home) -> None:
    here, there = in_file(home), in_database(moved.house.database)
    assert here.keys() == there.keys()
    assert _differing(here, there) == []
    assert sum(here["webhook_events"].values()) == len(ODD_TEXTS) + 1
    assert max(here["webhook_events"].values()) == 2, "what stands twice stands there twice"
    assert all(here[table] for table in ("leads", "forgotten", "pauses", "backfills", "sync_runs"))


def test_the_proof_names_every_table_and_the_file_is_as_it_was(moved, home) -> None:
    rows = {comparison.table: comparison.rows for comparison in moved.done.comparisons}
    held = {table: sum(found.values()) for table, found in in_file(home).items()}
    assert rows == {table: count for table, count in held.items() if table != OF_LOADER}
    assert moved.done.is_equal
    assert moved.house.file.read_bytes() == home.read_bytes()
    left = {path.name for path in moved.house.file.parent.iterdir()}
    assert left <= {"warehouse.duckdb", ".warehouse.duckdb.lock"}
    assert moved.house.database.execute(SCHEMAS).split() == ["instantly_raw"]


def test_the_way_back_leads_to_an_equal_file(moved, home, tmp_path) -> None:
    back = House(tmp_path / "back.duckdb", moved.house.database)
    assert move(back.job(), "duckdb").is_equal
    with duckdb.connect(str(home)) as one, duckdb.connect(str(back.file)) as other:
        assert other.execute(COLUMNS).fetchall() == one.execute(COLUMNS).fetchall()
    assert _differing(in_file(home), in_file(back.file)) == []


def test_a_run_after_the_move_asks_what_it_would_have_asked_at_home(
    moved, home, server, tmp_path
) -> None:
    file = Path(shutil.copy(home, tmp_path / "warehouse.duckdb"))
    server.change("late_reply", campaign=1, days_ago=3)
    server.reset_requests()
    load(server, WAREHOUSE_PATH=file)
    at_home = server.requests()["by_operation"]
    server.reset_requests()
    there = load(server, DESTINATION="postgres", **moved.house.settings)
    assert server.requests()["by_operation"] == at_home
    assert not there.is_partial
    but = ("run_id", "observed_at", "started_at", "finished_at", "seconds", "_dlt_valid_from")
    but += ("_dlt_valid_to", "_dlt_load_id", "_dlt_id", "load_id", "inserted_at")
    own = ("_dlt_loads", "_dlt_version", "_dlt_pipeline_state")
    left, right = in_file(file, but=but), in_database(moved.house.database, but=but)
    assert set(_differing(left, right)) <= set(own)


def test_what_the_database_changed_is_found_and_nothing_is_shown(house) -> None:
    house.database.execute(SPOILS)
    before = house.file.read_bytes()
    done = move(house.job(), "postgres")
    assert [(c.table, c.differing) for c in done.comparisons if not c.is_equal] == [
        ("campaigns", ("name",))
    ]
    assert done.refusal.exit_code is Exit.REFUSED
    assert "not the same there: campaigns; nothing was moved" in str(done.refusal)
    assert house.database.execute(SCHEMAS) == ""
    assert house.file.read_bytes() == before


def test_a_place_that_holds_a_warehouse_is_refused_and_left(moved) -> None:
    for to in ("postgres", "duckdb"):
        with pytest.raises(ConfigurationError, match="two histories cannot be one"):
            move(moved.house.job(), to)
    assert moved.house.database.execute(SCHEMAS).split() == ["instantly_raw"]


def test_a_run_at_either_end_locks_the_move_out(moved, postgres) -> None:
    with locked(moved.house.file), pytest.raises(LockHeldError):
        move(House(moved.house.file, postgres.database()).job(), "postgres")


def test_what_cannot_be_moved_is_said_before_anything_is_touched(tmp_path, postgres) -> None:
    nowhere = House(tmp_path / "warehouse.duckdb", postgres.database())
    with pytest.raises(RunFailedError, match="no warehouse here yet"):
        move(nowhere.job(), "postgres")
    with duckdb.connect(str(nowhere.file)) as connection:
        connection.execute("create schema instantly_raw")
    with pytest.raises(RunFailedError, match="holds nothing to move"):
        move(nowhere.job(), "postgres")
    assert nowhere.database.execute(SCHEMAS) == ""


def test_a_move_without_an_address_is_a_wrong_setting(tmp_path) -> None:
    settings = Settings(WAREHOUSE_PATH=tmp_path / "warehouse.duckdb")
    with pytest.raises(ConfigurationError, match="DESTINATION_POSTGRES_URL is not set"):
        move(Job(settings, new_run_id(), SilentProgress()), "postgres")
