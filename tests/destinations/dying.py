"""A load in a process of its own, which dies in front of one of dlt's jobs.

    load_elsewhere(server, load, folder, …) ─> python -m tests.destinations.dying
                                                   └─ load(server.url, folder, …)

A kill cannot be caught, so nothing but another process can be killed. It prints how many jobs there
were when it was let live.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from chaos.server import PostgresServer

SECONDS = 300.0


def load_elsewhere(
    server: PostgresServer,
    load: Callable[..., None],
    folder: Path,
    *numbers: int,
    into: str,
    die_at: int = 0,
) -> subprocess.CompletedProcess[str]:
    """The process, ended.

    Args:
        server: whose URL is handed over where no other user of this machine can read it.
        load: a function of a module, for the URL, the folder and the numbers.
        folder: as `load` takes it.
        numbers: as `load` takes them.
        into: the package of the destination.
        die_at: the job in front of which it dies; 0 for none.
    """
    which = f"{load.__module__}:{load.__qualname__}"
    words = [into, str(die_at), which, str(folder), *map(str, numbers)]
    return subprocess.run(
        [sys.executable, "-m", __name__, *words],
        input=server.url,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def main(into: str, die_at: str, which: str, folder: str, *numbers: str) -> None:
    """What happens in the other process."""
    loading: Any = import_module(f"pipelines.destinations.{into}.loading")
    jobs, real = 0, loading._Client.create_load_job

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal jobs
        jobs += 1
        if jobs == int(die_at):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    loading._Client.create_load_job = counted
    module, _, name = which.partition(":")
    getattr(import_module(module), name)(sys.stdin.read(), Path(folder), *map(int, numbers))
    print(jobs)


if __name__ == "__main__":
    main(*sys.argv[1:])
