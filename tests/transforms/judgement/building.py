"""Steps for tests: a few numbers in, the two frames out.

`exact` makes arms whose counts are what the judgement sees, to the last one: `cohorts` that matured
long ago. `living` judges steps in the expected numbers of a steady life, events on their own day.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from transforms.judgement import Judgement, Mails, Reason, Rules, Status, Verdict, judge
from transforms.judgement.delay import exposure_by_day
from transforms.judgement.observed import ARM, STEP

START = date(2026, 3, 2)
AS_OF = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Arm:
    """An arm: mails and replies per day from `START` on, and what is known of it."""

    variant: int
    sent: Sequence[float]
    replied: Sequence[float]
    copy_version: int = 1
    is_current: bool | None = True
    is_disabled: bool | None = False
    positive: Sequence[float] | None = None
    automatic: Sequence[float] | None = None
    other: dict[str, object] = field(default_factory=dict)


def spread(total: int, days: int) -> list[int]:
    """Spread a count over days as evenly as whole numbers allow."""
    edges = [round(total * day / days) for day in range(days + 1)]
    return [b - a for a, b in itertools.pairwise(edges)]


def exact(variant: int, replies: int, sent: int, days: int = 28, **more: object) -> Arm:
    """An arm with so many replies to so many mails, evenly over the days."""
    extra = {k: spread(v, days) for k, v in more.items() if isinstance(v, int) and k in COUNTS}
    rest = {k: v for k, v in more.items() if k not in extra}
    return Arm(variant, spread(sent, days), spread(replies, days), **extra, **rest)  # ty: ignore


COUNTS = ("positive", "automatic")


def expected(variant: int, sent: Sequence[float], rate: float, **more: object) -> Arm:
    """An arm whose replies come exactly as the delay curve says, events on their own day."""
    replied = rate * exposure_by_day(np.asarray(sent, dtype=float)[None, :])[0]
    return Arm(variant, sent, list(replied), **more)  # ty: ignore


def frames(
    arms: Sequence[Arm], *, campaign: str = "c", step: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the `days` and `arms` frames of one step."""
    days, known = [], []
    for arm in arms:
        key = {
            "workspace_id": "w",
            "campaign_id": campaign,
            "step": step,
            "variant": arm.variant,
            "copy_version": arm.copy_version,
        }
        flags = {"auto_selected_from": None, "auto_selected_until": None}
        flags |= {"open_tracking": True, "link_tracking": True}
        state = {"is_current": arm.is_current, "is_disabled": arm.is_disabled}
        known.append({**key, **flags, **state, **arm.other})
        none = [0] * len(arm.sent)
        rows = zip(arm.sent, arm.replied, arm.positive or none, arm.automatic or none, strict=True)
        for number, (sent, replied, positive, automatic) in enumerate(rows):
            if sent or replied:
                days.append(
                    {
                        **key,
                        "date": START + timedelta(days=number),
                        "sent": sent,
                        "unique_opened": 0,
                        "unique_replies": replied,
                        "unique_replies_automatic": automatic,
                        "unique_clicks": 0,
                        "unique_opportunities": positive,
                    }
                )
    counts = ["sent", "unique_opened", "unique_replies", "unique_replies_automatic"]
    columns = [*ARM, "date", *counts, "unique_clicks", "unique_opportunities"]
    return pd.DataFrame(days, columns=columns), pd.DataFrame(known)


def mails(days: pd.DataFrame, *, missing: float = 0, mute: float = 0) -> Mails:
    """Return e-mails that say what `days` says, less a share of the mails and of the replies."""
    sent, replies = days["sent"] * (1 - missing), days["unique_replies"] * (1 - mute)
    cohorts = days[[*ARM, "date", "unique_replies_automatic"]].assign(
        sent=sent, unique_replies=replies
    )
    counted = days[[*ARM, "date"]].assign(
        reported_sent=days["sent"],
        mailed_sent=sent,
        reported_replies=days["unique_replies"],
        mailed_replies=replies,
    )
    by_position = counted.drop(columns="copy_version").groupby([*STEP, "variant", "date"])
    return Mails(cohorts, by_position.sum().reset_index())


def cohorts(arms: Sequence[Arm], rules: Rules | None = None) -> Judgement:
    """Judge one step of matured cohorts, long after its end."""
    days, known = frames(arms)
    return judge(days, known, AS_OF, rules, mails(days))


def living(arms: Sequence[Arm], rules: Rules | None = None, *, day: int | None = None) -> Judgement:
    """Judge one step on the morning after its last day (or on `day`), events on their own day."""
    last = max(len(arm.sent) for arm in arms) if day is None else day
    as_of = datetime.combine(START, datetime.min.time(), UTC) + timedelta(days=last, hours=6)
    return judge(*frames(arms), as_of=as_of, rules=rules)


def only(judgement: Judgement) -> Verdict:
    """The one verdict, and a check that the frame says the same."""
    (verdict,) = judgement.answers
    (row,) = judgement.verdicts.to_dict("records")
    assert (row["status"], row["sentence"]) == (verdict.status, verdict.sentence)
    return verdict


def said(verdict: Verdict) -> tuple[Status, Reason]:
    """What the verdict says, and why."""
    return verdict.status, verdict.reason


def arm(judgement: Judgement, variant: int, version: int = 1) -> pd.Series:
    """The report of one arm."""
    table = judgement.arms
    return table[(table["variant"] == variant) & (table["copy_version"] == version)].iloc[0]
