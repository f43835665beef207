"""A disk of one's own that can be filled, where the machine allows to mount one.

Only a real file system says "No space left on device" to Python and DuckDB alike. A small one in
memory is mounted over the warehouse's folder (root only) and filled by a file that grows until so
many bytes are left. Without the right to mount, the caller falls back on a quota per file.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MEGABYTES = 192
BALLOON = "balloon"


@contextmanager
def small_disk(folder: Path, is_wanted: bool) -> Generator[bool]:
    """The folder lies on a disk of its own until the block ends; False where that may not be."""
    if not is_wanted or os.geteuid() != 0 or not shutil.which("mount"):
        yield False
        return
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0  # noqa: S607 mount of the system
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)  # noqa: S607 as above


@contextmanager
def full(folder: Path, left: int) -> Generator[None]:
    """Only `left` bytes are free until the block ends."""
    balloon = folder / BALLOON
    with balloon.open("wb") as file:
        _blow_up(file.fileno(), folder, left)
    try:
        yield
    finally:
        balloon.unlink()


def _blow_up(descriptor: int, folder: Path, left: int) -> None:
    """Takes all that is free but `left` bytes; others take meanwhile, hence the loop."""
    while (size := shutil.disk_usage(folder).free - left) > 0:
        try:
            os.posix_fallocate(descriptor, 0, os.fstat(descriptor).st_size + size)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
