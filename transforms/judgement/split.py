"""Was the split even? The sample-ratio check.

Instantly deals a step's mails evenly over its enabled variants. Where the numbers of sends differ
by more than chance (chi-square, p < 0.001) something else chose who got what, and then the leads
differ, not only the copy. Only days count on which every arm was sending, and so was it on the
step's sending days before and after: a pause, or the morning of a late start, is a reason that is
known and harmless.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from transforms.judgement.cube import Cube

Array = NDArray[np.float64]

EXPECTED_MIN = 5.0
"""Sends per arm below which chi-square says nothing (the usual rule)."""


def split_sends(cube: Cube) -> Array:
    """Return rows × arms: sends on the days on which all arms were sending throughout."""
    alive = np.any(cube.sent > 0, axis=1)
    joint = np.all(cube.sent > 0, axis=1)
    after = _before(np.fliplr(joint), np.fliplr(alive))
    steady = joint & _before(joint, alive) & np.fliplr(after)
    return (cube.sent * (steady & cube.in_window())[:, None, :]).sum(axis=2)


def split_p_value(sends: Array) -> Array:
    """Return the chi-square p-value of an even split; 1 where too little was sent to say."""
    total = sends.sum(axis=1)
    expected = total / sends.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = ((sends - expected[:, None]) ** 2).sum(axis=1) / expected
    told = expected >= EXPECTED_MIN
    return np.where(told, chdtrc(sends.shape[1] - 1, np.where(told, statistic, 0.0)), 1.0)


def _before(joint: NDArray[np.bool_], alive: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return per day whether the last sending day before it was a joint one (none: yes)."""
    day = np.arange(joint.shape[1])
    last = np.maximum.accumulate(np.where(alive, day, -1), axis=1)
    previous = np.concatenate([np.full((len(joint), 1), -1), last[:, :-1]], axis=1)
    return (previous < 0) | np.take_along_axis(joint, np.maximum(previous, 0), axis=1)
