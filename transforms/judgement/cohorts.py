"""Each reply on the day of its own mail, where the e-mails are known completely.

    Observed (reports)  +  Mails  ->  steps whose window is covered  ->  Observed (mails)

The reports count a reply on the day it comes in and on the position it answers, whatever text
stood there when the mail went out. E-mails know better: which mail a reply answers, when that went
out, and so which text it carried. Then nothing is left to assume of late answers, an edit needs no
ramp, and a burst of late replies stays with the mails that earned it.

Half the e-mails would be worse than none: answers are read apart from mails, by several runs, and
some are deleted. So a step is judged on them only if, for every compared arm and over the compared
window, they show as many mails as the report counts and hardly fewer repliers
(`Rules.mail_coverage`; one mail or replier may always be missing, a midnight lies somewhere).
Otherwise the reports stand, and the verdict says `windows`. More repliers than the report counts
are right: it attributes some to no step. Mixing both kinds of counts in one comparison was refused.

Opens, clicks and positives have no mail to be credited to. Judged on one of those, every step stays
on the reports.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.judgement.contests import Contest, contests
from transforms.judgement.cube import CREDITED, Array, Index
from transforms.judgement.delay import MATURE_DAYS
from transforms.judgement.observed import (
    ARM,
    EVENTS,
    NEVER,
    POSITION,
    Observed,
    day_numbers,
    numbers,
    require,
    rows_of,
    with_totals,
)
from transforms.judgement.rules import Rules
from transforms.judgement.statuses import Basis

COUNTED = ("reported_sent", "mailed_sent", "reported_replies", "mailed_replies")
SPAN = 10_000_000
"""More days than any calendar here has: position × SPAN + day is a number of its own."""


@dataclass(frozen=True, slots=True)
class Mails:
    """What the e-mails say, as two frames; empty ones where none were synced.

    cohorts: grain workspace × campaign × step × variant × copy version × date of sending, with
        `sent`, `unique_replies` (leads whose first human reply at this position answers one of
        these mails) and `unique_replies_automatic`. Answers before the day of the judgement only.
    coverage: grain workspace × campaign × step × variant × date, all texts together, with
        `reported_sent`, `mailed_sent` (mails of that day) and `reported_replies`, `mailed_replies`
        (distinct human repliers of that day), by report and by e-mails.
    """

    cohorts: pd.DataFrame
    coverage: pd.DataFrame


def credited(observed: Observed, mails: Mails, rules: Rules) -> Observed:
    """Return the counts with those of the mails in place of the reports' wherever they suffice.

    Raises ValueError with one line for frames that cannot be right.
    """
    answers = [EVENTS[name] for name in sorted(CREDITED)]
    require("cohorts", mails.cohorts, [*ARM, "date", "sent", *answers], [*ARM, "date"])
    require("coverage", mails.coverage, [*POSITION, "date", *COUNTED], [*POSITION, "date"])
    if rules.metric not in CREDITED or mails.cohorts.empty:
        return observed
    asked = list(contests(observed, replace(rules, ramp_days=0)))
    if not asked:
        return observed
    counts = _Counts.of(mails.coverage, observed)
    covered, share = _covered(asked, observed, counts, rules)
    since = _since(covered, observed, counts, rules)
    return _exchanged(observed, mails.cohorts, since, share)


def _covered(
    asked: Sequence[Contest], observed: Observed, counts: "_Counts", rules: Rules
) -> tuple[dict[int, int], dict[int, float]]:
    """Return the first day of every covered step's window, and every step's share of mails."""
    arms = [(number, arm) for number, contest in enumerate(asked) for arm in contest.arms]
    number, arm = np.array(arms).T
    position = observed.arms["position"].to_numpy()[arm]
    first = np.array([contest.first for contest in asked])[number]
    last = np.array([contest.last for contest in asked])[number]
    until = np.minimum(last + MATURE_DAYS, observed.today - 1)
    reported, mailed, _, _ = counts.between(position, first, last)
    lacks = (reported == 0) | counts.lack(position, first, last, until, rules.mail_coverage)
    whole = np.bincount(number, weights=lacks, minlength=len(asked)) == 0
    reported, mailed = (np.bincount(number, weights=sums) for sums in (reported, mailed))
    share = np.divide(mailed, reported, out=np.zeros_like(mailed), where=reported > 0)
    return (
        {c.step_code: c.first for c, is_whole in zip(asked, whole, strict=True) if is_whole},
        {c.step_code: float(part) for c, part in zip(asked, share, strict=True)},
    )


def _since(
    covered: dict[int, int], observed: Observed, counts: "_Counts", rules: Rules
) -> dict[int, int]:
    """Return the day from which each covered step is counted by mail.

    That is its window's first, or the first of its life where all of that is known: then answers
    to an earlier text are counted for it, and not for none.
    """
    positions = observed.arms.drop_duplicates("position")
    positions = positions[positions["step_code"].isin(list(covered))]
    code = positions["step_code"].to_numpy()
    sending = observed.arms[observed.arms["first_day"] >= 0]
    born = sending.groupby("step_code")["first_day"].min()
    first = born.loc[code].to_numpy(np.int64)
    last = np.full(len(code), observed.today - 1)
    position = positions["position"].to_numpy()
    short = set(code[counts.lack(position, first, last, last, rules.mail_coverage)])
    return {step: day if step in short else int(born[step]) for step, day in covered.items()}


@dataclass(frozen=True, slots=True)
class _Counts:
    """Running sums of the coverage, by position and day: sums over any stretch in two look-ups."""

    key: Index
    running: Array

    @classmethod
    def of(cls, coverage: pd.DataFrame, observed: Observed) -> "_Counts":
        table = observed.arms.drop_duplicates("position")
        position = rows_of(coverage, table, POSITION)
        key = position * SPAN + day_numbers(coverage["date"])
        order = np.argsort(key, kind="stable")
        counts = np.array([numbers(coverage[name])[order] for name in COUNTED])
        running = np.concatenate([np.zeros((len(COUNTED), 1)), counts.cumsum(axis=1)], axis=1)
        return cls(key[order], running)

    def between(self, position: Index, first: Index, last: Index) -> Iterable[Array]:
        """Return the sums of every count over the days from `first` to `last`, both included."""
        low = np.searchsorted(self.key, position * SPAN + first, side="left")
        high = np.searchsorted(self.key, position * SPAN + last, side="right")
        return self.running[:, np.maximum(high, low)] - self.running[:, low]

    def lack(
        self, position: Index, first: Index, last: Index, until: Index, share: float
    ) -> NDArray[np.bool_]:
        """Return where mails up to `last`, or repliers up to `until`, fall short of the share."""
        reported, mailed, _, _ = self.between(position, first, last)
        _, _, replies, found = self.between(position, first, until)
        differ = np.abs(mailed - reported) > (1 - share) * reported + 1
        return differ | (found < share * replies - 1)


def _exchanged(
    observed: Observed, cohorts: pd.DataFrame, since: dict[int, int], share: dict[int, float]
) -> Observed:
    """Return the counts with those by mail from the given day of each step on."""
    code = observed.arms["step_code"]
    table = observed.arms.assign(
        basis=code.isin(list(since)).map({True: str(Basis.COHORTS), False: str(Basis.WINDOWS)}),
        mail_coverage=code.map(share).astype(np.float64),
    )
    begin = np.array([since.get(number, NEVER) for number in code], dtype=np.int64)
    kept = observed.day < begin[observed.arm]
    arm, day = rows_of(cohorts, table, ARM), day_numbers(cohorts["date"])
    chosen = (arm >= 0) & (day >= begin[arm]) & (day < observed.today)
    arms, days = np.r_[observed.arm, arm[chosen]], np.r_[observed.day, day[chosen]]
    sent = np.r_[observed.sent * kept, numbers(cohorts["sent"])[chosen]]
    none = np.zeros(int(chosen.sum()))
    events = {
        name: np.r_[values * kept, numbers(cohorts[EVENTS[name]])[chosen]]
        if name in CREDITED
        else np.r_[values, none]
        for name, values in observed.events.items()
    }
    table = with_totals(table, arms, days, sent, events)
    position = table["position"].to_numpy()[arms]
    return replace(
        observed, arms=table, arm=arms, position=position, day=days, sent=sent, events=events
    )
