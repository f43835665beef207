"""The promises about the published file: whole or untouched, whoever dies or reads meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError, Exit, LockHeldError, RunFailedError
from pipelines.lock import lock_path
from pipelines.swap import Swap, copy_file
from pipelines.warehouse_file import log_of

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


def work_on(warehouse: Path, sql: str) -> None:
    with Swap(warehouse).begin("run") as draft, duckdb.connect(str(draft.database)) as connection:
        connection.execute(sql)


def other_process(warehouse: Path, then: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(BEGIN).format(then=then)
    command = [sys.executable, "-c", code, str(warehouse)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def beside(warehouse: Path) -> set[str]:
    return {path.name for path in warehouse.parent.iterdir()} - {lock_path(warehouse).name}


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


def test_stray_log_is_refused(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    log_of(warehouse).write_bytes(b"something")
    with pytest.raises(RunFailedError, match="CHECKPOINT"), Swap(warehouse).begin("run"):
        pytest.fail("a log was ignored")
    assert warehouse.read_bytes() == before
    assert log_of(warehouse).exists()


def test_file_open_for_writing_elsewhere_is_refused(warehouse: Path) -> None:
    code = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print(1, flush=True)"
    command = [sys.executable, "-c", f"{code}; time.sleep(60)", str(warehouse)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        writer.stdout.readline()
        with pytest.raises(RunFailedError, match="open for writing"), Swap(warehouse).begin("run"):
            pytest.fail("copied a file that is being written")
    finally:
        writer.kill()
        writer.wait()


def main_header_checksum(header: bytes) -> bytes:
    """DuckDB's checksum of a header: each word times a constant, all of them xor-ed."""
    total = 5381
    for (word,) in struct.iter_unpack("<Q", header):
        total ^= word * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return struct.pack("<Q", total)


def newer_version(content: bytes) -> bytes:
    header = content[8:12] + struct.pack("<Q", 69) + content[20:4096]
    return main_header_checksum(header) + header + content[4096:]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda _: b"", "is empty"),
        (lambda _: b"not a database" * 1000, "not a DuckDB file"),
        (lambda content: content[:5000], "cut short"),
        (lambda content: content[: len(content) // 2], "cut short"),
        (lambda content: content[:-10], "cut short"),
        (lambda content: content[:-200_000] + bytes(200_000), "corrupt"),
        (lambda content: content[:4100] + b"\xff\xff" + content[4102:], "corrupt"),
        (newer_version, "newer DuckDB than this program reads"),
    ],
)
def test_spoilt_file_is_named_and_left_alone(warehouse: Path, spoil, message: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table more as select range, md5(range::text) from range(50000)")
    warehouse.write_bytes(spoil(warehouse.read_bytes()))
    before = warehouse.read_bytes()
    with pytest.raises(RunFailedError, match=message) as refused:
        work_on(warehouse, "create table spoilt as select sum(hash(columns(*))) from more")
    assert str(warehouse) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert warehouse.read_bytes() == before


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("missing/instantly.duckdb", "no such folder"),
        ("file/instantly.duckdb", "not a folder"),
        ("folder", "is a folder"),
        ("pipe", "not a plain file"),
    ],
)
def test_impossible_place_is_a_wrong_setting(tmp_path: Path, place: str, message: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match=message), Swap(tmp_path / place).begin("run"):
        pytest.fail("began in an impossible place")


def as_nobody(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as a user without rights; as ourselves when we have none to give up."""
    drop = "import os; os.getuid() or (os.setgid(65534), os.setuid(65534));"
    # what is imported later must be readable for everybody, so it is imported before
    first = "import sys, filelock, duckdb, pipelines.swap, pipelines.housekeeping;"
    command = [sys.executable, "-c", first + drop + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("mode", "message"), [(0o555, "permission denied"), (0o600, "entered")])
def test_folder_without_rights_is_refused(warehouse: Path, mode: int, message: str) -> None:
    code = """
from pathlib import Path
from pipelines.errors import WarehouseError
try:
    with pipelines.swap.Swap(Path(sys.argv[1])).begin("run"): print("began")
except WarehouseError as error: print(error)
"""
    with tempfile.TemporaryDirectory() as name:
        target = Path(shutil.copy(warehouse, name))
        target.parent.chmod(mode)
        done = as_nobody("\n" + code, str(target))
        target.parent.chmod(0o755)
        assert message in done.stdout, done.stderr
        assert target.read_bytes() == warehouse.read_bytes()
        assert list(target.parent.iterdir()) == [target]


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 64 MB that is really there."""
    if os.getuid() or shutil.which("mount") is None:
        pytest.skip("only root may mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_disk_too_small_is_refused_before_anything_is_written(small_disk: Path) -> None:
    path = small_disk / "instantly.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select random() as a from range(3_500_000)")
    before = path.read_bytes()
    refused = pytest.raises(RunFailedError, match=r"bytes are free, about .* needed")
    with refused, Swap(path).begin("run"):
        pytest.fail("began on a full disk")
    assert path.read_bytes() == before
    assert beside(path) == {path.name}


def test_disk_that_fills_up_is_named_and_the_file_survives(small_disk: Path) -> None:
    path = small_disk / "instantly.duckdb"
    duckdb.connect(str(path)).execute("create table t as select 1").close()
    before = path.read_bytes()
    fill = "create table u as select random() as a from range(20_000_000)"
    with pytest.raises(RunFailedError, match="not enough room") as full:
        work_on(path, fill)
    assert str(small_disk) in str(full.value)
    assert path.read_bytes() == before
    assert beside(path) == {path.name}


def test_copy_is_the_same_where_blocks_cannot_be_shared(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(100_000))
    copy_file(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
