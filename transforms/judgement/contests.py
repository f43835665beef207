"""Observed becomes asked: which arms of a step are compared, and over which days.

    arms of a step -> who competes -> who has been there long enough -> the window they shared

*Who competes.* The active arms, if at least two were sending lately. Otherwise the question is
about the past: the last arms that were sending side by side (B was paused, the campaign ended). One
text per variant, never two: an edit makes a new arm, and old and new text never met the same week.

*Who has been there long enough.* An arm that joined so late that it shares less than two weeks with
the others waits; the others go on. Once it has its two weeks the contest begins anew at its start:
only concurrent sends are compared, as in platform trials. Keeping the older arms' earlier weeks in
was refused: an arm added in summer would be compared with another season's leads.

*The window.* From the latest start to the earliest end. After a late start or an edit
`ramp_days` are skipped, since replies to earlier mails of that position still come in; not so where
each reply is credited to its own mail. When nobody sends any more, the window stays open for late
answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from transforms.judgement.delay import MATURE_DAYS
from transforms.judgement.observed import Observed
from transforms.judgement.rules import Rules
from transforms.judgement.statuses import ArmState, Basis

START_TOLERANCE = 1
"""Days by which first sends may differ and still count as the same start."""


@dataclass(frozen=True, slots=True)
class Contest:
    """One step's compared arms (row numbers in `Observed.arms`) and their window, in days.

    waiting: arms that compete but have not been there long enough.
    is_hopeless: should the window be too short, then waiting is not the cure: there was time
        enough, or nothing is being sent any more.
    """

    step_code: int
    arms: tuple[int, ...]
    waiting: tuple[int, ...]
    first: int
    last: int
    is_hopeless: bool


@dataclass(frozen=True, slots=True)
class _Arm:
    row: int
    variant: int
    position: int
    first: int
    last: int
    is_active: bool
    is_edited: bool


def contests(observed: Observed, rules: Rules) -> Iterator[Contest]:
    """Yield at most one contest per step; a step without two arms side by side has none."""
    credited = observed.arms["basis"].eq(Basis.COHORTS).to_numpy()
    exact = replace(rules, ramp_days=0)
    for code, arms in _by_step(observed):
        competing = _competing(arms, rules)
        if competing:
            own = exact if credited[arms[0].row] else rules
            yield _contest(code, arms, competing, own, observed.today)


def _by_step(observed: Observed) -> Iterator[tuple[int, list[_Arm]]]:
    table = observed.arms
    columns = [table[c].to_numpy() for c in ("variant", "position", "first_day", "last_day")]
    active = table["state"].eq(ArmState.ACTIVE).to_numpy()
    codes = table["step_code"].to_numpy()
    edges = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1], True]) if len(codes) else []
    for start, end in pairwise(edges):
        arms: list[_Arm] = []
        sent_before: set[int] = set()
        for row in range(start, end):
            variant, position, first, last = (int(column[row]) for column in columns)
            if last >= 0:
                edited = position in sent_before
                arms.append(_Arm(row, variant, position, first, last, bool(active[row]), edited))
                sent_before.add(position)
        yield int(codes[start]), arms


def _competing(arms: list[_Arm], rules: Rules) -> list[_Arm]:
    """Return the arms that are, or last were, sending side by side; fewer than two: none."""
    if not arms:
        return []
    newest = max(arm.last for arm in arms)
    active = [arm for arm in arms if arm.is_active and arm.last >= newest - rules.idle_days]
    if len(active) >= 2:
        return active
    for day in sorted({arm.last for arm in arms}, reverse=True):
        side_by_side = {
            arm.variant: arm for arm in arms if arm.first <= day <= arm.last + rules.idle_days
        }
        together = list(side_by_side.values())
        if len(together) >= 2 and max(a.first for a in together) <= min(a.last for a in together):
            return together
    return []


def _contest(
    code: int, arms: list[_Arm], competing: list[_Arm], rules: Rules, today: int
) -> Contest:
    """Return the contest of the largest group, oldest arms first, that shared enough days."""
    oldest = sorted(competing, key=lambda arm: (arm.first, arm.variant))
    chosen = oldest
    for size in range(len(oldest), 1, -1):
        first, last = _window(oldest[:size], rules)
        if last - first + 1 >= rules.shared_days:
            chosen = oldest[:size]
            break
    first, last = _window(chosen, rules)
    ended = last < today - rules.idle_days
    span = last - min(arm.first for arm in arms) + 1
    rows = {arm.row for arm in chosen}
    return Contest(
        step_code=code,
        arms=tuple(sorted(rows)),
        waiting=tuple(sorted(arm.row for arm in oldest if arm.row not in rows)),
        first=first,
        last=_with_late_answers(chosen, arms, last, today),
        is_hopeless=ended or span > rules.shared_days,
    )


def _window(arms: list[_Arm], rules: Rules) -> tuple[int, int]:
    start = min(arm.first for arm in arms)
    late = START_TOLERANCE + start
    first = max(
        arm.first + (rules.ramp_days if arm.is_edited or arm.first > late else 0) for arm in arms
    )
    return first, min(arm.last for arm in arms)


def _with_late_answers(chosen: list[_Arm], arms: list[_Arm], last: int, today: int) -> int:
    """Return the window's last day; answers are waited for only once nobody chosen sends."""
    positions = {arm.position for arm in chosen}
    if any(arm.last > last for arm in arms if arm.position in positions):
        return last
    return min(today - 1, last + MATURE_DAYS)
