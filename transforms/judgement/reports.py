"""From arrays to rows: the judgement of a cube, written out as verdicts and arm reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from transforms.judgement.answers import ArmReport, Verdict, variant_label
from transforms.judgement.contests import Contest
from transforms.judgement.cube import AUTOMATIC, Array, Cube, Index
from transforms.judgement.estimates import score
from transforms.judgement.judged import Compared, Decision, Judged
from transforms.judgement.observed import EPOCH, Observed
from transforms.judgement.rules import Rules
from transforms.judgement.statuses import Metric, Reason, Status
from transforms.judgement.steps import Step

COMPARED = (
    "difference",
    "difference_low",
    "difference_high",
    "lift",
    "lift_low",
    "lift_high",
)


@dataclass(frozen=True, slots=True)
class Judgements:
    """A judged cube with everything that its rows are written from."""

    contests: list[Contest]
    cube: Cube
    judged: Judged
    decision: Decision
    pace: Array
    rules: Rules

    def sent(self) -> Array:
        """Return mails sent in the shared window, rows × arms."""
        return (self.cube.sent * self.cube.in_window()[:, None, :]).sum(axis=2)


def verdicts(of: Judgements, observed: Observed, steps: list[Step]) -> list[Verdict]:
    """Return one verdict per contest."""
    forecast = _forecast(of)
    warnings = _warnings(of, observed)
    variant = observed.arms["variant"].to_numpy()
    version = observed.arms["copy_version"].to_numpy()
    return [
        Verdict(
            **{**steps[contest.step_code].fields, **_window(contest)},
            **_standing(of, row, variant[[*contest.arms]], version[[*contest.arms]]),
            **_split(of, row),
            **{name: bool(flag[row]) for name, flag in warnings.items()},
            sends_needed=_whole(forecast[0][row]),
            days_to_go=_whole(forecast[1][row]),
        )
        for row, contest in enumerate(of.contests)
    ]


def _standing(of: Judgements, row: int, variant: Any, version: Any) -> dict[str, Any]:
    """Return the fields about leader, rival and status."""
    judged, weighed = of.judged, of.judged.weighed
    leader, rival = int(judged.leader[row]), int(judged.rival[row])
    status = of.decision.status[row]
    metric = of.rules.metric
    fields: dict[str, Any] = {"status": status, "reason": of.decision.reason[row]}
    for name, arm in (("leader", leader), ("rival", rival)):
        fields |= {
            f"{name}_variant": int(variant[arm]),
            f"{name}_copy_version": int(version[arm]),
            f"{name}_rate": _known(judged.rate[row, arm]),
            f"{name}_events": round(weighed.counted[metric][row, arm]),
            f"{name}_sent": round(weighed.mature_sent[row, arm]),
        }
    if status is Status.WINNER:
        fields["winner_variant"] = fields["leader_variant"]
        fields["winner_copy_version"] = fields["leader_copy_version"]
    return fields | {
        "arms_compared": len(variant),
        "probability": _known(judged.posterior.best[row, leader]),
        "expected_loss": _known(judged.posterior.loss[row, leader]),
        "lift": _known(judged.rivals.lift[row, leader]),
        "lift_low": _known(judged.rivals.lift_low[row, leader]),
        "lift_high": _known(judged.rivals.lift_high[row, leader]),
        "p_value": _known(judged.p_value[row, leader]),
        "sends_floor": _whole(judged.floor[row]),
        "shared_days": int(weighed.shared_days[row]),
    }


def _window(contest: Contest) -> dict[str, Any]:
    is_empty = contest.last < contest.first
    return {
        "window_from": None if is_empty else to_date(contest.first),
        "window_to": None if is_empty else to_date(contest.last),
        "has_waiting_arm": bool(contest.waiting),
    }


def _split(of: Judgements, row: int) -> dict[str, Any]:
    sends = of.judged.split_sends[row]
    return {
        "split_p_value": float(of.judged.split_p_value[row]),
        "split_smallest": int(sends.min()),
        "split_largest": int(sends.max()),
    }


def _forecast(of: Judgements) -> tuple[Array, Array]:
    """Return sends needed per arm and days to go, per row; NaN where unknown or not asked.

    What was sent and is not mature yet is on its way: it shortens the sends, not the days.
    """
    weighed, missing = of.judged.weighed, of.decision.missing
    underway = np.maximum(of.sent() - weighed.mature_sent, 0.0)
    sends = np.ceil(np.maximum(missing - underway, 0.0)).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(missing > 0, missing / of.pace, 0.0 * missing).max(axis=1)
    few = of.decision.reason == Reason.TOO_FEW_DAYS
    days = np.where(few, np.fmax(days, of.rules.shared_days - weighed.shared_days), days)
    called = of.decision.reason == Reason.AUTOMATIC_SELECTION
    return np.where(called, np.nan, sends), np.where(called, np.nan, np.ceil(days))


def _warnings(of: Judgements, observed: Observed) -> dict[str, NDArray[np.bool_]]:
    """Return the flags that come from the counts: guardrails, and rates turned by weighing."""
    weighed, rows = of.judged.weighed, np.arange(len(of.contests))
    leader, rival = of.judged.leader, of.judged.rival
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = weighed.counted[of.rules.metric] / weighed.mature_sent
    limit = -ndtri(of.rules.guardrail_alpha)

    def ahead(name: str) -> Array:
        events, sends = weighed.events[name], weighed.sends
        return score(
            (events[rows, leader], sends[rows, leader]), (events[rows, rival], sends[rows, rival])
        )

    codes = [contest.step_code for contest in of.contests]
    known = ~observed.missing[Metric.POSITIVE][codes]
    return {
        "has_reversed_rates": plain[rows, leader] < plain[rows, rival],
        "loses_on_positives": known & (ahead(Metric.POSITIVE) < -limit),
        "has_more_automatic_replies": ahead(AUTOMATIC) > limit,
    }


def compared_arms(of: Judgements, observed: Observed) -> dict[int, dict[str, Any]]:
    """Return the fields of the shared window of every compared arm, by row of `Observed.arms`."""
    numbers = _columns(of, observed)
    return {
        arm: {
            "is_compared": True,
            "is_leader": bool(column == of.judged.leader[row]),
            **{k: v for k, v in _window(contest).items() if k.startswith("window")},
            **{name: _known(values[row, column]) for name, values in numbers.items()},
        }
        for row, contest in enumerate(of.contests)
        for column, arm in enumerate(contest.arms)
    }


def _columns(of: Judgements, observed: Observed) -> dict[str, Array]:
    """Return, by field of `ArmReport`, rows × arms."""
    judged, weighed = of.judged, of.judged.weighed
    codes = [contest.step_code for contest in of.contests]
    without = observed.missing[Metric.POSITIVE][codes][:, None]
    rows = np.array([contest.arms for contest in of.contests])
    return {
        "sent": of.sent(),
        "mature_sent": weighed.mature_sent,
        "events": weighed.counted[of.rules.metric],
        "rate": judged.rate,
        "rate_low": judged.rate_low,
        "rate_high": judged.rate_high,
        "probability": judged.posterior.best,
        "expected_loss": judged.posterior.loss,
        "p_value": judged.p_value,
        "positive_rate": np.where(without, np.nan, weighed.rate(Metric.POSITIVE)),
        "auto_reply_rate": weighed.rate(AUTOMATIC),
        **_against(judged.rivals, "rival", "", rows, observed),
        **_against(judged.baseline, "baseline", "baseline_", rows, observed),
    }


def _against(
    compared: Compared, other: str, prefix: str, rows: Index, observed: Observed
) -> dict[str, Array]:
    """Return the other arm's name and the comparison with it; `rows` are rows of the arms."""
    opponent = np.take_along_axis(rows, compared.against, axis=1)
    return {
        f"{other}_variant": observed.arms["variant"].to_numpy()[opponent],
        f"{other}_copy_version": observed.arms["copy_version"].to_numpy()[opponent],
        **{f"{prefix}{name}": getattr(compared, name) for name in COMPARED},
    }


