"""Contests onto blocks: the days of many contests, gathered into cubes.

Contests with equally many arms, on the same basis and of similar length share a cube, so that
little of it is padding. Each row starts four weeks before its window, because mails sent then are
still being answered in it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from transforms.judgement.contests import Contest
from transforms.judgement.cube import Array, Cube, Index
from transforms.judgement.delay import MATURE_DAYS
from transforms.judgement.observed import Observed
from transforms.judgement.statuses import Basis

ROWS = 512
"""Contests per cube: keeps the largest array of a four-arm cube under 20 MB."""


def stack(observed: Observed, asked: Sequence[Contest]) -> Iterator[tuple[list[Contest], Cube]]:
    """Yield cubes and, in the order of their rows, the contests in them."""
    basis = observed.arms["basis"].to_numpy()
    alike: dict[tuple[int, str], list[Contest]] = defaultdict(list)
    for contest in asked:
        alike[len(contest.arms), str(basis[contest.arms[0]])].append(contest)
    order = np.argsort(observed.position, kind="stable")
    for (_, name), group in sorted(alike.items()):
        group.sort(key=lambda contest: (contest.last - contest.first, contest.step_code))
        for start in range(0, len(group), ROWS):
            some = group[start : start + ROWS]
            yield some, _cube(observed, order, some, Basis(name))


def pace(observed: Observed, days: int) -> Array:
    """Return mails per day and position over the last `days` whole days."""
    recent = observed.day >= observed.today - days
    positions = int(observed.arms["position"].max() + 1) if len(observed.arms) else 0
    sent = np.bincount(
        observed.position[recent], weights=observed.sent[recent], minlength=positions
    )
    return sent / days


def _cube(observed: Observed, order: Index, some: list[Contest], basis: Basis) -> Cube:
    position = observed.arms["position"].to_numpy()[np.array([c.arms for c in some])]
    origin = np.array([c.first for c in some]) - MATURE_DAYS
    length = max(max(c.last - c.first, 0) for c in some) + MATURE_DAYS + 1
    cell, picked = _cells(observed, order, position, origin, length)
    shape = (*position.shape, length)

    def gather(values: Array) -> Array:
        size = int(np.prod(shape))
        total = np.bincount(cell, weights=values[picked], minlength=size)
        return total.astype(np.float64).reshape(shape)

    return Cube(
        sent=gather(observed.sent),
        events={name: gather(values) for name, values in observed.events.items()},
        first=np.full(len(some), MATURE_DAYS),
        last=np.array([c.last for c in some]) - origin,
        today=observed.today - origin,
        basis=basis,
    )


def _cells(
    observed: Observed, order: Index, position: Index, origin: Index, length: int
) -> tuple[Index, Index]:
    """Return, for every day that falls into the cube, its cell and its entry in `observed`."""
    sorted_positions = observed.position[order]
    flat = position.ravel()
    begin = np.searchsorted(sorted_positions, flat, side="left")
    count = np.searchsorted(sorted_positions, flat, side="right") - begin
    slot = np.repeat(np.arange(len(flat)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    entry = order[np.repeat(begin, count) + within]
    offset = observed.day[entry] - np.repeat(origin, position.shape[1])[slot]
    inside = (offset >= 0) & (offset < length)
    return slot[inside] * length + offset[inside], entry[inside]
