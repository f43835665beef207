"""One world per thing that can be said, from frames to sentence."""

from datetime import timedelta

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
from transforms.judgement import Basis, Reason, Rules, Status, judge


def test_a_clear_winner() -> None:
    judgement = cohorts([exact(0, 80, 3000), exact(1, 140, 3000)])
    verdict = only(judgement)
    assert said(verdict) == (Status.WINNER, Reason.BOUND_CROSSED)
    assert (verdict.winner_variant, verdict.winner_copy_version) == (1, 1)
    assert verdict.p_value is not None
    assert verdict.p_value < 0.001
    assert verdict.sends_needed is None
    assert verdict.sentence == (
        "B beats A on replies: 4.7 % vs 2.7 % (140/3,000 vs 80/3,000), over 99 % likely better, "
        "lift +34 % to +129 %. Called."
    )


def test_the_example_of_the_contract() -> None:
    """52/1,215 against 38/1,240 leads and is not called."""
    verdict = only(cohorts([exact(0, 38, 1240), exact(1, 52, 1215)]))
    assert said(verdict) == (Status.LEADING, Reason.BELOW_FLOOR)
    assert verdict.winner_variant is None
    assert verdict.sentence.startswith(
        "B leads A on replies: 4.3 % vs 3.1 % (52/1,215 vs 38/1,240), 94 % likely better, "
        "lift −7 % to +110 %. Not called: about 1,4"
    )


def test_nine_against_three_says_nothing() -> None:
    verdict = only(cohorts([exact(0, 3, 200), exact(1, 9, 200)]))
    assert verdict.probability is not None
    assert verdict.probability > 0.95
    assert said(verdict) == (Status.TOO_EARLY, Reason.BELOW_FLOOR)


def test_no_difference_that_matters() -> None:
    verdict = only(cohorts([exact(0, 300, 9000), exact(1, 306, 9000)]))
    assert said(verdict) == (Status.NO_DIFFERENCE, Reason.EFFECT_EXCLUDED)
    assert verdict.lift_high is not None
    assert verdict.lift_high < verdict.effect


def test_past_the_floor_and_still_open() -> None:
    verdict = only(cohorts([exact(0, 84, 2800), exact(1, 108, 2800)]))
    assert said(verdict) == (Status.LEADING, Reason.NOT_YET_SURE)
    assert verdict.sends_floor is not None
    assert verdict.sends_floor < 2800
    assert verdict.sends_needed is not None
    assert verdict.sends_needed > 0


def test_a_winner_beats_every_other_arm() -> None:
    two_good = [exact(0, 80, 3500), exact(1, 160, 3500), exact(2, 155, 3500)]
    assert only(cohorts(two_good)).status is not Status.WINNER
    one_good = [exact(0, 80, 3500), exact(1, 160, 3500), exact(2, 85, 3500)]
    assert only(cohorts(one_good)).winner_variant == 1


def test_simpsons_paradox_does_not_bite() -> None:
    """B is better in each week, A when the weeks are pooled: B was dealt the bad weeks."""
    good, bad = [180] * 7, [20] * 7
    sent_a, sent_b = (good + bad) * 3, (bad + good) * 3
    replied_a = ([18] * 7 + [0, 1] * 3 + [1]) * 3
    replied_b = ([3] * 7 + [9] * 7) * 3
    judgement = cohorts(
        [Arm(0, sent_a, replied_a), Arm(1, sent_b, replied_b)], Rules(split_alpha=1e-300)
    )
    a, b = arm(judgement, 0), arm(judgement, 1)
    assert a["events"] / a["mature_sent"] > b["events"] / b["mature_sent"]
    assert a["rate"] < b["rate"]
    verdict = only(judgement)
    assert verdict.leader_variant == 1
    assert verdict.has_reversed_rates
    assert "plainly pooled they point elsewhere" in verdict.sentence


def test_a_split_that_is_off() -> None:
    verdict = only(cohorts([exact(0, 80, 3000), exact(1, 140, 2600)]))
    assert said(verdict) == (Status.SPLIT_IS_OFF, Reason.UNEVEN_SPLIT)
    assert verdict.split_p_value is not None
    assert verdict.split_p_value < 0.001
    assert "2,600" in verdict.sentence
    assert "3,000" in verdict.sentence


def test_automatic_selection_calls_nobody() -> None:
    automatic = {"auto_selected_from": START}
    arms = [exact(0, 80, 3000, other=automatic), exact(1, 140, 3000, other=automatic)]
    verdict = only(cohorts(arms))
    assert said(verdict) == (Status.LEADING, Reason.AUTOMATIC_SELECTION)
    assert verdict.has_auto_selection
    uneven = [exact(0, 40, 1500, other=automatic), exact(1, 140, 3000, other=automatic)]
    assert said(only(cohorts(uneven))) == (Status.SPLIT_IS_OFF, Reason.AUTOMATIC_SELECTION)


