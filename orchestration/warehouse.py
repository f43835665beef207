"""The one op: a run, a sync or a transform, told to Dagster asset by asset.

    selected ──┬ raw tables and models ─> run                 ┌─> materialised, rows and requests
               ├ raw tables            ─> sync      ─ swap ───┼─> checks: was_read, dbt's tests
               └ models                ─> transform           └─> or nothing, and the reason

Nothing is materialised unless the swap has happened: dbt's tests are known to have passed by then,
because a run in which one fails publishes nothing. A raw table that could not be read is left out
and its check `was_read` warns (exit code 3 of the command). Models are built together, whichever of
them are selected.

What a repetition cannot mend (wrong settings, refused data) is not repeated.

Dagster reads the annotation of `context` while it is defined, so annotations are not put off here.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DagsterExecutionInterruptedError,
    Failure,
    MaterializeResult,
    MetadataValue,
    RetryPolicy,
    multi_asset,
)

from orchestration.lineage import WAS_READ
from pipelines import run as jobs
from pipelines.errors import Exit, exit_code_of, is_understood
from pipelines.outcome import SyncReport, TableOutcome, new_run_id
from pipelines.progress import LineProgress
from pipelines.settings import Settings, load_settings
from pipelines.signals import interruptible
from pipelines.warehouse_file import RAW, Elsewhere, open_read_only
from transforms.dbt import ChecksFailed

POOL = "warehouse"
"""Dagster's name for what only one run at a time may have; `dagster.yaml` sets the limit."""
AGAIN = RetryPolicy(max_retries=2, delay=300)
HOPELESS = frozenset({Exit.CONFIGURATION, Exit.REFUSED})

