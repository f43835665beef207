"""dlt's way to a draft's file: one handle, and the memory that a job may take."""

from pathlib import Path

import duckdb
import pytest

from pipelines.destinations.file import FOR_MERGES, FOR_ROWS, destination


def allowed(cursor: duckdb.DuckDBPyConnection) -> str:
    (found,) = cursor.execute("select current_setting('memory_limit')").fetchall()[0]
    return found


@pytest.mark.parametrize(("memory", "shown"), [(FOR_ROWS, "228.8 MiB"), (FOR_MERGES, "286.1 MiB")])
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
