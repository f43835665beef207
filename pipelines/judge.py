"""The judgement at work in a draft: what dbt counted goes in, verdicts come out as tables.

    int_judgement_days, int_judgement_arms ────────┐
    int_judgement_cohorts, int_judgement_coverage ─┼─SQL─> transforms.judgement ─dlt─┐
    instantly_raw.sync_runs (what time?) ──────────┘           instantly_judged <────┘

Both ways go through dlt, so any destination can be judged. A Python model of dbt was refused: it
would run only where the engine runs Python, and inside dbt's process. The time is the source's
clock at the newest observation, so the same warehouse is judged alike at any hour, on any machine.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import pandas as pd
import pyarrow as pa
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines.decision_settings import DecisionSettings
from pipelines.destinations import Database, file_format, kept_together
from pipelines.destinations import pipeline as pipeline_into
from pipelines.errors import RunFailedError
from pipelines.history import RUNS
from pipelines.warehouse_file import JUDGED, RAW, STAGING
from transforms.judgement import Judgement, Mails, Rules, judge

PIPELINE = "instantly_judged"

_ARM = {
    "workspace_id": pa.string(),
    "campaign_id": pa.string(),
    "step": pa.int64(),
    "variant": pa.int64(),
    "copy_version": pa.int64(),
}
_EVENTS = (
    "unique_opened",
    "unique_replies",
    "unique_replies_automatic",
    "unique_clicks",
    "unique_opportunities",
)
DAYS = pa.schema(
    _ARM | {"date": pa.date32(), "sent": pa.int64()} | dict.fromkeys(_EVENTS, pa.int64())
)
ARMS = pa.schema(
    _ARM
    | dict.fromkeys(("is_current", "is_disabled"), pa.bool_())
    | dict.fromkeys(("auto_selected_from", "auto_selected_until"), pa.date32())
    | dict.fromkeys(("open_tracking", "link_tracking"), pa.bool_())
    | dict.fromkeys(("is_tracking_switched", "is_accounts_changed"), pa.bool_())
    | dict.fromkeys((f"lifetime_{name}" for name in _EVENTS), pa.int64())
)
COHORTS = pa.schema(
    _ARM
    | {"date": pa.date32()}
    | dict.fromkeys(("sent", "unique_replies", "unique_replies_automatic"), pa.int64())
)
COVERAGE = pa.schema(
    {name: kind for name, kind in _ARM.items() if name != "copy_version"}
    | {"date": pa.date32()}
    | dict.fromkeys(
        ("reported_sent", "mailed_sent", "reported_replies", "mailed_replies"), pa.int64()
    )
)
"""The columns that are read, by name and type: the frames of `transforms.judgement.judge`."""
SEEN = pa.schema({"observed_at": pa.timestamp("us", "UTC")})


def decision_rules(settings: DecisionSettings) -> Rules:
    """The thresholds as set."""
    names = DecisionSettings.model_fields
    return Rules(**{name.removeprefix("decision_"): getattr(settings, name) for name in names})


def judge_steps(database: Path | Database, workdir: Path, rules: Rules) -> Judgement:
    """Judges every step of a draft and writes `variant_arms` and `variant_verdicts`.

    Args:
        database: the draft's, its intermediate models built.
        workdir: a folder for dlt, thrown away afterwards.
        rules: the thresholds.

    Returns:
        What was written. Both tables exist afterwards, with rows or without.

    Raises:
        RunFailedError: the counts cannot be right, or the tables could not be written.
    """
    pipeline = pipeline_into(database, PIPELINE, JUDGED, workdir)
    days = _frame(pipeline, "int_judgement_days", DAYS)
    arms = _frame(pipeline, "int_judgement_arms", ARMS)
    try:
        judged = judge(days, arms, _now(pipeline), rules, _mails(pipeline))
    except ValueError as error:
        raise RunFailedError(f"the steps cannot be judged: {error}") from error
    tables = {"variant_arms": judged.arms, "variant_verdicts": judged.verdicts}
    with kept_together(database):
        _write(pipeline, tables, file_format(database))
    return judged


def _mails(pipeline: dlt.Pipeline) -> Mails | None:
    """What the e-mails say; None where none were loaded, which saves looking at their coverage."""
    cohorts = _frame(pipeline, "int_judgement_cohorts", COHORTS)
    if cohorts.empty:
        return None
    return Mails(cohorts, _frame(pipeline, "int_judgement_coverage", COVERAGE))


def _now(pipeline: dlt.Pipeline) -> datetime:
    """The source's clock at the newest observation; without any, a day before all others."""
    seen = _read(pipeline, RAW, RUNS, ["max(observed_at) as observed_at"], SEEN)
    return seen["observed_at"][0].as_py() or datetime(1970, 1, 1, tzinfo=UTC)


def _frame(pipeline: dlt.Pipeline, table: str, schema: pa.Schema) -> pd.DataFrame:
    """A model of the first build as a frame; dates are numpy's, which are compared at once."""
    found = _read(pipeline, STAGING, table, schema.names, schema)
    return found.to_pandas(date_as_object=False)


def _read(
    pipeline: dlt.Pipeline, dataset: str, table: str, columns: Sequence[str], schema: pa.Schema
) -> pa.Table:
    """The columns of a table, in exactly the types of `schema`, with rows or without."""
    # dlt types what its `__exit__` takes too narrowly
    with pipeline.sql_client() as client:  # ty: ignore[invalid-context-manager]
        with client.with_alternative_dataset_name(dataset):
            relation = client.make_qualified_table_name(table)
        sql = f"select {', '.join(columns)} from {relation}"  # noqa: S608 names of this module
        with client.execute_query(sql) as cursor:
            found = cursor.arrow()
    return schema.empty_table() if found is None else found.cast(schema)


def _write(pipeline: dlt.Pipeline, frames: Mapping[str, pd.DataFrame], file_format: Any) -> None:
    """Replaces the tables; arrow carries the types, so that empty ones have them too."""
    tables = [
        dlt.resource([pa.Table.from_pandas(frame, preserve_index=False)], name=name)
        for name, frame in frames.items()
    ]
    try:
        pipeline.run(tables, write_disposition="replace", loader_file_format=file_format)
    except PipelineStepFailed as failure:
        what = f"the verdicts could not be written: {failure}"
        raise RunFailedError(what, todo="run again, with -v for more") from failure
