"""Replies credited to their own mails: when that is done, and what it sets right."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.judgement.building import (
    AS_OF,
    START,
    Arm,
    arm,
    exact,
    expected,
    frames,
    living,
    mails,
    only,
)
from transforms.judgement import Basis, Judgement, Mails, Metric, Rules, Status, judge
from transforms.judgement.observed import ARM

DAYS = 60
EDIT = 30


def told(
    days: pd.DataFrame, known: pd.DataFrame, mailed: Mails, day: int = DAYS, **rules: Any
) -> Judgement:
    """Judge on the morning of a day, with e-mails."""
    as_of = AS_OF.replace(year=START.year, month=START.month, day=START.day)
    return judge(days, known, as_of + timedelta(days=day), Rules(**rules), mailed)


def edited() -> tuple[Sequence[Arm], Sequence[Arm]]:
    """A step whose B was edited on day 30, as the reports count it, and as its mails say.

    The old text was answered by 12 % and the new one by 2 %, A by 3 %. From day 40 to 50, people
    back from their holidays answered 80 mails of the old text: the report adds them to B.
    """
    old, new = [80] * EDIT + [0] * EDIT, [0] * EDIT + [80] * EDIT
    burst = [8 if 40 <= day < 50 else 0 for day in range(DAYS)]
    steady = Arm(0, [80] * DAYS, [2.4] * DAYS)
    before = Arm(1, old, [10] * EDIT + [0] * EDIT, is_current=False)
    after = Arm(1, new, [0] * EDIT + [1.6] * EDIT, copy_version=2)
    added = [own + late for own, late in zip(after.replied, burst, strict=True)]
    earned = [10 + 80 / EDIT] * EDIT + [0] * EDIT
    reported = [steady, before, replace(after, replied=added)]
    return reported, [steady, replace(before, replied=earned), after]


def by_mail(arms: Sequence[Arm], reported: Sequence[Arm]) -> Mails:
    """E-mails that hold every mail of `arms`; the repliers of a day are those of the report."""
    return Mails(mails(frames(arms)[0]).cohorts, mails(frames(reported)[0]).coverage)


def test_a_late_burst_stays_with_the_text_that_earned_it() -> None:
    reported, mailed = edited()
    misled = only(living(reported, day=DAYS))
    assert (misled.basis, misled.leader_variant) == (Basis.WINDOWS, 1)
    judgement = told(*frames(reported), by_mail(mailed, reported))
    verdict = only(judgement)
    assert (verdict.basis, verdict.leader_variant) == (Basis.COHORTS, 0)
    assert verdict.mail_coverage == 1
    assert arm(judgement, 1, 2)["events"] == pytest.approx(EDIT * 1.6)
    assert arm(judgement, 1, 1)["total_events"] == pytest.approx(EDIT * 10 + 80)


def test_credited_replies_need_no_ramp() -> None:
    reported, mailed = edited()
    assert only(living(reported, day=DAYS)).window_from == START + timedelta(days=EDIT + 7)
    verdict = only(told(*frames(reported), by_mail(mailed, reported)))
    assert verdict.window_from == START + timedelta(days=EDIT)


@pytest.mark.parametrize(
    ("missing", "mute", "basis"),
    [
        (0.0, 0.0, Basis.COHORTS),
        (0.015, 0.0, Basis.COHORTS),
        (0.0, 0.015, Basis.COHORTS),
        (0.03, 0.0, Basis.WINDOWS),
        (0.0, 0.04, Basis.WINDOWS),
        (-0.03, 0.0, Basis.WINDOWS),
    ],
)
def test_half_the_emails_are_worse_than_none(missing: float, mute: float, basis: Basis) -> None:
    """Mails and answers must be there; more of them than the report counts is as odd as fewer."""
    arms = [exact(0, 300, 9000), exact(1, 320, 9000)]
    days, known = frames(arms)
    verdict = only(judge(days, known, AS_OF, mails=mails(days, missing=missing, mute=mute)))
    assert verdict.basis is basis
    assert verdict.mail_coverage == pytest.approx(1 - missing)
    if basis is Basis.WINDOWS:
        plain = only(judge(days, known, AS_OF))
        assert replace(verdict, mail_coverage=None) == plain, "nothing of the e-mails is used"


def test_one_arm_without_its_mails_is_enough_to_stay_with_the_reports() -> None:
    days, known = frames([exact(v, 300, 9000) for v in range(3)])
    mailed = mails(days)
    short = mailed.coverage.assign(
        mailed_sent=mailed.coverage["mailed_sent"].where(mailed.coverage["variant"] != 2, 0)
    )
    verdict = only(judge(days, known, AS_OF, mails=Mails(mailed.cohorts, short)))
    assert (verdict.basis, verdict.mail_coverage) == (Basis.WINDOWS, pytest.approx(2 / 3))


def test_a_mail_and_a_replier_may_always_be_missing() -> None:
    days, known = frames([exact(0, 9, 30), exact(1, 9, 30)])
    mailed = mails(days)
    first = ~mailed.coverage.duplicated("variant")
    for column in ("mailed_sent", "mailed_replies"):
        mailed.coverage.loc[first, column] = mailed.coverage.loc[first, column] - 1
    assert only(judge(days, known, AS_OF, mails=mailed)).basis is Basis.COHORTS


def test_answers_that_the_report_puts_to_no_step_are_welcome() -> None:
    days, known = frames([exact(0, 300, 9000), exact(1, 320, 9000)])
    verdict = only(judge(days, known, AS_OF, mails=mails(days, mute=-0.05)))
    assert verdict.basis is Basis.COHORTS
    assert (verdict.leader_events, verdict.rival_events) == (336, 315)


def test_emails_that_begin_later_serve_the_contests_that_begin_later() -> None:
    """Synced from day 20 on. C joined on day 30: then all of its contest is known, else not."""
    pair = [expected(v, [80] * DAYS, 0.03) for v in (0, 1)]
    late = expected(2, [0] * EDIT + [80] * EDIT, 0.03)
    since = pd.Timestamp(START + timedelta(days=20))

    def from_day_20(arms: Sequence[Arm]) -> tuple[pd.DataFrame, pd.DataFrame, Mails]:
        days, known = frames(arms)
        days["date"] = pd.to_datetime(days["date"])
        mailed = mails(days)
        unknown = mailed.coverage["date"] < since
        empty = {c: mailed.coverage[c].mask(unknown, 0) for c in ("mailed_sent", "mailed_replies")}
        cohorts = mailed.cohorts[mailed.cohorts["date"] >= since]
        return days, known, Mails(cohorts, mailed.coverage.assign(**empty))

    assert only(told(*from_day_20(pair))).basis is Basis.WINDOWS
    assert only(told(*from_day_20(pair))).mail_coverage == pytest.approx(2 / 3)
    judgement = told(*from_day_20([*pair, late]))
    assert only(judgement).basis is Basis.COHORTS
    assert only(judgement).window_from == START + timedelta(days=EDIT)
    assert arm(judgement, 0)["total_sent"] == 80 * DAYS, "the life before is the report's"
    assert arm(judgement, 0)["first_sent_on"] == START


def test_young_mails_count_by_how_much_of_their_answers_is_due() -> None:
    days, known = frames([expected(v, [80] * 20, 0.03) for v in (0, 1)])
    judgement = told(days, known, mails(days), day=20)
    assert only(judgement).basis is Basis.COHORTS
    a = arm(judgement, 0)
    assert a["sent"] == 1600
    assert 1300 < a["mature_sent"] < 1520
    later = told(days, known, mails(days), day=60)
    assert arm(later, 0)["mature_sent"] == pytest.approx(1600)


def test_today_is_not_over_for_mails_either() -> None:
    days, known = frames([Arm(v, [100] * 30, [3] * 30) for v in (0, 1)])
    judgement = told(days, known, mails(days), day=29)
    assert only(judgement).basis is Basis.COHORTS
    assert judgement.arms["total_sent"].tolist() == [2900, 2900]


@pytest.mark.parametrize("metric", [Metric.POSITIVE, Metric.OPEN, Metric.CLICK])
def test_what_has_no_mail_of_its_own_stays_on_the_reports(metric: Metric) -> None:
    days, known = frames([exact(0, 300, 9000, positive=90), exact(1, 320, 9000, positive=80)])
    verdict = only(judge(days, known, AS_OF, Rules(metric=metric), mails(days)))
    assert (verdict.basis, verdict.mail_coverage) == (Basis.WINDOWS, None)


def test_positives_beside_credited_replies_keep_their_own_days() -> None:
    """Positives come in days after their mails, so they are not divided by the mails of the day."""
    sent = [100.0] * 40
    positive = expected(0, sent, 0.01).replied
    arms = [expected(v, sent, 0.03, positive=positive) for v in (0, 1)]
    days, known = frames(arms)
    judgement = told(days, known, mails(days), day=40)
    assert only(judgement).basis is Basis.COHORTS
    assert judgement.arms["positive_rate"].to_numpy(float) == pytest.approx([0.01, 0.01])


def test_steps_with_and_without_emails_do_not_mix() -> None:
    one, other = (
        frames([exact(0, 80, 3000), exact(1, 140, 3000)], campaign=name) for name in ("a", "b")
    )
    together = judge(
        pd.concat([one[0], other[0]]), pd.concat([one[1], other[1]]), AS_OF, mails=mails(one[0])
    )
    credited, reported = together.answers
    assert (credited.basis, credited.mail_coverage) == (Basis.COHORTS, 1)
    assert (reported.basis, reported.mail_coverage) == (Basis.WINDOWS, 0)
    assert credited == judge(*one, AS_OF, mails=mails(one[0])).answers[0]
    assert replace(reported, mail_coverage=None) == judge(*other, AS_OF).answers[0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(600, 3000)), min_size=2, max_size=4, unique=True
    ),
    st.integers(20, 40),
)
@pytest.mark.slow
def test_where_the_split_is_even_and_all_is_in_both_bases_agree(
    counts: list[tuple[int, int]], days: int
) -> None:
    """Months later, nothing edited: whose day an answer is counted on makes no difference."""
    sent = counts[0][1]
    arms = [exact(v, replies, sent, days=days) for v, (replies, _) in enumerate(counts)]
    reported, known = frames(arms)
    one = judge(reported, known, AS_OF)
    two = judge(reported, known, AS_OF, mails=mails(reported))
    assert only(two).basis is Basis.COHORTS
    for column in ("sent", "mature_sent", "events", "total_sent", "total_events"):
        assert two.arms[column].tolist() == pytest.approx(one.arms[column].tolist())


def test_mails_of_an_unknown_arm_are_left_alone() -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    mailed = mails(days)
    stray = mailed.cohorts.head(1).assign(variant=7, sent=1000)
    more = Mails(pd.concat([mailed.cohorts, stray]), mailed.coverage)
    assert (
        judge(days, known, AS_OF, mails=more).answers
        == judge(days, known, AS_OF, mails=mailed).answers
    )


def test_empty_frames_of_arrow_texts_are_frames() -> None:
    """As they come out of a warehouse without steps, or without e-mails."""
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    texts = {"workspace_id": "string[pyarrow]", "campaign_id": "string[pyarrow]"}
    days, known = days.astype(texts), known.astype(texts)
    mailed = Mails(*(f.astype(texts) for f in (mails(days).cohorts, mails(days).coverage)))
    none = Mails(mailed.cohorts.head(0), mailed.coverage.head(0))
    assert judge(days.head(0), known.head(0), AS_OF, mails=none).answers == ()
    assert judge(days.head(0), known.head(0), AS_OF, mails=mailed).answers == ()
    assert only(judge(days.head(0), known, AS_OF)).status is Status.NO_DATA
    assert only(judge(days, known.head(0), AS_OF)).arms == 2
    assert only(judge(days, known, AS_OF, mails=none)).mail_coverage is None
    assert only(judge(days, known, AS_OF, mails=mailed)).basis is Basis.COHORTS


@pytest.mark.parametrize(
    ("frame", "change", "words"),
    [
        ("cohorts", lambda f: f.drop(columns="unique_replies"), "cohorts lacks the column"),
        ("cohorts", lambda f: pd.concat([f, f.head(1)]), "cohorts has a row twice"),
        ("coverage", lambda f: f.drop(columns="mailed_sent"), "coverage lacks the column"),
        ("coverage", lambda f: f.assign(campaign_id=None), "coverage has nulls in campaign_id"),
    ],
)
def test_mails_that_cannot_be_right_are_refused(frame: str, change, words: str) -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    mailed = mails(days)
    wrong = replace(mailed, **{frame: change(getattr(mailed, frame))})
    with pytest.raises(ValueError, match=words):
        judge(days, known, AS_OF, mails=wrong)


def test_the_frames_given_stay_as_they_were() -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    mailed = mails(days)
    kept = [frame.copy() for frame in (days, known, mailed.cohorts, mailed.coverage)]
    judge(days, known, AS_OF, mails=mailed)
    for frame, before in zip((days, known, mailed.cohorts, mailed.coverage), kept, strict=True):
        pd.testing.assert_frame_equal(frame, before)
    assert set(ARM) <= set(mailed.cohorts.columns)
    assert np.isfinite(mailed.cohorts["sent"]).all()
