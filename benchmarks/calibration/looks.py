"""Sixty daily looks at each world, and what every rule said first."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from benchmarks.calibration.rivals import RIVALS
from benchmarks.calibration.worlds import DAYS, Cell, Counts
from transforms.judgement.cube import Cube
from transforms.judgement.judged import Judged, decide, judge_cube
from transforms.judgement.rules import Rules
from transforms.judgement.statuses import Metric, Status

CHOSEN = "chosen: rising bound from the floor on"
NEVER = DAYS + 1
GRACE = 1.3
"""Multiple of the fixed-size test's sends by which a true winner should be called."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What one rule called in a cell's worlds: day of the first call (NEVER), and whom."""

    day: NDArray[np.int64]
    arm: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Result:
    """One cell: calls per rule, the last look, and the day by which a call was due.

    covered: share of worlds whose 95 % interval of the lift of B over A holds the truth.
    """

    cell: Cell
    calls: dict[str, Calls]
    last: Judged
    due: NDArray[np.int64]
    covered: float

    def ever(self, rule: str = CHOSEN) -> float:
        """Return the share of worlds in which the rule ever called a winner."""
        return float((self.calls[rule].day < NEVER).mean())

    def in_time(self, rule: str = CHOSEN) -> float:
        """Return the share of worlds called by the day on which it was due."""
        return float((self.calls[rule].day <= self.due).mean())

    def right(self, rule: str = CHOSEN) -> float:
        """Return the share of calls that named B."""
        calls = self.calls[rule]
        called = calls.day < NEVER
        return float((calls.arm[called] == 1).mean()) if called.any() else float("nan")


def look_daily(cell: Cell, counts: Counts, rules: Rules) -> Result:
    """Judge every world on each of its days."""
    worlds = len(counts.sent)
    names = [CHOSEN, *RIVALS]
    calls = {n: Calls(np.full(worlds, NEVER), np.full(worlds, -1)) for n in names}
    no = np.zeros(worlds, dtype=bool)
    for day in range(rules.shared_days, DAYS + 1):
        judged = judge_cube(seen_on(counts, day), rules)
        _note(calls[CHOSEN], decide(judged, rules, no, no).status == Status.WINNER, judged, day)
        for name, rule in RIVALS.items():
            _note(calls[name], rule(judged, rules), judged, day)
    lift = judged.baseline
    held = (lift.lift_low[:, 1] <= cell.lift) & (cell.lift <= lift.lift_high[:, 1])
    return Result(cell, calls, judged, _due(cell, counts, rules), float(held.mean()))


def seen_on(counts: Counts, day: int) -> Cube:
    """Return what the API shows on the morning of `day`: all days before it."""
    sent, replied = counts.sent[:, :, :day], counts.replied[:, :, :day]
    daily = replied.sum(axis=2, keepdims=True)
    distinct = counts.first[:, :, :day].sum(axis=2, keepdims=True)
    scaled = replied * np.divide(distinct, daily, out=np.ones_like(daily), where=daily > 0)
    rows = np.zeros(len(sent), dtype=np.int64)
    return Cube(sent, {Metric.REPLY: scaled}, rows, rows + day - 1, rows + day)


def fixed_size(cell: Cell, rules: Rules) -> float:
    """Return sends per arm of a test of fixed size that finds the winner with `rules.power`.

    Two arms: statsmodels. More: B must beat every other arm, corrected by Holm, which needs a
    larger mean of the score; it is solved for on a fixed set of draws.
    """
    pair = samplesize_proportions_2indep_onetail(
        cell.base * rules.effect, cell.base, rules.power, alpha=rules.alpha
    )
    two = norm.isf(rules.alpha / 2) + norm.ppf(rules.power)
    return float(pair) * (_mean_score(cell.arms, rules) / two) ** 2


@cache
def _mean_score(arms: int, rules: Rules) -> float:
    """Return the mean score against each other arm at which Holm rejects all with the power."""
    draws = np.random.default_rng(0).normal(size=(200_000, arms))
    noise = np.sort((draws[:, :1] - draws[:, 1:]) / np.sqrt(2), axis=1)
    limits = norm.isf(rules.alpha / 2 / np.arange(1, arms))
    return float(np.quantile((limits - noise).max(axis=1), rules.power))


def _due(cell: Cell, counts: Counts, rules: Rules) -> NDArray[np.int64]:
    enough = counts.sent.cumsum(axis=2).min(axis=1) >= GRACE * fixed_size(cell, rules)
    return np.where(enough.any(axis=1), enough.argmax(axis=1) + 1, DAYS)


def _note(calls: Calls, says: NDArray[np.bool_], judged: Judged, day: int) -> None:
    new = says & (calls.day == NEVER)
    calls.day[new] = day
    calls.arm[new] = judged.leader[new]
