"""Asked becomes judged: one cube of contests in, every number of their judgement out.

    Cube -> weigh -> rates, intervals, scores, posterior, floor -> Judged -> decide -> Decision

All arrays have the contests in rows and the arms in columns; arm 0 is the baseline (A, or the
lowest variant that still competes). The *leader* is the arm most likely to be the best, the
*rival* the best of the others. `decide` is the whole rule of the verdict, in the order in which
the cases exclude each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from transforms.judgement.bounds import calling_bound, growth_needed, sends_floor
from transforms.judgement.cube import Array, Cube, Index, Weighed, weigh
from transforms.judgement.estimates import (
    difference_interval,
    holm,
    ratio_interval,
    ratio_score,
    score,
    two_sided,
    wilson,
)
from transforms.judgement.posterior import Posterior, posterior
from transforms.judgement.rules import Rules
from transforms.judgement.split import split_p_value, split_sends
from transforms.judgement.statuses import Reason, Status

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compared:
    """Every arm against another one: rows × arms; `against` is the other arm's column."""

    against: Index
    difference: Array
    difference_low: Array
    difference_high: Array
    lift: Array
    lift_low: Array
    lift_high: Array


@dataclass(frozen=True, slots=True)
class Judged:
    """The numbers of a cube. `p_value`, `best`, `loss` are rows × arms, the rest per row.

    scores: leader against each other arm (NaN at the leader itself).
    information: per other arm, how many floors' worth of sends the pair has.
    distance: score of leader against rival, away from a lift that matters.
    """

    weighed: Weighed
    rate: Array
    rate_low: Array
    rate_high: Array
    posterior: Posterior
    leader: Index
    rival: Index
    rivals: Compared
    baseline: Compared
    scores: Array
    information: Array
    distance: Array
    p_value: Array
    floor: Array
    split_sends: Array
    split_p_value: Array


@dataclass(frozen=True, slots=True)
class Decision:
    """Status and reason per row, and what is missing: effective sends per arm (NaN: unknown)."""

    status: NDArray[np.object_]
    reason: NDArray[np.object_]
    missing: Array


def judge_cube(cube: Cube, rules: Rules) -> Judged:
    """Return the judgement of every contest in `cube` on the metric of `rules`."""
    weighed = weigh(cube)
    events, sends = weighed.events[rules.metric], weighed.sends
    z = float(-ndtri(rules.alpha / 2))
    rate = weighed.rate(rules.metric)
    low, high = wilson(events, sends, z)
    beliefs = posterior(events, sends)
    leader = np.argmax(beliefs.best, axis=1)
    against = _best_others(beliefs.best, rate, leader)
    rival = _take(against, leader)
    scores, information, floor = _evidence(events, sends, leader, rules)
    shared = split_sends(cube)
    return Judged(
        weighed=weighed,
        rate=rate,
        rate_low=low,
        rate_high=high,
        posterior=beliefs,
        leader=leader,
        rival=rival,
        rivals=_compare(events, sends, against, z),
        baseline=_compare(events, sends, np.zeros_like(against), z),
        scores=scores,
        information=information,
        distance=_distance(events, sends, leader, rival, rules),
        p_value=_p_values(scores, leader),
        floor=floor,
        split_sends=shared,
        split_p_value=split_p_value(shared),
    )


def decide(judged: Judged, rules: Rules, automatic: Flags, hopeless: Flags) -> Decision:
    """Return what may be said.

    automatic: the platform chooses the split by outcome, so no winner is called.
    hopeless: too little time is shared although there was time enough, or nothing more will come.
    """
    sends = judged.weighed.sends.min(axis=1)
    few_days = judged.weighed.shared_days < rules.shared_days
    at_floor = sends >= judged.floor
    uneven = judged.split_p_value < rules.split_alpha
    won = at_floor & _beats_all(judged, rules)
    bound = calling_bound(_take(judged.information, judged.rival), rules.alpha)
    alike = at_floor & (judged.distance > bound)
    ahead = _take(judged.posterior.best, judged.leader) >= rules.leading_probability
    ahead &= sends >= rules.leading_share * judged.floor
    cases: list[tuple[Flags, Status, Reason]] = [
        (few_days & hopeless, Status.NOT_COMPARABLE, Reason.TOO_LITTLE_SHARED_TIME),
        (uneven & automatic, Status.SPLIT_IS_OFF, Reason.AUTOMATIC_SELECTION),
        (uneven, Status.SPLIT_IS_OFF, Reason.UNEVEN_SPLIT),
        (few_days, Status.TOO_EARLY, Reason.TOO_FEW_DAYS),
        (won & automatic, Status.LEADING, Reason.AUTOMATIC_SELECTION),
        (won, Status.WINNER, Reason.BOUND_CROSSED),
        (alike, Status.NO_DIFFERENCE, Reason.EFFECT_EXCLUDED),
        (ahead & at_floor, Status.LEADING, Reason.NOT_YET_SURE),
        (ahead, Status.LEADING, Reason.BELOW_FLOOR),
        (at_floor, Status.TOO_EARLY, Reason.NOT_YET_SURE),
    ]
    which = np.argmax([*(case for case, _, _ in cases), np.ones_like(won)], axis=0)
    statuses = [*(status for _, status, _ in cases), Status.TOO_EARLY]
    reasons = [*(reason for _, _, reason in cases), Reason.BELOW_FLOOR]
    status = np.array(statuses, dtype=object)[which]
    return Decision(
        status=status,
        reason=np.array(reasons, dtype=object)[which],
        missing=_missing(judged, status, rules),
    )


