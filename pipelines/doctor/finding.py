"""What a check can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pipelines.errors import Exit


class Level(Enum):
    """How much a finding matters, and the exit code it means."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"
    WRONG = "wrong"

    @property
    def exit_code(self) -> Exit:
        """0 all well, also with notes; 3 something is missing, the rest works; 2 a run cannot."""
        return {Level.MISSING: Exit.PARTIAL, Level.WRONG: Exit.CONFIGURATION}.get(self, Exit.DONE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One result: which check, how bad, what was found, what to do about it."""

    check: str
    level: Level
    what: str
    todo: str = ""

    def __post_init__(self) -> None:
        if self.level in (Level.MISSING, Level.WRONG) and not self.todo:
            raise ValueError(f"{self.check}: a finding that is {self.level.value} says what to do")


@dataclass(frozen=True, slots=True)
class TableAccess:
    """Whether one table of one workspace can be read.

    `scope` is what the key needs, None where the API lists none; such a table is not asked for, so
    it is readable as far as one can tell. `reason` is empty for a table that can be read.
    """

    workspace: str
    table: str
    scope: str | None
    reason: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reason
