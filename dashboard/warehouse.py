"""The warehouse file as the pages see it: one short read-only look per question.

    ask(sql) ──> remembered for this identity of the file? ── yes ──> the frame
                  └ no ──> lock ──> open, ask, close ──> is it still the same file? ──> remember

A run replaces the file whole (`os.replace`), so mtime, size and inode together say which file it
is; a page is made of one identity only. If the file changes between two questions of a page, the
page starts again (`Replaced`) rather than showing two runs side by side; so does one whose file
goes away or becomes another while it is opened.

One question at a time, because DuckDB gives a second connect in one process the database that the
first one still holds, which may be the file of the run before.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import streamlit as st

from pipelines.errors import RunFailedError, WarehouseError
from pipelines.warehouse_file import MARTS, RAW, damage, has_schema, open_read_only

ANSWERS = 512
"""Most answers kept: seven pages under a few dozen filters."""

OTHER_SHAPE = ("Table with name", "Referenced column", "does not have a column")
"""How DuckDB says that a mart or a column of one is not there."""

OF_THE_FILE = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException)
"""What DuckDB raises when the file, not the question, is at fault."""

_one_at_a_time = threading.Lock()


class Identity(NamedTuple):
    """Which file lies at a path now."""

    modified: int
    size: int
    inode: int


class Replaced(Exception):
    """A run put another file there while a page was being made."""


class MissingMart(Exception):
    """The file has no such mart, or one of another shape: it was built by another version."""


class NoFile(Exception):
    """Nothing lies at the path, where a run will put the warehouse."""


class NothingBuilt(Exception):
    """The file has raw tables and no marts yet."""


class Foreign(Exception):
    """A DuckDB file that holds neither raw tables nor marts: somebody else's."""


def identity_of(path: Path) -> Identity | None:
    """The identity of the file, None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Identity(found.st_mtime_ns, found.st_size, found.st_ino)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """One file at one moment; `ask` answers from this file or raises `Replaced`."""

    path: Path
    identity: Identity

    def ask(self, sql: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to a question in SQL; marts need no schema in front of their names.

        WarehouseError when the file cannot be read, MissingMart, NothingBuilt, Foreign, Replaced.
        """
        return _answer(str(self.path), self.identity, sql, tuple(values))


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _answer(path: str, identity: Identity, sql: str, values: tuple[Any, ...]) -> pd.DataFrame:
    file = Path(path)
    with _one_at_a_time:
        try:
            found = _asked(file, sql, values)
        except WarehouseError:
            if identity_of(file) != identity:
                raise Replaced from None
            raise
    if identity_of(file) != identity:
        raise Replaced
    return found


def _asked(file: Path, sql: str, values: tuple[Any, ...]) -> pd.DataFrame:
    """The answer of the file that lies there now."""
    try:
        with open_read_only(file) as connection:
            if not has_schema(connection, MARTS):
                raise NothingBuilt if has_schema(connection, RAW) else Foreign
            return connection.execute(sql, list(values)).df()
    except OF_THE_FILE as error:
        raise _unreadable(file, error) from None
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if not any(mark in said for mark in OTHER_SHAPE):
            raise
        raise MissingMart(said) from None


def _unreadable(file: Path, error: duckdb.Error) -> RunFailedError:
    """A block that is only met when it is read: in the words for a file that cannot be opened."""
    said = f"cannot be read to its end: {str(error).splitlines()[0][:200]}"
    todo = "run `instantly-warehouse doctor`, which reads every block and says what to do"
    return damage(file, error) or RunFailedError(said, where=str(file), todo=todo)
