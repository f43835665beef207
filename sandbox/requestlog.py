"""What was asked: counts per operation and the last requests in full.

Tests of incremental loading assert on what a run asked for, not only on what came back.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request under /api/v2. `workspace` is its name, empty when the key was refused; `host` is
    what it called this server; `at` is when it came, in seconds that only rise."""

    operation: str
    path: str
    query: dict[str, list[str]]
    status: int
    workspace: str
    body: Any = None
    user_agent: str = ""
    host: str = ""
    at: float = field(default_factory=time.monotonic)


@dataclass
class RequestLog:
    """Counts since the last reset; `recent` keeps the newest 20,000 requests."""

    recent: deque[Asked] = field(default_factory=lambda: deque(maxlen=20_000))
    operations: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, asked: Asked) -> None:
        """Count one request; a status of 0 stands for a connection that was not answered."""
        self.recent.append(asked)
        self.operations[asked.operation] += 1
        self.statuses[str(asked.status)] += 1

    def clear(self) -> None:
        """Start counting again."""
        self.recent.clear()
        self.operations.clear()
        self.statuses.clear()

    def summary(self) -> dict[str, Any]:
        """`total`, `by_operation`, `by_status`."""
        return {
            "total": self.operations.total(),
            "by_operation": dict(sorted(self.operations.items())),
            "by_status": dict(sorted(self.statuses.items())),
        }

    def rows(self) -> list[dict[str, Any]]:
        """The newest requests, oldest first."""
        return [asdict(asked) for asked in self.recent]
