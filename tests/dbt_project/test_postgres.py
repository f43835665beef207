"""The same raw rows, built on DuckDB and on a real PostgreSQL: every row and column is equal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.judge import judge_steps
from tests.dbt_project import postgres_warehouse, raw_warehouse, world
from tests.dbt_project.conftest import JUDGED
from tests.dbt_project.drawn import WORKSPACE, drawn
from tests.dbt_project.odd import odd
from tests.dbt_project.postgres_warehouse import (
    Relation,
    build_there,
    copy,
    differences,
    on_duckdb,
    on_postgres,
)
from tests.dbt_project.raw_rows import Rows
from tests.postgres_server import PostgresServer
from transforms.dbt import BuildResult, build
from transforms.judgement import Rules

SEEDS = range(20, 28)
VARIABLES = {"settled_after_days": 14, "settled_days_keep": "greatest"}
DRAFT = "instantly_draft"
# each of them asks something that the engines spell differently
TELLING = "+dim_accounts +dim_leads +fct_variant_engagement_daily stg_instantly__emails"


def all_differences(here: dict[str, Relation], there: dict[str, Relation]) -> list[str]:
    return [line for name in sorted(there) for line in differences(here[name], there[name], name)]


@pytest.fixture(scope="module")
def some(
    built: Path, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[PostgresServer, Path]:
    """The world of all tests here on PostgreSQL, a part of the models, and dbt's own folder."""
    server = postgres.database()
    copy(built / "instantly.duckdb", server, "instantly_raw")
    folder = tmp_path_factory.mktemp("postgres")
    build_there(server, folder, select=TELLING, exclude="resource_type:test")
    return server, folder


def test_what_is_built_is_what_duckdb_builds(
    built: Path, some: tuple[PostgresServer, Path]
) -> None:
    there = on_postgres(some[0])
    assert len(there) > 12
    assert all_differences(on_duckdb(built / "instantly.duckdb"), there) == []


def test_leads_are_a_view_in_a_file_and_a_table_in_a_server(
    some: tuple[PostgresServer, Path],
) -> None:
    kinds = some[0].execute(
        "select distinct table_type from information_schema.tables where table_schema = 'instantly'"
    )
    assert kinds.split("\n")[:-1] == ["BASE TABLE"]


def test_dbt_writes_the_password_nowhere(some: tuple[PostgresServer, Path]) -> None:
    server, folder = some
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [f.name for f in files if server.canary.encode() in f.read_bytes()] == []


@pytest.fixture(scope="module")
def everywhere(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Relation], dict[str, Relation], list[BuildResult]]]:
    """All worlds and verdicts on both engines, marts in a draft's schema on the server."""
    folder = tmp_path_factory.mktemp("everywhere")
    warehouse = folder / "instantly.duckdb"
    raw_warehouse.write(warehouse, worlds())
    server = postgres.database()
    copy(warehouse, server, "instantly_raw")
    results = [built_here(warehouse, folder, exclude=JUDGED)]
    judge_steps(warehouse, folder / "judgement", Rules())
    copy(warehouse, server, "instantly_judged")
    results.append(built_here(warehouse, folder, select=JUDGED))
    before = build_there(server, folder / "there", DRAFT, exclude=JUDGED, unit_tests=True)
    results += [before, build_there(server, folder / "there", DRAFT, select=JUDGED)]
    there = {
        name.replace(DRAFT, "instantly"): relation
        for name, relation in on_postgres(server, ("instantly_staging", DRAFT)).items()
    }
    yield on_duckdb(warehouse), there, results
    shutil.rmtree(folder)


def built_here(warehouse: Path, folder: Path, **options: str) -> BuildResult:
    work = folder / "work"
    return build(warehouse, workdir=work, variables=VARIABLES, environment=os.environ, **options)


def worlds() -> Rows:
    """The literal world, the odd one, and a drawn one per seed, each in its own workspace."""
    merged: Rows = {}
    drawings = ((drawn(seed), {"workspace_id": f"{WORKSPACE}-{seed}"}) for seed in SEEDS)
    for rows, place in ((world.rows(), {}), (odd(), {}), *drawings):
        for table, some_rows in rows.items():
            merged.setdefault(table, []).extend(row | place for row in some_rows)
    return merged


@pytest.mark.slow
def test_every_model_is_equal_row_by_row(
    everywhere: tuple[dict[str, Relation], dict[str, Relation], list[BuildResult]],
) -> None:
    here, there, results = everywhere
    assert here.keys() == there.keys()
    assert len(here) == len(results[0].models) + len(results[1].models)
    assert sum(len(relation.rows) for relation in here.values()) > 20_000
    assert all_differences(here, there) == []


@pytest.mark.slow
def test_every_check_of_the_data_and_of_the_sql_passes_there_too(
    everywhere: tuple[dict[str, Relation], dict[str, Relation], list[BuildResult]],
) -> None:
    *here, there, judged_there = everywhere[2]
    assert len(there.tests) > len(here[0].tests), "unit tests besides"
    assert len(judged_there.tests) == len(here[1].tests)


@pytest.mark.slow
def test_odd_texts_are_read_as_on_duckdb(
    everywhere: tuple[dict[str, Relation], dict[str, Relation], list[BuildResult]],
) -> None:
    """Not only alike, but some read and some refused: a guard that refuses all is alike too."""
    for relation, column in (
        ("instantly_staging.stg_instantly__campaign_sending_status", "issue_started_at"),
        ("instantly_staging.stg_instantly__inbox_placement_insights", "period_from"),
        ("instantly_staging.stg_instantly__lead_list_verification_stats", "verified"),
    ):
        there = everywhere[1][relation]
        index = [name for name, _ in there.columns].index(column)
        read = [row[index] is not None for row in there.rows]
        assert any(read)
        assert not all(read)


@pytest.mark.slow
def test_a_second_run_on_the_file_parses_nothing_again(built: Path, tmp_path: Path) -> None:
    """The profile speaks of eight engines; the parse cache must not notice."""
    words = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copyfile(built / "instantly.duckdb", folder / "instantly.duckdb")
        build(
            folder / "instantly.duckdb",
            workdir=folder,
            variables=VARIABLES,
            environment={**os.environ, "DBT_LOG_LEVEL": "info"},
            select="dim_workspaces",
            exclude="resource_type:test",
            parse_cache=tmp_path / "cache",
        )
        words.append((folder / "dbt.jsonl").read_text())
    assert "partial pars" in words[0], "a first run has no cache, and says so"
    assert "Unable to do partial parsing" not in words[1]


def test_the_profile_has_no_secret_of_its_own() -> None:
    profile = (postgres_warehouse.PROJECT / "profiles.yml").read_text()
    secrets = [line for line in profile.splitlines() if "password:" in line or "token:" in line]
    assert len(secrets) >= 5
    assert all("env_var(" in line for line in secrets)
