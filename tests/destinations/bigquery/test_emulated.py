"""The same nights into a file and into an emulated BigQuery: the same rows.

    sandbox ─┬─ the installed command ─────────────────────────────> file ─┐
             └─ `night.py`: dlt, dbt-bigquery, judgement ─> emulator ─copy ┴─> compared

Not BigQuery: the emulator runs the SQL in DuckDB, so this shows that clients, loads and models do
what they should as far as it reads the dialect as BigQuery does. docs/destinations/bigquery.md says
what that leaves open. In this order, because the second night goes on where the first ended.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.worlds import small
from tests.destinations.bigquery.emulator import PYTHON, ROOT, emulated
from tests.destinations.same import differences
from tests.end_to_end.first_run import command, environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="`make test-slow` installs the emulator"),
]

TODAY = date(2026, 11, 17)
TABLES = "core,leads,lead_lists,lead_labels,emails"
NIGHT = Path(__file__).with_name("night.py")
SECONDS = 3000.0
WALL = """
import socket

def only_here(host, *rest, real=socket.getaddrinfo, **named):
    if host not in ("127.0.0.1", "localhost"):
        raise socket.gaierror(f"{host} is not this machine")
    return real(host, *rest, **named)

socket.getaddrinfo = only_here
"""
"""Google's library asks where the key of a service account may be used, and goes on without an
answer."""


@dataclass
class Both:
    """One sandbox, and a file and an emulator that load it."""

    api: Sandbox
    folder: Path
    emulator: dict[str, str]

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def night(self, name: str) -> Path:
        """A run into each; the emulator's tables, copied into a file."""
        done = command(self.folder, self.api, "run", INSTANTLY_TABLES=TABLES)
        assert done.returncode == 0, done.stderr
        workdir = self.folder / name
        workdir.mkdir()
        settings = environment(self.folder, self.api, INSTANTLY_TABLES=TABLES, **self.emulator)
        done = subprocess.run(
            [PYTHON, "-P", NIGHT, workdir, workdir / "copy.duckdb"],
            cwd=workdir,
            env={**settings, "PYTHONPATH": f"{self.folder}:{ROOT}"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return workdir / "copy.duckdb"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("bigquery")
    (folder / "sitecustomize.py").write_text(WALL)
    world = small(campaigns=2, days=8, leads_per_day=5)
    with (
        Sandbox(world, date=TODAY, rate_limit=None) as api,
        emulated(folder / "emulator") as variables,
    ):
        yield Both(api, folder, variables)


def test_a_first_night_brings_the_same_to_both(both: Both) -> None:
    assert differences(both.file, both.night("first")) == {}


def test_a_night_two_days_later_does_so_too(both: Both) -> None:
    both.api.advance(days=2.5)
    assert differences(both.file, both.night("later")) == {}
