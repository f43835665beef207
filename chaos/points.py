"""Death in front of every side effect in turn: the places where a night can end, without gaps.

    count the effects of an incremental sync ─> K
    for n in 1…K: the same warehouse, the same source, die in front of n
                  ─> the rows of before, or whole and new ones ─> one clean sync ─> the truth

A schedule draws such moments by lot; here none is left out. The source moves by a day and changes
between the first load and the one that dies, so that there is something to merge and to close. A
thousand commands are started, so they fork off a process that has its imports done.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos.command import INSIDE
from chaos.night import Night, spec
from chaos.places import placed
from chaos.schedule import Change, Death, Run, Schedule, World
from chaos.warm import Warm
from sandbox import Sandbox

WORLD = World(seed=7, date=dt.date(2026, 11, 17), campaigns=2, days=6, pace=5.0)
MOVES = (
    Change("rename", {"campaign": 0, "name": "Renamed between"}),
    Change("edit_copy", {"campaign": 1, "step": 0, "variant": 1, "subject": "Edited between"}),
    Change("remove_member", {"email": "bjorn@example.com"}),
    Change("restate_day", {"campaign": 0, "days_ago": 3, "sent": 1}),
)


def run(every: int, destination: str) -> bool:
    """Dies in front of each `every`-th side effect; prints what came of it, True if all is well."""
    schedule = Schedule(0, 0, "points", WORLD, (), destination=destination)
    with (
        TemporaryDirectory(prefix="chaos-points-") as named,
        Sandbox(spec(WORLD), WORLD.seed, WORLD.date, rate_limit=None) as api,
        closing(Warm(INSIDE)) as warm,
    ):
        folder = Path(named) / "data"
        folder.mkdir()
        with placed(destination, folder) as place:
            night = Night(schedule, api, Path(named), place, None, None, has_disk=False, warm=warm)
            effects = _evening(night)
            tally: Counter[str] = Counter()
            for number in range(1, len(effects) + 1, every):
                _one(night, number, effects[number - 1], tally)
    print(
        f"{len(effects)} side effects, {tally['deaths']} deaths: the warehouse was as before "
        f"{tally['old']} times, new and whole {tally['new']} times; "
        f"{tally['good']} of {tally['deaths']} converged in one run"
    )
    return tally["good"] == tally["deaths"] and not night.result.findings


def _evening(night: Night) -> list[str]:
    """A first load, a day in between, and the side effects of the load that is going to die."""
    night.run(Run())
    night.api.advance(days=1)
    for change in MOVES:
        night.change(change)
    night.backup()
    trace = night.folder / "effects"
    night.commands.traced(Run(), trace)
    return trace.read_text("utf-8").splitlines()


def _one(night: Night, number: int, effect: str, tally: Counter[str]) -> None:
    """One death and the run after it."""
    known = len(night.result.findings)
    night.restore()
    tally["deaths"] += night.run(Run(death=Death(effect=number))).code == -9
    tally["new" if night.has_changed else "old"] += 1
    night.run(Run())
    found = night.result.findings[known:]
    tally["good"] += not found
    for finding in found:
        print(f"BAD in front of {number}, {effect}: {finding}", file=sys.stderr, flush=True)
