"""The pace of one queue: its ceiling, what a 429 does to it, and how it comes back."""

import math
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.instantly.conversation.pace import Pace, Turn

MINUTE = 60.0


@dataclass
class Clock:
    """Time that passes when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def pace_of(per_second: float, at_once: int = 1) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(per_second, at_once, clock), clock


def sent(pace: Pace, clock: Clock, seconds: float) -> list[float]:
    """When requests go in so many seconds, each of them as soon as it may."""
    end, times = clock.now + seconds, []
    while (at := clock.now + pace.wait) < end:
        clock.now = at
        pace.take(Turn())
        times.append(at)
    clock.now = end
    return times


def test_requests_of_one_second_may_follow_each_other_at_once() -> None:
    times = sent(*pace_of(50, at_once=50), seconds=2.5)

    assert len(times) == 150
    assert times[49] == times[0]
    assert times[50] == pytest.approx(times[0] + 1)


LEFT = (1 - 0.01) * (1 - 0.04) * (1 - 0.16) * (1 - 0.5)
"""Of the pace, after four refusals in a row."""


def storm(pace: Pace, refusals: int = 4) -> Pace:
    """Refusals in a row, each of a request that went when the one before was known."""
    for _ in range(refusals):
        pace.refused(float("inf"))
    return pace


def test_refusals_in_a_row_halve_the_pace_and_spread_it() -> None:
    pace, clock = pace_of(50, at_once=50)
    gaps = sent(storm(pace), clock, 1)

    assert pace.per_second == pytest.approx(50 * LEFT, rel=0.01)
    assert 19 < 50 * LEFT < 20
    assert len(gaps) == pytest.approx(50 * LEFT, abs=1)
    assert min(b - a for a, b in pairwise(gaps)) >= 1 / 25


def test_requests_under_way_together_are_one_refusal() -> None:
    pace, clock = pace_of(50)
    taken = clock.now
    clock.now += 0.1
    for _ in range(10):
        pace.refused(taken)

    assert pace.per_second == 49.5


def test_the_pace_comes_back_by_a_twentieth_of_the_ceiling_a_minute() -> None:
    pace, clock = pace_of(50)
    storm(pace)
    found = []
    for _ in range(14):
        clock.now += MINUTE
        found.append(pace.per_second)

    assert found[:3] == pytest.approx([50 * LEFT + 2.5 * minutes for minutes in (1, 2, 3)])
    assert found[12:] == [50, 50]


def let_through(pace: Pace, answers: int) -> None:
    for _ in range(answers):
        pace.let_through()


def test_a_stray_refusal_costs_little_and_keeps_no_gaps() -> None:
    pace, clock = pace_of(50, at_once=50)
    pace.refused(clock.now)
    assert pace.per_second == 49.5
    times = sent(pace, clock, 2.5)

    assert times[49] == times[0]
    assert len(times) == 150
    assert times[50] == pytest.approx(times[0] + 50 / 49.5, rel=0.001)


@pytest.mark.parametrize(("answers", "left"), [(0, 0.84), (99, 0.84), (100, 0.99)])
def test_each_that_follows_too_soon_takes_four_times_as_much(answers: int, left: float) -> None:
    pace, clock = pace_of(50, at_once=50)
    slowed = storm(pace, 2).per_second
    let_through(pace, answers)
    pace.refused(clock.now)

    assert pace.per_second == pytest.approx(slowed * left)


@pytest.mark.parametrize(("answers", "burst"), [(0, 1), (99, 1), (100, 50)])
def test_no_burst_follows_a_second_refusal_until_it_has_gone_well(answers: int, burst: int) -> None:
    pace, clock = pace_of(50, at_once=50)
    storm(pace, 2)
    let_through(pace, answers)
    times = sent(pace, clock, 1.5)

    assert times.count(times[0]) == burst


def test_no_refusal_takes_more_than_half() -> None:
    pace, clock = pace_of(50, at_once=50)
    slowed = storm(pace, 7).per_second
    pace.refused(clock.now)

    assert pace.per_second == pytest.approx(slowed / 2)


@pytest.mark.parametrize(("answers", "left"), [(19, 0.96), (20, 0.99)])
def test_a_slow_queue_needs_more_than_were_under_way(answers: int, left: float) -> None:
    pace, clock = pace_of(1 / 3.5)
    slowed = storm(pace, 1).per_second
    let_through(pace, answers)
    pace.refused(clock.now)

    assert pace.per_second == pytest.approx(slowed * left)


def test_strays_that_go_on_find_a_pace_at_which_there_are_none() -> None:
    """A server that takes 45 a second, and one more now and then."""
    pace, clock = pace_of(50, at_once=50)
    for _ in range(40):
        clock.now += 6
        let_through(pace, 270)
        if pace.per_second > 45:
            pace.refused(clock.now)

    assert 43 < pace.per_second <= 46


def test_a_storm_leaves_a_request_a_second() -> None:
    pace, clock = pace_of(50)
    for _ in range(20):
        clock.now += 0.1
        pace.refused(clock.now)

    assert pace.per_second == pytest.approx(1, rel=0.01)


def test_a_slow_queue_keeps_an_eighth_of_its_ceiling() -> None:
    pace, clock = pace_of(1 / 3.5)
    for _ in range(20):
        clock.now += 1
        pace.refused(clock.now)

    assert pace.per_second == pytest.approx(1 / 28, rel=0.05)


def test_a_storm_is_as_long_as_nothing_is_let_through() -> None:
    pace, clock = pace_of(50)
    pace.refused(clock.now)
    clock.now += 7
    pace.refused(clock.now)
    assert pace.refused_for == 7

    pace.let_through()
    assert pace.refused_for == 0


def test_the_longer_of_two_holds_counts() -> None:
    pace, _clock = pace_of(50)
    pace.hold(9)
    pace.hold(2)

    assert (pace.wait, pace.held) == (9, 9)


Moves = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 40)),
        st.tuples(st.just("hold"), st.floats(0, 5)),
        st.tuples(st.just("refused"), st.floats(0, 3)),
        st.tuples(st.just("let through"), st.floats(0, 100)),
    ),
    max_size=12,
)


@given(per_second=st.floats(0.02, 40), moves=Moves)
def test_whatever_is_said_the_ceiling_and_every_hold_are_kept(
    per_second: float, moves: list[tuple[str, float]]
) -> None:
    """In every second, or in the time of one request where that is longer."""
    at_once = max(1, int(per_second))
    pace, clock = pace_of(per_second, at_once)
    times, holds = [], []
    for what, seconds in moves:
        if what == "pass":
            times += sent(pace, clock, seconds)
        elif what == "hold":
            holds.append((clock.now, clock.now + seconds))
            pace.hold(seconds)
        elif what == "let through":
            let_through(pace, round(seconds))
        else:
            pace.refused(clock.now - seconds)

    apart = at_once / per_second
    assert all(b - a > apart - 1e-6 for a, b in zip(times, times[at_once:], strict=False))
    assert not [at for at in times for first, last in holds if first < at < last]
    assert min(per_second, 1, per_second / 8) <= pace.per_second <= per_second
    assert math.isfinite(pace.wait)
