"""The composition: what is published, what is not, and what the parts are given."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from pipelines import run as jobs
from pipelines import sync
from pipelines.errors import ConfigurationError, Exit, RunFailedError, exit_code_of
from pipelines.outcome import SyncReport, TableOutcome, new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job, Selection
from pipelines.settings import Settings
from sources.instantly.errors import UnknownTable
from transforms.dbt import ChecksFailed
from transforms.judgement import Metric, Rules

OK = TableOutcome("w1", "acme", "campaigns", "ok", rows=1)
SKIPPED = TableOutcome("w2", "globex", "campaigns", "skipped", message="key refused")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Job:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", dict(environment))
    settings = Settings(
        INSTANTLY_API_KEY=SecretStr("key"),
        WAREHOUSE_PATH="instantly.duckdb",
        SETTLED_AFTER_DAYS="7",
    )
    return Job(settings, new_run_id(), SilentProgress())


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Puts loader, builder and judge in place that write tables and remember their calls."""

    def put(
        report: SyncReport, failure: Exception | None = None, unjudged: Exception | None = None
    ) -> dict[str, Any]:
        calls: dict[str, Any] = {}

        def load(database: Path, workdir: Path, *rest: Any, **options: Any) -> SyncReport:
            calls["load"] = {"workdir": workdir, "rest": rest, **options}
            write(database, "loaded")
            return report

        def build(warehouse: Path, **options: Any) -> None:
            calls.setdefault("build", []).append(options)
            write(warehouse, "built" if "judge" not in calls else "shown")
            if failure:
                raise failure

        def judge_steps(database: Path, _: Path, rules: Rules) -> None:
            assert "build" in calls, "the judgement reads what the first build made"
            calls["judge"] = rules
            write(database, "judged")
            if unjudged:
                raise unjudged

        monkeypatch.setattr("pipelines.sync.load", load)

        @contextmanager
        def at_work(warehouse: Path, **session: Any) -> Iterator[SimpleNamespace]:
            nodes = {"select": None, "exclude": None}
            yield SimpleNamespace(build=lambda **own: build(warehouse, **session, **(nodes | own)))

        monkeypatch.setattr("transforms.dbt.at_work", at_work)
        monkeypatch.setattr("pipelines.judge.judge_steps", judge_steps)
        monkeypatch.setattr("pipelines.upgrade.bring_up", lambda *_: None)
        monkeypatch.setattr("pipelines.built_from.note", lambda *_: None)
        return calls

    return put


