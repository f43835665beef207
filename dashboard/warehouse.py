"""The warehouse file as the pages see it: one short read-only look per question.

    ask(sql) ──> remembered for this identity of the file? ── yes ──> the frame
                  └ no ──> lock ──> open, ask, close ──> is it still the same file? ──> remember

A run replaces the file whole (`os.replace`), so mtime, size and inode together say which file it
is; a page is made of one identity only. If the file changes between two questions of a page, the
page starts again (`Replaced`) rather than showing two runs side by side.

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

from pipelines.warehouse_file import MARTS, has_schema, open_read_only

ANSWERS = 512
"""Most answers kept: seven pages under a few dozen filters."""

OTHER_SHAPE = ("Table with name", "Referenced column", "does not have a column")
"""How DuckDB says that a mart or a column of one is not there."""

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


class NothingBuilt(Exception):
    """The file has raw tables and no marts yet."""


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

        RunFailedError when the file cannot be opened, MissingMart, NothingBuilt, Replaced.
        """
        return _answer(str(self.path), self.identity, sql, tuple(values))


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _answer(path: str, identity: Identity, sql: str, values: tuple[Any, ...]) -> pd.DataFrame:
    file = Path(path)
    with _one_at_a_time:
        with open_read_only(file) as connection:
            if not has_schema(connection, MARTS):
                raise NothingBuilt
            try:
                found = connection.execute(sql, list(values)).df()
            except duckdb.Error as error:
                said = str(error).splitlines()[0]
                if not any(mark in said for mark in OTHER_SHAPE):
                    raise
                raise MissingMart(said) from None
        if identity_of(file) != identity:
            raise Replaced
    return found
