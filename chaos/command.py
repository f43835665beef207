"""The command as a process: started like a scheduler does, watched, killed, and what came of it.

    Commands.start(run) ─> Started ─┬─ wait_for(stage) · kill
                                    └─ outcome() ─> Outcome(code, what it said, how long)

A run that needs nothing special is the installed program itself. One that is to die at a side
effect, whose clock is wrong, whose files may not grow, or that carries a mutant, is the same
program started through `chaos.inside`; and where hundreds are started, forked off one (`Warm`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from chaos.schedule import Run
from chaos.warm import Forked, Warm

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("instantly-warehouse")
PATH = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
INSIDE = (sys.executable, "-c", f"{PATH}; from chaos.inside.__main__ import main; main()")
"""Not `-m`: the process must find this package from any folder, without a variable for children."""

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "SSL_CERT_FILE")
"""All that a command gets of our environment: no setting of the person who plays."""

LONGEST_SECONDS = 400.0
"""No run of a schedule may take longer: a hang is a finding, too."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: exit code (negative: the signal), its words, seconds, stages it reached."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    stages: tuple[str, ...]
    is_quiet: bool

    def __str__(self) -> str:
        last = self.stderr.strip().splitlines()[-1:] if self.code else []
        said = f": {last[0][:300]}" if last else ""
        at = f" in {self.stages[-1]}" if self.stages else ""
        return f"ended with {self.code}{at} after {self.seconds:.1f} s{said}"


class Started:
    """A command at work."""

    def __init__(self, process: subprocess.Popen[str] | Forked, is_quiet: bool) -> None:
        self.process = process
        self._is_quiet = is_quiet
        self._began = time.monotonic()
        self._lines: list[str] = []
        self._stages: list[str] = []
        self._told = threading.Condition()
        self._out: list[str] = []
        self._readers = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._collect, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            words = line.split()
            with self._told:
                self._lines.append(line)
                if len(words) == 2 and words[0].count(":") == 2:
                    self._stages.append(words[1])
                self._told.notify_all()
        with self._told:
            self._stages.append("")
            self._told.notify_all()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        self._out.append(self.process.stdout.read())

    def wait_for(self, stage: str, seconds: float = LONGEST_SECONDS) -> bool:
        """Waits until the command says that a stage begins; False if it ended before."""
        with self._told:
            self._told.wait_for(lambda: stage in self._stages or "" in self._stages, seconds)
            return stage in self._stages

    def send(self, how: str) -> None:
        """Sends a signal, if there is still somebody to take it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.Signals[how])

    def outcome(self) -> Outcome:
        """Waits for the end; what takes too long is killed, and its code says so."""
        try:
            code = self.process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for reader in self._readers:
            reader.join(30)
        seconds = time.monotonic() - self._began
        stages = tuple(stage for stage in self._stages if stage)
        said = "".join(self._out), "".join(self._lines)
        return Outcome(code, *said, seconds, stages, self._is_quiet)


def _is_born_to_die(run: Run) -> bool:
    """Whether it ends so soon that its imports are what is disturbed."""
    return run.death is not None and run.death.stage is None and run.death.effect is None


@dataclass(frozen=True, slots=True)
class Commands:
    """Starts commands on one warehouse. `settings` are variables of the product.

    With `warm` commands are forks of a process with its imports done, one at a time, but for those
    that are disturbed while they still import.
    """

    folder: Path
    settings: Mapping[str, str]
    cache: Path
    mutant: str | None = None
    warm: Warm | None = None

    def __post_init__(self) -> None:
        self.temporary.mkdir(exist_ok=True)

    @property
    def warehouse(self) -> Path:
        """The published file."""
        return self.folder / "warehouse.duckdb"

    @property
    def temporary(self) -> Path:
        """Where the process believes that temporary files may lie."""
        return self.folder.with_name(f"{self.folder.name}-temporary")

    def start(
        self, run: Run, *, has_stages: bool = False, trace: Path | None = None, **variables: str
    ) -> Started:
        """The command of a run at work; faults and changes are the caller's.

        It is quiet, so that a failure must be one line, unless somebody has to know its stage.
        """
        is_quiet = not (has_stages or run.is_stopped or (run.room and run.room.stage))
        words = [*(["--quiet"] if is_quiet else []), run.verb, *run.options]
        special = self._special(run, trace)
        environment = self._environment(run) | variables
        if self.warm and not _is_born_to_die(run):
            forked = self.warm.start([*special, "--", *words], self.folder, environment)
            return Started(forked, is_quiet)
        process = subprocess.Popen(
            [*INSIDE, *special, "--", *words] if special else [str(PROGRAM), *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return Started(process, is_quiet)

    def cold(self) -> Commands:
        """The same commands, each a process with imports of its own."""
        return replace(self, warm=None)

    def traced(self, run: Run, trace: Path) -> Outcome:
        """A run to its end, with its side effects written down, a line each."""
        return self.start(run, trace=trace).outcome()

    def _special(self, run: Run, trace: Path | None) -> list[str]:
        """The arguments of `chaos.inside` that this run needs; none: the installed program does."""
        special: list[str] = []
        if trace:
            special += ["--trace", str(trace)]
        if run.death and run.death.effect is not None:
            special += ["--die-at", str(run.death.effect)]
        if run.clock:
            special.append(f"--clock={run.clock}")
        if run.room and run.room.stage is None:
            special += ["--quota", str(run.room.bytes)]
        if self.mutant:
            special += ["--mutant", self.mutant]
        return special

    def _environment(self, run: Run) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return inherited | {
            "TZ": run.zone,
            "XDG_CACHE_HOME": str(self.cache),
            "TMPDIR": str(self.temporary),
            "WAREHOUSE_PATH": str(self.warehouse),
            **self.settings,
        }
