"""A process that has imported the product and its libraries, and forks a command when it is asked.

    {"arguments": […], "environment": {…}, "folder": …} + stdout, stderr ─> fork ─> the command
                                          its process id <─┘      its exit code, its CPU <─┘

Half of what a short command costs is imports. Where hundreds of commands are started, they may be
born with their imports done; all else is theirs. One at a time: no thread of Python runs here and
nothing of the product has run, so a fork is a copy of a program that has just started.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

IMPORTED = (
    "pipelines.cli",
    "pipelines.run",
    "pipelines.sync",
    "pipelines.swap",
    "sources.instantly",
    "dlt.destinations.impl.duckdb.duck",
    "dlt.destinations.impl.duckdb.factory",
    "pyarrow.parquet",
    "pandas",
    "psutil",
)
OF_POSTGRES = ("psycopg2", "dlt.destinations.impl.postgres.factory")
LONGEST_ORDER = 1 << 20


def serve(descriptor: int) -> list[str]:
    """Forks for whoever is at the other end until it hangs up; returns in the forks alone.

    Returns the arguments of the command that this process has become.
    """
    for module in (*IMPORTED, *(OF_POSTGRES if find_spec("psycopg2") else ())):
        import_module(module)
    with socket.socket(fileno=descriptor) as caller:
        _say(caller, os.getpid())
        while True:
            order, descriptors, _, _ = socket.recv_fds(caller, LONGEST_ORDER, 2)
            if not order:
                raise SystemExit(0)
            child = os.fork()
            if not child:
                break
            for each in descriptors:
                os.close(each)
            _say(caller, child)
            _, status, used = os.wait4(child, 0)
            _say(caller, os.waitstatus_to_exitcode(status))
            _say(caller, round(1000 * (used.ru_utime + used.ru_stime)))
    return _become(json.loads(order), descriptors)


def leave(code: object) -> NoReturn:
    """Ends a fork as the interpreter would, but for C's own last rites.

    Libraries have threads of the process that was forked in their books; waiting for them aborts.
    """
    for module, first in ((threading, "_shutdown"), (atexit, "_run_exitfuncs")):
        getattr(module, first)()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _say(caller: socket.socket, number: int) -> None:
    """A line for the caller: our process, that of a command, how it ended, its milliseconds."""
    try:
        caller.sendall(f"{number}\n".encode())
    except BrokenPipeError:
        raise SystemExit(0) from None


def _become(order: dict[str, Any], descriptors: list[int]) -> list[str]:
    """What a fresh process would have: its own session, folder, environment and streams."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    tempfile.tempdir = None
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    for descriptor, stream in zip(descriptors, (sys.stdout, sys.stderr), strict=True):
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    sys.stdout = os.fdopen(sys.stdout.fileno(), "w", closefd=False)
    sys.stderr = os.fdopen(sys.stderr.fileno(), "w", buffering=1, closefd=False)
    return order["arguments"]