def write(database: Path, table: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create or replace table {table} as select 1 as a")


BUILT = {"built", "judged", "shown"}


def tables(job: Job) -> set[str]:
    with duckdb.connect(str(job.settings.warehouse_path), read_only=True) as connection:
        return {name for (name,) in connection.execute("show tables").fetchall()}


def test_run_publishes_what_was_loaded_and_built(job: Job, parts) -> None:
    calls = parts(SyncReport((OK,)))
    report = jobs.run(job)
    assert not report.is_partial
    assert tables(job) == {"loaded"} | BUILT
    assert "campaigns" in calls["load"]["tables"]
    variables = {"settled_after_days": 7, "settled_days_keep": "greatest"}
    first, second = calls["build"]
    assert first["variables"] == second["variables"] == variables
    assert "key" not in first["environment"].values()


def test_what_hangs_on_the_judgement_is_built_after_it(job: Job, parts) -> None:
    calls = parts(SyncReport((OK,)))
    jobs.run(job)
    first, second = calls["build"]
    assert first["select"] is None
    assert first["exclude"].split() == [jobs.JUDGED, "tag:operations"]
    assert (second["select"], second["exclude"]) == (jobs.JUDGED, None)
    assert first["workdir"] == second["workdir"], "so that only the first build parses"
    assert calls["judge"] == Rules()
    changed = job.settings.model_copy(update={"decision_metric": "open", "decision_effect": 0.2})
    calls.clear()
    jobs.transform(Job(changed, job.run_id, job.progress))
    assert calls["judge"] == Rules(metric=Metric.OPEN, effect=0.2)


@pytest.mark.parametrize(("tables", "is_built"), [("leads", False), ("webhooks", True)])
def test_models_of_operations_are_built_where_such_tables_are_loaded(
    job: Job, parts, tables: str, is_built: bool
) -> None:
    calls = parts(SyncReport((OK,)))
    jobs.run(replace(job, selection=Selection(tables=tables)))
    assert ("tag:operations" not in calls["build"][0]["exclude"]) == is_built


def test_temporary_files_lie_in_the_run_folder(job: Job, parts, monkeypatch) -> None:
    parts(SyncReport((OK,)))
    seen: list[str] = []
    load = sync.load

    def watched(database: Path, workdir: Path, *rest: Any, **options: Any) -> SyncReport:
        assert Path(tempfile.gettempdir()) == workdir.parent
        seen.append(tempfile.gettempdir())
        return load(database, workdir, *rest, **options)

    monkeypatch.setattr("pipelines.sync.load", watched)
    before = tempfile.gettempdir()
    jobs.run(job)
    assert seen
    assert tempfile.gettempdir() == before


def test_failing_judgement_publishes_nothing(job: Job, parts) -> None:
    parts(SyncReport((OK,)), unjudged=RunFailedError("the steps cannot be judged"))
    with pytest.raises(RunFailedError, match="cannot be judged"):
        jobs.run(job)
    assert not job.settings.warehouse_path.exists()


def test_sync_leaves_the_marts_and_transform_the_raw_tables(job: Job, parts) -> None:
    calls = parts(SyncReport((OK,)))
    jobs.sync(job)
    assert "build" not in calls
    assert tables(job) == {"loaded"}
    calls.clear()
    assert jobs.transform(job) == SyncReport()
    assert "load" not in calls
    assert tables(job) == {"loaded"} | BUILT


def test_partial_load_is_published_and_says_so(job: Job, parts) -> None:
    parts(SyncReport((OK, SKIPPED)))
    report = jobs.run(job)
    assert report.is_partial
    assert report.incomplete == (SKIPPED,)
    assert tables(job) == {"loaded"} | BUILT


def test_load_of_nothing_is_a_failure_and_publishes_nothing(job: Job, parts) -> None:
    parts(SyncReport((SKIPPED,)))
    with pytest.raises(RunFailedError, match=r"globex\.campaigns: no table could be loaded"):
        jobs.run(job)
    assert not job.settings.warehouse_path.exists()


def test_failing_check_publishes_nothing_of_the_run(job: Job, parts) -> None:
    parts(SyncReport((OK,)))
    jobs.run(job)
    before = job.settings.warehouse_path.read_bytes()
    parts(SyncReport((OK,)), failure=ChecksFailed("unique_id: 3 rows", ()))
    with pytest.raises(ChecksFailed) as refused:
        jobs.run(job)
    assert exit_code_of(refused.value) == Exit.REFUSED
    assert job.settings.warehouse_path.read_bytes() == before


def test_options_reach_the_loader(job: Job, parts) -> None:
    calls = parts(SyncReport((OK,)))
    selection = Selection(tables="campaigns", full_refresh=True, allow_shrink=True)
    jobs.sync(Job(job.settings, job.run_id, job.progress, selection))
    load = calls["load"]
    assert (load["full_refresh"], load["allow_shrink"]) == (True, True)
    assert load["pause_after"] is None, "a full refresh is not cut"
    days = {"since": date(2026, 1, 1), "until": date(2026, 1, 31)}
    jobs.sync(Job(job.settings, job.run_id, job.progress, Selection(**days)))
    assert {name: calls["load"][name] for name in days} == days
    assert "campaigns" in load["tables"]


def test_unknown_table_is_refused_before_the_lock_is_taken(job: Job, tmp_path: Path) -> None:
    selection = Selection(tables="campains")
    with pytest.raises(UnknownTable):
        jobs.run(Job(job.settings, job.run_id, job.progress, selection))
    assert list(tmp_path.iterdir()) == []


def test_transform_needs_a_warehouse(job: Job, tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match="no warehouse here yet"):
        jobs.transform(job)
    assert list(tmp_path.iterdir()) == []


def test_default_folder_is_created_and_no_other(job: Job, parts, tmp_path: Path) -> None:
    parts(SyncReport((OK,)))
    settings = Settings(INSTANTLY_API_KEY=SecretStr("key"))
    jobs.run(Job(settings, job.run_id, job.progress))
    assert (tmp_path / "data" / "warehouse.duckdb").is_file()
    other = Settings(INSTANTLY_API_KEY=SecretStr("key"), WAREHOUSE_PATH="dta/instantly.duckdb")
    with pytest.raises(ConfigurationError, match="no such folder"):
        jobs.run(Job(other, job.run_id, job.progress))


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="Exchange"):
        Selection(since=date(2026, 2, 1), until=date(2026, 1, 1))


def test_run_ids_sort_by_time_and_differ() -> None:
    ids = [new_run_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert [name[:19] for name in ids] == sorted(name[:19] for name in ids)
