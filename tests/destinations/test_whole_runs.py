"""The installed command against one sandbox, into a file and into a real PostgreSQL: the same rows.

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
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pipelines.destinations import place_of
from pipelines.destinations.postgres import PostgresWarehouse
from pipelines.destinations.postgres.address import PostgresAddress
from sandbox import Sandbox
from sandbox.worlds import small
from tests.destinations.same import differences
from tests.end_to_end.first_run import WATCH, environment
from tests.pipelines.installed_program import PROGRAM
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 17)
TABLES = "core,leads,lead_lists,lead_labels,emails"
STAGES = ("load", "transform", "judge", "publish")
SECONDS = 900.0
OF_ONE_RUN = """
    select
        (select run_id from instantly.warehouse_info),
        (select run_id from instantly.sync_status order by finished_at desc limit 1)
"""


@dataclass
class Both:
    """One sandbox and two warehouses that load it."""

    api: Sandbox
    server: PostgresServer
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def database(self) -> PostgresWarehouse:
        place = place_of(self.folder / "any", self.server.url)
        assert isinstance(place, PostgresWarehouse)
        return place

    def settings(self, api: Sandbox | None = None, **variables: str) -> dict[str, str]:
        own = {"INSTANTLY_TABLES": TABLES, "LOG_LEVEL": "DEBUG", **variables}
        return environment(self.folder, api or self.api, **own)

    def postgres(self, api: Sandbox | None = None, **variables: str) -> dict[str, str]:
        url = {"DESTINATION": "postgres", "DESTINATION_POSTGRES_URL": self.server.url}
        return self.settings(api, **url, **variables)

    def into_file(self, *arguments: str) -> None:
        done = self._done(self.settings(), *arguments)
        assert done.returncode == 0, done.stderr

    def into_postgres(self, *arguments: str, **variables: str) -> None:
        done = self._done(self.postgres(**variables), "-v", *arguments)
        assert done.returncode == 0, done.stderr

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """The command at work on PostgreSQL, its lines to be read."""
        return subprocess.Popen(
            [str(PROGRAM), "--log-format", "json", *arguments],
            cwd=self.folder,
            env=self.postgres(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        address = PostgresAddress.of(self.server.url)
        with psycopg2.connect(**address.connection) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def shown(self) -> tuple[Any, ...]:
        """The run of which two marts are; nothing before there are any."""
        if self.ask("select to_regclass('instantly.sync_status')") == [(None,)]:
            return ()
        return self.ask(OF_ONE_RUN)[0]

    def _done(self, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.said += [done.stdout, done.stderr]
        return done


@pytest.fixture(scope="module")
def both(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    world = small(campaigns=3, days=20, leads_per_day=5)
    with Sandbox(world, date=TODAY, rate_limit=None) as api:
        yield Both(api, postgres.database(), tmp_path_factory.mktemp("both"))


class Reader(threading.Thread):
    """Looks at the marts again and again, each time twice in one transaction."""

    def __init__(self, both: Both) -> None:
        super().__init__(daemon=True)
        self.both, self.seen, self.wrong = both, set(), []
        self.stopping = threading.Event()

    def run(self) -> None:
        connection = psycopg2.connect(**PostgresAddress.of(self.both.server.url).connection)
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        while not self.stopping.is_set():
            with connection, connection.cursor() as cursor:
                looks = []
                for _ in range(2):
                    cursor.execute(OF_ONE_RUN)
                    looks.append(cursor.fetchone())
                    time.sleep(0.05)
            self.seen.add(looks[0])
            if looks[0] != looks[1] or looks[0][0] != looks[0][1]:
                self.wrong.append(looks)
        connection.close()


def test_a_first_run_brings_the_same_to_both(both: Both, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    both.into_file("run")
    both.into_postgres("run", PYTHONPATH=str(tmp_path), WATCHED=str(tmp_path / "seen"))

    assert differences(both.file, both.database) == {}
    noted = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    processes = [what["arguments"] for kind, what in noted if kind == "process"]
    assert len(processes) >= 2, "the command and dbt"
    assert both.server.canary not in json.dumps(processes)


def test_no_mart_is_a_view_on_what_the_next_run_changes(both: Both) -> None:
    sql = "select count(*) from information_schema.views where table_schema = 'instantly'"
    assert both.ask(sql) == [(0,)]


def test_readers_see_one_run_and_a_second_one_is_refused(both: Both) -> None:
    both.api.advance(days=2.5)
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
    assert differences(both.file, both.database) == {}


def test_runs_that_are_killed_lose_and_double_nothing(both: Both) -> None:
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

    assert differences(both.file, both.database, killed=True) == {}
    sql = "select count(*) from pg_namespace where nspname = 'instantly_draft'"
    assert both.ask(sql) == [(0,)]
    assert not list(both.folder.glob(".postgres-*")), "folders of the dead are gone"


def test_a_person_is_forgotten_in_columns_of_json_as_well(both: Both) -> None:
    ((address, other),) = both.ask(
        "select min(email), max(id) from instantly_raw.leads where email ~ '^[a-z0-9.]+@'"
    )
    said = json.dumps({"note": f"ask {address.upper()} first"})
    both.ask(f"update instantly_raw.leads set payload = '{said}' where id = '{other}' returning id")
    both.into_postgres("forget", address)

    tables = both.ask(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname like 'instantly%'"
    )
    for (table,) in tables:
        found = both.ask(f"select count(*) from {table} as t where t::text ilike '%{address}%'")
        assert found == [(0,)], table
    ((note,),) = both.ask(
        f"select payload ->> 'note' from instantly_raw.leads where id = '{other}'"
    )
    assert note == "ask [forgotten] first"


def test_the_password_stands_nowhere(both: Both) -> None:
    canary = both.server.canary.encode()
    assert canary.decode() not in "".join(both.said)
    kept = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "instantly-warehouse"
    for folder in (both.folder, kept):
        for path in folder.rglob("*"):
            assert not path.is_file() or canary not in path.read_bytes(), path


def _await(work: subprocess.Popen[str], stage: str) -> None:
    """Reads lines until the command says that it has come to a stage."""
    assert work.stderr
    for line in work.stderr:
        if json.loads(line).get("stage") == stage:
            return
    raise AssertionError(f"ended before {stage}")
