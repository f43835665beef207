"""The installed command against one sandbox, into a file and into a real lake: the same rows.

In this order, because each test goes on where the one before ended, as nights do.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.destinations import place_of
from pipelines.destinations.ducklake import LakeWarehouse
from pipelines.destinations.ducklake.looking import attached
from sandbox import Sandbox
from sandbox.worlds import small
from tests.destinations.same import differences
from tests.destinations.test_whole_runs import OF_ONE_RUN, SECONDS, STAGES, TODAY, Both, _await
from tests.end_to_end.first_run import WATCH
from tests.pipelines.installed_program import PROGRAM
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

SHOWN = "select 1 from duckdb_tables() where schema_name = 'instantly' limit 1"


class FileAndLake(Both):
    """One sandbox, and a file and a lake that load it."""

    @property
    def lake(self) -> LakeWarehouse:
        place = place_of(self.folder / "any", self.server.url, self.folder / "rows")
        assert isinstance(place, LakeWarehouse)
        return place

    def settings(self, api: Sandbox | None = None, **variables: str) -> dict[str, str]:
        """Without e-mails, which are asked for slowly."""
        return super().settings(api, **{"INSTANTLY_TABLES": "core,leads,lead_labels", **variables})

    def postgres(self, api: Sandbox | None = None, **variables: str) -> dict[str, str]:
        """The settings of a run into the lake."""
        folder = {"DESTINATION": "ducklake", "DESTINATION_DUCKLAKE_FOLDER": str(self.lake.rows)}
        return super().postgres(api, **variables) | folder

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with attached(self.lake.address, self.lake.rows) as connection:
            return connection.execute(sql).fetchall()

    def shown(self) -> tuple[Any, ...]:
        """The run of which two marts are; nothing before there are any."""
        return self.ask(OF_ONE_RUN)[0] if self.ask(SHOWN) else ()

    def snapshots(self) -> int:
        return len(self.ask("from ducklake_snapshots('lake')"))


@pytest.fixture(scope="module")
def both(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FileAndLake]:
    pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake brings it")
    world = small(campaigns=2, days=10, leads_per_day=4)
    with Sandbox(world, date=TODAY, rate_limit=None) as api:
        yield FileAndLake(api, postgres.database(), tmp_path_factory.mktemp("both"))


class Reader(threading.Thread):
    """Looks at the marts again and again, each time twice in one transaction."""

    def __init__(self, both: FileAndLake) -> None:
        super().__init__(daemon=True)
        self.both, self.seen, self.wrong = both, set(), []
        self.stopping = threading.Event()

    def run(self) -> None:
        lake = self.both.lake
        with attached(lake.address, lake.rows) as connection:
            while not self.stopping.is_set():
                connection.execute("begin")
                looks = []
                for _ in range(2):
                    looks += connection.execute(OF_ONE_RUN).fetchall()
                    time.sleep(0.05)
                connection.execute("commit")
                self.seen.add(looks[0])
                if looks[0] != looks[1] or looks[0][0] != looks[0][1]:
                    self.wrong.append(looks)


def test_a_first_run_brings_the_same_to_both_in_few_snapshots(
    both: FileAndLake, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    both.into_file("run")
    both.into_postgres("run", PYTHONPATH=str(tmp_path), WATCHED=str(tmp_path / "seen"))

    assert differences(both.file, both.lake) == {}
    assert both.snapshots() <= 1 + 4, "the empty lake; load, tables to come, verdicts, marts"
    noted = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    processes = [what["arguments"] for kind, what in noted if kind == "process"]
    assert len(processes) >= 2, "the command and dbt"
    assert both.server.canary not in json.dumps(processes)


def test_readers_see_one_run_and_a_second_one_is_refused(both: FileAndLake) -> None:
    both.api.advance(days=1.5)
    both.into_file("run")
    reader = Reader(both)
    reader.start()
    work = both.started("run")
    assert work.stderr
    _await(work, "load")
    with Sandbox(small(), date=TODAY) as nobody:
        refused = subprocess.run(
            [str(PROGRAM), "run"],
            cwd=both.folder,
            env=both.postgres(nobody),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        asked = nobody.log()
    said = work.stderr.read()
    assert work.wait(SECONDS) == 0, said
    time.sleep(1)
    reader.stopping.set()
    reader.join()

    assert refused.returncode == 4, refused.stderr
    assert "another run is at work (instantly-warehouse@" in refused.stderr
    assert not asked
    assert not reader.wrong
    assert len(reader.seen) == 2, "the run before and this one"
    assert differences(both.file, both.lake) == {}


def test_runs_that_are_killed_lose_and_double_nothing(both: FileAndLake) -> None:
    both.api.advance(days=1.5)
    drawn = random.Random(7)
    before = both.shown()
    for stage in STAGES:
        work = both.started("run")
        _await(work, stage)
        time.sleep(drawn.uniform(0, 1.0))
        work.send_signal(signal.SIGKILL)
        work.wait()
        shown = both.shown()
        assert len(set(shown)) <= 1, f"killed in {stage}: marts of two runs"
        assert stage == "publish" or shown == before
    both.into_file("run")
    both.into_postgres("run")

    assert differences(both.file, both.lake, killed=True) == {}
    assert not list(both.folder.glob(".ducklake-*")), "folders of the dead are gone"


def test_status_doctor_and_report_read_the_lake(both: FileAndLake) -> None:
    for command, word in (("status", "campaigns"), ("doctor", str(both.lake.rows)), ("report", "")):
        both.into_postgres(command)
        assert word in both.said[-2]


def test_a_person_is_forgotten_in_files_and_catalog(both: FileAndLake) -> None:
    ((address,),) = both.ask(
        "select min(email) from instantly_raw.leads where regexp_matches(email, '^[a-z0-9.]+@')"
    )
    both.into_postgres("forget", address)

    with attached(both.lake.address, both.lake.rows) as connection:
        for path in both.lake.rows.rglob("*.parquet"):
            rows = connection.execute(f"select to_json(r)::varchar from read_parquet('{path}') r")
            assert address not in str(rows.fetchall()).lower(), path
    tables = both.server.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname = 'instantly_lake'"
    )
    for table in tables.split():
        sql = f"select count(*) from {table} as t where t::text ilike '%{address}%'"
        assert both.server.execute(sql) == "0\n", table


def test_the_password_stands_nowhere(both: FileAndLake) -> None:
    canary = both.server.canary.encode()
    assert canary.decode() not in "".join(both.said)
    kept = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "instantly-warehouse"
    for folder in (both.folder, kept):
        for path in folder.rglob("*"):
            assert not path.is_file() or canary not in path.read_bytes(), path
