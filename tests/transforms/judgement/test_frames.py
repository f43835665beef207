"""What goes in and out: refusals, types, and the same answer every time."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from tests.transforms.judgement.building import (
    AS_OF,
    cohorts,
    exact,
    frames,
    only,
    spread,
)
from transforms.judgement import Reason, Rules, judge
from transforms.judgement.answers import variant_label


def test_empty_frames_keep_their_columns() -> None:
    full = cohorts([exact(0, 80, 3000), exact(1, 140, 3000)])
    days, known = frames([exact(0, 80, 3000)])
    empty = judge(days.iloc[:0], known.iloc[:0], AS_OF)
    assert len(empty.arms) == len(empty.verdicts) == 0
    for name in ("arms", "verdicts"):
        mine, theirs = getattr(empty, name), getattr(full, name)
        assert mine.dtypes.to_dict() == theirs.dtypes.to_dict()


def test_the_same_question_gets_the_same_answer() -> None:
    arms = [exact(0, 81, 3111), exact(1, 97, 3055)]
    one, two = cohorts(arms), cohorts(arms)
    pd.testing.assert_frame_equal(one.arms, two.arms, check_exact=True)
    pd.testing.assert_frame_equal(one.verdicts, two.verdicts, check_exact=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d, a: (d.drop(columns="sent"), a), "days lacks the column.*sent"),
        (lambda d, a: (d, a.drop(columns="is_disabled")), "arms lacks the column.*is_disabled"),
        (lambda d, a: (pd.concat([d, d.head(1)]), a), "days has a row twice"),
        (lambda d, a: (d.assign(variant=None), a), "days has nulls in variant"),
    ],
)
def test_frames_that_cannot_be_right_are_refused(change, words: str) -> None:
    days, known = change(*frames([exact(0, 80, 3000), exact(1, 140, 3000)]))
    with pytest.raises(ValueError, match=words):
        judge(days, known, AS_OF)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        judge(*frames([exact(0, 1, 100)]), as_of=AS_OF.replace(tzinfo=None))


@pytest.mark.parametrize(
    "wrong",
    [{"effect": 0}, {"alpha": 0}, {"power": 1.2}, {"shared_days": 0}, {"metric": "bounce"}],
)
def test_rules_that_cannot_be_right_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"must|is not a valid"):
        Rules(**wrong)


def test_a_reason_must_fit_its_status() -> None:
    verdict = only(cohorts([exact(0, 80, 3000), exact(1, 140, 3000)]))
    with pytest.raises(ValueError, match="no reason for"):
        replace(verdict, reason=Reason.ONE_ARM)
    with pytest.raises(ValueError, match="winner is named"):
        replace(verdict, winner_variant=None)


def test_labels() -> None:
    assert [variant_label(v) for v in (0, 25, 26, 27, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "ZZ",
        "AAA",
    ]


def test_dates_are_dates_and_times_are_utc() -> None:
    judgement = cohorts([exact(0, 80, 3000), exact(1, 140, 3000)])
    row = judgement.verdicts.iloc[0]
    assert row["window_from"] == date(2026, 3, 2)
    assert row["judged_at"] == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    assert judgement.arms["sent"].dtype == "Int64"


def test_counters_that_fell_below_zero_do_no_harm() -> None:
    days, known = frames([exact(0, 80, 3000), exact(1, 140, 3000)])
    days.loc[days.index[:3], "sent"] = -5
    assert np.isfinite(only(judge(days, known, AS_OF)).probability or np.nan)


def test_spread_adds_up() -> None:
    assert sum(spread(1215, 28)) == 1215
