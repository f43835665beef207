"""Folders beside a warehouse in which runs put what they throw away, and what dead runs left there.

A run that is killed cannot remove its folder. Whoever holds the lock next knows that nobody works
in any of them. And a disk that has no room for them is known again, whichever library met it.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import RunFailedError, causes, is_understood


def leftovers(folder: Path) -> Iterator[Path]:
    """Run folders by the name of one without its run's id; dead, when the lock is ours."""
    return (path for path in folder.parent.iterdir() if path.name.startswith(folder.name))


def remove_all(folders: Iterable[Path]) -> None:
    """Removes what dead runs have left; RunFailedError names a folder that cannot be removed."""
    for folder in list(folders):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            what = f"the rest of a run that died cannot be removed: {error.strerror}"
            raise RunFailedError(what, where=str(folder), todo="remove it by hand") from None


def is_full_disk(error: BaseException) -> bool:
    """Whether it came of a disk without room."""
    return _came_from(error, {errno.ENOSPC, errno.EDQUOT}, "No space left on device")


def is_limited_file(error: BaseException) -> bool:
    """Whether it came of a file that may not grow further."""
    return _came_from(error, {errno.EFBIG}, "File too large")


def _came_from(error: BaseException, numbers: Collection[int], text: str) -> bool:
    """True when the error, or one that it came from, is of the system's kind, or says so.

    DuckDB's errors carry the system's words and no number.
    """
    return any(
        (isinstance(cause, OSError) and cause.errno in numbers) or text in str(cause)
        for cause in causes(error)
    )


@contextmanager
def room_explained(folder: Path) -> Generator[None]:
    """Where a warehouse is elsewhere and only the run folder lies here: a full disk in a sentence.

    An error that somebody has explained already is about another disk.
    """
    try:
        yield
    except Exception as error:
        if is_understood(error):
            raise
        where = str(folder)
        if is_full_disk(error):
            what = "no room on this disk for what a run throws away"
            todo = "make room, or name another folder with WAREHOUSE_PATH, and run again"
            raise RunFailedError(what, where=where, todo=todo) from error
        if is_limited_file(error):
            what = "a file of the run would have grown beyond what this user or file system allows"
            todo = "raise the limit (`ulimit -f`), or name another folder with WAREHOUSE_PATH"
            raise RunFailedError(what, where=where, todo=todo) from error
        raise
