"""One good run of the real command, watched, made once for all test processes.

A `sitecustomize` on PYTHONPATH runs at the start of the command and of every Python that it starts:
it notes what each process was given, which names are looked up and who is connected to.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from sandbox import Sandbox
from sandbox.worlds import small
from tests.pipelines.installed_program import PROGRAM
from tests.pipelines.receiving import Told, told_program

TODAY = date(2026, 11, 17)
WORLD = small(campaigns=2, days=6, leads_per_day=9)
OURS = ("INSTANTLY_", "WAREHOUSE_", "SETTLED_", "TRAILING_", "DESTINATION", "LOG_LEVEL", "RUN_")
WATCH = """
import json, os, resource, socket, sys

def note(kind, what):
    with open(os.environ["WATCHED"], "a") as file:
        file.write(json.dumps([kind, what]) + "\\n")

def looked_up(host, *rest, real=socket.getaddrinfo, **named):
    note("lookup", str(host))
    return real(host, *rest, **named)

def connected(self, address, real=socket.socket.connect):
    note("connect", str(address[0]) if isinstance(address, tuple) else "local")
    return real(self, address)

socket.getaddrinfo = looked_up
socket.socket.connect = connected
note("process", {
    "arguments": open("/proc/self/cmdline").read().split("\\0"),
    "environ": dict(os.environ),
    "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
})
"""


@dataclass(frozen=True)
class FirstRun:
    """What the run left behind, what it said, and what was seen of it."""

    folder: Path
    stdout: str
    stderr: str
    told: Told
    seen: list[list[Any]]

    @property
    def file(self) -> Path:
        """The warehouse."""
        return self.folder / "warehouse.duckdb"

    def of(self, kind: str) -> list[Any]:
        """What was seen of one kind: lookup, connect, process."""
        return [what for seen, what in self.seen if seen == kind]


def environment(folder: Path, api: Sandbox, **variables: str) -> dict[str, str]:
    """This environment with the settings of a run against the sandbox and no others."""
    ours = (*OURS, "NOTIFY_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return clean | {
        "INSTANTLY_API_KEY": api.key,
        "INSTANTLY_BASE_URL": api.url,
        "INSTANTLY_REQUESTS_PER_MINUTE": "6000",
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
        **variables,
    }


def command(
    folder: Path, api: Sandbox, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The installed command, started in a folder."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        cwd=folder,
        env=environment(folder, api, **variables),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def watch(shared: Path) -> FirstRun:
    """The run, made by whichever test process asks first."""
    folder, seen, said = shared / "work", shared / "seen", shared / "said"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(shared / "lock"):
        if not said.exists():
            said.write_text(json.dumps(_run(shared, folder, seen)))
    told = Told(shared / "on call" / "tell", shared / "on call" / "calls")
    noted = [json.loads(line) for line in seen.read_text().splitlines()]
    return FirstRun(folder, *json.loads(said.read_text()), told, noted)


def _run(shared: Path, folder: Path, seen: Path) -> tuple[str, str]:
    (shared / "sitecustomize.py").write_text(WATCH)
    variables: Mapping[str, str] = {
        "PYTHONPATH": str(shared),
        "WATCHED": str(seen),
        "LOG_LEVEL": "DEBUG",
        "NOTIFY_COMMAND": f"'{told_program(shared).path}' --night",
        "NOTIFY_ON": "success,failure",
    }
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as api:
        done = command(folder, api, "-v", "--log-format", "json", "run", **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of this session have in common."""
    base = factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "first_run"
