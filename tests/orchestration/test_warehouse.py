"""The assets materialised by Dagster itself, against the sandbox, with the real dlt and dbt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

pytest.importorskip("dagster", reason="`make test` installs the extra dagster")

import dagster as dg

from orchestration.definitions import definitions
from orchestration.warehouse import Chosen, _failed, _loaded, _refusal
from pipelines.errors import ConfigurationError, LockHeldError, RunFailedError
from pipelines.outcome import SyncReport, TableOutcome
from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly import select_tables
from transforms.dbt import ChecksFailed, Node

ROOT = Path(__file__).parents[2]
WORLD = small(campaigns=2, days=6, leads_per_day=9)
OURS = ("INSTANTLY_", "DECISION_", "PRIVACY_", "WAREHOUSE_", "RUN_", "DAGSTER_HOME")


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    with Sandbox(WORLD, rate_limit=None) as api:
        yield api


@pytest.fixture
def file(tmp_path: Path, api: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the warehouse will be, with settings for the sandbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {k: v for k, v in os.environ.items() if k[:4] != "LOG_"})
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("INSTANTLY_API_KEY", api.key)
    monkeypatch.setenv("INSTANTLY_BASE_URL", api.url)
    monkeypatch.setenv("INSTANTLY_TABLES", "core")
    monkeypatch.setenv("WAREHOUSE_PATH", str(path))
    return path


def counted(path: Path) -> dict[str, int]:
    """Rows of each mart."""
    with duckdb.connect(str(path), read_only=True) as connection:
        marts = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'instantly'"
        ).fetchall()
        return {
            mart: connection.execute(f'from warehouse.instantly."{mart}"').df().shape[0]
            for (mart,) in marts
        }


@pytest.mark.slow
def test_a_run_is_told_asset_by_asset(file: Path, api: Sandbox, tmp_path: Path) -> None:
    """All of it, then a wrong key: the same instance remembers both, the file only the first."""
    defs, tables = definitions("core"), select_tables("core")
    api.reset_requests()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        done = defs.resolve_job_def("run").execute_in_process(instance=instance)
        asked = api.requests()["by_operation"]
        before = file.read_bytes()
        os.environ["INSTANTLY_API_KEY"] = "nobody's"
        failed = defs.resolve_job_def("run").execute_in_process(
            instance=instance, raise_on_error=False
        )

    assert done.success
    told = {
        "/".join(m.asset_key.path): m.metadata
        for event in done.get_asset_materialization_events()
        if (m := event.step_materialization_data.materialization)
    }
    assert {f"instantly_raw/{table}" for table in tables} <= told.keys()
    assert {"instantly_judged/variant_verdicts", "instantly_staging/int_campaigns"} <= told.keys()
    rows = {name: told[f"instantly/{name}"]["dagster/row_count"].value for name in counted(file)}
    assert rows == counted(file)
    assert rows["variant_performance"] > 0
    requests = sum(told[f"instantly_raw/{table}"]["requests"].value for table in tables)
    assert 0 < requests <= sum(asked.values())
    checks = done.get_asset_check_evaluations()
    assert len(checks) > 100
    assert all(check.passed for check in checks)

    assert not failed.success
    (failure,) = (e for e in failed.all_events if e.is_step_failure)
    assert failure.step_failure_data.user_failure_data.metadata["exit code"].value == 2
    assert not [e for e in failed.all_events if e.is_step_up_for_retry]
    assert file.read_bytes() == before
    assert "nobody's" not in str(failed.all_events)


@pytest.mark.slow
def test_dagster_takes_the_definitions_without_a_key(tmp_path: Path) -> None:
    kept_out = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), "definitions", "validate",
         "-m", "orchestration.definitions"],
        cwd=tmp_path,
        env={**kept_out, "PYTHONPATH": str(ROOT), "DAGSTER_DISABLE_TELEMETRY": "1"},
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("chosen", "tables"),
    [
        (Chosen(("accounts", "campaigns"), are_all=True, has_models=True), None),
        (Chosen(("accounts",), are_all=False, has_models=False), "accounts"),
    ],
)
def test_selected_tables_are_what_the_job_is_told(chosen: Chosen, tables: str | None) -> None:
    assert chosen.selection.tables == tables


def test_a_table_that_was_not_read_warns_and_one_that_nobody_brought_is_left_out() -> None:
    def outcome(workspace: str, table: str, message: str = "") -> TableOutcome:
        status = "failed" if message else "ok"
        return TableOutcome(workspace, workspace, table, status, 5, 2, 3, 0.5, message)

    told = list(
        _loaded(
            SyncReport(
                (
                    outcome("acme", "leads"),
                    outcome("globex", "leads", "key lacks leads:read"),
                    outcome("acme", "emails", "key lacks emails:read"),
                )
            )
        )
    )

    materialised = [t for t in told if isinstance(t, dg.MaterializeResult)]
    assert [t.asset_key.path for t in materialised] == [["instantly_raw", "leads"]]
    assert materialised[0].metadata["requests"] == 6
    checked = {t.asset_key.path[1]: t for t in told if isinstance(t, dg.AssetCheckResult)}
    assert not checked["leads"].passed
    assert checked["leads"].severity is dg.AssetCheckSeverity.WARN
    assert checked["leads"].description == "globex: failed: key lacks leads:read"
    assert not checked["emails"].passed


def test_a_broken_promise_is_a_failed_check_of_its_model() -> None:
    node = Node("rates_are_between_0_and_1", "test", "fail", 0.1, 4, "")
    spec = dg.AssetCheckSpec("rates", asset=dg.AssetKey(["instantly", "step_performance"]))
    failure = ChecksFailed("the data break a check", (node,))

    (told,) = _failed(failure, {node.name: spec})

    assert (told.asset_key, told.check_name, told.passed) == (spec.asset_key, "rates", False)
    assert told.metadata["rows that break it"].value == 4


@pytest.mark.parametrize(
    ("error", "code", "is_tried_again"),
    [
        (RunFailedError("no answer"), 1, True),
        (LockHeldError("another run"), 4, True),
        (ConfigurationError("no API key"), 2, False),
        (ChecksFailed("the data break a check", ()), 5, False),
    ],
)
def test_what_a_repetition_cannot_mend_is_not_repeated(
    error: Exception, code: int, is_tried_again: bool
) -> None:
    failure = _refusal(error)

    assert failure.description == str(error)
    assert failure.metadata["exit code"].value == code
    assert failure.allow_retries is is_tried_again
