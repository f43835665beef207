"""One run at a time per warehouse: a lock that the kernel frees when its holder dies.

    .warehouse.duckdb.lock    held with flock; its text says who holds it (pid, command, since)

A PID file was refused: after a kill or a reboot it lies, and every cure (is the process alive? is
it ours?) has a race. The text inside is for people only; whether the lock is held, the kernel says.
Child processes do not inherit it, so a child that outlives a killed run cannot block the next one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import LockHeldError, RunFailedError


@contextmanager
def locked(warehouse: Path) -> Generator[None]:
    """The block runs as the only writer of the warehouse; LockHeldError at once if it cannot."""
    from filelock import FileLock, Timeout

    path = lock_path(warehouse)
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise _held(path) from None
    except (OSError, NotImplementedError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        what = f"no lock can be taken here: {str(reason).lower()}"
        todo = "give this user the right to write into the folder, or choose another WAREHOUSE_PATH"
        raise RunFailedError(what, where=str(path.parent), todo=todo) from None
    try:
        _write(path, _introduction())
        yield
    finally:
        _write(path, "")
        lock.release()


def lock_path(warehouse: Path) -> Path:
    """The lock's file, beside the warehouse."""
    return warehouse.with_name(f".{warehouse.name}.lock")


def _write(path: Path, text: str) -> None:
    """For people only, so a full disk is no reason to fail here."""
    with suppress(OSError):
        path.write_text(text, encoding="utf-8")


def _introduction() -> str:
    """Who we are, for the next one who finds the door closed; never whom we are to forget.

    The text would outlive a kill.
    """
    said = ("…" if "@" in argument else argument for argument in sys.argv[1:])
    command = " ".join([Path(sys.argv[0]).name, *said])
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "command": command[:200], "since": since})


def _held(path: Path) -> LockHeldError:
    """Names the holder if it has already introduced itself."""
    known = _introduced(path)
    who = known["who"] if known else "it has only just started"
    todo = "wait until it has ended and run again"
    return LockHeldError(f"another run is at work ({who})", where=str(path.parent), todo=todo)


def holder(warehouse: Path) -> str | None:
    """Who is at work, None when nobody is, as far as one can tell without touching the lock.

    Only the kernel knows whether a lock is held, and it tells only those who try to take it: for
    an instant a run that starts then would find the door closed. So the introduction is believed
    when a process of that number lives that was there when it was written.
    """
    import psutil

    known = _introduced(lock_path(warehouse))
    if known is None:
        return None
    try:
        began = psutil.Process(known["pid"]).create_time()
    except (psutil.Error, ValueError, TypeError):
        return None
    return known["who"] if began <= known["since"] + 1 else None


def _introduced(path: Path) -> dict[str, Any] | None:
    """What the last holder wrote: its process, since when (seconds), and both in words."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        who = f"{said['command']}, process {said['pid']}, since {said['since']}"
        since = datetime.fromisoformat(said["since"]).timestamp()
        return {"pid": said["pid"], "since": since, "who": who}
    except (OSError, ValueError, KeyError, TypeError):
        return None
