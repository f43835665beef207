"""What is removed from a draft before it is published, and why each thing may go.

- `<dataset>_staging`: dlt's place for rows on their way. Empty of meaning after a load, but a
  second copy of every person in it.
- `_dlt_version`: one row per schema change, each the whole schema as JSON. dlt restores only the
  newest of a name, so the older ones are weight that every later run copies.
- `_dlt_pipeline_state`: one row per change of state; dlt restores only the newest of a pipeline.

Both datasets that dlt writes are tidied, the raw one and that of the judgement.

`_dlt_loads` stays whole: one short row per load, and `_dlt_load_id` in every table points at it.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.warehouse_file import has_table

DATASETS = ("instantly_raw", "instantly_judged")

DROP_STAGING = "drop schema if exists {dataset}_staging cascade"

KEEP_NEWEST_SCHEMA = """
    delete from {dataset}._dlt_version as old
    where exists (
        select 1 from {dataset}._dlt_version as newer
        where newer.schema_name = old.schema_name and newer.inserted_at > old.inserted_at
    )
"""

KEEP_NEWEST_STATE = """
    delete from {dataset}._dlt_pipeline_state as old
    where exists (
        select 1 from {dataset}._dlt_pipeline_state as newer
        inner join {dataset}._dlt_loads as loads
            on newer._dlt_load_id = loads.load_id and loads.status = 0
        where newer.pipeline_name = old.pipeline_name and newer._dlt_load_id > old._dlt_load_id
    )
"""


def tidy(database: Path) -> None:
    """Removes what no reader and no later run needs, then writes everything into the file itself.

    Ends with a checkpoint and a closed file; no other handle to the database may be open.
    """
    import duckdb

    with duckdb.connect(str(database)) as connection:
        for dataset in DATASETS:
            connection.execute(DROP_STAGING.format(dataset=dataset))
            if has_table(connection, dataset, "_dlt_version"):
                connection.execute(KEEP_NEWEST_SCHEMA.format(dataset=dataset))
            if has_table(connection, dataset, "_dlt_pipeline_state"):
                connection.execute(KEEP_NEWEST_STATE.format(dataset=dataset))
        connection.execute("checkpoint")
