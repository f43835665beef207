"""Worlds whose truth is known, from the sandbox's own generator.

Each world is one campaign of one step that sends for 60 days: leads start on business days, get one
of the arms by lot, open, answer after hours or weeks, some of them twice. What the judgement is
shown is what the API would show: sends and distinct repliers per day, events on their own day,
and the distinct count of the life so far.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.simulate import Epoch, Plan, Stream, simulate

Array = NDArray[np.float64]

DAYS = 60
WORKDAYS = 43
START = 20_003
"""The first day of every world, a Monday, in days since 1970."""
DAY = 86_400
ALWAYS = -(10**12)
BOUNCE_RATE = 0.018


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of world. `base` is the reply rate per mail sent (bounced ones included),
    `lift` the relative lift of arm B over all others, `is_late` whether the last arm starts
    `LATE_BY` days after the others.
    """

    arms: int
    base: float
    lift: float
    mails_per_arm: int
    is_late: bool = False


LATE_BY = 14
"""Days by which the last arm starts after the others in a late cell."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Worlds × arms × days: mails sent, distinct repliers of the day, repliers seen first then."""

    sent: Array
    replied: Array
    first: Array


def counts(cell: Cell, worlds: int, seed: int) -> Counts:
    """Simulate `worlds` worlds of one kind."""
    shape = (worlds, cell.arms, DAYS)
    found = Counts(np.zeros(shape), np.zeros(shape), np.zeros(shape))
    for world in range(worlds):
        streams = simulate(_plan(cell, (seed, cell.arms, round(cell.base * 1e4), world)))
        replied = _distinct_per_day(streams["replied"])
        found.sent[world] = _per_day(streams["sent"], cell.arms)
        found.replied[world] = _per_day(replied, cell.arms)
        earliest = np.unique(replied.lead, return_index=True)[1]
        found.first[world] = _per_day(replied.take(earliest), cell.arms)
    return found


def _plan(cell: Cell, seed: tuple[int, ...]) -> Plan:
    effects = np.tile([0.45, 0.05, cell.base, 0.03, 0.3], (cell.arms, 1))
    effects[1, 2] *= 1 + cell.lift
    effects[:, 2] /= 1 - BOUNCE_RATE
    per_day = cell.arms * cell.mails_per_arm / WORKDAYS
    return Plan(
        seed=seed,
        start=START,
        leads=int(cell.arms * cell.mails_per_arm * 1.1),
        leads_per_day=per_day,
        steps=(_epochs(cell, effects),),
        delays=(),
        bounce_rate=BOUNCE_RATE,
    )


def _epochs(cell: Cell, effects: Array) -> tuple[Epoch, ...]:
    everybody = np.ones(cell.arms)
    if not cell.is_late:
        return (Epoch(ALWAYS, everybody, effects),)
    before = np.where(np.arange(cell.arms) < cell.arms - 1, 1.0, 0.0)
    return Epoch(ALWAYS, before, effects), Epoch((START + LATE_BY) * DAY, everybody, effects)


def _distinct_per_day(stream: Stream) -> Stream:
    """Keep each lead's first event of a day, as one-day answers of the API count them."""
    attributed = stream.take(stream.variant >= 0)
    lead_day = attributed.lead * 100_000 + attributed.at // DAY
    return attributed.take(np.sort(np.unique(lead_day, return_index=True)[1]))


def _per_day(stream: Stream, arms: int) -> Array:
    day = stream.at // DAY - START
    seen = (day < DAYS) & (stream.variant >= 0)
    cell = stream.variant[seen] * DAYS + day[seen]
    return np.bincount(cell, minlength=arms * DAYS).reshape(arms, DAYS).astype(np.float64)
