"""How a run ends before its time, or its server does, drawn."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from chaos.schedule import Blow, Death

LONGEST = {"load": 2.0, "transform": 12.0, "judge": 4.0, "publish": 0.15}
"""About as many seconds as a stage takes."""

SYNC_EFFECTS = 560
"""About as many side effects as a first load has; a run with fewer is simply not killed."""


def killed_at_effect(rng: Random) -> Death:
    """Somewhere, between two things that it does."""
    return Death(effect=rng.randint(1, SYNC_EFFECTS))


def killed_in_sync(rng: Random) -> Death:
    """At some moment of a load, mostly while rows arrive."""
    stage = rng.choice((None, "copy", "load", "load", "load", "publish"))
    return Death("SIGKILL", stage, round(rng.uniform(0, {"load": 2.0}.get(stage or "", 0.2)), 3))


def killed_in_run(rng: Random) -> Death:
    """At some moment after the load."""
    stage = rng.choice(("transform", "judge", "publish"))
    return Death("SIGKILL", stage, round(rng.uniform(0, LONGEST[stage]), 3))


def told_to_stop(rng: Random) -> Death:
    """As politely as a scheduler, or a person at the keyboard."""
    death = killed_in_sync(rng)
    return replace(death, how=rng.choice(("SIGTERM", "SIGINT")))


def struck(rng: Random, *stages: str) -> Blow:
    """The server, or what it does for the run, ends in one of the stages."""
    stage = rng.choice(stages)
    how = rng.choice(("terminate", "terminate", "restart", "crash"))
    return Blow(how, stage, round(rng.uniform(0, LONGEST.get(stage, 0.2)), 3))
