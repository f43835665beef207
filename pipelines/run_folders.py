"""Folders beside a warehouse in which runs put what they throw away, and what dead runs left there.

A run that is killed cannot remove its folder. Whoever holds the lock next knows that nobody works
in any of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.errors import RunFailedError


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
