"""Schedules are drawn fairly, and the same ones again and again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.drawing import THEMES, draw, theme_of
from chaos.inside.mutants import MUTANTS
from chaos.schedule import Change, Pass, Run
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


def test_every_theme_comes_round() -> None:
    drawn = {draw(3, number).theme for number in range(len(THEMES))}

    assert drawn == THEMES.keys()


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_has_a_theme_that_meets_it(name: str) -> None:
    assert MUTANTS[name].theme in {theme_of(number) for number in range(len(THEMES))}
