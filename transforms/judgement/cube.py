"""Counts as the engine sees them: contests of equally many arms, day by day, in one block.

A contest is one step's compared arms and the window they shared. Contests with the same number of
arms are stacked into one `Cube`, so that five thousand steps are a few array operations and not
five thousand small ones. `weigh` turns a cube into effective counts, one number per arm:

    days -> weeks of the shared window -> one weight per week, the same for all arms -> rates

The weight of a week is 1 / Σ 1/exposure over the arms: the Mantel-Haenszel weight, for any number
of arms. A week in which an arm did not send has weight 0, and a week in which one arm got most of
the mails does not let that week's luck into the comparison: Simpson's paradox cannot bite. Pooling
the weeks, which does let it in, was refused.

The effective count of sends is the size of an unstratified sample with the same precision; with an
even split it *is* the count of sends. So everything after this line is a textbook method for two
binomials, and can be checked against one.

Where e-mails are known, replies stand on the day of their own mail and are divided by that day's
mails (`Basis.COHORTS`). Of opens, clicks and positives only their own day is known, so beside the
replies of such a cube they keep the exposure that fits them, and are expressed on the same sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.judgement.delay import exposure_by_cohort, exposure_by_day
from transforms.judgement.statuses import Basis, Metric

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WEEK = 7

AUTOMATIC = "automatic"
"""Name of the automatic replies among the events; the others are named by their `Metric`."""
CREDITED: frozenset[str] = frozenset({Metric.REPLY, AUTOMATIC})
"""Events that e-mails tell of, so that each can be credited to its own mail."""


@dataclass(frozen=True, slots=True)
class Cube:
    """Contests with the same number of arms.

    sent: rows × arms × days, mails sent by the arm's position, days before the window included.
    events: the same shape per name; distinct leads per day, already scaled to the window
        (distinct counts do not add over days).
    first, last: the window's first and last day per row, as day indices, both inside it.
    today: per row the first day that is not over yet.
    basis: with `COHORTS`, `sent` and the `CREDITED` events stand on the day of the mail.
    """

    sent: Array
    events: Mapping[str, Array]
    first: Index
    last: Index
    today: Index
    basis: Basis = Basis.WINDOWS

    def in_window(self) -> NDArray[np.bool_]:
        """Return rows × days: which days belong to the window."""
        day = np.arange(self.sent.shape[2])[None, :]
        return (day >= self.first[:, None]) & (day <= self.last[:, None])


@dataclass(frozen=True, slots=True)
class Weighed:
    """Effective counts of the named events, rows × arms; `sends` is the same for all of them.

    mature_sent, counted: the plain sums over the shared weeks, for people.
    shared_days: days in those weeks until the last mail, per row.
    """

    sends: Array
    mature_sent: Array
    events: Mapping[str, Array]
    counted: Mapping[str, Array]
    shared_days: Index

    def rate(self, name: str) -> Array:
        """Return the weighted rate per arm; NaN where no week was shared."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.events[name] / self.sends


def weigh(cube: Cube) -> Weighed:
    """Return the effective counts of every arm, and the plain ones (`counted`) beside them."""
    week, weeks = _weeks(cube)
    by_day = _weights(by_week(exposure_by_day(cube.sent), week, weeks))
    by_mail = by_day
    if cube.basis is Basis.COHORTS:
        by_mail = _weights(by_week(exposure_by_cohort(cube.sent, cube.today), week, weeks))
    days = by_week(_until_last_send(cube), week, weeks)
    counts = {name: by_week(count, week, weeks) for name, count in cube.events.items()}
    own = {name: by_mail if name in CREDITED else by_day for name in counts}
    return Weighed(
        sends=by_mail.sends,
        mature_sent=(by_mail.exposure * by_mail.shared).sum(axis=2),
        events={
            name: (own[name].per_event * count).sum(axis=2) * by_mail.sends
            for name, count in counts.items()
        },
        counted={name: (count * own[name].shared).sum(axis=2) for name, count in counts.items()},
        shared_days=(days * by_mail.shared).sum(axis=(1, 2)).astype(np.int64),
    )


@dataclass(frozen=True, slots=True)
class _Weights:
    """What the weeks count for. `shared`: rows × 1 × weeks, whether all arms were sending.

    per_event: rows × arms × weeks, what one event of the week adds to the arm's weighted rate.
    sends: rows × arms, the effective count of sends.
    """

    exposure: Array
    shared: NDArray[np.bool_]
    per_event: Array
    sends: Array


def _weights(exposure: Array) -> _Weights:
    shared = np.asarray((exposure > 0).all(axis=1, keepdims=True))
    per_send = np.where(shared, 1 / np.where(exposure > 0, exposure, 1.0), 0.0)
    weight = np.where(shared, 1 / np.where(shared, per_send.sum(axis=1, keepdims=True), 1.0), 0.0)
    total = weight.sum(axis=2, keepdims=True)
    weight = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    spread = (weight**2 * per_send).sum(axis=2)
    sends = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    return _Weights(exposure, shared, weight * per_send, sends)


def by_week(days: Array, week: Index, weeks: int) -> Array:
    """Return rows × arms × weeks: the sums of `days`; days outside the window have week -1."""
    rows, arms, _ = days.shape
    cell = (np.arange(rows)[:, None] * (weeks + 1) + np.where(week < 0, weeks, week)).ravel()
    size = rows * (weeks + 1)
    sums = np.empty((rows, arms, weeks + 1))
    for arm in range(arms):
        total = np.bincount(cell, weights=days[:, arm].ravel(), minlength=size)
        sums[:, arm] = total.reshape(rows, weeks + 1)
    return sums[:, :, :weeks]


def _until_last_send(cube: Cube) -> Array:
    """Return rows × 1 × days: 1 until the last day in the window on which anything was sent."""
    sending = (cube.sent > 0).any(axis=1) & cube.in_window()
    return np.maximum.accumulate(sending[:, ::-1], axis=1)[:, None, ::-1].astype(np.float64)


def _weeks(cube: Cube) -> tuple[Index, int]:
    """Return the week of every day (rows × days), counted from the window's start.

    A last week that is not full joins the one before: strata are weeks or longer.
    """
    length = np.maximum(cube.last - cube.first + 1, 1)
    final = np.maximum(length // WEEK - 1, 0)
    day = np.arange(cube.sent.shape[2])[None, :] - cube.first[:, None]
    week = np.where(cube.in_window(), np.minimum(day // WEEK, final[:, None]), -1)
    return week, int(final.max(initial=0)) + 1
