"""Where the warehouse of a night is: all that a night must know of it to disturb and judge it.

    Place ─┬─ DuckdbFile       one file                                  (here)
           └─ PostgresDatabase a database in a server of the night's own (`chaos.postgres`)

    open      the tables, for the judge            keep        a backup, and the way back
    state     changes with any row of them         strewn      what lies about, or is gone
    settled   until the dead do nothing more       leftovers   what should not be there

What they promise differs in one thing (docs/destinations/postgres.md): of a file all or nothing
changes, in a database a load is kept though what follows it dies. So a state has two parts.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chaos.schedule import Blow
from chaos.warehouse import Warehouse

READER = (sys.executable, "-m", "chaos.reading")


@dataclass(frozen=True, slots=True)
class State:
    """What changes with any row of the raw tables, and with any of the marts; empty for none."""

    raw: str = ""
    marts: str = ""


class Place(Protocol):
    """A warehouse that a night can be played on."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The product's variables that say where it is, beside WAREHOUSE_PATH."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may be printed and written nowhere, beside the keys of the API."""
        ...

    @property
    def may_stay(self) -> tuple[Path, ...]:
        """Files of this machine that are there after a good run."""
        ...

    @property
    def reader(self) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """The command of a reader who never tires, and variables for it."""
        ...

    def open(self) -> Warehouse:
        """The tables at this moment."""
        ...

    def state(self) -> State:
        """What of them has changed, next to another state."""
        ...

    def settled(self) -> float:
        """Waits until nothing is at work for a command that is dead; the seconds it took."""
        ...

    def keep(self) -> Callable[[], None] | None:
        """Takes a backup, and returns what puts it back; None where there is nothing yet."""
        ...

    def strewn(self, what: str) -> AbstractContextManager[frozenset[int] | None]:
        """Lets something lie about; the codes of a run that is in the way of it, None for none."""
        ...

    def lose_run_folders(self) -> None:
        """Removes what a run at work has on this machine to throw away."""
        ...

    def suffer(self, blow: Blow) -> None:
        """Does this to the server."""
        ...

    def names(self, process: int) -> str:
        """How somebody who is locked out is told of the process that holds the lock."""
        ...

    def leftovers(self) -> Iterator[str]:
        """What is there after a good run and should not be, beside files of this machine."""
        ...


@dataclass(frozen=True, slots=True)
class DuckdbFile:
    """One file and its lock, in a folder."""

    folder: Path

    @property
    def file(self) -> Path:
        """The published one."""
        return self.folder / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        """Beside it."""
        return self.folder / ".warehouse.duckdb.lock"

    @property
    def settings(self) -> Mapping[str, str]:
        """None: a file is where WAREHOUSE_PATH says."""
        return {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def may_stay(self) -> tuple[Path, ...]:
        """The file and its lock."""
        return self.file, self.lock

    @property
    def reader(self) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Of the file."""
        return (*READER, str(self.file)), {}

    def open(self) -> Warehouse:
        """The file, read-only."""
        return Warehouse.of_file(self.file)

    def state(self) -> State:
        """A sum of all bytes, for both parts."""
        if not self.file.exists():
            return State()
        content = hashlib.sha256(self.file.read_bytes()).hexdigest()
        return State(content, content)

    def settled(self) -> float:
        """At once: nobody else works on a file."""
        return 0.0

    def keep(self) -> Callable[[], None] | None:
        """The file is copied away; put back as a careful person does it, under another name."""
        if not self.file.exists():
            return None
        copy = self.folder.parent / f"backup-{self.state().raw[:12]}"
        shutil.copy(self.file, copy)

        def put_back() -> None:
            fresh = self.folder / "restored"
            shutil.copy(copy, fresh)
            fresh.replace(self.file)

        return put_back

    @contextmanager
    def strewn(self, what: str) -> Generator[frozenset[int] | None]:
        """Garbage in a run folder or lock, no lock, somebody's write-ahead log."""
        if what == "a run folder full of garbage":
            fill_with_garbage(self.folder / ".warehouse.duckdb.run-of-old")
        elif what == "a lock file full of garbage":
            self.lock.write_bytes(b'{"pid": "\xff')
        elif what == "no lock file":
            self.lock.unlink(missing_ok=True)
        elif what == "a write-ahead log of somebody else":
            log = self.file.with_name("warehouse.duckdb.wal")
            log.write_bytes(b"somebody writes")
            yield frozenset({1})
            log.unlink()
            return
        else:
            raise ValueError(f"nothing of a file is called {what!r}")
        yield None

    def lose_run_folders(self) -> None:
        """Those beside the file."""
        lose(self.folder)

    def suffer(self, blow: Blow) -> None:
        """Nothing can: a file has no server."""
        raise ValueError(f"a file has no server: {blow}")

    def names(self, process: int) -> str:
        """By its process."""
        return f"process {process}"

    def leftovers(self) -> Iterator[str]:
        """All that could be is a file."""
        yield from ()


def fill_with_garbage(folder: Path) -> None:
    """What a run that died could have left there."""
    (folder / "work").mkdir(parents=True)
    (folder / "work" / "state.json").write_bytes(b"\0garbage" * 99)
    (folder / "warehouse.duckdb").write_bytes(b"not a database")


def lose(folder: Path) -> None:
    """Removes all run folders in there, at work or not."""
    for found in folder.glob(".*run-*"):
        shutil.rmtree(found, ignore_errors=True)


@contextmanager
def placed(destination: str, folder: Path) -> Generator[Place]:
    """The warehouse of one night; a server ends with the block."""
    if destination == "duckdb":
        yield DuckdbFile(folder)
        return
    from chaos.postgres import PostgresDatabase
    from chaos.server import binaries, started

    programs = binaries()
    if programs is None:
        raise SystemExit("no PostgreSQL server here (Debian: apt install postgresql)")
    with started(programs) as cluster:
        yield PostgresDatabase(cluster, folder)
