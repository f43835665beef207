"""Which arms are compared, over which days, and from which counts."""

from datetime import timedelta

import pandas as pd
import pytest

from tests.transforms.judgement.building import (
    AS_OF,
    START,
    Arm,
    arm,
    cohorts,
    exact,
    expected,
    frames,
    living,
    only,
    said,
)
from transforms.judgement import Reason, Rules, Status, judge


def test_one_arm() -> None:
    assert said(only(cohorts([exact(0, 80, 3000)]))) == (Status.NOT_COMPARABLE, Reason.ONE_ARM)


def test_never_at_the_same_time() -> None:
    early = Arm(0, [100] * 20 + [0] * 20, [3] * 20 + [0] * 20, is_disabled=True)
    late = Arm(1, [0] * 20 + [100] * 20, [0] * 20 + [5] * 20)
    verdict = only(cohorts([early, late]))
    assert said(verdict) == (Status.NOT_COMPARABLE, Reason.NO_SHARED_TIME)


def test_an_edit_makes_a_new_arm() -> None:
    """The old text keeps its numbers; the new one is compared from its ramp-up on."""
    old = Arm(1, [60] * 30 + [0] * 40, [1] * 30 + [0] * 40, is_current=False)
    new = Arm(1, [0] * 30 + [60] * 40, [0] * 30 + [4] * 40, copy_version=2)
    judgement = living([Arm(0, [60] * 70, [2] * 70), old, new])
    verdict = only(judgement)
    assert verdict.has_edited_copy
    assert verdict.arms == 3
    assert verdict.arms_compared == 2
    assert (verdict.leader_variant, verdict.leader_copy_version) == (1, 2)
    assert "B (text 2)" in verdict.sentence
    assert verdict.window_from == START + timedelta(days=30 + Rules().ramp_days)
    before = arm(judgement, 1, 1)
    assert before["state"] == "replaced"
    assert before["total_sent"] == 1800
    assert not before["is_compared"]
    assert pd.isna(before["rate"])


def test_a_late_arm_waits_and_then_joins() -> None:
    start = 60
    arms = [expected(0, [80] * 100, 0.03), expected(1, [80] * 100, 0.03)]
    late = expected(2, [0] * start + [80] * (100 - start), 0.03)
    early = living([*arms, late], day=start + 15)
    assert only(early).arms_compared == 2
    assert only(early).has_waiting_arm
    assert arm(early, 2)["is_waiting"]
    assert "joined late" in only(early).sentence
    joined = living([*arms, late], day=start + 30)
    assert only(joined).arms_compared == 3
    assert only(joined).window_from == START + timedelta(days=start + Rules().ramp_days)


def test_a_late_arm_is_not_charged_for_answers_still_to_come() -> None:
    """All arms are equal: so are the rates, though the late one has had less time."""
    arms = [expected(0, [80] * 100, 0.03), expected(1, [0] * 60 + [80] * 40, 0.03)]
    judgement = living(arms)
    rates = judgement.arms["rate"].to_numpy(float)
    assert rates == pytest.approx([0.03, 0.03], abs=1e-12)
    sent, replied = arms[1].sent[60:], arms[1].replied[60:]
    assert sum(replied) / sum(sent) < 0.0285, "which a plain rate would have called a lower rate"


def test_other_seasons_do_not_count() -> None:
    """A's early weeks were good for everybody; B was not there. Since B came, B is better."""
    a = Arm(0, [100] * 100, [9] * 60 + [3] * 40)
    b = Arm(1, [0] * 60 + [100] * 40, [0] * 60 + [5] * 40)
    verdict = only(living([a, b]))
    assert verdict.leader_variant == 1
    assert verdict.rival_rate == pytest.approx(0.03, rel=0.05)


def test_a_paused_arm_leaves_the_contest_and_keeps_its_numbers() -> None:
    arms = [
        expected(0, [80] * 60, 0.03),
        expected(1, [80] * 60, 0.03),
        expected(2, [80] * 30 + [0] * 30, 0.05, is_disabled=True),
    ]
    judgement = living(arms)
    verdict = only(judgement)
    assert verdict.arms_compared == 2
    assert verdict.has_paused_arm
    assert arm(judgement, 2)["state"] == "paused"
    assert arm(judgement, 2)["total_sent"] == 2400


def test_when_all_others_are_paused_the_last_contest_stands() -> None:
    winner = expected(0, [150] * 80, 0.05)
    loser = expected(1, [150] * 40 + [0] * 40, 0.02, is_disabled=True)
    verdict = only(living([winner, loser]))
    assert verdict.winner_variant == 0
    assert verdict.window_to == START + timedelta(days=39)


def test_a_vanished_arm_keeps_its_numbers() -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000), exact(2, 90, 3000)])
    judgement = judge(days, known[known["variant"] != 2], AS_OF)
    gone = arm(judgement, 2)
    assert gone["state"] == "vanished"
    assert gone["total_sent"] == 3000
    assert only(judgement).has_vanished_arm


def test_a_deleted_campaign_still_has_its_verdict() -> None:
    arms = [exact(0, 80, 3000, is_current=False), exact(1, 140, 3000, is_current=False)]
    assert only(cohorts(arms)).winner_variant == 1


def test_repeated_repliers_are_counted_once() -> None:
    """Daily distinct counts hold a talkative lead twice; the lifetime count knows better."""
    once = [exact(v, r, 3000, other={"lifetime_unique_replies": r}) for v, r in ((0, 80), (1, 60))]
    assert arm(living(once, day=70), 0)["events"] == pytest.approx(80)
    twice = [
        exact(v, 2 * r, 3000, other={"lifetime_unique_replies": r}) for v, r in ((0, 80), (1, 60))
    ]
    one, two = living(once, day=70), living(twice, day=70)
    for column in ("events", "rate", "rate_low", "p_value"):
        assert one.arms[column].tolist() == pytest.approx(two.arms[column].tolist())


def test_today_is_not_over() -> None:
    arms = [Arm(v, [100] * 30, [3] * 30) for v in (0, 1)]
    assert living(arms, day=29).arms["sent"].tolist() == [2900, 2900]


def test_unattributed_rows_take_no_part() -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    extra = days.head(1).assign(step=-1, variant=-1, sent=0, unique_replies=500)
    judgement = judge(pd.concat([days, extra]), known, AS_OF)
    assert only(judgement).winner_variant == 1


def test_many_steps_do_not_mix() -> None:
    pairs = [
        frames([exact(0, 80, 3000), exact(1, 140, 3000)], campaign="a"),
        frames([exact(0, 140, 3000), exact(1, 80, 3000)], campaign="b"),
        frames(
            [exact(v, 90 + 3 * v, 9000) for v in range(3)],
            campaign="a",
            step=1,
        ),
    ]
    together = judge(
        pd.concat([days for days, _ in pairs]), pd.concat([arms for _, arms in pairs]), AS_OF
    )
    alone = [judge(*pair, AS_OF).answers[0] for pair in pairs]
    by_key = {(v.campaign_id, v.step): v for v in together.answers}
    assert [by_key[v.campaign_id, v.step] for v in alone] == alone
    assert by_key["a", 0].winner_variant == 1
    assert by_key["b", 0].winner_variant == 0
