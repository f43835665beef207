"""One warehouse built by DuckDB and by Spark, executors in processes of their own: the same rows.

    sandbox ─ `instantly-warehouse run` ─> warehouse.duckdb ────────────────┐
                                              └ `python -m spark LAKE` ─┐   ├─ compared, row by row
                    another session of Spark reads every table there <──┘ ──┘

In this order, because each test goes on where the one before ended. What is compared and how values
are spelled is that of PostgreSQL (`tests/destinations/same.py`), and types besides.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import psutil
import pytest

from pipelines.warehouse_file import open_read_only
from sandbox import Sandbox
from sandbox.worlds import small
from spark.session import PYTHON, at_work
from tests.destinations.same import differences, shapes
from tests.end_to_end.first_run import command, environment
from transforms.dbt import PROJECT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="`make test-slow` installs Spark"),
]

TODAY = date(2026, 11, 17)
TABLES = "core,leads,lead_lists,lead_labels,emails,operations"
EXECUTOR = "CoarseGrainedExecutorBackend"
SECONDS = 1800.0
LEFT_BEHIND = {".copies.lock", "catalog", "copies", "spark.log", "tables"}
# type in the file -> what DuckDB finds in Spark's files, where that is not the same
TYPES = {"JSON": "VARCHAR", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP"}


@dataclass
class Lake:
    """A sandbox, the file that was loaded from it, and what was seen of Spark at work."""

    api: Sandbox
    folder: Path
    executors: set[int] = field(default_factory=set)
    heard_at: set[str] = field(default_factory=set)

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def place(self) -> Path:
        return self.folder / "a lake"

    def load(self) -> None:
        done = command(self.folder, self.api, "run", INSTANTLY_TABLES=TABLES)
        assert done.returncode == 0, done.stderr

    def build(self) -> str:
        """The command, watched from outside; what it printed."""
        work = subprocess.Popen(
            [sys.executable, "-m", "spark", str(self.place)],
            cwd=self.folder,
            env=environment(self.folder, self.api, PYTHONPATH=str(PROJECT.parent)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + SECONDS
        while work.poll() is None and time.monotonic() < until:
            self._look(psutil.Process(work.pid))
            time.sleep(2)
        work.kill()
        said, wrong = work.communicate()
        assert work.returncode == 0, wrong
        assert not wrong
        return said

    def seen(self) -> Path:
        """A DuckDB file over what another session of Spark reads in every table."""
        with open_read_only(self.file) as connection:
            names = [f"{schema}.{table}" for schema, table in shapes(connection)]
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        with at_work(self.place, work, {}, os.environ) as spark:
            spark.say(
                f"insert overwrite directory 'file://{work / name}' using parquet "
                f"select * from {name}"
                for name in names
            )
        file = self.folder / "seen.duckdb"
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as connection:
            for name in names:
                connection.execute(f"create schema if not exists {name.partition('.')[0]}")
                connection.execute(f"create view {name} as from '{work / name}/*.parquet'")
        return file

    def _look(self, command: psutil.Process) -> None:
        for process in command.children(recursive=True):
            try:
                if EXECUTOR in " ".join(process.cmdline()):
                    self.executors.add(process.pid)
                found = process.net_connections(kind="inet")
                self.heard_at |= {one.laddr.ip for one in found if one.status == "LISTEN"}
            except psutil.NoSuchProcess:
                continue


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    world = small(campaigns=3, days=20, leads_per_day=5)
    with Sandbox(world, date=TODAY, rate_limit=None) as api:
        made = Lake(api, tmp_path_factory.mktemp("lake"))
        made.load()
        api.advance(days=2.5)
        made.load()
        yield made


def test_every_table_mart_and_verdict_is_the_same(lake: Lake) -> None:
    said = lake.build()
    seen = lake.seen()

    assert "checks passed" in said
    assert differences(lake.file, seen) == {}
    with open_read_only(lake.file) as ours, open_read_only(seen) as theirs:
        known, found = shapes(ours), shapes(theirs)
        verdicts = theirs.execute("select count(*) from instantly_judged.variant_verdicts")
        assert verdicts.fetchall()[0][0] > 0
    others = {
        (*table, column, kind, found[table][column])
        for table, columns in known.items()
        for column, kind in columns.items()
        if found[table][column] not in (kind, TYPES.get(kind))
    }
    assert others == set()


def test_executors_were_processes_of_their_own_on_the_loopback(lake: Lake) -> None:
    assert len(lake.executors) >= 2
    assert lake.heard_at
    assert {address.removeprefix("::ffff:") for address in lake.heard_at} == {"127.0.0.1"}
    assert not [pid for pid in lake.executors if psutil.pid_exists(pid)]


def test_a_later_build_takes_the_place_of_the_one_before(lake: Lake) -> None:
    (before,) = (lake.place / "copies").iterdir()
    lake.api.advance(days=1.5)
    lake.load()
    lake.build()

    assert differences(lake.file, lake.seen()) == {}
    (after,) = (lake.place / "copies").iterdir()
    assert after != before
    assert {path.name for path in lake.place.iterdir()} == LEFT_BEHIND
