"""dlt's way to a draft's file: one handle, no log, and the memory that a job may take."""

import resource
from pathlib import Path

import duckdb
import pytest

from pipelines.destinations.file import FOR_MERGES, FOR_ROWS, destination
from pipelines.errors import RunFailedError


def allowed(cursor: duckdb.DuckDBPyConnection) -> str:
    (found,) = cursor.execute("select current_setting('memory_limit')").fetchall()[0]
    return found


@pytest.mark.parametrize(("memory", "shown"), [(FOR_ROWS, "171.6 MiB"), (FOR_MERGES, "286.1 MiB")])
def test_what_may_be_taken_holds_for_the_open_file_and_the_next_opening(
    tmp_path: Path, memory: str, shown: str
) -> None:
    held = destination(tmp_path / "draft.duckdb").client_class.held
    cursor = held.cursor()
    assert allowed(cursor) == "286.1 MiB"

    held.allow(memory)
    assert allowed(cursor) == shown
    held.let_go(cursor)
    again = held.cursor()
    assert allowed(again) == shown
    held.let_go(again)


def test_too_small_an_allowance_fails_nothing(tmp_path: Path) -> None:
    """What DuckDB cannot let go of it keeps."""
    held = destination(tmp_path / "draft.duckdb").client_class.held
    cursor = held.cursor()
    cursor.execute("create table t as select range, repeat('x', 500) as text from range(400000)")
    held.allow("1MB")

    assert cursor.execute("select count(*) from t").fetchall() == [(400_000,)]
    held.let_go(cursor)


ROWS = "create table t as select range as id, md5(range::varchar) as text from range(100000)"
"""Too few for a row group: they wait for the checkpoint."""


def test_rows_are_in_the_file_when_the_last_lets_go_and_in_no_log_before(tmp_path: Path) -> None:
    database = tmp_path / "memory.duckdb"
    held = destination(database).client_class.held
    first, last = held.cursor(), held.cursor()
    first.execute(ROWS)
    held.let_go(first)
    assert {path.name for path in tmp_path.iterdir()} == {database.name}
    held.let_go(last)

    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select count(distinct text) from t").fetchall() == [(100_000,)]


def test_rows_that_cannot_be_written_at_the_end_are_told_and_nobody_goes_on(tmp_path: Path) -> None:
    """DuckDB closes a file without a word about them."""
    database = tmp_path / "draft.duckdb"
    held = destination(database).client_class.held
    cursor = held.cursor()
    cursor.execute(ROWS)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (database.stat().st_size + 4096, most))
    try:
        with pytest.raises(RunFailedError, match="File too large"):
            held.let_go(cursor)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    with pytest.raises(RunFailedError, match="File too large"):
        held.cursor()
