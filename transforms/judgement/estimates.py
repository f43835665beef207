"""Textbook methods for two binomials, over arrays.

Each is the standard one, written for arrays because the libraries solve one pair at a time:

    wilson               interval of a rate             proportion_confint("wilson")
    difference_interval  Newcombe's, from two Wilsons   confint_proportions_2indep("newcomb")
    ratio_interval       Koopman's score interval       confint_proportions_2indep("score")
    score                pooled score statistic         proportions_ztest
    holm                 for several comparisons        multipletests("holm")

tests/transforms/judgement holds each to its original at 1e-6. Koopman's interval was taken and not
the log interval (Katz) because it is the inversion of the very test that the verdict uses, and
because it covers at small counts, where Katz does not exist.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

STEPS = 60
"""Bisections per limit; 2^-60 of the starting bracket is below what a double can tell."""


def wilson(events: Array, sends: Array, z: Array | float) -> tuple[Array, Array]:
    """Return the Wilson interval of events / sends; NaN where nothing was sent."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = events / sends
        scale = 1 + z**2 / sends
        middle = (rate + z**2 / (2 * sends)) / scale
        half = z / scale * np.sqrt(rate * (1 - rate) / sends + z**2 / (4 * sends**2))
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def difference_interval(
    one: tuple[Array, Array], other: tuple[Array, Array], z: float
) -> tuple[Array, Array]:
    """Return Newcombe's interval of rate(one) - rate(other); each is (events, sends)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate, rate_other = one[0] / one[1], other[0] / other[1]
    (low, high), (low_other, high_other) = wilson(*one, z), wilson(*other, z)
    return (
        rate - rate_other - np.hypot(rate - low, high_other - rate_other),
        rate - rate_other + np.hypot(high - rate, rate_other - low_other),
    )


def score(one: tuple[Array, Array], other: tuple[Array, Array]) -> Array:
    """Return the pooled score statistic of rate(one) > rate(other); 0 where nothing happened."""
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (one[0] + other[0]) / (one[1] + other[1])
        error = np.sqrt(pooled * (1 - pooled) * (1 / one[1] + 1 / other[1]))
        statistic = (one[0] / one[1] - other[0] / other[1]) / error
    return np.where(error > 0, statistic, 0.0)


def ratio_score(one: tuple[Array, Array], other: tuple[Array, Array], ratio: Array) -> Array:
    """Return Koopman's statistic of rate(one) = ratio · rate(other); falls as ratio grows.

    Both rates are the most likely ones under that ratio (Miettinen and Nurminen 1985, without
    their small-sample factor).
    """
    (x1, n1), (x0, n0) = one, other
    a = (n1 + n0) * ratio
    b = -(n1 * ratio + x1 + n0 + x0 * ratio)
    c = x1 + x0
    with np.errstate(invalid="ignore", divide="ignore"):
        base = 2 * c / (-b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)))
        lifted = ratio * base
        error = np.sqrt(
            np.maximum(lifted * (1 - lifted) / n1 + ratio**2 * base * (1 - base) / n0, 0.0)
        )
        statistic = (x1 / n1 - ratio * x0 / n0) / error
    return np.where(error > 0, statistic, 0.0)


def ratio_interval(
    one: tuple[Array, Array], other: tuple[Array, Array], z: Array | float
) -> tuple[Array, Array]:
    """Return Koopman's interval of rate(one) / rate(other).

    No events at `other` leave the upper limit infinite, none at `one` make the lower limit 0;
    without sends both are NaN.
    """
    known = (one[1] > 0) & (other[1] > 0)
    low = np.where(one[0] > 0, _limit(one, other, z), 0.0)
    high = np.where(other[0] > 0, _limit(one, other, -np.asarray(z)), np.inf)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _limit(one: tuple[Array, Array], other: tuple[Array, Array], z: Array | float) -> Array:
    """Return the ratio at which `ratio_score` equals z, by bisection on its logarithm."""
    low, high = np.full(one[0].shape, -18.0), np.full(one[0].shape, 18.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        above = ratio_score(one, other, np.exp(middle)) > z
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.exp((low + high) / 2)


def two_sided(statistic: Array) -> Array:
    """Return the two-sided p-value of a standard normal statistic."""
    return 2 * ndtr(-np.abs(statistic))


def holm(p: Array) -> Array:
    """Return Holm's corrected p-values along the last axis; NaN does not count."""
    order = np.argsort(p, axis=-1)
    ranked = np.take_along_axis(p, order, axis=-1)
    left = np.isfinite(p).sum(axis=-1, keepdims=True) - np.arange(p.shape[-1])
    stepped = np.fmin(np.fmax.accumulate(ranked * np.maximum(left, 1), axis=-1), 1.0)
    corrected = np.empty_like(p)
    np.put_along_axis(corrected, order, np.where(np.isnan(ranked), np.nan, stepped), axis=-1)
    return corrected