def _beats_all(judged: Judged, rules: Rules) -> Flags:
    """The leader must beat every other arm, each beyond the bound, and Holm must agree."""
    bound = calling_bound(judged.information, rules.alpha)
    crossed = np.where(np.isnan(judged.scores), True, judged.scores > bound)
    return crossed.all(axis=1) & (_take(judged.p_value, judged.leader) <= rules.alpha)


def _missing(judged: Judged, status: NDArray[np.object_], rules: Rules) -> Array:
    """Return effective sends that each arm still lacks, rows × arms.

    With a good part of the floor at hand: until a verdict, if rates stay as they are. Before that
    rates say nothing yet, and the floor is all that can be named.
    """
    sends = judged.weighed.sends
    floor = judged.floor[:, None]
    weakest = np.nanmin(judged.scores, axis=1)
    information = _take(judged.information, judged.rival)
    factor = growth_needed(weakest, judged.distance, information, rules.alpha)
    told = sends.min(axis=1) >= rules.leading_share * judged.floor
    with np.errstate(invalid="ignore"):
        target = np.where(told[:, None], np.maximum(sends * factor[:, None], floor), floor)
    open_ = np.isin(status, [Status.LEADING, Status.TOO_EARLY])
    return np.where(open_[:, None], np.maximum(target - sends, 0.0), np.nan)


def _evidence(
    events: Array, sends: Array, leader: Index, rules: Rules
) -> tuple[Array, Array, Array]:
    """Return scores and information of the leader against each arm, and the floor."""
    rows = np.arange(len(events))
    one = (events[rows, leader][:, None], sends[rows, leader][:, None])
    scores = score(one, (events, sends))
    scores[rows, leader] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (events / sends).mean(axis=1)
        floor = sends_floor(np.nan_to_num(pooled), rules)
        information = 2 / (1 / one[1] + 1 / sends) / floor[:, None]
    return scores, np.nan_to_num(information), floor


def _best_others(best: Array, rate: Array, leader: Index) -> Index:
    """Return per arm the column of the best other arm: the leader, or the leader's rival."""
    rows = np.arange(len(best))
    rest = rate.copy()
    rest[rows, leader] = -np.inf
    against = np.repeat(leader[:, None], best.shape[1], axis=1)
    against[rows, leader] = np.argmax(np.nan_to_num(rest, nan=-np.inf), axis=1)
    same = against == np.arange(best.shape[1])
    return np.where(same, (leader[:, None] + 1) % best.shape[1], against)


def _compare(events: Array, sends: Array, against: Index, z: float) -> Compared:
    other = (np.take_along_axis(events, against, 1), np.take_along_axis(sends, against, 1))
    itself = against == np.arange(events.shape[1])
    low, high = difference_interval((events, sends), other, z)
    ratio_low, ratio_high = ratio_interval((events, sends), other, z)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate, rate_other = events / sends, other[0] / other[1]
        numbers = (rate - rate_other, low, high, rate / rate_other - 1, ratio_low - 1)
    lifts = [np.where(itself | ~np.isfinite(n), np.nan, n) for n in (*numbers, ratio_high - 1)]
    return Compared(against, *lifts)


def _distance(events: Array, sends: Array, leader: Index, rival: Index, rules: Rules) -> Array:
    one = (_take(events, leader), _take(sends, leader))
    other = (_take(events, rival), _take(sends, rival))
    return -ratio_score(one, other, np.full(len(leader), 1 + rules.effect))


def _p_values(scores: Array, leader: Index) -> Array:
    """Return Holm's p per arm against the best other; the leader's is that of beating them all."""
    corrected = holm(two_sided(scores))
    rows = np.arange(len(scores))
    corrected[rows, leader] = np.nanmax(corrected, axis=1)
    return corrected


def _take(values: NDArray, column: Index) -> NDArray:
    return np.take_along_axis(values, column[:, None], axis=1)[:, 0]
