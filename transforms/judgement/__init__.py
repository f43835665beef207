"""The judgement on every step: who wins, how sure, how much longer.

    days, arms (frames)                      counts per arm and day, and what is known of the arms
      -> observed.py   checked counts        -> cohorts.py    replies on the day of their mail
      -> contests.py   which arms, which days
      -> stack.py      blocks of contests    -> cube.py       weeks weighed alike for all arms
      -> judged.py     every number          -> answers.py    verdicts with a sentence
    -> variant_arms, variant_verdicts (frames)

`judge` is pure: the same frames, rules and time give the same answer, to the last digit; it reads
no clock, no environment, no database. The statistics are explained in docs/judgement.md, and
measured there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from transforms.judgement.answers import ArmReport, Verdict
from transforms.judgement.cohorts import Mails, credited
from transforms.judgement.contests import Contest, contests
from transforms.judgement.frames import to_frame
from transforms.judgement.judged import decide, judge_cube
from transforms.judgement.observed import Observed, observe
from transforms.judgement.reports import Judgements, arm_reports, compared_arms, verdicts
from transforms.judgement.rules import Rules
from transforms.judgement.sentences import sentence
from transforms.judgement.stack import pace, stack
from transforms.judgement.statuses import ArmState, Basis, Metric, Reason, Status
from transforms.judgement.steps import Step, refused, steps

__all__ = [
    "ArmReport",
    "ArmState",
    "Basis",
    "Judgement",
    "Mails",
    "Metric",
    "Reason",
    "Rules",
    "Status",
    "Verdict",
    "judge",
]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is written: `arms` becomes `variant_arms`, `verdicts` becomes `variant_verdicts`.

    `answers` are the same verdicts as values, in the order of the frame.
    """

    arms: pd.DataFrame
    verdicts: pd.DataFrame
    answers: tuple[Verdict, ...]


def judge(
    days: pd.DataFrame,
    arms: pd.DataFrame,
    as_of: datetime,
    rules: Rules | None = None,
    mails: Mails | None = None,
) -> Judgement:
    """Judge every step of `arms` and `days` as of a moment.

    days: grain workspace × campaign × step × variant × copy version × date (UTC), with `sent`,
        `unique_opened`, `unique_replies` (human), `unique_replies_automatic`, `unique_clicks`,
        `unique_opportunities`. The day of `as_of` is not over and is left out.
    arms: grain without the date: `is_current`, `is_disabled`, `auto_selected_from`,
        `auto_selected_until` (first and last day of automatic selection; null: never, still on),
        `open_tracking`, `link_tracking`; optional `is_tracking_switched`, `is_accounts_changed`,
        `lifetime_unique_…` (distinct counts of the position's life).
    as_of: with a time zone; becomes `judged_at`.
    mails: what the e-mails say; each step whose mails are complete is judged on `Basis.COHORTS`.

    Raises ValueError with one line for frames that cannot be right.
    """
    rules = rules or Rules()
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone: give it one (UTC)")
    judged_at = as_of.astimezone(UTC)
    observed = observe(days, arms, judged_at.date())
    if mails is not None:
        observed = credited(observed, mails, rules)
    asked = {contest.step_code: contest for contest in contests(observed, rules)}
    known = steps(observed, asked, rules, judged_at)
    open_ = [asked[step.code] for step in known if step.refusal is None]
    answers = {s.code: refused(s, s.refusal) for s in known if s.refusal is not None}
    compared: dict[int, dict[str, object]] = {}
    for of in _judge_all(observed, open_, known, rules):
        compared |= compared_arms(of, observed)
        said = verdicts(of, observed, known)
        answers |= {c.step_code: v for c, v in zip(of.contests, said, strict=True)}
    spoken = tuple(
        replace(answers[step.code], sentence=sentence(answers[step.code])) for step in known
    )
    waiting = frozenset(arm for contest in open_ for arm in contest.waiting)
    reports = arm_reports(observed, compared, waiting, rules.metric, judged_at)
    return Judgement(to_frame(reports, ArmReport), to_frame(spoken, Verdict), spoken)


def _judge_all(
    observed: Observed, open_: Sequence[Contest], known: list[Step], rules: Rules
) -> list[Judgements]:
    speed = pace(observed, rules.idle_days)
    position = observed.arms["position"].to_numpy()
    results = []
    for some, cube in stack(observed, open_):
        judged = judge_cube(cube, rules)
        automatic = np.array([known[contest.step_code].is_automatic for contest in some])
        hopeless = np.array([contest.is_hopeless for contest in some])
        decision = decide(judged, rules, automatic, hopeless)
        arms = position[np.array([contest.arms for contest in some])]
        results.append(Judgements(some, cube, judged, decision, speed[arms], rules))
    return results
