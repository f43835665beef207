"""What Spark is told about files, and what is refused before Spark is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.settings import Settings
from spark.building import build
from spark.session import refuse_missing
from spark.tables import over_files

POSTGRES = "postgresql://u:p@127.0.0.1:1/d"


def test_every_column_is_named_and_a_folder_may_be_called_anything() -> None:
    tables = {"leads": {"id": "VARCHAR", "payload": "JSON", "seen`at": "TIMESTAMP WITH TIME ZONE"}}

    dropped, created = over_files("raw", tables, Path("/a lake's\\"))
    assert dropped == "drop table if exists raw.`leads`"
    assert created == (
        "create table raw.`leads` (`id` string, `payload` string, `seen``at` timestamp) "
        "using parquet location 'file:///a lake\\'s\\\\/leads'"
    )


def test_a_type_that_no_load_writes_is_said() -> None:
    with pytest.raises(RunFailedError, match=r"raw\.`t`\.c: Spark is told no type for UBIGINT"):
        list(over_files("raw", {"t": {"c": "UBIGINT"}}, Path("/lake")))


def test_without_spark_or_java_nothing_is_begun() -> None:
    with pytest.raises(ConfigurationError, match=r"make spark|Java 17"):
        refuse_missing({"PATH": ""})


@pytest.mark.parametrize(
    ("folder", "words"),
    [("a lake's", "holds an apostrophe"), ("none/lake", "cannot be a folder")],
)
def test_a_folder_that_cannot_be_is_refused(tmp_path: Path, folder: str, words: str) -> None:
    file = tmp_path / "warehouse.duckdb"
    file.touch()
    with pytest.raises(ConfigurationError, match=words):
        build(Settings(INSTANTLY_API_KEY="x", WAREHOUSE_PATH=file), tmp_path / folder)


def test_only_a_file_that_is_there_is_copied(tmp_path: Path) -> None:
    file = Settings(INSTANTLY_API_KEY="x", WAREHOUSE_PATH=tmp_path / "none.duckdb")
    with pytest.raises(RunFailedError, match="there is no warehouse here yet"):
        build(file, tmp_path / "lake")
    database = Settings(
        INSTANTLY_API_KEY="x", DESTINATION="postgres", DESTINATION_POSTGRES_URL=POSTGRES
    )
    with pytest.raises(ConfigurationError, match="only a file is copied"):
        build(database, tmp_path / "lake")
    assert not (tmp_path / "lake").exists()
