"""The composition: what `run`, `sync` and `transform` have in common, and where they differ.

    settings ─> which tables ─> begin ─┬─ sync:      sources ─dlt─> instantly_raw
                                       ├─ transform: dbt build and tests ─> instantly
                                       ├─ judge: verdicts on it ─> instantly_judged
                                       └─ publish ─> what readers open (`pipelines.destinations`)

All three end in the same swap, so there is no way to change the warehouse that skips it. What can
be known without a draft (keys, table names, dates) is refused before the lock is taken.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.decision_settings import DecisionSettings
from pipelines.destinations import Draft, begin
from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.left_out import left_out
from pipelines.outcome import SyncReport
from pipelines.progress import Progress
from pipelines.settings import Settings, child_environment, parse_cache, quiet_dlt
from pipelines.signals import Interruption
from pipelines.warehouse_file import (
    MARTS,
    has_schema,
    open_read_only,
    refuse_bad_place,
    refuse_missing,
    warn_of_ambiguous_name,
)

if TYPE_CHECKING:
    from pipelines.pieces import Backfill, Load
    from transforms.dbt import Dbt

JUDGED = "source:instantly_judged+"
"""dbt's name for everything that hangs on what the judgement writes."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person asked to load in this one run, over the settings.

    `tables` as in INSTANTLY_TABLES (None: as set there); `since` and `until` are days, both
    included, of a backfill; `allow_shrink` publishes a listing that came back suspiciously short.
    """

    tables: str | None = None
    full_refresh: bool = False
    since: date | None = None
    until: date | None = None
    allow_shrink: bool = False

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            what = f"--since {self.since} lies after --until {self.until}"
            raise ConfigurationError(what, todo="exchange the two days")


@dataclass(frozen=True, slots=True)
class Job:
    """One command at work: its settings, its id, and whom to tell."""

    settings: Settings
    run_id: str
    progress: Progress
    selection: Selection = field(default_factory=Selection)
    interruption: Interruption = field(default_factory=Interruption)


def run(job: Job) -> SyncReport:
    """Sync, transform, check, swap in."""
    return _execute(job, sync=True, transform=True)


def sync(job: Job) -> SyncReport:
    """Load `instantly_raw` and swap it in; the marts stay as they were."""
    return _execute(job, sync=True, transform=False)


def transform(job: Job) -> SyncReport:
    """Build the marts from what is already loaded and swap them in; the report is empty."""
    refuse_missing(job.settings.place)
    return _execute(job, sync=False, transform=True)


def _execute(job: Job, *, sync: bool, transform: bool) -> SyncReport:
    """The swap around the parts that were asked for."""
    place = job.settings.place
    tables = _tables(job) if sync else ()
    job.progress.stage("copy")
    with begin(place, job.run_id) as draft, temporary_files_in(draft.workdir):
        job.interruption.tidy_up = draft.discard
        was_clear = sync and _hide_stored(job, draft)
        report = SyncReport()
        if sync:
            load = _loading(job, draft, is_built_from=transform)
            report = _sync(job, draft, load, tables, in_pieces=not was_clear)
        was_kept = sync and _remove_old_texts(job, draft)
        if sync and transform and not was_clear and marts_stand(job, draft):
            report = replace(report, is_unchanged=True)
        elif transform or (was_clear and holds_marts(draft)):
            build_marts(job, draft)
        job.progress.stage("publish")
        draft.publish(afresh=was_clear or was_kept)
    if isinstance(place, Path):
        warn_of_ambiguous_name(place)
    return report


@contextmanager
def temporary_files_in(folder: Path) -> Generator[None]:
    """Libraries put their temporary files into the run folder, where a kill leaves no litter.

    dlt writes every SQL job to the system's folder first: a killed run left them there for ever,
    and a full or read-only one stopped the load.
    """
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _tables(job: Job) -> tuple[str, ...]:
    """The tables to load; refuses missing keys, wrong places and unknown names, in this order.

    Nothing has been touched by then, and the cheap checks come before the import of dlt.
    """
    _ = job.settings.workspaces
    refuse_bad_place(job.settings.warehouse_path)
    from sources.instantly import select_tables

    _ = job.settings.privacy(job.settings.lead_variables)
    return select_tables(job.selection.tables or job.settings.tables)


def _hide_stored(job: Job, draft: Draft) -> bool:
    """Brings stored rows in line with PRIVACY_DROP and PRIVACY_HASH; whether any were in clear."""
    from pipelines.discretion import enforce

    return enforce(draft.database, job.settings.privacy(job.settings.lead_variables))


@left_out()
def _remove_old_texts(job: Job, draft: Draft) -> bool:
    """Takes what mails say out of rows older than EMAIL_TEXT_DAYS; whether there was any. No mart
    holds such texts."""
    from pipelines.retention import remove_old_texts

    return remove_old_texts(draft.database, job.settings.email_text_days)


@left_out()
def _sync(
    job: Job, draft: Draft, load: Load, tables: tuple[str, ...], *, in_pieces: bool
) -> SyncReport:
    """Loads into the draft, a long load piece by piece.

    Nothing loaded at all is a failure, not a partial success.
    """
    from pipelines.pieces import Pieces

    chosen, database = job.selection, draft.database
    pieces = Pieces(load, draft.publish_and_go_on if in_pieces else None)
    if chosen.since or chosen.until:
        report = pieces.by_days(tables, _backfill(job, draft, tables), database)
    else:
        seconds = None if chosen.full_refresh else job.settings.publish_minutes * 60
        report = pieces.in_time(tables, seconds)
    if report.is_empty:
        first = report.outcomes[0]
        where = f"{first.workspace_name}.{first.table_name}"
        raise RunFailedError(f"no table could be loaded: {first.message}", where=where)
    return report


def _loading(job: Job, draft: Draft, *, is_built_from: bool) -> Load:
    """`pipelines.sync.load` of one piece, each with an empty folder for dlt."""
    numbers = count(1)

    def load(**piece: Any) -> SyncReport:
        from pipelines.sync import load

        workdir = draft.workdir / f"load-{next(numbers)}"
        workdir.mkdir()
        quiet_dlt(workdir)
        job.progress.stage("load")
        return load(
            draft.database,
            workdir,
            job.settings,
            job.run_id,
            job.progress,
            is_built_from=is_built_from,
            full_refresh=job.selection.full_refresh,
            allow_shrink=job.selection.allow_shrink,
            **piece,
        )

    return load


def _backfill(job: Job, draft: Draft, tables: tuple[str, ...]) -> Backfill:
    """The days that were asked for, and how far back they can go."""
    from pipelines.pieces import Backfill
    from pipelines.unfinished import Stretch, oldest_campaign

    settings = job.settings
    of = [*tables, *settings.workspace_names, *settings.sub_workspaces]
    return Backfill(
        Stretch(job.selection.since, job.selection.until),
        oldest=settings.start_date or oldest_campaign(draft.database),
        of=",".join(of),
        begins_anew=job.selection.full_refresh,
    )


def holds_marts(draft: Draft) -> bool:
    """Whether marts have ever been built in the draft."""
    with open_read_only(draft.database) as connection:
        return has_schema(connection, MARTS)


def marts_stand(job: Job, draft: Draft) -> bool:
    """Whether building would give the marts that the draft holds (`pipelines.built_from`)."""
    if not isinstance(draft.database, Path):
        return False
    from pipelines.built_from import stand

    return stand(draft.database, _settings_of_marts(job))


def _settings_of_marts(job: Job) -> Mapping[str, object]:
    """Everything that is set and that dbt and the judgement are told."""
    rules = {name: getattr(job.settings, name) for name in DecisionSettings.model_fields}
    return {**rules, **_variables(job), "without": _idle_models(job)}


def build_marts(job: Job, draft: Draft) -> None:
    """Builds and tests the marts in the draft; a failing test means nothing is published.

    dbt builds twice: the judgement reads what the first build made, the second shows its verdicts.
    """
    from pipelines.built_from import note
    from pipelines.upgrade import bring_up

    job.progress.stage("transform")
    bring_up(draft.database, draft.workdir)
    with _dbt(job, draft) as dbt:
        built = dbt.build(exclude=" ".join([JUDGED, *_idle_models(job)]))
        job.progress.stage("judge")
        quiet_dlt(draft.workdir)
        from pipelines.judge import decision_rules, judge_steps

        judge_steps(draft.database, draft.workdir, decision_rules(job.settings))
        dbt.build(select=JUDGED)
    if isinstance(draft.database, Path):
        note(draft.database, _settings_of_marts(job), built)


def _idle_models(job: Job) -> list[str]:
    """dbt's names for models that nothing needs: no mart reads the tier of operations, and its
    two dozen views would cost a run without those tables some seconds."""
    from sources.instantly import BY_TABLE, Tier, select_tables

    asked = select_tables(job.selection.tables or job.settings.tables)
    own = {table for table in asked if BY_TABLE[table].tier is Tier.OPERATIONS}
    return [] if own else ["tag:operations"]


def _variables(job: Job) -> Mapping[str, object]:
    """The settings that the SQL reads."""
    return {
        "settled_after_days": job.settings.settled_after_days,
        "settled_days_keep": job.settings.settled_days_keep,
    }


def _dbt(job: Job, draft: Draft) -> AbstractContextManager[Dbt]:
    """dbt, ready to build in a draft; all builds share its start."""
    from transforms.dbt import at_work

    database = draft.database
    return at_work(
        database if isinstance(database, Path) else None,
        workdir=draft.workdir / "dbt",
        variables=_variables(job),
        environment={**child_environment(), **draft.dbt_environment},
        parse_cache=parse_cache(job.settings.destination),
    )
