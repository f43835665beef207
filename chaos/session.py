"""Many schedules, one after the other or side by side, and the one line that is asked for.

200 schedules, 231 kills, 804 faults: 0 lost, 0 doubled, 0 stale, 0 false success
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos.command import INSIDE
from chaos.drawing import draw, theme_of, themes
from chaos.inside.mutants import MUTANTS, SHOWN_AS
from chaos.play import Result, play
from chaos.warm import Warm

KINDS = ("lost", "doubled", "stale", "false success")
OTHERS = ("snapshot", "dishonest", "bad citizen", "leaked", "overlap", "broken")
TRIES = 6
"""Schedules of its theme in which a mutant must be found."""


@cache
def warm() -> Warm:
    """What this process forks commands off, where it is asked to."""
    return Warm(INSIDE)


def replayed(name: str, mutant: str | None = None, destination: str = "duckdb") -> Result:
    """The schedule SEED:NUMBER once more."""
    seed, _, number = name.partition(":")
    with TemporaryDirectory(prefix="chaos-cache-") as kept:
        return play(draw(int(seed), int(number), destination), mutant, Path(kept))


def results(
    seed: int, numbers: Iterable[int], jobs: int, destination: str, *, is_warm: bool = False
) -> Iterator[Result]:
    """Schedules as they are done."""
    with TemporaryDirectory(prefix="chaos-cache-") as kept:
        one = partial(_played, seed, destination, Path(kept), is_warm)
        if jobs == 1:
            yield from map(one, numbers)
            return
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(one, numbers)


def _played(seed: int, destination: str, kept: Path, is_warm: bool, number: int) -> Result:
    chosen = warm() if is_warm else None
    began, used = time.monotonic(), _cpu_seconds(chosen)
    result = play(draw(seed, number, destination), cache=kept, warm=chosen)
    result.seconds = time.monotonic() - began
    result.cpu_seconds = _cpu_seconds(chosen) - used
    return result


def _cpu_seconds(chosen: Warm | None) -> float:
    """What this process and all commands that it started have used."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    forked = chosen.cpu_seconds() if chosen else 0.0
    return forked + sum(usage.ru_utime + usage.ru_stime for usage in usages)


def show(result: Result) -> None:
    """A line for a good schedule, the whole story of a bad one; to stderr."""
    schedule = result.schedule
    mark = "ok " if result.is_good else "BAD"
    cost = f"{result.seconds:.0f} s, {result.cpu_seconds:.0f} s of CPU"
    print(f"{mark} {schedule.name} {schedule.theme} ({cost})", file=sys.stderr, flush=True)
    if not result.is_good:
        story = [*schedule.lines(), "", *result.events, *map(str, result.findings)]
        print("\n".join(f"    {line}" for line in story), file=sys.stderr)
        where = "" if schedule.destination == "duckdb" else f" --destination {schedule.destination}"
        again = f"python -m chaos --replay {schedule.name}{where}"
        print(f"    again: {again}", file=sys.stderr, flush=True)


def run(
    seed: int, numbers: range, jobs: int, destination: str = "duckdb", *, is_warm: bool = False
) -> bool:
    """Plays the schedules and prints the last lines; True when every promise was kept.

    `is_warm`: most commands are forks with their imports done, not the installed program.
    """
    tally: Counter[str] = Counter()
    unproven: set[str] = set()
    used, began = 0.0, time.monotonic()
    for result in results(seed, numbers, jobs, destination, is_warm=is_warm):
        show(result)
        used += result.cpu_seconds
        tally += result.tally
        tally["bad"] += not result.is_good
        tally.update(finding.kind for finding in result.findings)
        unproven |= result.unproven
    print("\n".join(summary(len(numbers), tally, unproven)))
    print(f"{time.monotonic() - began:.0f} s, {used:.0f} s of CPU")
    return not tally["bad"]


def summary(schedules: int, tally: Counter[str], unproven: Iterable[str]) -> Iterator[str]:
    """The last lines of a session."""
    found = ", ".join(f"{tally[kind]} {kind}" for kind in KINDS)
    yield f"{schedules} schedules, {tally['kills']} kills, {tally['faults']} faults: {found}"
    blows = f", {tally['blows']} blows to the server" if tally["blows"] else ""
    yield f"{tally['commands']} commands, {tally['signals']} of them told to stop{blows}"
    yield "other promises broken: " + ", ".join(f"{tally[kind]} {kind}" for kind in OTHERS)
    if names := sorted(unproven):
        yield f"not compared, for want of a naive question: {', '.join(names)}"


def judge_mutants(seed: int, names: Iterable[str]) -> bool:
    """Looks for every mutant among the schedules of its theme; True when each was found."""
    missed = []
    for name in names:
        caught = _caught(seed, name)
        mutant = MUTANTS[name]
        print(f"{name} ({mutant.breaks}): {caught or 'NOT CAUGHT'}", flush=True)
        missed += [] if caught else [name]
    print(f"{len(missed)} mutants missed" if missed else "every mutant was caught")
    return not missed


def _caught(seed: int, name: str) -> str:
    """The schedule and the promise that gave the mutant away; empty when none did."""
    mutant, where = MUTANTS[name], MUTANTS[name].destination
    telling = SHOWN_AS[mutant.breaks]
    numbers = [n for n in range(TRIES * len(themes(where))) if theme_of(n, where) == mutant.theme]
    with TemporaryDirectory(prefix="chaos-cache-") as kept:
        for number in numbers:
            result = play(draw(seed, number, where), name, Path(kept), warm())
            shown = [finding for finding in result.findings if finding.kind in telling]
            if shown and "broken" not in {finding.kind for finding in result.findings}:
                return f"caught by {result.schedule.name}, {str(shown[0])[:160]}"
    return ""
