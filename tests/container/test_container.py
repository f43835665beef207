"""The container file: linted, and its steps done in an empty folder, where no image is built."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.worlds import small

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "container"
DOCKERFILE = (ROOM / "Dockerfile").read_text()
BIN = Path(sys.executable).parent
UV = ROOT / ".uv" / "bin" / "uv"


def steps(keyword: str) -> list[str]:
    """The instructions of the first stage with this keyword."""
    stage = DOCKERFILE.split("\nFROM ")[1]
    return re.findall(rf"^{keyword} (.+)$", stage, re.MULTILINE)


@pytest.mark.skipif(not (BIN / "hadolint").exists(), reason="`make test` installs hadolint")
def test_the_linter_has_nothing_to_say() -> None:
    done = subprocess.run(
        [str(BIN / "hadolint"), str(ROOM / "Dockerfile")], capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "")


def test_compose_takes_its_file() -> None:
    subprocess.run(
        [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec",
         str(ROOM / "compose.yaml")],
        check=True, capture_output=True,
    )  # fmt: skip


def test_nobody_is_root_and_no_shell_stands_before_the_job() -> None:
    last = DOCKERFILE.split("\nFROM ")[2]

    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["instantly-warehouse"\]$', last, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", last, re.MULTILINE)


def test_what_is_copied_is_let_in_and_nothing_else() -> None:
    """Keys, data and environments are kept out by keeping out everything that is not named."""
    ignored = (ROOM / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = {source for line in steps("COPY") for source in shlex.split(line)[:-1]}

    assert "*" in ignored
    assert copied == let_in
    assert all((ROOT / source).exists() for source in copied)


@pytest.mark.slow
@pytest.mark.skipif(not UV.exists(), reason="only `make` puts uv there")
def test_its_steps_make_a_command_that_runs(tmp_path: Path) -> None:
    """COPY and RUN as written, in an empty folder; then the job, from another one."""
    app, data = tmp_path / "app", tmp_path / "data"
    app.mkdir()
    data.mkdir()
    for line in steps("COPY"):
        *sources, target = shlex.split(line)
        for source in sources:
            place = app / target / source if target == "./" else app / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    synced = [shlex.split(line) for line in steps("RUN") if line.startswith("uv sync")]
    for _, *options in synced:
        plain = [option for option in options if option != "--compile-bytecode"]  # only slower
        python = sys._base_executable
        subprocess.run(
            [str(UV), *plain, "--system-certs", "--python", python], cwd=app, check=True,
            capture_output=True, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        )  # fmt: skip
    program = app / ".venv" / "bin" / "instantly-warehouse"

    with Sandbox(small(campaigns=1, days=3, leads_per_day=5), rate_limit=None) as api:
        done = subprocess.run(
            [str(program), "run", "--log-format", "json"], cwd=data, capture_output=True,
            text=True, check=False, timeout=300,
            env={"INSTANTLY_API_KEY": api.key, "INSTANTLY_BASE_URL": api.url, "PATH": "/usr/bin",
                 "WAREHOUSE_PATH": str(data / "warehouse.duckdb"), "INSTANTLY_TABLES": "core",
                 "XDG_CACHE_HOME": str(data / ".cache")},
        )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (data / "warehouse.duckdb").exists()
    installed = {path.name for path in (app / ".venv" / "bin").iterdir()}
    assert not installed & {"streamlit", "dagster", "pytest", "hadolint"}


def test_whoever_stops_the_schedule_stops_the_job(tmp_path: Path) -> None:
    """SIGTERM reaches the command, which leaves nothing; the loop ends with it."""
    with Sandbox(small(campaigns=1, days=3, leads_per_day=5), latency=30) as api:
        environment = {
            "INSTANTLY_API_KEY": api.key, "INSTANTLY_BASE_URL": api.url,
            "WAREHOUSE_PATH": str(tmp_path / "warehouse.duckdb"), "PATH": f"{BIN}:/usr/bin:/bin",
            "XDG_CACHE_HOME": str(tmp_path / ".cache"),
        }  # fmt: skip
        with subprocess.Popen(
            [str(ROOM / "every.sh"), "3600", "run"], cwd=tmp_path, env=environment,
            stderr=subprocess.PIPE, text=True,
        ) as loop:  # fmt: skip
            for _ in range(600):
                if list(tmp_path.glob(".warehouse.duckdb.run-*")):
                    break
                time.sleep(0.1)
            loop.send_signal(signal.SIGTERM)
            _, told = loop.communicate(timeout=60)

    assert loop.returncode == 143
    assert "terminated (SIGTERM)" in told
    assert not list(tmp_path.glob(".warehouse.duckdb.run-*"))


def test_the_schedule_goes_on_after_a_job_that_failed(tmp_path: Path) -> None:
    """Twice within a second of pause, each with the code of what is missing."""
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "WAREHOUSE_PATH": str(tmp_path / "w.duckdb")}
    with subprocess.Popen(
        [str(ROOM / "every.sh"), "0.1", "run"], cwd=tmp_path, env=environment,
        stderr=subprocess.PIPE, text=True,
    ) as loop:  # fmt: skip
        assert loop.stderr
        ended = 0
        for line in loop.stderr:
            ended += line == "ended with 2\n"
            if ended == 2:
                break
        loop.send_signal(signal.SIGTERM)
        loop.communicate(timeout=30)

    assert loop.returncode == 143
