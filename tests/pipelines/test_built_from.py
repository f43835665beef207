"""When marts may stay as they are: only where nothing at all is other than when they were built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import built_from
from transforms.dbt import BuildResult, Node

SETTINGS = {"settled_after_days": 14, "decision_metric": "reply", "without": ["tag:operations"]}
RAW = """
    create schema instantly_raw; create schema instantly_staging; create schema instantly;
    create table instantly_raw._dlt_loads (load_id varchar);
    create table instantly_raw.sync_runs (
        run_id varchar, status varchar, observed_at timestamptz, version varchar
    );
    create table instantly_raw.campaigns (
        workspace_id varchar, id varchar, name varchar, row_version bigint,
        _dlt_valid_from timestamptz, _dlt_valid_to timestamptz
    );
    create table instantly_raw.step_analytics_daily (
        workspace_id varchar, campaign_id varchar, date date, sent bigint, observed_at timestamptz
    );
    create table instantly_raw.leads (
        workspace_id varchar, id varchar, email varchar, payload json, row_version bigint,
        observed_at timestamptz, deleted_at timestamptz
    );
    create table instantly_raw.quarantine (table_name varchar, resolved_at timestamptz);
    insert into instantly_raw.campaigns
        select 'w', 'c' || n, 'Campaign ' || n, n, '2026-11-01 08:00:00+00', null
        from range(3) t(n);
    insert into instantly_raw.step_analytics_daily
        select 'w', 'c1', date '2026-10-01' + n::int, 10, '2026-11-01 08:00:00+00'
        from range(30) t(n);
    insert into instantly_raw.leads
        select 'w', 'l' || n, n || '@example.com', '{}', n, '2026-11-01 08:00:00+00', null
        from range(40) t(n);
    insert into instantly_raw.quarantine values ('leads', null);
    insert into instantly_raw.sync_runs values ('run-1', 'ok', '2026-11-17 09:00:00+00', '1');
"""
STATUS = "select run_id, status from instantly_raw.sync_runs"
INFO = "select run_id, observed_at as as_of from instantly_raw.sync_runs order by all desc limit 1"
CHECK = (
    'select run_id from "instantly"."sync_status" group by run_id having count(*) > 1 -- one a run'
)
MARTS = f"""
    create table instantly.sync_status as {STATUS};
    create table instantly.warehouse_info as {INFO};
    comment on column instantly.sync_status.run_id is 'Id of the run';
"""
ANOTHER_RUN = """
    insert into instantly_raw.sync_runs values ('run-2', 'ok', '2026-11-17 21:00:00+00', '1')
"""
CHANGES = {
    "a late reply: another observation of an old day": """
        insert into instantly_raw.step_analytics_daily
        values ('w', 'c1', '2026-10-03', 11, '2026-11-17 21:00:00+00')""",
    "a row in the place of another": """
        update instantly_raw.leads set email = 'other@example.com' where id = 'l7'""",
    "a renamed campaign: a version ends": """
        update instantly_raw.campaigns set _dlt_valid_to = '2026-11-17 21:00:00+00'
        where id = 'c2'""",
    "a deleted lead": """
        update instantly_raw.leads set deleted_at = '2026-11-17 21:00:00+00' where id = 'l3'""",
    "a lead that is back": "delete from instantly_raw.leads where id = 'l4'",
    "a row twice": "insert into instantly_raw.campaigns from instantly_raw.campaigns limit 1",
    "two rows that exchange a value": """
        update instantly_raw.leads set email = case id when 'l1' then '2@example.com'
        else '1@example.com' end where id in ('l1', 'l2')""",
    "a quarantined row that fits by now": """
        update instantly_raw.quarantine set resolved_at = '2026-11-17 21:00:00+00'""",
    "a new column": "alter table instantly_raw.leads add column phone varchar",
    "a new table": "create table instantly_raw.emails (id varchar)",
    "the next day": """
        insert into instantly_raw.sync_runs values ('run-3', 'ok', '2026-11-18 00:00:01+00', '1')
    """,
    "a run before the build that was not there then": """
        insert into instantly_raw.sync_runs values ('run-0', 'ok', '2026-11-16 09:00:00+00', '1')
    """,
    "a check that fails": "insert into instantly_raw.sync_runs from instantly_raw.sync_runs",
    "marts of another name": "drop table instantly.warehouse_info",
    "no note": "drop table instantly_staging.built_from",
}


def node(name: str, kind: str, sql: str) -> Node:
    status = "success" if kind == "model" else "pass"
    return Node(name, kind, status, 0.1, None, "", sql)


BUILT = BuildResult(
    (
        node("sync_status", "model", STATUS),
        node("warehouse_info", "model", INFO),
        node("dim_leads", "model", "select 1"),
        node("one_a_run", "test", CHECK),
        node("another", "test", "select 1"),
    ),
    1.0,
)


@contextmanager
def opened(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def do(file: Path, *statements: str) -> None:
    with opened(file) as connection:
        for statement in statements:
            connection.execute(statement)


def rows(file: Path, sql: str) -> list[tuple]:
    with opened(file) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A warehouse with a table of every kind, its marts built and noted."""
    file = tmp_path / "warehouse.duckdb"
    do(file, RAW, MARTS)
    built_from.note(file, SETTINGS, BUILT)
    return file


