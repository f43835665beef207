"""dbt as a child process: what comes back, what is left behind, and who ends with whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from transforms import dbt
from transforms.dbt import BuildResult, ModelFailed, Node, build

PROFILE = """
tiny:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('DBT_WAREHOUSE_FILE') }}", schema: made, threads: 1}
"""
SETTINGS = """
name: tiny
version: "1.0.0"
config-version: 2
profile: tiny
flags: {send_anonymous_usage_stats: false, version_check: false}
"""
MODEL_WORDS = """
models:
  - name: numbers
    columns:
      - name: n
        data_tests: [not_null]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one model with one test."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(SETTINGS)
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "models" / "numbers.sql").write_text("select {{ var('n') }} as n")
    (folder / "models" / "numbers.yml").write_text(MODEL_WORDS)
    return folder


def run(
    project: Path, folder: Path, *, parse_cache: Path | None = None, timeout: float | None = None
) -> BuildResult:
    """Builds into a new warehouse in `folder`, with hardly any environment."""
    folder.mkdir()
    return build(
        folder / "instantly.duckdb",
        workdir=folder / "work",
        variables={"n": 7},
        environment={"HOME": str(folder), "DBT_LOG_LEVEL": "debug"},
        parse_cache=parse_cache,
        timeout=timeout,
        project=project,
    )


def test_a_build_says_what_it_did_and_lets_go_of_the_file(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = sorted(project.rglob("*"))
    cache = tmp_path / "cache.msgpack"
    cache.write_bytes(b"not a cache")
    folder = tmp_path / "odd 'name' ü"
    result = run(project, folder, parse_cache=cache)
    assert [(node.name, node.status) for node in result.models] == [("numbers", "success")]
    assert [(node.name, node.status) for node in result.tests] == [("not_null_numbers_n", "pass")]
    assert result.seconds > 0
    with duckdb.connect(str(folder / "instantly.duckdb")) as connection:
        assert connection.execute("select n from made.numbers").fetchall() == [(7,)]
    assert capfd.readouterr() == ("", "")
    assert sorted(project.rglob("*")) == before, "dbt wrote into its project"
    assert {path.name for path in folder.iterdir()} == {"instantly.duckdb", "work"}

    run(project, tmp_path / "second", parse_cache=cache)
    spared = "no changes found, skipping parsing"
    assert spared not in (folder / "work" / "dbt.jsonl").read_text()
    assert spared in (tmp_path / "second" / "work" / "dbt.jsonl").read_text()


def test_sql_that_does_not_compile_is_one_line(project: Path, tmp_path: Path) -> None:
    (project / "models" / "numbers.sql").write_text("select * from {{ ref('nothing') }}")
    with pytest.raises(ModelFailed, match=r"numbers.*nothing") as caught:
        run(project, tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_failures_are_counted_and_named_once() -> None:
    """What a person reads of many failures: the first few, and how many more."""
    nodes = tuple(
        Node(f"check_{i}", "test", "fail", 0.1, failures=i, message="Got results")
        for i in range(1, 9)
    )
    with pytest.raises(dbt.ChecksFailed) as caught:
        dbt._raise_for(BuildResult(nodes, 1.0), 1, Path())
    assert caught.value.failures == nodes
    assert str(caught.value) == (
        "the data break a check: check_1 (1 row); check_2 (2 rows); check_3 (3 rows);"
        " check_4 (4 rows); check_5 (5 rows); and 3 more"
    )


def test_a_broken_model_outranks_a_broken_check() -> None:
    nodes = (
        Node("check", "test", "fail", 0.1, failures=3, message=""),
        Node("broken", "model", "error", 0.1, failures=None, message="Binder Error: no column"),
    )
    with pytest.raises(ModelFailed, match=r"^dbt: model broken: Binder Error: no column$"):
        dbt._raise_for(BuildResult(nodes, 1.0), 1, Path())


@pytest.fixture
def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts a process that sleeps in the place of dbt; returns the file with its process id."""
    pid_file = tmp_path / "pid"
    script = tmp_path / "sleeper.py"
    script.write_text(
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(dbt, "CHILD", script)
    monkeypatch.setattr(dbt, "GRACE_SECONDS", 0.1)
    return pid_file


def test_a_build_that_takes_too_long_is_stopped(sleeper: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFailed, match=r"dbt was stopped after 1 seconds"):
        run(tmp_path, tmp_path / "run", timeout=1.0)
    assert not is_alive(int(sleeper.read_text()))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as Python handles it: dlt, in the same test process, leaves a handler of its own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupted_build_takes_its_child_along(sleeper: Path, tmp_path: Path) -> None:
    def interrupt() -> None:
        wait_for(sleeper.exists)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, tmp_path / "run")
    assert not is_alive(int(sleeper.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_the_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = (
        "import os, pathlib, runpy, sys, time\n"
        f"runpy.run_path({str(dbt.CHILD)!r})['die_with'](int(sys.argv[1]))\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    parent = (
        "import os, subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {child!r}, str(os.getpid())])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent])
    wait_for(lambda: pid_file.exists() and bool(pid_file.read_text()))
    process.kill()
    process.wait()
    wait_for(lambda: not is_alive(int(pid_file.read_text())))


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be collected by its parent does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.slow
def test_what_is_excluded_is_left_for_a_second_build_that_selects_it(
    project: Path, tmp_path: Path
) -> None:
    (project / "models" / "doubled.sql").write_text("select 2 * n as n from {{ ref('numbers') }}")
    file, work = tmp_path / "instantly.duckdb", tmp_path / "work"

    def built(**nodes: str) -> list[str]:
        result = build(
            file,
            workdir=work,
            variables={"n": 7},
            environment={"HOME": str(tmp_path), "DBT_LOG_LEVEL": "debug"},
            project=project,
            **nodes,  # ty: ignore[invalid-argument-type] names of nodes
        )
        return [node.name for node in result.models]

    assert built(exclude="doubled") == ["numbers"]
    assert built(select="doubled") == ["doubled"]
    assert "no changes found, skipping parsing" in (work / "dbt.jsonl").read_text()
