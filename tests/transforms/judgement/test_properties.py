"""What must hold for any counts."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.judgement.building import AS_OF, cohorts, exact, frames
from tests.transforms.judgement.test_cube import cube, weekly
from transforms.judgement import Rules, Status, Verdict, judge
from transforms.judgement.answers import arm_name
from transforms.judgement.judged import Judged, decide, judge_cube
from transforms.judgement.sentences import (
    about,
    percent,
    probability_text,
    sentence,
    signed_percent,
)

quick = settings(max_examples=60, deadline=None)
counts = st.tuples(st.integers(0, 200), st.integers(200, 6000))
Pairs = list[tuple[int, int]]


def judged(pairs: Pairs, rules: Rules | None = None) -> Judged:
    """Judge arms of (replies, sent), all in two equal weeks."""
    halves = [[(n // 2, n - n // 2) for n in column] for column in zip(*pairs, strict=True)]
    replied, sent = (weekly([list(half) for half in column]) for column in halves)
    return judge_cube(cube(sent, replied), rules or Rules())


@quick
@given(st.lists(counts, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_relabelling_the_arms_changes_nothing(pairs: Pairs, random) -> None:
    order = list(range(len(pairs)))
    random.shuffle(order)
    one, two = judged(pairs), judged([pairs[i] for i in order])
    assert two.rate[0] == pytest.approx(one.rate[0][order], abs=1e-12)
    assert two.posterior.best[0] == pytest.approx(one.posterior.best[0][order], abs=1e-9)
    assert two.posterior.loss[0] == pytest.approx(one.posterior.loss[0][order], abs=1e-9)
    assert two.floor == pytest.approx(one.floor)
    assert two.split_p_value == pytest.approx(one.split_p_value)


@quick
@given(st.lists(counts, min_size=2, max_size=4))
def test_numbers_are_possible(pairs: Pairs) -> None:
    one = judged(pairs)
    assert one.posterior.best.sum() == pytest.approx(1.0)
    assert (one.posterior.best >= 0).all()
    assert (one.posterior.loss >= 0).all()
    assert (one.rate_low <= one.rate + 1e-12).all()
    assert (one.rate <= one.rate_high + 1e-12).all()
    assert ((one.p_value >= 0) & (one.p_value <= 1)).all()
    lifts = one.rivals
    known = np.isfinite(lifts.lift_low) & np.isfinite(lifts.lift_high)
    assert (lifts.lift_low <= lifts.lift + 1e-6)[known].all()
    assert (lifts.lift <= lifts.lift_high + 1e-6)[known].all()


@quick
@given(counts, counts, st.integers(1, 40))
def test_more_replies_never_make_an_arm_less_likely_the_best(
    a: tuple[int, int], b: tuple[int, int], more: int
) -> None:
    before = judged([a, b]).posterior.best[0, 1]
    assert judged([a, (min(b[0] + more, b[1]), b[1])]).posterior.best[0, 1] >= before - 1e-12


@quick
@given(counts, counts)
def test_ten_times_the_counts_are_surer(a: tuple[int, int], b: tuple[int, int]) -> None:
    many = [(20 * replies, 20 * sent) for replies, sent in (a, b)]
    few = [(2 * replies, 2 * sent) for replies, sent in (a, b)]
    one, ten = judged(few), judged(many)
    assert ten.rate == pytest.approx(one.rate, abs=1e-12)
    assert (ten.rate_high - ten.rate_low < one.rate_high - one.rate_low).all()
    assert abs(ten.scores[0, ten.rival[0]]) >= abs(one.scores[0, one.rival[0]])


@quick
@given(counts, counts)
def test_swapping_sides_mirrors_the_difference(a: tuple[int, int], b: tuple[int, int]) -> None:
    one = judged([a, b])
    seen = one.rivals
    assert seen.difference[0, 0] == pytest.approx(-seen.difference[0, 1], abs=1e-12)
    assert seen.difference_low[0, 0] == pytest.approx(-seen.difference_high[0, 1], abs=1e-12)
    assert one.p_value[0, 0] == pytest.approx(one.p_value[0, 1], abs=1e-12)


@quick
@given(counts, counts)
def test_a_winner_has_passed_every_gate(a: tuple[int, int], b: tuple[int, int]) -> None:
    rules, no = Rules(split_alpha=1e-300), np.array([False])
    one = judged([a, b], rules)
    if decide(one, rules, no, no).status[0] is Status.WINNER:
        leader = one.leader[0]
        assert one.weighed.sends.min() >= one.floor[0]
        assert one.p_value[0, leader] < 0.025
        assert one.posterior.best[0, leader] > 0.98
        assert not one.rivals.lift_low[0, leader] <= 0


def numbers_of(text: str) -> list[str]:
    """Every number in a sentence, with its sign and its percent sign."""
    return re.findall(r"[+−]?\d+(?:,\d{3})*(?:\.\d+)?(?: %)?", text)


def formatted(verdict: Verdict) -> set[str]:
    """Every field of a verdict as a sentence may print it."""
    v = verdict
    texts = {arm_name(a or 0, b or 1) for a, b in _names(v)}
    texts |= {percent(r) for r in (v.leader_rate, v.rival_rate) if r is not None}
    texts |= {signed_percent(x) for x in (v.lift_low, v.lift_high, v.effect) if x is not None}
    texts |= {probability_text(p) for p in (v.probability,) if p is not None}
    texts |= {about(n) for n in (v.sends_needed,) if n is not None}
    whole = (v.leader_events, v.leader_sent, v.rival_events, v.rival_sent, v.days_to_go)
    more = (v.shared_days, v.shared_days_needed, v.split_smallest, v.split_largest)
    texts |= {f"{n:,}" for n in (*whole, *more, v.arms_compared) if n is not None}
    return {number for text in texts for number in numbers_of(text)}


def _names(v: Verdict) -> list[tuple[int | None, int | None]]:
    return [
        (v.leader_variant, v.leader_copy_version),
        (v.rival_variant, v.rival_copy_version),
    ]


def invented(steps: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Many steps of all kinds: sizes, rates, numbers of arms, uneven splits, few days."""
    rng = np.random.default_rng(seed)
    pairs = []
    for number in range(steps):
        sent = int(10 ** rng.uniform(2, 4.3))
        rates = rng.choice([0.0, 0.01, 0.02, 0.04]) * rng.uniform(0.6, 1.6, rng.integers(1, 5))
        sends = [sent if rng.random() < 0.9 else sent // 2 for _ in rates]
        days = int(rng.choice([6, 20, 40]))
        arms = [
            exact(v, rng.binomial(n, p), n, days=days)
            for v, (n, p) in enumerate(zip(sends, rates, strict=True))
        ]
        pairs.append(frames(arms, campaign=f"c{number}"))
    return pd.concat([days for days, _ in pairs]), pd.concat([arms for _, arms in pairs])


def test_every_number_in_a_sentence_is_a_field() -> None:
    answers = judge(*invented(150, seed=3), AS_OF).answers
    assert {a.status for a in answers} == set(Status) - {Status.NO_DATA}, "all kinds are here"
    for verdict in answers:
        assert verdict.sentence
        for number in numbers_of(verdict.sentence):
            assert number in formatted(verdict), f"{number!r} of {verdict.sentence!r} is no field"


def test_the_sentence_follows_its_fields() -> None:
    """Change a field and the sentence changes with it: nothing is remembered elsewhere."""
    verdict = cohorts([exact(0, 38, 1240), exact(1, 52, 1215)]).answers[0]
    changed = replace(verdict, leader_events=53, days_to_go=9, sends_needed=1267, lift_high=0.5)
    text = sentence(changed)
    assert "(53/1,215 vs 38/1,240)" in text
    assert "about 1,300 more sends per arm, 9 days at this pace" in text
    assert "−7 % to +50 %" in text
    assert sentence(replace(verdict, days_to_go=1)).endswith(", 1 day at this pace.")
    assert sentence(replace(verdict, days_to_go=400)).endswith("over a year at this pace.")


@pytest.mark.parametrize(
    ("count", "text"), [(7, "7"), (85, "85"), (132, "130"), (1267, "1,300"), (98_765, "99,000")]
)
def test_about(count: int, text: str) -> None:
    assert about(count) == text


def test_certainty_is_never_claimed() -> None:
    assert probability_text(0.99999) == "over 99 %"
    assert probability_text(0.994) == "99 %"


def test_steps_judged_alone_or_together_are_the_same() -> None:
    days, arms = invented(12, seed=8)
    together = {v.campaign_id: v for v in judge(days, arms, AS_OF).answers}
    for campaign in ("c0", "c5", "c11"):
        some, known = (frame[frame["campaign_id"] == campaign] for frame in (days, arms))
        assert judge(some, known, AS_OF).answers == (together[campaign],)