def test_a_run_without_anything_new_is_all_that_changes(built: Path) -> None:
    do(built, ANOTHER_RUN)
    assert built_from.stand(built, SETTINGS)
    assert built_from.stand(built, SETTINGS), "it says so however often it is asked"
    assert {run for (run, _) in rows(built, "from warehouse.instantly.sync_status")} == {
        "run-1",
        "run-2",
    }
    ((run, as_of),) = rows(built, "from warehouse.instantly.warehouse_info")
    assert (run, f"{as_of:%H:%M}") == ("run-2", "21:00")
    kept = "select comment from duckdb_columns() where comment is not null"
    assert rows(built, kept) == [("Id of the run",)]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_marts_are_built(built: Path, change: str) -> None:
    do(built, ANOTHER_RUN, CHANGES[change])
    before = rows(built, "from warehouse.instantly.sync_status")
    assert not built_from.stand(built, SETTINGS)
    assert rows(built, "from warehouse.instantly.sync_status") == before


@pytest.mark.parametrize(
    "other", [{"settled_after_days": 7}, {"decision_metric": "open"}, {"without": []}]
)
def test_other_settings_build(built: Path, other: dict[str, object]) -> None:
    assert not built_from.stand(built, SETTINGS | other)


def test_another_version_or_other_sql_builds(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(built_from, "version", lambda name: f"{name} of tomorrow")
        assert not built_from.stand(built, SETTINGS)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "model.sql").write_text("select 1")
    monkeypatch.setattr(built_from, "PROJECT", tmp_path / "project")
    assert not built_from.stand(built, SETTINGS)


def test_a_backup_speaks_for_itself(built: Path, tmp_path: Path) -> None:
    """Each file carries the note of its own marts, whatever its neighbour has seen."""
    backup = tmp_path / "backup.duckdb"
    backup.write_bytes(built.read_bytes())
    do(built, CHANGES["a deleted lead"])
    assert not built_from.stand(built, SETTINGS)
    built.write_bytes(backup.read_bytes())
    assert built_from.stand(built, SETTINGS)


TABLES = ("campaigns", "step_analytics_daily", "leads")
CELLS = st.tuples(st.sampled_from(TABLES), st.integers(0, 2), st.integers(0, 5), st.booleans())


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CELLS)
def test_no_cell_of_no_table_changes_unseen(built: Path, cell: tuple[str, int, int, bool]) -> None:
    """One value of one row becomes another, or null; the next build is of what is there then."""
    table, row, number, to_null = cell
    with opened(built) as connection:
        names = [
            name for (name, *_) in connection.execute(f"describe instantly_raw.{table}").fetchall()
        ]
        column = names[number % len(names)]
        is_time = column == "date" or column.endswith("_at") or "valid" in column
        other = "'1999-01-01'" if is_time else "77"
        connection.execute(f"create or replace temp table before as from instantly_raw.{table}")
        connection.execute(
            f"update instantly_raw.{table} set {column} = {'null' if to_null else other} "
            f"where rowid = {row}"
        )
        differs = connection.execute(
            f"select count(*) from (from before except all from instantly_raw.{table})"
        ).fetchall() != [(0,)]
    assert built_from.stand(built, SETTINGS) != differs
    built_from.note(built, SETTINGS, BUILT)
