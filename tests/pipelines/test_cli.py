"""The installed command, started for real: exit codes, one line of message, nothing broken."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from pipelines.cli import cli
from pipelines.command_options import Common
from tests.pipelines.installed_program import PROGRAM, Program
from tests.pipelines.marts_by_hand import build

KEY = "canary-1f6f0a"


@pytest.fixture
def silent_api() -> Iterator[socket.socket]:
    """An API that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


def address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def error_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr; a traceback would be more."""
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize("command", [[], ["run"], ["report"], ["sandbox"]])
def test_help_is_there_for_everyone(program: Program, command: list[str]) -> None:
    done = program(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: instantly-warehouse")


def test_help_and_version_import_nothing_heavy() -> None:
    code = "import sys, pipelines.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"dlt", "duckdb", "pandas", "pydantic", "rich", "dbt", "pyarrow", "sandbox"}


def test_version_is_a_version(program: Program) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", program("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--since", "yesterday"], "2026-01-31"),
        (["run", "--since", "20260101"], "2026-01-31"),
        (["run", "--until", "2026-02-30"], "--until"),
        (["run", "--since", "2026-02-01", "--until", "2026-01-01"], "Exchange"),
        (["runn"], "runn"),
        (["report", "--format", "pdf"], "markdown"),
        (["--nonsense"], "--nonsense"),
        (["sandbox", "--port", "99999"], "--port"),
    ],
)
def test_wrong_argument_is_one_line_and_exit_2(
    program: Program, arguments: list[str], says: str
) -> None:
    done = program(*arguments)
    assert done.returncode == 2
    assert says in error_line(done)


@pytest.mark.parametrize(
    ("variables", "code", "says"),
    [
        ({}, 2, "INSTANTLY_API_KEY: no API key"),
        ({"INSTANTLY_API_KEY": f"{KEY} {KEY}"}, 2, "INSTANTLY_API_KEY"),
        ({"INSTANTLY_API_KEY": KEY, "TRAILING_DAYS": "x"}, 2, "TRAILING_DAYS"),
        ({"INSTANTLY_API_KEY": KEY, "WAREHOUSE_PATH": "gone/x.duckdb"}, 2, "no such folder"),
        ({"INSTANTLY_API_KEY": KEY, "INSTANTLY_TABLES": "leeds"}, 2, "leeds"),
        ({"INSTANTLY_API_KEY": KEY, "WAREHOUSE_PATH": "text.duckdb"}, 1, "not a DuckDB file"),
        ({"INSTANTLY_API_KEY": KEY, "WAREHOUSE_PATH": "empty.duckdb"}, 1, "0 bytes"),
    ],
)
def test_run_that_cannot_work_says_why_and_touches_nothing(
    program: Program, tmp_path: Path, variables: dict[str, str], code: int, says: str
) -> None:
    (tmp_path / "text.duckdb").write_text("hello" * 5000)
    (tmp_path / "empty.duckdb").touch()
    done = program("run", "-q", **variables)
    line = error_line(done)
    assert (done.returncode, says in line) == (code, True), line
    assert KEY not in done.stderr
    assert (tmp_path / "text.duckdb").read_text() == "hello" * 5000
    assert (tmp_path / "empty.duckdb").stat().st_size == 0


@pytest.mark.parametrize("command", ["status", "report", "transform"])
def test_without_a_warehouse_the_first_step_is_named(program: Program, command: str) -> None:
    done = program(command, "-q", WAREHOUSE_PATH="instantly.duckdb")
    assert done.returncode == 1
    assert "instantly-warehouse run" in error_line(done)


def test_typo_in_env_file_is_refused(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INSTANTLY_API_KYE=x\n")
    done = program("run")
    assert done.returncode == 2
    assert "Write INSTANTLY_API_KEY" in error_line(done)


def test_error_is_a_json_line_where_json_is_asked_for(program: Program) -> None:
    done = program("--log-format", "json", "run")
    record = json.loads(error_line_of_json(done))
    assert (record["level"], record["exit_code"], record["event"]) == ("error", 2, "failed")
    assert record["run_id"]
    assert program("run", "--log-format", "json").stderr.startswith("{")


def error_line_of_json(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = done.stderr.splitlines()
    return line


def test_traceback_is_shown_with_v_only_and_holds_no_key(program: Program) -> None:
    variables = {"INSTANTLY_API_KEY": KEY, "WAREHOUSE_PATH": "gone/x.duckdb"}
    assert "Traceback" not in program("run", **variables).stderr
    done = program("run", "-v", **variables)
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert KEY not in done.stderr


def running(folder: Path, environment: dict[str, str], api: socket.socket) -> subprocess.Popen[str]:
    """A sync that hangs in its first request, its draft already made."""
    variables = {"INSTANTLY_API_KEY": KEY, "INSTANTLY_BASE_URL": address(api)}
    path = {"WAREHOUSE_PATH": "instantly.duckdb"}
    process = subprocess.Popen(
        [str(PROGRAM), "sync"],
        cwd=folder,
        env=environment | variables | path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline().strip().endswith("copy")
    api.accept()
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_interrupted_run_ends_soon_and_leaves_the_file(
    warehouse: Path, environment: dict[str, str], silent_api: socket.socket, number: int, code: int
) -> None:
    before = warehouse.read_bytes()
    process = running(warehouse.parent, environment, silent_api)
    assert process.poll() is None
    process.send_signal(number)
    started = time.monotonic()
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert process.returncode == code
    assert "safe to run again" in said
    assert "Traceback" not in said
    assert warehouse.read_bytes() == before
    assert [p.name for p in warehouse.parent.iterdir() if "run-" in p.name] == []


def test_sandbox_says_what_is_wrong_with_world_and_port(program: Program) -> None:
    done = program("sandbox", "--world", "atlantis")
    assert done.returncode == 2
    assert "--world" in done.stderr.splitlines()[-1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = program("sandbox", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "--port" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_second_run_is_told_who_is_at_work(
    program: Program, warehouse: Path, environment: dict[str, str], silent_api: socket.socket
) -> None:
    holder = running(warehouse.parent, environment, silent_api)
    try:
        variables = {"INSTANTLY_API_KEY": KEY, "INSTANTLY_BASE_URL": address(silent_api)}
        done = program("sync", "-q", WAREHOUSE_PATH=str(warehouse), **variables)
        assert done.returncode == 4
        assert f"instantly-warehouse sync, process {holder.pid}, since 20" in error_line(done)
        assert program("status", WAREHOUSE_PATH=str(warehouse)).returncode == 0
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize("as_", ["table", "json", "csv", "markdown"])
def test_report_comes_in_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_: str
) -> None:
    path = build(tmp_path / "instantly.duckdb", verdicts=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAREHOUSE_PATH", path.name)
    arguments = ["report", "--format", as_, "--campaign", "autumn"]
    done = CliRunner().invoke(cli, arguments, obj=Common())
    assert (done.exit_code, done.exception) == (0, None)
    assert "Autumn" in done.stdout
    assert "Gone" not in done.stdout


def test_report_is_narrowed_by_a_tag(tmp_path: Path, program: Program) -> None:
    path = build(tmp_path / "instantly.duckdb")
    done = program("report", "--tag", "europe", "--format", "csv", WAREHOUSE_PATH=path.name)
    assert done.returncode == 0
    assert {line.split(",")[1] for line in done.stdout.splitlines()[1:]} == {
        "Autumn [bold]",
        "Gone",
    }
    done = program("report", "--tag", "Asia", WAREHOUSE_PATH=path.name)
    assert done.returncode == 2
    assert "no campaign carries a tag that fits 'Asia'" in error_line(done)


def test_report_survives_a_reader_that_leaves(tmp_path: Path, environment: dict[str, str]) -> None:
    path = build(tmp_path / "instantly.duckdb", verdicts=True)
    command = f"'{PROGRAM}' report --format json | head -c 1"
    variables = environment | {"WAREHOUSE_PATH": path.name, "PYTHONUNBUFFERED": "1"}
    shell = {"shell": True, "cwd": tmp_path, "env": variables, "capture_output": True}
    assert subprocess.run(command, check=True, timeout=60, **shell).stderr == b""


def test_report_is_readable_where_only_ascii_is_spoken(tmp_path: Path, program: Program) -> None:
    path = build(tmp_path / "instantly.duckdb", verdicts=True)
    done = program("report", WAREHOUSE_PATH=path.name, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "Quick question" in done.stdout


def test_status_reads_a_file_while_a_reader_has_it_open(tmp_path: Path, program: Program) -> None:
    path = build(tmp_path / "instantly.duckdb")
    with duckdb.connect(str(path), read_only=True):
        done = program("status", "--format", "json", WAREHOUSE_PATH=path.name)
    assert done.returncode == 0
    assert json.loads(done.stdout)["run_id"] == "r2"
