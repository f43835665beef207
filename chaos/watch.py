"""What is observed while a command works: the requests with their times, and readers.

TimedLog    the sandbox's log, with the moment at which each request arrived
citizen     requests beyond the budget, requests before a Retry-After has ended
readers     processes that look at what is published again and again and count its grains
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from chaos.places import Place
from sandbox.requestlog import Asked, RequestLog

PRODUCT = "instantly-warehouse/"
SECONDS_TO_END = 120.0
"""For a reader that is told to end, on a busy machine."""

JITTER_SECONDS = 0.25
"""What lies between a request that is sent and its entry in the log, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request of the product as it arrived.

    `held` is what its answer told it to wait, `host` what it called the server.
    """

    at: float
    workspace: str
    operation: str
    status: int
    held: float = 0.0
    host: str = ""


@dataclass
class TimedLog(RequestLog):
    """The log of the sandbox; `arrivals` are the product's requests since the last `clear`.

    `holds` are the seconds that a 429 of an operation tells to wait.
    """

    arrivals: list[Arrival] = field(default_factory=list)
    holds: dict[str, float] = field(default_factory=dict)

    def add(self, asked: Asked) -> None:
        """Count one request."""
        super().add(asked)
        if asked.user_agent.startswith(PRODUCT):
            held = self.holds.get(asked.operation, 0.0) if asked.status == 429 else 0.0
            now = time.monotonic()
            arrival = Arrival(now, asked.workspace, asked.operation, asked.status, held, asked.host)
            self.arrivals.append(arrival)

    def clear(self) -> None:
        """Start counting again."""
        super().clear()
        self.arrivals.clear()
        self.holds.clear()


def citizen(arrivals: Sequence[Arrival], requests_per_minute: int) -> Iterator[str]:
    """What a good citizen would not have done, in words.

    The budget is promised per second; arrivals may bunch by `JITTER_SECONDS`, so windows are
    shorter by that much. A request that was under way when a 429 was answered is no breach.
    """
    for workspace in sorted({arrival.workspace for arrival in arrivals}):
        own = [arrival for arrival in arrivals if arrival.workspace == workspace]
        times = [arrival.at for arrival in own]
        for seconds, most in ((1.0, requests_per_minute / 60), (60.0, requests_per_minute)):
            found = _busiest(times, seconds - JITTER_SECONDS)
            if found > max(1, most):
                yield f"{found} requests in {seconds:g} s where {most:g} are allowed ({workspace})"
        for told in own:
            early = [a for a in own if JITTER_SECONDS < a.at - told.at < told.held - JITTER_SECONDS]
            if early:
                yield (
                    f"{len(early)} requests within {told.held:g} s of a Retry-After at "
                    f"{told.operation}, the first after {early[0].at - told.at:.2f} s"
                )


def _busiest(times: Sequence[float], seconds: float) -> int:
    """The most arrivals in any window of that length."""
    most, first = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def readers(place: Place, number: int) -> Generator[list[str]]:
    """So many other processes read until the block ends; the list says what was wrong."""
    wrong: list[str] = []
    command, variables = place.reader
    environment = {**os.environ, **variables}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        reading = [
            stack.enter_context(subprocess.Popen(command, env=environment, **pipes))
            for _ in range(number)
        ]
        try:
            yield wrong
        finally:
            for process in reading:
                said, _ = process.communicate("\n", timeout=SECONDS_TO_END)
                wrong += json.loads(said or '["a reader died"]')
