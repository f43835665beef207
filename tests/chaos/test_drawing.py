"""Schedules are drawn fairly, and the same ones again and again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.drawing import draw, theme_of, themes
from chaos.inside.mutants import MUTANTS
from chaos.schedule import Change, Debris, Pass, Restore, Run
from sandbox.changes import CHANGES
from sandbox.faults import ACTIONS

NUMBERS = st.integers(0, 5_000)
OWN_ACTIONS = {"stale_copy"}


@given(st.integers(0, 50), NUMBERS)
def test_seed_and_number_say_everything(seed: int, number: int) -> None:
    assert draw(seed, number) == draw(seed, number)
    assert draw(seed, number).lines() == draw(seed, number).lines()


@given(NUMBERS)
def test_schedules_speak_the_language_of_the_sandbox(number: int) -> None:
    schedule = draw(1, number)
    runs = [step for step in schedule.steps if isinstance(step, Run)]
    changes = [step for step in schedule.steps if isinstance(step, Change)]
    changes += [change for run in runs for _, change in run.meanwhile]

    assert {change.kind for change in changes} <= CHANGES.keys()
    assert {fault.action for run in runs for fault in run.faults} <= ACTIONS.keys() | OWN_ACTIONS


@given(NUMBERS)
def test_quiet_changes_are_not_followed_by_time(number: int) -> None:
    steps = draw(1, number).steps
    quiet = [n for n, s in enumerate(steps) if isinstance(s, Change) and s.kind == "move_reply"]

    assert not [step for place in quiet for step in steps[place:] if isinstance(step, Pass)]


@pytest.mark.parametrize("destination", ["duckdb", "postgres"])
def test_every_theme_comes_round(destination: str) -> None:
    known = themes(destination)

    assert {draw(3, n, destination).theme for n in range(len(known))} == known.keys()


@given(st.integers(0, 50), NUMBERS)
def test_what_only_one_of_them_can_suffer_happens_to_no_other(seed: int, number: int) -> None:
    steps = draw(seed, number).steps
    assert not [step for step in steps if isinstance(step, Run) and step.blow]

    there = draw(seed, number, "postgres")
    litter = {step.what for step in there.steps if isinstance(step, Debris)}
    assert not litter & {"no lock file", "a write-ahead log of somebody else"}
    is_put_back = any(isinstance(step, Restore) for step in there.steps)
    assert not (is_put_back and there.readers), "it cannot be dropped under a reader"


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_has_a_theme_that_meets_it(name: str) -> None:
    where = MUTANTS[name].destination
    assert MUTANTS[name].theme in {theme_of(n, where) for n in range(len(themes(where)))}
