"""The short form of `make chaos`: three nights that are written down, not drawn.

They take about half a minute of CPU together: commands are forks with their imports done, but for
the one in the morning. The long form draws hundreds (docs/reliability.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing

import pytest

from chaos.command import INSIDE
from chaos.play import Result, play
from chaos.schedule import Backup, Change, Death, Fault, Pass, Restore, Run, Schedule, Step, World
from chaos.warm import Warm

WORLD = World(seed=5, date=dt.date(2026, 11, 17), days=5, pace=4.0)
NO_LIST = Fault("items_null", "GET /campaigns", {"times": None}, frozenset({5}))

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with closing(Warm(INSIDE)) as warm:
        yield warm


def night(warm: Warm, *steps: Step, mutant: str | None = None) -> Result:
    return play(Schedule(0, 0, "by hand", WORLD, steps), mutant, warm=warm)


def kinds(result: Result) -> set[str]:
    return {finding.kind for finding in result.findings}


def test_killed_and_starved_of_answers_it_is_right_in_the_morning(warm: Warm) -> None:
    result = night(
        warm,
        Run(death=Death(effect=300)),
        Run(
            faults=(
                Fault("reset", "GET /campaigns/analytics/daily"),
                Fault("items_missing", "GET /workspace-members", {"times": 2}),
            ),
            meanwhile=((3, Change("rename", {"campaign": 0, "name": "Renamed meanwhile"})),),
            zone="Pacific/Kiritimati",
        ),
        Pass(24),
    )
    assert result.findings == [], "\n".join(result.events)
    assert result.tally == {"commands": 4, "kills": 1, "faults": 3}


def test_refused_and_put_back_it_is_right_in_the_morning(warm: Warm) -> None:
    result = night(
        warm,
        Run(clock=-86_400),
        Backup(),
        Pass(24),
        Run(faults=(NO_LIST,)),
        Change("late_reply", {"campaign": 1, "days_ago": 2}),
        Restore(),
    )
    assert result.findings == [], "\n".join(result.events)
    assert result.tally["faults"] == 4, "asked again three times, then refused"


def test_product_that_takes_a_broken_page_for_an_empty_list_is_found_out(warm: Warm) -> None:
    result = night(warm, Run(faults=(NO_LIST,)), mutant="no_envelope_check")

    assert "false success" in kinds(result)