ROWS = """
    select schema_name, table_name, estimated_size from duckdb_tables()
    where database_name = current_database()
"""
Told = MaterializeResult | AssetCheckResult


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the warehouse is selected: raw tables by name (`are_all`: without exception), models
    or not."""

    tables: tuple[str, ...]
    are_all: bool
    has_models: bool

    def start(self, job: jobs.Job) -> SyncReport:
        """Runs what is selected; the swap has happened when it returns."""
        if not self.tables:
            return jobs.transform(job)
        return (jobs.run if self.has_models else jobs.sync)(job)

    @property
    def selection(self) -> jobs.Selection:
        """For the job: nothing in particular where all tables are selected."""
        return jobs.Selection(tables=None if self.are_all else ",".join(self.tables))


def warehouse_asset(
    specs: Sequence[AssetSpec],
    tests: Mapping[str, AssetCheckSpec],
    readings: Sequence[AssetCheckSpec],
) -> AssetsDefinition:
    """The assets of `specs` as one op; `tests` by the names that dbt gives them."""
    raw = {spec.key for spec in specs if spec.key.path[0] == RAW}
    upstream = {spec.key: {dep.asset_key for dep in spec.deps} for spec in specs}
    in_order = list(TopologicalSorter(upstream).static_order())  # Dagster takes them in no other

    @multi_asset(
        name="instantly_warehouse",
        specs=specs,
        check_specs=[*tests.values(), *readings],
        can_subset=True,
        pool=POOL,
        retry_policy=AGAIN,
    )
    def instantly_warehouse(context: AssetExecutionContext) -> Iterator[Told]:
        selected = set(context.selected_asset_keys)
        chosen = Chosen(
            tuple(sorted(key.path[1] for key in selected & raw)),
            are_all=selected >= raw,
            has_models=bool(selected - raw),
        )
        asked = selected | context.selected_asset_check_keys
        settings = load_settings()
        try:
            report = _worked(settings, chosen)
        except ChecksFailed as failure:
            yield from (told for told in _failed(failure, tests) if _key_of(told) in asked)
            raise _refusal(failure) from None
        except Exception as error:
            if not is_understood(error):
                raise
            raise _refusal(error) from None
        rows = _rows(settings.place)
        models = [key for key in in_order if key not in raw]
        for told in (*_loaded(report), *_built(models, rows), *_passed(tests)):
            if _key_of(told) in asked:
                yield told

    return instantly_warehouse


def _key_of(told: Told) -> AssetKey | AssetCheckKey:
    """What the result is about; all of ours say it."""
    assert told.asset_key
    if isinstance(told, MaterializeResult):
        return told.asset_key
    assert told.check_name
    return AssetCheckKey(told.asset_key, told.check_name)


def _worked(settings: Settings, chosen: Chosen) -> SyncReport:
    """One job; ending it in Dagster stops it as Ctrl-C stops the command, and leaves nothing."""
    logging.getLogger("instantly_warehouse").setLevel(settings.log_level)
    with interruptible(settings.run_deadline_minutes * 60) as interruption:
        job = jobs.Job(settings, new_run_id(), LineProgress(), chosen.selection, interruption)
        try:
            return chosen.start(job)
        except BaseException as error:
            if interruption.signal is None:
                raise
            raise DagsterExecutionInterruptedError(interruption.reason) from error


def _loaded(report: SyncReport) -> Iterator[Told]:
    """Each raw table that at least one workspace brought, and whether all of them did."""
    by_table = attrgetter("table_name")
    for table, found in groupby(sorted(report.outcomes, key=by_table), key=by_table):
        outcomes, key = list(found), AssetKey([RAW, table])
        if any(outcome.status == "ok" for outcome in outcomes):
            yield MaterializeResult(asset_key=key, metadata=_numbers(outcomes))
        missing = [o for o in outcomes if o.status != "ok"]
        yield AssetCheckResult(
            asset_key=key,
            check_name=WAS_READ,
            passed=not missing,
            severity=AssetCheckSeverity.WARN,
            description="; ".join(f"{o.workspace_name}: {o.status}: {o.message}" for o in missing),
        )


def _numbers(outcomes: Sequence[TableOutcome]) -> dict[str, Any]:
    """What the closing table of a run says of a table, over all workspaces."""
    return {
        "dagster/row_count": sum(outcome.rows for outcome in outcomes),
        "rows changed": sum(outcome.changed for outcome in outcomes),
        "requests": sum(outcome.requests for outcome in outcomes),
        "seconds": MetadataValue.float(sum(outcome.seconds for outcome in outcomes)),
        "workspaces": len(outcomes),
    }


def _built(models: Sequence[AssetKey], rows: Mapping[tuple[str, str], int]) -> Iterator[Told]:
    """Each model; views have no count of rows."""
    for key in models:
        count = rows.get((key.path[0], key.path[1]))
        metadata = {} if count is None else {"dagster/row_count": count}
        yield MaterializeResult(asset_key=key, metadata=metadata)


def _passed(tests: Mapping[str, AssetCheckSpec]) -> Iterator[AssetCheckResult]:
    """Every test of dbt: a build in which one fails ends otherwise."""
    for spec in tests.values():
        yield AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True)


def _failed(
    failure: ChecksFailed, tests: Mapping[str, AssetCheckSpec]
) -> Iterator[AssetCheckResult]:
    """The tests that the data do not pass; of the others nothing is known."""
    for node in failure.failures:
        if spec := tests.get(node.name):
            yield AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=False,
                metadata={"rows that break it": node.failures or 0},
            )


def _refusal(error: BaseException) -> Failure:
    """The one line of the command, with its exit code."""
    code = exit_code_of(error)
    return Failure(
        str(error), metadata={"exit code": int(code)}, allow_retries=code not in HOPELESS
    )


def _rows(path: Path | Elsewhere) -> dict[tuple[str, str], int]:
    """Rows of each table of the published file, by schema and name; a database only guesses."""
    if not isinstance(path, Path):
        return {}
    with open_read_only(path) as connection:
        found = connection.execute(ROWS).fetchall()
    return {(schema, table): rows for schema, table, rows in found}
