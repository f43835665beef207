"""What `dagster dev` and `dagster definitions validate` load.

    settings (INSTANTLY_TABLES) + dbt's manifest ──> the assets, a job, its schedule (off at first)

No key is needed to look; a run needs one. A wrong setting is said when this is loaded.
"""

from __future__ import annotations

from dagster import Definitions, ScheduleDefinition, define_asset_job, in_process_executor

from orchestration import lineage
from orchestration.warehouse import warehouse_asset
from pipelines.settings import load_settings
from sources.instantly import select_tables

EVERY_NIGHT = "17 4 * * *"


def definitions(tables: str) -> Definitions:
    """The warehouse with these raw tables (as INSTANTLY_TABLES) and all that is built of them."""
    chosen, found = select_tables(tables), lineage.manifest()
    raw = list(lineage.raw_specs(chosen))
    models = list(lineage.model_specs(found, chosen))
    asset = warehouse_asset(
        [*raw, *models], lineage.checks(found, models), list(lineage.raw_checks(raw))
    )
    job = define_asset_job("run", selection=[asset], description="All of it: the command `run`.")
    night = ScheduleDefinition(job=job, cron_schedule=EVERY_NIGHT, execution_timezone="UTC")
    return Definitions(assets=[asset], jobs=[job], schedules=[night], executor=in_process_executor)


defs = definitions(load_settings().tables)
