"""How fast one queue is asked: never above its ceiling, slower while others need the quota.

    ceiling ──┐  ┌──┐                  ┌──    a stray 429 takes 1 % of the pace
              └──┘  └┐           ┌─────┘      one that follows too soon takes four times that
                     └┐     ┌────┘            a minute without one gives 5 % of the ceiling back
                      └─────┘                 what Retry-After told is waited for in full

The limit of a workspace is shared with programs that nobody told us about, and the API does not
say how much of it is left (quirk A13). So it is found out as TCP finds its share of a line: give
back when refused, ask for a little more while it goes well (AIMD). Storms last minutes and quick
retries feed them (quirk A15), hence the steps that grow fourfold, up to half of the pace each,
and the slow way up: four round trips into a storm, two fifths of the pace are left.

A 429 after seconds of answers is no storm: at the ceiling a request that was held up for a
hundredth of a second on its way is enough for one. A per cent less leaves room for what is late.
Nor are two or three in a row: a machine that is busy for a moment, here or there, lets several be
late. To halve at the second one left half of the rate unused for minutes.

A request counts from when it was out, where the wire can tell: between its turn and its last byte
lies whatever else this process is doing, a hundredth of a second in a busy one.

Libraries for a fixed rate (requests-ratelimiter) were refused: they cannot be told to wait or to
slow down, and no signal ends their wait. Adaptive ones on PyPI are made for asyncio.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

RECOVERY_PER_MINUTE = 0.05
"""Share of the ceiling that comes back with a minute without a 429."""

STRAY_STEP, LARGEST_STEP = 0.01, 0.5
"""Shares of the pace that a stray 429 takes, and one of a storm at most."""

PROOF_SECONDS, LEAST_PROOF = 2.0, 20
"""A 429 is a stray when so many answers were let through since the last one: as many as come in
that time at the ceiling, and more than can have been under way together."""

SPREAD_BELOW = 0.75
"""Share of the ceiling below which requests are kept apart, each from the one before. They are
also after a 429 that was no stray: into a second that is used up, a burst goes as a whole."""

SLOWEST_PER_SECOND = 1.0
SLOWEST_SHARE = 1 / 8
"""The pace never falls below either of these, so that the end of a storm is noticed."""


@dataclass(slots=True)
class Turn:
    """The turn of one request, in every queue that it has to stand in.

    Attributes:
        taken: when it might go.
        out: when it was out; until somebody has said so, when it might go.
    """

    taken: float = 0.0
    out: float = 0.0


class Pace:
    """The pace of one queue. Not safe for threads: whoever has several holds a lock.

    Args:
        per_second: the ceiling.
        at_once: how many requests may follow each other without a gap, as long as the pace holds
            over them all and is not much below the ceiling.
        clock: seconds that only rise.
    """

    def __init__(
        self, per_second: float, at_once: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ceiling = per_second
        self._floor = min(SLOWEST_PER_SECOND, per_second * SLOWEST_SHARE)
        self._clock = clock
        self._taken: deque[Turn] = deque(maxlen=at_once)
        self._slowed_to = per_second
        self._step = 0.0
        self._slowed_at = float("-inf")
        self._needed = max(LEAST_PROOF, PROOF_SECONDS * per_second)
        self._proof = self._needed
        self._held_until = float("-inf")
        self._refused_since: float | None = None

    @property
    def per_second(self) -> float:
        """Requests a second that are allowed now."""
        if self._slowed_to >= self._ceiling:
            return self._ceiling
        minutes = (self._clock() - self._slowed_at) / 60
        return min(self._ceiling, self._slowed_to + RECOVERY_PER_MINUTE * self._ceiling * minutes)

    @property
    def wait(self) -> float:
        """Seconds until the next request may go; 0 is now."""
        free_at, allowed = self._held_until, self.per_second
        is_spread = self._is_doubted or allowed < SPREAD_BELOW * self._ceiling
        if len(self._taken) == self._taken.maxlen:
            over_all = self._ceiling if is_spread else allowed
            free_at = max(free_at, self._taken[0].out + len(self._taken) / over_all)
        if self._taken and is_spread:
            free_at = max(free_at, self._taken[-1].out + 1 / allowed)
        return max(0.0, free_at - self._clock())

    @property
    def _is_doubted(self) -> bool:
        """Whether the last 429 was no stray, and too little was let through since."""
        return self._step > STRAY_STEP and self._proof < self._needed

    @property
    def held(self) -> float:
        """Seconds of a Retry-After that are still to come."""
        return max(0.0, self._held_until - self._clock())

    @property
    def refused_for(self) -> float:
        """Seconds since the first 429 after the last request that was let through."""
        return 0.0 if self._refused_since is None else self._clock() - self._refused_since

    def take(self, turn: Turn) -> None:
        """A request goes now; whoever sees it off notes in its turn when it was out."""
        turn.taken = turn.out = self._clock()
        self._taken.append(turn)

    def hold(self, seconds: float) -> None:
        """No request goes before."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def refused(self, taken: float) -> None:
        """A request that had its turn then was answered with 429.

        One that had it before the pace was last slowed says nothing new: ten that were under way
        together would leave a thousandth of the pace.
        """
        now = self._clock()
        if self._refused_since is None:
            self._refused_since = now
        if taken >= self._slowed_at:
            is_stray = self._proof >= self._needed
            self._step = STRAY_STEP if is_stray else min(LARGEST_STEP, 4 * self._step)
            self._slowed_to = max(self._floor, self.per_second * (1 - self._step))
            self._slowed_at, self._proof = now, 0

    def let_through(self) -> None:
        """A request was answered, whatever the answer."""
        self._refused_since = None
        self._proof += 1
