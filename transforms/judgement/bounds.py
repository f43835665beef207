"""When a winner may be called, though people look every day.

Looking daily at a test of 5 % and stopping at the first p < 0.05 calls a false winner in a quarter
of all cases. Here nothing is called before the *floor*: the sends per arm that a fixed-size test
needs for the effect that matters. From the floor on, at t times its information, the score
statistic of every comparison must exceed

    bound(t) = √(1.12 z² + 1.03 + 8 ln max(1, t / 1.2)),   z = the fixed-size value (1.96 at 5 %)

that is 2.31 up to 1.2 times the floor, where a lift that matters should show, 3.07 at twice the
floor, 4.7 at ten times: looking on and on is paid for by asking more and more. The statistic is a
Brownian motion in t (counts of different days are independent), and the chance that it ever leaves
this bound, looked at after every 2 % of new information and for ever, is below alpha: a test
computes it by numerical integration (Armitage, McPherson and Rowe 1969), the calibration by
simulation.

This is group-sequential testing with an explicit bound instead of a table of looks, so the verdict
depends on today's counts alone: not on how often somebody looked, nor on what an earlier, since
restated, day said. docs/judgement.md says what it was compared with and why the others lost.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from transforms.judgement.rules import Rules

Array = NDArray[np.float64]

LEVEL, OFFSET, GROWTH, KNEE = 1.12, 1.03, 8.0, 1.2
"""The bound's numbers; found by search: alpha is used up, and a true lift is called soon."""
HORIZON = 100.0
"""Multiples of the floor (or of what is at hand) beyond which no forecast is made."""


def calling_bound(information: Array, alpha: float) -> Array:
    """Return the critical value at `information` (1 = the floor); infinite below the floor."""
    growth = np.log(np.maximum(information / KNEE, 1.0))
    bound = np.sqrt(LEVEL * ndtri(alpha / 2) ** 2 + OFFSET + GROWTH * growth)
    return np.where(information >= 1.0, bound, np.inf)


def sends_floor(pooled_rate: Array, rules: Rules) -> Array:
    """Return sends per arm for `rules.power` against a lift of `rules.effect`.

    `pooled_rate` is the rate of all arms together, taken as the middle between a base rate and
    the base rate with the lift. So the floor follows the number of events, not their split, and
    peeking at it gives nothing away.

    The formula is the textbook's for two proportions and one tail; a test holds it to
    `samplesize_proportions_2indep_onetail` of statsmodels. To import that for these three lines
    would cost every build half a second of CPU.
    """
    base = pooled_rate / (1 + rules.effect / 2)
    diff = np.minimum(base * rules.effect, 1 - 1e-6 - base)
    with np.errstate(divide="ignore", invalid="ignore"):
        if_equal = _deviation(base + diff / 2, base + diff / 2)
        if_lifted = _deviation(base, base + diff)
        reach = ndtri(rules.power) * if_lifted - ndtri(rules.alpha / 2) * if_equal
        floor = (reach / diff) ** 2
    return np.where(pooled_rate > 0, floor, np.inf)


def _deviation(first: Array, second: Array) -> Array:
    """Return the standard deviation of the difference of two rates, with one send for each."""
    return np.sqrt(first * (1 - first) + second * (1 - second))


def growth_needed(score: Array, distance: Array, information: Array, alpha: float) -> Array:
    """Return by what factor the information must grow until a verdict, if rates stay as they are.

    `score` is today's statistic against equality, `distance` the one against the effect that
    matters; both grow with the root of the information, and the first to cross ends the wait.
    1 means now, NaN means not within a hundred floors.
    """
    start = np.maximum(1.0, 1 / np.maximum(information, 1e-12))
    factors = start[:, None] * np.geomspace(1.0, HORIZON, 461)
    grown = np.maximum(score, distance)[:, None] * np.sqrt(factors)
    crossed = grown > calling_bound(information[:, None] * factors * (1 + 1e-12), alpha)
    first = np.take_along_axis(factors, np.argmax(crossed, axis=1)[:, None], axis=1)[:, 0]
    return np.where(crossed.any(axis=1), first, np.nan)
