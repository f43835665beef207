"""One command, run to its end: what it cost, what the server saw of it, what its file holds.

CPU is user and system time of the ended process and of all children it waited for (wait4); it does
not depend on who else is using the machine, as seconds on the wall do, though caches and clocks
still move it by a third from one hour to the next. Memory is the greatest sum over the tree of
processes, looked at ten times a second. Stages are the lines that the product logs: what had been
spent when each of them began.

hyperfine and pyperf were looked at: both time a command well, but all rounds of one before the
first of the next, which is what a shared machine punishes, and neither knows memory of a tree,
requests, or whether the result is right.
"""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

_EVERY_SECONDS = 0.1
_STAGE = re.compile(rb"^\d\d:\d\d:\d\d ([a-z]+)\n?$")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage of the product began with: seconds, CPU and memory (MB) of the tree so far."""

    name: str
    seconds: float
    cpu: float
    memory: float


@dataclass(slots=True)
class Run:
    """One run of one command.

    Attributes:
        name: whose.
        cpu, seconds: user and system time; time on the wall.
        memory: peak of the tree, in MB.
        code: exit code.
        requests, refused: at the server, and how many of them were answered with 429.
        pages: requests for leads.
        span: seconds from the first to the last request for leads.
        file: size of what it wrote, in MB.
        rows: leads in it.
        is_right: whether they are those of the server; None where nothing was compared.
        stages: as logged.
        round: in which round of its scenario it ran.
        more: whatever a scenario adds.
    """

    name: str
    cpu: float
    seconds: float
    memory: float
    code: int
    requests: int = 0
    refused: int = 0
    pages: int = 0
    span: float = 0.0
    file: float = 0.0
    rows: int = 0
    is_right: bool | None = None
    stages: list[Stage] = field(default_factory=list)
    round: int = 0
    more: dict[str, float] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """For a line of results, without what was not looked at."""
        return {name: value for name, value in asdict(self).items() if value not in (None, [], {})}


class CommandFailed(Exception):
    """A command that should have worked did not; `str()` holds its last words."""


def measured(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Runs a command and waits for it.

    Args:
        name: whose run this is.
        command: program and arguments.
        folder: where it is started.
        environment: set besides our own.

    Raises:
        CommandFailed: it did not end with 0.
    """
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
        )
        watch = _Watch(psutil.Process(process.pid), began)
        watching = threading.Thread(target=watch.look, daemon=True)
        watching.start()
        assert process.stderr is not None, "a pipe was asked for"
        words = []
        try:
            for line in process.stderr:
                words.append(line)
                if found := _STAGE.match(line):
                    watch.note(found[1].decode())
        except BaseException:
            process.kill()  # interrupted: nobody waits for it any more
            raise
        finally:
            _, status, used = os.wait4(process.pid, 0)
            watch.stop()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        watching.join()
        if code:
            output.seek(0)
            said = (output.read() + b"".join(words)).decode(errors="replace")
            raise CommandFailed(f"{name} ended with {code}:\n{said[-2000:]}")
    return Run(
        name=name,
        cpu=used.ru_utime + used.ru_stime,
        seconds=seconds,
        memory=watch.peak,
        code=code,
        stages=watch.stages,
    )


@dataclass(slots=True)
class _Watch:
    """Looks at a tree of processes until it is told to stop."""

    root: psutil.Process
    began: float
    peak: float = 0.0
    stages: list[Stage] = field(default_factory=list)
    _peak_of_stage: float = 0.0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Notes the peak."""
        while not self._stopped.wait(_EVERY_SECONDS):
            now = sum(self._each(lambda process: process.memory_info().rss)) / 2**20
            self.peak = max(self.peak, now)
            self._peak_of_stage = max(self._peak_of_stage, now)

    def note(self, stage: str) -> None:
        """A stage begins; its memory is the peak since the one before."""
        spent = sum(self._each(_spent))
        seconds = time.monotonic() - self.began
        self.stages.append(Stage(stage, seconds, spent, self._peak_of_stage))
        self._peak_of_stage = 0.0

    def stop(self) -> None:
        """Ends `look`."""
        self._stopped.set()

    def _each(self, value: Any) -> list[float]:
        found = []
        for process in self._tree():
            try:
                found.append(value(process))
            except psutil.Error:
                continue
        return found

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return []


def _spent(process: psutil.Process) -> float:
    """CPU of a process and of its children that have ended."""
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def size_of(file: Path) -> float:
    """MB of a file and of what belongs to it."""
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*")) / 1e6
