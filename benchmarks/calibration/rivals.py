"""The rules that were compared. Each says, from one look, whether it would call the leader.

All see the same looks, the same scores and the same posterior; they differ in what they wait for.
`information` is in floors: 1 is the sample of a fixed-size test for the effect that matters.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from transforms.judgement.judged import Judged
from transforms.judgement.rules import Rules

Flags = NDArray[np.bool_]
Rule = Callable[[Judged, Rules], Flags]

HORIZON = 1.3
"""Where the classic group-sequential design ends, in floors."""
CONTINUOUS_OBF = 2.2414
"""P(sup |Brownian motion on [0, 1]| > 2.2414) = 5 %."""


def daily_p(judged: Judged, rules: Rules) -> Flags:
    """Plain p < 0.05 (Holm) on any day: what most people do."""
    return _leader(judged.p_value, judged) <= rules.alpha


def floor_p(judged: Judged, rules: Rules) -> Flags:
    """The same, once the floor is reached."""
    return _at_floor(judged) & daily_p(judged, rules)


def floor_probability(judged: Judged, rules: Rules) -> Flags:
    """Bayes: at least 95 % likely the best, once the floor is reached."""
    return _at_floor(judged) & (_leader(judged.posterior.best, judged) >= 1 - rules.alpha)


def floor_loss(judged: Judged, _: Rules) -> Flags:
    """Bayes: expected loss under 1 % of the leader's own rate, once the floor is reached."""
    limit = 0.01 * _leader(judged.rate, judged)
    return _at_floor(judged) & (_leader(judged.posterior.loss, judged) < limit)


def mixture(judged: Judged, rules: Rules) -> Flags:
    """Mixture sequential test (normal mixture, tuned to the horizon): valid at any time, no floor.

    Howard, Ramdas, McAuliffe and Sekhon 2021, equation 14.
    """
    odds = -2 * np.log(rules.alpha)
    rho = HORIZON / (odds + np.log(1 + odds))
    information = np.maximum(judged.information, 1e-9)
    limit = (1 + rho / information) * np.log((information + rho) / (rho * rules.alpha**2))
    return _all_others(judged, judged.scores > np.sqrt(limit))


def obrien_fleming(judged: Judged, _: Rules) -> Flags:
    """Group-sequential, O'Brien-Fleming bound up to a fixed end, silent after it."""
    information = np.maximum(judged.information, 1e-9)
    inside = information <= HORIZON
    return _all_others(
        judged, inside & (judged.scores > CONTINUOUS_OBF * np.sqrt(HORIZON / information))
    )


RIVALS: dict[str, Rule] = {
    "p < 0.05 on any day": daily_p,
    "p < 0.05 from the floor on": floor_p,
    "95 % likely the best, from the floor on": floor_probability,
    "expected loss < 1 % of the rate, from the floor on": floor_loss,
    "mixture sequential test (mSPRT)": mixture,
    "O'Brien-Fleming, ends at 1.3 floors": obrien_fleming,
}


def _leader(values: NDArray, judged: Judged) -> NDArray:
    return values[np.arange(len(values)), judged.leader]


def _at_floor(judged: Judged) -> Flags:
    return judged.weighed.sends.min(axis=1) >= judged.floor


def _all_others(judged: Judged, beaten: Flags) -> Flags:
    return (beaten | np.isnan(judged.scores)).all(axis=1)
