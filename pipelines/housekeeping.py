"""What is removed from a draft before it is published, and why each thing may go.

- `<dataset>_staging`: dlt's place for rows on their way. Empty of meaning after a load, but a
  second copy of every person in it.
- `_dlt_version`: one row per schema change, each the whole schema as JSON. dlt restores only the
  newest of a name, so the older ones are weight that every later run copies.
- `_dlt_pipeline_state`: one row per change of state; dlt restores only the newest of a pipeline.

Both datasets that dlt writes are tidied, the raw one and that of the judgement.

`_dlt_loads` stays whole: one short row per load, and `_dlt_load_id` in every table points at it.

DuckDB keeps the bytes of deleted rows in the file, through `checkpoint` and `vacuum` alike. Where
they must go, `write_afresh` copies what is left into a new file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipelines.warehouse_file import JUDGED, RAW, WRITTEN_AS, has_table, quoted

DATASETS = (RAW, JUDGED)

FORMER = '"the draft as it was"'
"""A name for a catalog that no file has."""

DROP_STAGING = "drop schema if exists {dataset}_staging cascade"

KEEP_NEWEST = {
    "_dlt_version": """
        delete from {dataset}._dlt_version as old
        where exists (
            select 1 from {dataset}._dlt_version as newer
            where newer.schema_name = old.schema_name and newer.inserted_at > old.inserted_at
        )
    """,
    "_dlt_pipeline_state": """
        delete from {dataset}._dlt_pipeline_state as old
        where exists (
            select 1 from {dataset}._dlt_pipeline_state as newer
            inner join {dataset}._dlt_loads as loads
                on newer._dlt_load_id = loads.load_id and loads.status = 0
            where newer.pipeline_name = old.pipeline_name and newer._dlt_load_id > old._dlt_load_id
        )
    """,
}
"""By table, in words that every destination has."""


def tidying(has: Callable[[str, str], bool]) -> Iterator[str]:
    """Statements that remove what no reader and no later run needs, each to be run when it comes.

    Args:
        has: whether a schema has a table by now.
    """
    for dataset in DATASETS:
        yield DROP_STAGING.format(dataset=dataset)
        for table, statement in KEEP_NEWEST.items():
            if has(dataset, table):
                yield statement.format(dataset=dataset)


def tidy(database: Path) -> None:
    """Removes what no reader and no later run needs, then writes everything into the file itself.

    Ends with a checkpoint and a closed file; no other handle to the database may be open.
    """
    import duckdb

    with duckdb.connect(str(database)) as connection:
        for statement in tidying(partial(has_table, connection)):
            connection.execute(statement)
        connection.execute("checkpoint")


def write_afresh(database: Path) -> None:
    """Replaces the file by one that holds its tables and views and nothing of what was deleted.

    Needs as much room again. Schemas, views, constraints and comments are kept; the catalog keeps
    its name, because stored views name it. No other handle to the database may be open.
    """
    import duckdb

    folder = database.with_name("afresh")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    fresh, spill = folder / database.name, str(folder / "spill")
    config = {**WRITTEN_AS, "temp_directory": spill}
    with duckdb.connect(str(fresh), config=config) as connection:
        (name,) = connection.execute("select current_database()").fetchall()[0]
        former = str(database).replace("'", "''")
        connection.execute(f"attach '{former}' as {FORMER} (read_only)")
        connection.execute(f"copy from database {FORMER} to {quoted(name)}")
        connection.execute(f"detach {FORMER}")
        connection.execute("checkpoint")
    shutil.copymode(database, fresh)
    fresh.replace(database)
    shutil.rmtree(folder)
