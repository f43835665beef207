"""What can happen in a bad night: the vocabulary, as frozen values that print as one line each.

    Schedule ─┬─ World        the workspaces that are served, and on which day
              ├─ steps        Run · Overlap · Pass · Change · Backup · Restore · Debris
              └─ finale       `sync` or `run`: the clean command at the end

A step says everything about itself, so that a printed schedule is the whole story and the same seed
and number tell it again. Moments are given as a stage and seconds after it, or as the n-th side
effect; the machine's pace decides what is hit, and the events of a bad schedule say what was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Verb = str
"""`sync` or `run`: a command of the product."""


@dataclass(frozen=True, slots=True)
class World:
    """What the sandbox serves. `drafts` are campaigns without mail that only make lists long."""

    seed: int
    date: dt.date
    campaigns: int = 2
    days: int = 12
    pace: float = 8.0
    drafts: int = 0
    workspaces: int = 1
    subsequences: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule of the sandbox, and how a run that meets it may end.

    Attributes:
        action: what goes wrong (sandbox.faults.ACTIONS).
        operation: where.
        options: `nth`, `times`, `where` and the action's own parameters.
        ends: exit codes that are right when it has struck.
        lies: the answer is whole, well-formed and wrong, so no reader can know.
    """

    action: str
    operation: str = "*"
    options: Mapping[str, Any] = field(default_factory=dict)
    ends: frozenset[int] = frozenset({0})
    lies: bool = False

    def __str__(self) -> str:
        told = "".join(f" {name}={value!r}" for name, value in self.options.items())
        return f"{self.action} on {self.operation}{told}"


@dataclass(frozen=True, slots=True)
class Death:
    """How a run ends before its time.

    `how` is SIGKILL, SIGTERM or SIGINT. The moment is the n-th side effect, or `after` seconds from
    the line that says that `stage` begins (None: from the start).
    """

    how: str = "SIGKILL"
    stage: str | None = None
    after: float = 0.0
    effect: int | None = None

    def __str__(self) -> str:
        if self.effect is not None:
            return f"{self.how} in front of side effect {self.effect}"
        return f"{self.how} {self.after:.2f} s after {self.stage or 'the start'}"


@dataclass(frozen=True, slots=True)
class Blow:
    """What a server suffers while a run is at work, `after` seconds from when `stage` begins.

    `how`: `terminate` ends the run's own connection, `restart` the server in an orderly way, with
    all connections; `crash` ends it without a word.
    """

    how: str
    stage: str
    after: float = 0.0

    def __str__(self) -> str:
        what = "the run's connection is ended" if self.how == "terminate" else "the server"
        did = {"terminate": "", "restart": " is restarted", "crash": " crashes and comes back"}
        return f"{what}{did[self.how]} {self.after:.2f} s after {self.stage}"


@dataclass(frozen=True, slots=True)
class Change:
    """Something happens in the source (sandbox.changes.CHANGES)."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        told = "".join(f" {name}={value!r}" for name, value in self.arguments.items())
        return f"change {self.kind}{told[:200]}"


@dataclass(frozen=True, slots=True)
class Run:
    """One start of the command.

    Attributes:
        verb: which command.
        options: further arguments.
        faults: what the API does meanwhile.
        death: how it ends early, None for when it is done.
        meanwhile: changes in the source, each once so many requests have been answered.
        zone: time zone of the process.
        clock: seconds by which the machine's clock is wrong.
        room: how full the disk is, None for not at all (see `Room`).
        blow: what the server suffers meanwhile, None for nothing; a file has no server.
    """

    verb: Verb = "sync"
    options: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    death: Death | None = None
    meanwhile: tuple[tuple[int, Change], ...] = ()
    zone: str = "UTC"
    clock: int = 0
    room: Room | None = None
    blow: Blow | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether something ends it that is no answer of the API."""
        return self.death is not None or self.blow is not None

    def __str__(self) -> str:
        told = [" ".join((self.verb, *self.options))]
        told += [f"fault: {fault}" for fault in self.faults]
        told += [f"after {requests} requests: {change}" for requests, change in self.meanwhile]
        told += [f"TZ={self.zone}"] * (self.zone != "UTC")
        told += [f"clock {self.clock:+d} s"] * (self.clock != 0)
        told += [str(part) for part in (self.room, self.blow, self.death) if part]
        return "; ".join(told)


@dataclass(frozen=True, slots=True)
class Room:
    """A disk that is full.

    `bytes` is what no file may grow beyond (a quota); with `stage`, the disk itself is full to the
    last `bytes` from that stage on, where the machine lets us mount one.
    """

    bytes: int
    stage: str | None = None

    def __str__(self) -> str:
        if self.stage:
            return f"disk full but for {self.bytes:,} bytes from {self.stage} on"
        return f"no file above {self.bytes:,} bytes"


@dataclass(frozen=True, slots=True)
class Overlap:
    """A second command is started while the first one works.

    `after` is in seconds from the start of the first; None: as soon as it waits for its first
    answer, which takes long.
    """

    verb: Verb = "sync"
    other: Verb = "sync"
    after: float | None = None

    def __str__(self) -> str:
        when = "" if self.after is None else f", {self.after:g} s later"
        return f"{self.verb}, and {self.other} on top of it{when}"


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes in the source."""

    hours: float

    def __str__(self) -> str:
        return f"{self.hours:g} hours pass"


@dataclass(frozen=True, slots=True)
class Backup:
    """The warehouse is copied away."""

    def __str__(self) -> str:
        return "backup"


@dataclass(frozen=True, slots=True)
class Restore:
    """The oldest backup is put back."""

    def __str__(self) -> str:
        return "the backup is put back"


@dataclass(frozen=True, slots=True)
class Debris:
    """Something lies about that a run did not leave, or what it left is gone."""

    what: str

    def __str__(self) -> str:
        return f"debris: {self.what}"


Step = Run | Overlap | Pass | Change | Backup | Restore | Debris


@dataclass(frozen=True, slots=True)
class Schedule:
    """One night; `destination` is where the warehouse is, as the product's setting says it.

    `is_full`: the clean command reads everything, moved or not.
    """

    seed: int
    number: int
    theme: str
    world: World
    steps: tuple[Step, ...]
    finale: Verb = "sync"
    requests_per_minute: int = 6000
    readers: int = 0
    is_full: bool = False
    destination: str = "duckdb"

    @property
    def name(self) -> str:
        """SEED:NUMBER, as `--replay` takes it."""
        return f"{self.seed}:{self.number}"

    def lines(self) -> list[str]:
        """The schedule for people, a line per step."""
        return [
            f"{self.name} ({self.theme}, {self.destination}): {self.world}, "
            f"{self.requests_per_minute} requests/minute"
            + (f", {self.readers} readers all the while" if self.readers else ""),
            *(f"{place}. {step}" for place, step in enumerate(self.steps, 1)),
            f"finally: {self.finale}{' --full-refresh' * self.is_full}, twice",
        ]
