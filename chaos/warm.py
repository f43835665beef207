"""Commands that fork off a process which has its imports done (see `chaos.inside.warm`).

`Warm.start` is `subprocess.Popen` for as much of it as a `Started` needs. One command at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Forked:
    """A command that another process has forked, as `subprocess.Popen` would show it."""

    def __init__(self, caller: socket.socket, stdout: int, stderr: int) -> None:
        self._caller = caller
        self.stdout = os.fdopen(stdout, encoding="utf-8")
        self.stderr = os.fdopen(stderr, encoding="utf-8")
        self.returncode: int | None = None
        self.cpu_seconds = 0.0
        self.pid: int = _line(caller)

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code (negative: the signal); subprocess.TimeoutExpired if it takes longer."""
        if self.returncode is None:
            if not select.select([self._caller], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked command", timeout or 0)
            self.returncode = _line(self._caller)
            self.cpu_seconds = _line(self._caller) / 1000
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, if there is still somebody to take it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


class Warm:
    """The process that forks; it is born with the first command and ends with `close`, or us."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._caller: socket.socket | None = None
        self._last: Forked | None = None
        self._used = 0.0

    def start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> Forked:
        """A command at work; `arguments` are those of `chaos.inside`."""
        self._end_last()
        order: dict[str, Any] = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
        }
        caller = self._caller = self._caller or self._born()
        (out, theirs_out), (err, theirs_err) = os.pipe(), os.pipe()
        socket.send_fds(caller, [json.dumps(order).encode()], [theirs_out, theirs_err])
        os.close(theirs_out)
        os.close(theirs_err)
        self._last = Forked(caller, out, err)
        return self._last

    def cpu_seconds(self) -> float:
        """What all its commands have used so far."""
        self._end_last()
        return self._used

    def _end_last(self) -> None:
        """One at a time; whoever has been left alone is killed."""
        if self._last:
            if self._last.poll() is None:
                self._last.kill()
                self._last.wait()
            self._used += self._last.cpu_seconds
            self._last = None

    def close(self) -> None:
        """Hangs up, which ends the other process."""
        if self._caller:
            self._caller.close()
            self._caller = None

    def _born(self) -> socket.socket:
        caller, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            subprocess.Popen([*self._command, "--serve", str(number)], pass_fds=(number,))
        _line(caller)
        return caller


def _line(caller: socket.socket) -> int:
    """The number that the other process says next; byte by byte, lest we swallow the one after."""
    said = b""
    while not said.endswith(b"\n"):
        more = caller.recv(1)
        if not more:
            raise RuntimeError("the process that forks commands has died")
        said += more
    return int(said)
