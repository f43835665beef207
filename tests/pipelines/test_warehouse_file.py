"""What a published file may not be: each case has its sentence, and nothing is touched."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.swap import Swap
from pipelines.warehouse_file import log_of
from tests.pipelines.drafts import beside, work_on


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
        ("a lake's.duckdb", "holds an apostrophe"),
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
