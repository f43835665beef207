"""The promises about the published file: whole or untouched, whoever dies or reads meanwhile."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import Exit, LockHeldError, RunFailedError
from pipelines.swap import Draft, Swap, copy_file
from tests.pipelines.drafts import beside

BEGIN = """
    import sys, time
    from pathlib import Path
    import duckdb
    from pipelines.swap import Swap
    with Swap(Path(sys.argv[1])).begin("other") as draft:
        with duckdb.connect(str(draft.database)) as connection:
            connection.execute("create table if not exists half as select 1 as a")
        print("ready", flush=True)
        {then}
"""


def count(path: Path, table: str = "instantly_raw.campaigns") -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return len(connection.table(table).fetchall())


def add_rows(database: Path, rows: int = 1) -> None:
    with duckdb.connect(str(database)) as connection:
        new = "insert into instantly_raw.campaigns select range from range(?)"
        connection.execute(new, [rows])


def other_process(warehouse: Path, then: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(BEGIN).format(then=then)
    command = [sys.executable, "-c", code, str(warehouse)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_published_draft_replaces_the_file_and_leaves_nothing_behind(warehouse: Path) -> None:
    with Swap(warehouse).begin("run") as draft:
        assert draft.database.name == warehouse.name
        assert list(draft.workdir.iterdir()) == []
        add_rows(draft.database)
        assert count(warehouse) == 9
        draft.publish()
    assert count(warehouse) == 10
    assert beside(warehouse) == {warehouse.name}


def test_first_run_creates_the_file_only_at_publish(tmp_path: Path) -> None:
    path = tmp_path / "instantly.duckdb"
    with Swap(path).begin("run") as draft:
        assert not draft.database.exists()
        duckdb.connect(str(draft.database)).execute("create table t as select 1").close()
        assert not path.exists()
        draft.publish()
    assert count(path, "t") == 1


def test_failure_leaves_the_file_byte_for_byte(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    with pytest.raises(duckdb.CatalogException), Swap(warehouse).begin("run") as draft:
        duckdb.connect(str(draft.database)).execute("drop table instantly_raw.campaigns; from gone")
    assert warehouse.read_bytes() == before
    assert beside(warehouse) == {warehouse.name}


def test_draft_that_is_not_published_changes_nothing(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    with Swap(warehouse).begin("run") as draft:
        add_rows(draft.database)
    assert warehouse.read_bytes() == before


def test_second_run_is_refused_with_the_name_of_the_first(warehouse: Path) -> None:
    holder = other_process(warehouse, "time.sleep(60)")
    try:
        with pytest.raises(LockHeldError) as refused, Swap(warehouse).begin("run"):
            pytest.fail("two runs at once")
        assert f"process {holder.pid}" in str(refused.value)
        assert refused.value.exit_code == Exit.LOCKED
    finally:
        holder.kill()
        holder.wait()


def test_killed_run_frees_the_lock_and_its_leftovers_go(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    victim = other_process(warehouse, "time.sleep(60)")
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert warehouse.read_bytes() == before
    assert any("run-other" in name for name in beside(warehouse))
    with Swap(warehouse).begin("run") as draft:
        assert not any("run-other" in name for name in beside(warehouse))
        add_rows(draft.database)
        draft.publish()
    assert count(warehouse) == 10
    assert beside(warehouse) == {warehouse.name}


def test_reader_keeps_its_snapshot_while_the_file_is_replaced(warehouse: Path) -> None:
    code = textwrap.dedent("""
        import sys, duckdb
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            print(len(connection.table("instantly_raw.campaigns").fetchall()), flush=True)
            sys.stdin.readline()
            print(len(connection.table("instantly_raw.campaigns").fetchall()), flush=True)
    """)
    command = [sys.executable, "-c", code, str(warehouse)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as reader:
        assert reader.stdout.readline() == "9\n"
        with Swap(warehouse).begin("run") as draft:
            add_rows(draft.database)
            draft.publish()
        assert reader.communicate("\n", timeout=30)[0] == "9\n"
    assert reader.returncode == 0
    assert count(warehouse) == 10


def test_views_still_find_their_tables_after_the_swap(warehouse: Path) -> None:
    with Swap(warehouse).begin("run") as draft:
        with duckdb.connect(str(draft.database)) as connection:
            connection.execute('create view v as select * from "instantly".instantly_raw.campaigns')
        draft.publish()
    assert count(warehouse, "v") == 9


def test_publish_tidies_what_only_dlt_needs(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("""
            create schema instantly_raw_staging;
            create schema instantly_judged_staging;
            create schema instantly_judged;
            create table instantly_judged._dlt_version as
                from (values ('j', 1, timestamp '2026-01-01'), ('j', 2, '2026-02-01'))
                    as t (schema_name, version, inserted_at);
            create table instantly_raw_staging.leads as select 'jane@example.com' as email;
            create table instantly_raw._dlt_version as
                select * from (values ('a', 1, timestamp '2026-01-01'), ('a', 2, '2026-02-01'),
                    ('b', 1, '2026-01-01')) as t (schema_name, version, inserted_at);
            create table instantly_raw._dlt_loads as
                select * from (values ('1', 0), ('2', 0), ('3', 1)) as t (load_id, status);
            create table instantly_raw._dlt_pipeline_state as
                select * from (values ('p', '1'), ('p', '2'), ('p', '3'), ('q', '1'))
                    as t (pipeline_name, _dlt_load_id);
        """)
    with Swap(warehouse).begin("run") as draft:
        draft.publish()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ask = lambda sql: connection.execute(sql).fetchall()  # noqa: E731
        assert ask("select * from duckdb_schemas() where schema_name like '%staging'") == []
        versions = "select schema_name, version from instantly_raw._dlt_version order by all"
        assert ask(versions) == [("a", 2), ("b", 1)]
        judged = "select version from instantly_judged._dlt_version"
        assert ask(judged) == [(2,)]
        assert ask("select count(*) from instantly_raw._dlt_loads") == [(3,)]
        states = "from instantly_raw._dlt_pipeline_state order by all"
        assert ask(states) == [("p", "2"), ("p", "3"), ("q", "1")]


def test_file_keeps_its_permissions(warehouse: Path) -> None:
    warehouse.chmod(0o640)
    with Swap(warehouse).begin("run") as draft:
        draft.publish()
    assert warehouse.stat().st_mode & 0o777 == 0o640


def test_file_changed_behind_our_back_is_not_overwritten(warehouse: Path) -> None:
    with Swap(warehouse).begin("run") as draft:
        add_rows(warehouse, 5)
        with pytest.raises(RunFailedError, match="changed by another"):
            draft.publish()
    assert count(warehouse) == 14


@pytest.mark.parametrize("gone", ["the folder", "the file"])
def test_copy_that_vanished_is_not_taken_for_a_new_warehouse(warehouse: Path, gone: str) -> None:
    def as_a_library_would(database: Path) -> None:
        shutil.rmtree(database.parent) if gone == "the folder" else database.unlink()
        database.parent.mkdir(exist_ok=True)
        with duckdb.connect(str(database)) as connection:
            connection.execute("create schema instantly_raw")
            connection.execute("create table instantly_raw.campaigns as select 1 as a")

    before = warehouse.read_bytes()
    with Swap(warehouse).begin("run") as draft:
        as_a_library_would(draft.database)
        with pytest.raises(RunFailedError, match="was deleted meanwhile"):
            draft.publish()
    assert warehouse.read_bytes() == before


def test_folder_that_vanished_is_named_whichever_library_misses_it(warehouse: Path) -> None:
    def lose(draft: Draft) -> None:
        shutil.rmtree(draft.folder)
        duckdb.connect(str(draft.database), read_only=True)

    before = warehouse.read_bytes()
    begun = Swap(warehouse).begin("run")
    with pytest.raises(RunFailedError, match="was deleted meanwhile"), begun as draft:
        lose(draft)
    assert warehouse.read_bytes() == before


def test_limit_on_the_size_of_files_is_told_from_a_full_disk(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 4096, most))
    try:
        with pytest.raises(RunFailedError, match="ulimit"), Swap(warehouse).begin("run") as draft:
            add_rows(draft.database, 3_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert warehouse.read_bytes() == before
    assert beside(warehouse) == {warehouse.name}


def test_copy_is_the_same_where_blocks_cannot_be_shared(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(100_000))
    copy_file(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
