"""The steps as a whole: what is known of each before anything is compared.

Here stand the refusals that need no statistics: nothing sent, tracking off, counts never synced,
one arm only, no two arms at the same time. Opens with tracking off are zeros that mean nothing
(quirk C39), so they are refused and not judged; where the platform does not say whether tracking
was on, the step is judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Any

import pandas as pd

from transforms.judgement.answers import Verdict
from transforms.judgement.contests import Contest
from transforms.judgement.observed import STEP, Observed
from transforms.judgement.rules import Rules
from transforms.judgement.statuses import ArmState, Basis, Metric, Reason, Status

REFUSALS: dict[Reason, Status] = {
    Reason.NOTHING_SENT: Status.NO_DATA,
    Reason.OPEN_TRACKING_OFF: Status.NOT_COMPARABLE,
    Reason.LINK_TRACKING_OFF: Status.NOT_COMPARABLE,
    Reason.NOT_SYNCED: Status.NOT_COMPARABLE,
    Reason.ONE_ARM: Status.NOT_COMPARABLE,
    Reason.NO_SHARED_TIME: Status.NOT_COMPARABLE,
}
TRACKING = {
    Metric.OPEN: ("open_tracking", Reason.OPEN_TRACKING_OFF),
    Metric.CLICK: ("link_tracking", Reason.LINK_TRACKING_OFF),
}

ALIKE = ["basis", "mail_coverage", "open_tracking", "link_tracking", "auto_from", "auto_until"]
"""Columns of the arms that say the same for all arms of a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the fields that its verdict has whatever is said, and why nothing is compared.

    `fields` are arguments of `Verdict`; `refusal` is None where there is something to compare.
    """

    code: int
    fields: dict[str, Any]
    is_automatic: bool
    refusal: Reason | None


def steps(
    observed: Observed, asked: dict[int, Contest], rules: Rules, judged_at: datetime
) -> list[Step]:
    """Return every step, in the order of its code."""
    table = observed.arms
    by_step = table.groupby("step_code", sort=True)
    known = by_step[[*STEP, *ALIKE]].first()
    known["last_day"] = by_step["last_day"].max()
    for name, column in (
        ("has_switched_tracking", "is_tracking_switched"),
        ("has_changed_accounts", "is_accounts_changed"),
    ):
        known[name] = by_step[column].any()
    sending = table[table["sent"] > 0]
    known["arms"] = by_step.size()
    variants = sending.groupby("step_code")["variant"].nunique()
    known["variants"] = variants.reindex(known.index, fill_value=0)
    for flag, state in (
        ("has_paused_arm", ArmState.PAUSED),
        ("has_vanished_arm", ArmState.VANISHED),
        ("has_edited_copy", ArmState.REPLACED),
    ):
        known[flag] = known.index.isin(sending.loc[sending["state"] == state, "step_code"])
    rows: Iterable[Any] = known.itertuples()
    found = [_step(row, observed, asked.get(row.Index), rules) for row in rows]
    return [replace(step, fields=step.fields | {"judged_at": judged_at}) for step in found]


def refused(step: Step, reason: Reason) -> Verdict:
    """Return the verdict of a step on which nothing can be compared."""
    return Verdict(**step.fields, status=REFUSALS[reason], reason=reason)


def _step(row: Any, observed: Observed, contest: Contest | None, rules: Rules) -> Step:
    automatic = _is_automatic(row, observed, contest)
    return Step(
        code=row.Index,
        is_automatic=automatic,
        refusal=_refusal(row, observed, contest, rules.metric),
        fields={
            "workspace_id": row.workspace_id,
            "campaign_id": row.campaign_id,
            "step": int(row.step),
            "step_number": int(row.step) + 1,
            "metric": rules.metric,
            "arms": int(row.arms),
            "effect": rules.effect,
            "shared_days_needed": rules.shared_days,
            "basis": Basis(row.basis),
            "mail_coverage": float(row.mail_coverage) if isfinite(row.mail_coverage) else None,
            "has_auto_selection": automatic,
            "has_paused_arm": bool(row.has_paused_arm),
            "has_vanished_arm": bool(row.has_vanished_arm),
            "has_edited_copy": bool(row.has_edited_copy),
            "has_switched_tracking": bool(row.has_switched_tracking),
            "has_changed_accounts": bool(row.has_changed_accounts),
        },
    )


def _is_automatic(row: Any, observed: Observed, contest: Contest | None) -> bool:
    """Whether automatic selection was on while compared mails went out; without a contest: now."""
    first, last = observed.today, observed.today
    if contest is not None:
        first, last = contest.first, min(contest.last, row.last_day)
    return row.auto_from <= last and first <= row.auto_until


def _refusal(
    row: Any, observed: Observed, contest: Contest | None, metric: Metric
) -> Reason | None:
    if row.variants == 0:
        return Reason.NOTHING_SENT
    flag, off = TRACKING.get(metric, (None, None))
    if flag is not None and _is_off(getattr(row, flag)):
        return off
    if observed.missing[metric][row.Index]:
        return Reason.NOT_SYNCED
    if row.variants == 1:
        return Reason.ONE_ARM
    return Reason.NO_SHARED_TIME if contest is None else None


def _is_off(flag: object) -> bool:
    return not pd.isna(flag) and not bool(flag)