@pytest.mark.parametrize(
    ("first", "last", "is_automatic"),
    [
        (None, None, False),
        (-300, None, True),
        (-300, -1, False),
        (-300, 0, True),
        (27, 40, True),
        (28, None, False),
    ],
)
def test_automatic_selection_counts_while_compared_mails_went_out(
    first: int | None, last: int | None, is_automatic: bool
) -> None:
    """The arms sent on the days 0 to 27; what was set before, or since, split nothing of that."""
    on, until = (None if day is None else START + timedelta(days=day) for day in (first, last))
    other = {"auto_selected_from": on, "auto_selected_until": until}
    verdict = only(cohorts([exact(0, 80, 3000, other=other), exact(1, 140, 3000, other=other)]))
    assert verdict.has_auto_selection is is_automatic
    assert verdict.status is (Status.LEADING if is_automatic else Status.WINNER)
    assert only(judge(*frames([exact(0, 80, 3000, other=other)]), AS_OF)).has_auto_selection is (
        first is not None and last is None
    ), "without a contest: now"


def test_too_few_days_for_anything() -> None:
    verdict = only(cohorts([exact(0, 80, 3000, days=6), exact(1, 200, 3000, days=6)]))
    assert said(verdict) == (Status.NOT_COMPARABLE, Reason.TOO_LITTLE_SHARED_TIME)
    young = [expected(0, [500] * 6, 0.03), expected(1, [500] * 6, 0.06)]
    verdict = only(living(young))
    assert said(verdict) == (Status.TOO_EARLY, Reason.TOO_FEW_DAYS)
    assert verdict.days_to_go == 14 - 6
    assert "6 of 14 days so far" in verdict.sentence


def test_nothing_sent() -> None:
    verdict = only(cohorts([Arm(0, [], []), Arm(1, [], [])]))
    assert said(verdict) == (Status.NO_DATA, Reason.NOTHING_SENT)
    assert verdict.sentence == "Nothing sent yet."


@pytest.mark.parametrize(
    ("metric", "flag", "reason"),
    [
        ("open", "open_tracking", Reason.OPEN_TRACKING_OFF),
        ("click", "link_tracking", Reason.LINK_TRACKING_OFF),
    ],
)
def test_a_metric_without_tracking_is_refused(metric: str, flag: str, reason: Reason) -> None:
    arms = [exact(v, 300, 9000, other={flag: False}) for v in (0, 1)]
    verdict = only(cohorts(arms, Rules(metric=metric)))  # ty: ignore[invalid-argument-type]
    assert said(verdict) == (Status.NOT_COMPARABLE, reason)
    assert only(cohorts(arms)).reason is Reason.EFFECT_EXCLUDED, "replies need no tracking"


def test_unknown_tracking_is_judged() -> None:
    arms = [exact(v, 80, 3000, other={"open_tracking": None}) for v in (0, 1)]
    assert only(cohorts(arms, Rules(metric="open"))).status is Status.TOO_EARLY  # ty: ignore


def test_counts_that_were_never_synced_are_refused() -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    days["unique_opportunities"] = None
    verdict = only(judge(days, known, AS_OF, Rules(metric="positive")))  # ty: ignore
    assert said(verdict) == (Status.NOT_COMPARABLE, Reason.NOT_SYNCED)
    on_replies = judge(days, known, AS_OF)
    assert only(on_replies).status is Status.WINNER
    assert on_replies.arms["positive_rate"].isna().all()


def test_positives_as_the_decision_metric() -> None:
    arms = [exact(0, 300, 12_000, positive=80), exact(1, 300, 12_000, positive=160)]
    verdict = only(cohorts(arms, Rules(metric="positive")))  # ty: ignore[invalid-argument-type]
    assert verdict.winner_variant == 1
    assert "on positives: 1.3 % vs 0.67 % (160/12,000" in verdict.sentence


def test_a_winner_that_loses_on_positives_says_so() -> None:
    arms = [exact(0, 80, 3000, positive=40), exact(1, 140, 3000, positive=20, automatic=90)]
    verdict = only(cohorts(arms))
    assert verdict.status is Status.WINNER
    assert verdict.loses_on_positives
    assert verdict.has_more_automatic_replies
    assert "it loses on positives" in verdict.sentence
    assert "more automatic replies" in verdict.sentence


def test_cohorts_are_named() -> None:
    arms = [exact(0, 80, 3000), exact(1, 140, 3000)]
    assert only(cohorts(arms)).basis is Basis.COHORTS
    assert only(living(arms)).basis is Basis.WINDOWS


def test_flags_are_handed_on() -> None:
    other = {"is_tracking_switched": True, "is_accounts_changed": True}
    verdict = only(cohorts([exact(0, 80, 3000, other=other), exact(1, 140, 3000)]))
    assert verdict.has_switched_tracking
    assert verdict.has_changed_accounts


def test_days_to_go_at_the_current_pace() -> None:
    verdict = only(living([expected(v, [50] * 20, 0.03) for v in (0, 1)]))
    assert verdict.status is Status.TOO_EARLY
    assert verdict.sends_floor is not None
    assert verdict.sends_needed is not None
    assert verdict.sends_needed <= verdict.sends_floor - 1000 + 1, "sends underway count"
    missing = verdict.sends_floor - (verdict.leader_sent or 0)
    assert verdict.days_to_go == pytest.approx(missing / 50, abs=1.1)


def test_no_pace_no_date() -> None:
    verdict = only(cohorts([exact(0, 38, 1240), exact(1, 52, 1215)]))
    assert verdict.days_to_go is None
    assert verdict.sentence.endswith("but nothing was sent lately.")
