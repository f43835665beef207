"""Lanes: parts of the API with a limit of their own, beside the pace of the workspace.

    any request ──→ a turn of the workspace's pace ────────────────────────→ sent
    /emails…    ──→ a turn of the workspace's pace and one of its lane ────→ sent

There is one set of turns per workspace, and every attempt of every thread takes one, retries
included: a client that paced calls but not retries got 429 at 3.1 s, against a limit of one in
3 s (quirk A16). Both turns are taken in the same moment, so that the gap at the server is the
lane's, and a request that waits for its lane holds no turn that another one could use: a slow lane
slows nobody else. What is said to a lane, a 429 or a `Retry-After`, slows that lane alone; what is
said to another request slows all.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sources.instantly.conversation.pace import Pace, Turn


@dataclass(frozen=True, slots=True)
class Lane:
    """A part of the API that has to be asked more slowly than the rest.

    Attributes:
        prefix: what its paths begin with, without `/api/v2`.
        seconds_apart: least time between two requests, retries included.
    """

    prefix: str
    seconds_apart: float


EMAILS = Lane("/emails", seconds_apart=3.5)
"""20 requests a minute are allowed; 3.5 s is what a client settled on (quirk A16). All paths under
it, because nobody knows which of them share the limit."""


KEPT_BACK = 0.005
"""Share of the pace that is not used: a request that was out may be late on its way, and a limit
that is counted some thousandths of a second otherwise than here answers with 429."""


class Turns:
    """Whose turn it is: the pace of one workspace and of its lanes, for all threads.

    Args:
        per_minute: requests of the workspace; those of a second may follow each other at once.
        lanes: what has a pace of its own besides.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        per_minute: float,
        lanes: Iterable[Lane],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        per_second = per_minute / 60
        at_once = max(1, int(per_second))  # less than `per_second` in no more than a second
        self._workspace = Pace(min(per_second, at_once) * (1 - KEPT_BACK), at_once, clock)
        self._lanes = {lane.prefix: Pace(1 / lane.seconds_apart, clock=clock) for lane in lanes}
        self._clock = clock
        self._lock = threading.Lock()

    def take(self, path: str, turn: Turn) -> float:
        """Takes this turn if there is one; else the seconds to wait before trying again."""
        paces = {self._workspace, self._own(path)}
        with self._lock:
            wait = max(pace.wait for pace in paces)
            if not wait:
                for pace in paces:
                    pace.take(turn)
        return wait

    def sent(self, turn: Turn) -> None:
        """The request is out: what may follow it counts from now."""
        turn.out = self._clock()

    def held(self, path: str) -> float:
        """Seconds of a Retry-After that a path has still to wait for."""
        with self._lock:
            return max(self._workspace.held, self._own(path).held)

    def hold(self, path: str, seconds: float) -> None:
        """Nobody in this queue asks before."""
        with self._lock:
            self._own(path).hold(seconds)

    def refused(self, path: str, taken: float) -> None:
        """A request that had its turn then was answered with 429."""
        with self._lock:
            self._own(path).refused(taken)

    def let_through(self, path: str) -> None:
        """A request was answered, and not with 429."""
        with self._lock:
            self._own(path).let_through()

    def refused_for(self, path: str) -> float:
        """Seconds in which every request of this queue was answered with 429."""
        with self._lock:
            return self._own(path).refused_for

    def _own(self, path: str) -> Pace:
        own = (pace for prefix, pace in self._lanes.items() if path.startswith(prefix))
        return next(own, self._workspace)