def arm_reports(
    observed: Observed,
    compared: dict[int, dict[str, Any]],
    waiting: frozenset[int],
    metric: Metric,
    judged_at: datetime,
) -> list[ArmReport]:
    """Return a report for every arm, compared or not."""
    rows: Iterable[Any] = observed.arms.itertuples()
    return [
        ArmReport(
            workspace_id=arm.workspace_id,
            campaign_id=arm.campaign_id,
            step=int(arm.step),
            variant=int(arm.variant),
            copy_version=int(arm.copy_version),
            step_number=int(arm.step) + 1,
            variant_label=variant_label(int(arm.variant)),
            metric=metric,
            state=arm.state,
            is_waiting=arm.Index in waiting,
            total_sent=int(arm.sent),
            total_events=float(getattr(arm, metric)),
            first_sent_on=None if arm.first_day < 0 else to_date(arm.first_day),
            last_sent_on=None if arm.last_day < 0 else to_date(arm.last_day),
            judged_at=judged_at,
            **compared.get(arm.Index, {"is_compared": False, "is_leader": False}),
        )
        for arm in rows
    ]


def to_date(day: int) -> date:
    """Return the date of a day number."""
    return EPOCH + timedelta(days=int(day))


def _known(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _whole(value: float) -> int | None:
    return ceil(value) if isfinite(value) else None
