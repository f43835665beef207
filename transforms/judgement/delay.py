"""Exposure: how many sends' worth of answers are due on a day.

The API counts a reply on the day it comes in, not on the day of its mail (quirk C15), so replies
of a day over sends of that day is no rate: Sundays have replies and no sends. What the replies of
day d do answer are the mails of d, d-1, d-2 …, each with the share of its answers that comes after
so many days. That weighted sum is the day's *exposure*, and replies over exposure is a rate:

    windows: events on their own day        exposure[d] = Σ_j share[j] · sent[d - j]
    cohorts: events on their mail's day     exposure[d] = sent[d] · Σ share[0 … age of d]

Young mails thus wait until they are mature, and an arm that joined late is not charged for answers
that cannot be there yet. Under it, counts of different days are independent, which is what lets the
calling bound be exact (bounds.py).

The shares are an assumption: seven in ten answer within a day or so, the others within a week or
so, none after four weeks. It is the same for all arms of a step, so while the split between
them is constant it cancels out of every comparison; it matters only in the days after an arm
started or stopped, most of which are skipped (`ramp_days`). Dropping the youngest days on both
sides, the simpler way, was refused: the edge stays, it only moves.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MATURE_DAYS = 28
"""Days after which every answer to a mail is taken to be in."""


def _shares(quick: float = 0.7, quick_days: float = 1.0, slow_days: float = 6.0) -> Array:
    day = np.arange(MATURE_DAYS + 1)
    parts = [(1 / (1 + mean)) * (mean / (1 + mean)) ** day for mean in (quick_days, slow_days)]
    shares = quick * parts[0] + (1 - quick) * parts[1]
    return np.asarray(shares / shares.sum())


SHARES: Array = _shares()
"""Share of all answers that comes 0, 1, 2 … days after the mail; adds up to 1."""


def exposure_by_day(sent: Array) -> Array:
    """Return the exposure per day; days on the last axis, in order, without gaps."""
    days = sent.shape[-1]
    lag = np.arange(days)[None, :] - np.arange(days)[:, None]
    due = np.where((lag >= 0) & (lag <= MATURE_DAYS), SHARES[np.clip(lag, 0, MATURE_DAYS)], 0.0)
    return np.asarray(sent @ due)


def exposure_by_cohort(sent: Array, today: NDArray[np.int64]) -> Array:
    """Return the matured part of each day's sends; `today` is the first day not yet over.

    `sent` is rows × arms × days and `today` one day index per row.
    """
    age = today[:, None] - 1 - np.arange(sent.shape[-1])[None, :]
    due = np.cumsum(SHARES)[np.clip(age, 0, MATURE_DAYS)]
    return np.asarray(sent * np.where(age >= 0, due, 0.0)[:, None, :])
