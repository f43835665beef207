"""The installed command against one sandbox, into a file and into another place: the same rows.

    Sandbox ─┬─ into_file ──> a DuckDB file
             └─ into_other ─> PostgreSQL, or a lake       differences() == {}
                                 └─ Reader, meanwhile     marts of one run at every look

What holds of every place that is no file stands here once; each `test_whole_runs…` says which place
it is, how one looks into it, and what holds of it alone. In the order of the functions below,
because each goes on where the one before ended, as nights do.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.warehouse_file import Elsewhere
from sandbox import Sandbox
from sandbox.worlds import small
from tests.destinations.same import differences
from tests.end_to_end.first_run import WATCH, environment
from tests.pipelines.installed_program import PROGRAM
from tests.postgres_server import PostgresServer

TODAY = date(2026, 11, 17)
STAGES = ("load", "transform", "judge", "publish")
SECONDS = 900.0
OF_ONE_RUN = """
    select
        (select run_id from instantly.warehouse_info),
        (select run_id from instantly.sync_status order by finished_at desc limit 1)
"""

Look = tuple[Any, ...]
"""The run of which two marts are, as somebody sees it."""


@dataclass
class Both(ABC):
    """One sandbox and two warehouses that load it: a file, and another in a PostgreSQL server."""

    api: Sandbox
    server: PostgresServer
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    @abstractmethod
    def other(self) -> Elsewhere:
        """The place that is no file."""

    @property
    @abstractmethod
    def variables(self) -> dict[str, str]:
        """The tables of every run here."""

    @property
    @abstractmethod
    def variables_of_other(self) -> dict[str, str]:
        """What sends a run into the other place, but for the database's URL."""

    @abstractmethod
    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question to the other place."""

    @abstractmethod
    def shown(self) -> Look:
        """The run of which two marts are; nothing before there are any."""

    @abstractmethod
    def looking_twice(self) -> AbstractContextManager[Callable[[], list[Look]]]:
        """What looks twice in one transaction (`two_looks`), for as long as the block lasts."""

    def settings(self, api: Sandbox | None = None, **variables: str) -> dict[str, str]:
        own = {"LOG_LEVEL": "DEBUG", **self.variables, **variables}
        return environment(self.folder, api or self.api, **own)

    def settings_of_other(self, api: Sandbox | None = None, **variables: str) -> dict[str, str]:
        url = {"DESTINATION_POSTGRES_URL": self.server.url}
        return self.settings(api, **url, **self.variables_of_other, **variables)

    def into_file(self, *arguments: str) -> None:
        done = self.ran(self.settings(), *arguments)
        assert done.returncode == 0, done.stderr

    def into_other(self, *arguments: str, **variables: str) -> None:
        done = self.ran(self.settings_of_other(**variables), "-v", *arguments)
        assert done.returncode == 0, done.stderr

    def ran(self, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, ended, and what it said."""
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

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """The command at work on the other place, its lines to be read."""
        return subprocess.Popen(
            [str(PROGRAM), "--log-format", "json", *arguments],
            cwd=self.folder,
            env=self.settings_of_other(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


class Reader(threading.Thread):
    """Looks at the marts again and again, each time twice in one transaction."""

    def __init__(self, both: Both) -> None:
        super().__init__(daemon=True)
        self.both, self.seen, self.wrong = both, set[Look](), list[list[Look]]()
        self.stopping = threading.Event()

    def run(self) -> None:
        with self.both.looking_twice() as twice:
            while not self.stopping.is_set():
                looks = twice()
                self.seen.add(looks[0])
                if looks[0] != looks[1] or looks[0][0] != looks[0][1]:
                    self.wrong.append(looks)


def two_looks(look: Callable[[], Look]) -> list[Look]:
    """What is seen now and a moment later."""
    looks = []
    for _ in range(2):
        looks.append(look())
        time.sleep(0.05)
    return looks


def a_first_run_brings_the_same_to_both(both: Both, folder: Path) -> None:
    """And no process is given the password as an argument."""
    (folder / "sitecustomize.py").write_text(WATCH)
    both.into_file("run")
    both.into_other("run", PYTHONPATH=str(folder), WATCHED=str(folder / "seen"))

    assert differences(both.file, both.other) == {}
    noted = [json.loads(line) for line in (folder / "seen").read_text().splitlines()]
    processes = [what["arguments"] for kind, what in noted if kind == "process"]
    assert len(processes) >= 2, "the command and dbt"
    assert both.server.canary not in json.dumps(processes)


def readers_see_one_run_and_a_second_one_is_refused(both: Both, days: float) -> None:
    """While a run loads what has happened in some days; the refused one asks the API nothing."""
    both.api.advance(days=days)
    both.into_file("run")
    reader = Reader(both)
    reader.start()
    work = both.started("run")
    assert work.stderr
    _await(work, "load")
    with Sandbox(small(), date=TODAY) as nobody:
        refused = both.ran(both.settings_of_other(nobody), "run")
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
    assert differences(both.file, both.other) == {}


def killed_runs_lose_and_double_nothing(both: Both) -> None:
    """One in each stage, and a run after them that brings what they should have."""
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
    both.into_other("run")

    assert differences(both.file, both.other, killed=True) == {}


def the_password_stands_nowhere(both: Both) -> None:
    """Neither in what the commands said nor in any file of theirs."""
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
