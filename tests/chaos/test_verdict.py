"""What is said of one run: exit codes, honesty, silence, and manners towards the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from chaos.command import Outcome, Started
from chaos.drawing.changes import CANARY
from chaos.places import State
from chaos.schedule import Blow, Death, Fault, Room, Run
from chaos.verdict import codes, honest, overlapped, silent
from chaos.watch import Arrival, citizen

HEALS = Fault("reset")
REFUSED = Fault("null", ends=frozenset({5}))
PARTIAL = Fault("status", ends=frozenset({3}))


def ended(code: int, stderr: str = "", stages: tuple[str, ...] = ("load",)) -> Outcome:
    return Outcome(code, "", stderr, 1.0, stages, is_quiet=True)


@pytest.mark.parametrize(
    ("run", "struck", "right"),
    [
        (Run(), [], {0}),
        (Run(), [HEALS], {0}),
        (Run(), [HEALS, REFUSED], {5}),
        (Run(), [PARTIAL, REFUSED], {3, 5}),
        (Run(room=Room(0)), [], {0, 1}),
        (Run(blow=Blow("crash", "load")), [], {0, 1}),
        (Run(death=Death()), [], {0, -9}),
        (Run(death=Death("SIGTERM")), [], {0, 143}),
    ],
)
def test_exit_codes_that_are_right(run: Run, struck: list[Fault], right: set[int]) -> None:
    assert codes(run, ended(0), struck) == right


def test_process_that_has_not_begun_ends_as_the_system_says() -> None:
    assert codes(Run(death=Death("SIGINT")), ended(0, stages=()), []) == {0, 130, -2}


@pytest.mark.parametrize(
    ("outcome", "changed", "kind"),
    [
        (ended(0), True, "false success"),
        (ended(1, "error: no answer\n"), False, "dishonest"),
        (ended(5, "error: refused\n"), True, "dishonest"),
        (ended(5, ""), False, "dishonest"),
        (ended(5, "Traceback…\nerror: refused\n"), False, "dishonest"),
        (ended(5, "error: unexpected KeyError: id. This is a bug; …\n"), False, "dishonest"),
    ],
)
def test_what_is_not_honest(outcome: Outcome, changed: bool, kind: str) -> None:
    state = State("other" if changed else "")
    found = list(honest(outcome, frozenset({5}), State(), state, may_change=False))

    assert [finding.kind for finding in found] == [kind]


def test_what_is_honest() -> None:
    same = State("rows", "marts")
    assert not list(honest(ended(5, "error: why\n"), frozenset({5}), same, same, may_change=False))


def test_killed_before_it_publishes_it_may_have_loaded_and_shown_nothing() -> None:
    killed, right, was = ended(-9), frozenset({-9}), State("rows", "marts")
    loaded, shown = State("more", "marts"), State("more", "others")

    assert not list(honest(killed, right, was, loaded, may_change=True))
    (found,) = honest(killed, right, was, shown, may_change=True)
    assert found.kind == "snapshot"
    published = ended(-9, stages=("load", "transform", "publish"))
    assert not list(honest(published, right, was, shown, may_change=True))


@dataclass
class Alive:
    """As much of a command as says which process it was."""

    pid: int

    @property
    def process(self) -> Alive:
        return self


LOCKED_OUT = ended(4, "error: another run is at work (sync, process 7, since …)\n")
EARLY, LATE = (1.0, 2.0), (3.0, 4.0)


def overlap(*commands: tuple[Outcome, tuple[float, float] | None]) -> list[str]:
    pairs = [(cast(Started, Alive(7 + n)), outcome) for n, (outcome, _) in enumerate(commands)]
    return [
        finding.kind
        for finding in overlapped(pairs, [span for _, span in commands], "process {}".format)
    ]


def test_one_of_two_commands_is_locked_out_and_names_the_other() -> None:
    assert overlap((ended(0), EARLY), (LOCKED_OUT, None)) == []
    assert overlap((ended(0), EARLY), (LOCKED_OUT, LATE)) == ["overlap"], "it asked"
    assert overlap((LOCKED_OUT, None), (ended(0), EARLY)) == ["dishonest"], "7 is not 8"
    assert overlap((LOCKED_OUT, None), (LOCKED_OUT, None)) == ["overlap"], "nobody did the work"


def test_both_may_do_their_work_one_after_the_other() -> None:
    assert overlap((ended(0), EARLY), (ended(0), LATE)) == []
    assert overlap((ended(0), EARLY), (ended(0), (1.5, 4.0))) == ["overlap"]


def test_keys_and_addresses_are_found_and_not_shown() -> None:
    found = list(silent(ended(1, f"error: {CANARY} with secret-key\n"), ["secret-key"]))

    assert [finding.kind for finding in found] == ["leaked", "leaked"]
    assert not [finding for finding in found if CANARY in finding.text]


def arrivals(*times: float, status: int = 200, held: float = 0.0) -> list[Arrival]:
    return [Arrival(at, "w", "GET /x", status, held) for at in times]


def test_requests_within_the_budget_are_good_manners() -> None:
    assert not list(citizen(arrivals(*(n / 10 for n in range(300))), 600))


def test_a_burst_beyond_the_budget_is_not() -> None:
    (said,) = citizen(arrivals(*(n / 100 for n in range(30))), 600)

    assert "30 requests in 1 s where 10 are allowed" in said


def test_a_retry_after_holds_everybody_up() -> None:
    told = arrivals(0.0, status=429, held=2.0)

    assert not list(citizen([*told, *arrivals(0.1, 2.0)], 600)), "under way, and in time"
    (said,) = citizen([*told, *arrivals(1.0, 2.0)], 600)
    assert "1 requests within 2 s of a Retry-After" in said
