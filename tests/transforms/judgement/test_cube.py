"""Weighing by week, the reply delay, and the sample-ratio check."""

import numpy as np
import pytest
from scipy.stats import chisquare

from transforms.judgement import Basis, Rules
from transforms.judgement.cube import Cube, weigh
from transforms.judgement.delay import MATURE_DAYS, SHARES, exposure_by_cohort, exposure_by_day
from transforms.judgement.judged import judge_cube
from transforms.judgement.split import split_p_value, split_sends

OLD = 400


def cube(sent: np.ndarray, replied: np.ndarray, basis: Basis = Basis.COHORTS) -> Cube:
    """One row (arms × days), matured, the window being all of it."""
    days = sent.shape[-1]
    events = dict.fromkeys(("reply", "positive", "automatic"), replied[None])
    ends = (np.array([0]), np.array([days - 1]))
    return Cube(sent[None].astype(float), events, *ends, np.array([days + OLD]), basis)


def weekly(per_week: list[list[int]]) -> np.ndarray:
    """Arms × weeks of counts, put on the Monday of each week (arms × days)."""
    weeks = np.array(per_week, dtype=float)
    days = np.zeros((len(weeks), weeks.shape[1] * 7))
    days[:, ::7] = weeks
    return days


def test_an_even_split_weighs_nothing() -> None:
    sent = weekly([[100, 300, 200], [100, 300, 200], [100, 300, 200]])
    replied = weekly([[3, 30, 8], [5, 20, 4], [1, 9, 9]])
    weighed = weigh(cube(sent, replied))
    assert weighed.events["reply"][0] == pytest.approx([41, 29, 19], abs=1e-9)
    assert weighed.sends[0] == pytest.approx([600, 600, 600], abs=1e-9)


def test_two_arms_give_the_mantel_haenszel_risk_difference() -> None:
    """Against its textbook formula: Σ(x1 n0 - x0 n1)/N over Σ n1 n0/N."""
    n1, n0 = np.array([120, 800, 60, 300.0]), np.array([500, 90, 300, 310.0])
    x1, x0 = np.array([6, 60, 1, 12.0]), np.array([20, 8, 4, 18.0])
    total = n1 + n0
    theirs = ((x1 * n0 - x0 * n1) / total).sum() / (n1 * n0 / total).sum()
    weighed = weigh(cube(weekly([list(n0), list(n1)]), weekly([list(x0), list(x1)])))
    rate = weighed.rate("reply")[0]
    assert rate[1] - rate[0] == pytest.approx(theirs, abs=1e-12)


def test_simpson() -> None:
    """B is better in every week, and worse when the weeks are pooled."""
    sent = weekly([[900, 100, 900, 100], [100, 900, 100, 900]])
    replied = weekly([[90, 2, 90, 2], [12, 27, 12, 27]])
    weighed = weigh(cube(sent, replied))
    plain = weighed.counted["reply"][0] / weighed.mature_sent[0]
    rate = weighed.rate("reply")[0]
    assert plain[0] > plain[1]
    assert rate[0] == pytest.approx(0.06)
    assert rate[1] == pytest.approx(0.075)
    assert judge_cube(cube(sent, replied), Rules()).leader[0] == 1


def test_a_week_without_one_arm_does_not_count() -> None:
    sent = weekly([[200, 200, 200], [200, 0, 200]])
    replied = weekly([[10, 90, 10], [10, 0, 10]])
    weighed = weigh(cube(sent, replied))
    assert weighed.events["reply"][0] == pytest.approx([20, 20])
    assert weighed.mature_sent[0] == pytest.approx([400, 400])


def test_fewer_effective_sends_where_the_split_wandered() -> None:
    even = weigh(cube(weekly([[500, 500], [500, 500]]), weekly([[10, 10], [10, 10]])))
    skew = weigh(cube(weekly([[900, 100], [100, 900]]), weekly([[10, 10], [10, 10]])))
    assert skew.sends[0, 0] < 0.5 * even.sends[0, 0]
    assert skew.mature_sent[0, 0] == even.mature_sent[0, 0]


def test_a_rest_of_days_joins_the_last_week() -> None:
    sent, replied = np.full((2, 17), 10.0), np.ones((2, 17))
    weighed = weigh(cube(sent, replied))
    assert weighed.sends[0] == pytest.approx([170, 170])
    assert weighed.shared_days[0] == 17


def test_shares_are_shares() -> None:
    assert SHARES.sum() == pytest.approx(1.0)
    assert len(SHARES) == MATURE_DAYS + 1
    assert (np.diff(SHARES) < 0).all()


def test_every_send_is_exposed_once_and_never_before_it() -> None:
    sent = np.zeros((1, 60))
    sent[0, 10] = 100
    exposure = exposure_by_day(sent)[0]
    assert exposure.sum() == pytest.approx(100)
    assert (exposure[:10] == 0).all()
    assert exposure[10] == exposure.max()


def test_cohorts_mature_with_age() -> None:
    sent = np.full((1, 1, 40), 50.0)
    exposure = exposure_by_cohort(sent, np.array([38]))[0, 0]
    assert exposure[:8] == pytest.approx(50.0)
    assert (np.diff(exposure[9:38]) < 0).all()
    assert exposure[37] == pytest.approx(50 * SHARES[0])
    assert (exposure[38:] == 0).all()


def test_the_split_check_is_chi_square() -> None:
    sends = np.array([[510.0, 540.0, 450.0], [1200.0, 1000.0, 1100.0]])
    theirs = [chisquare(row).pvalue for row in sends]
    assert split_p_value(sends) == pytest.approx(theirs, abs=1e-12)


def test_too_little_for_a_split_check() -> None:
    assert split_p_value(np.array([[4.0, 0.0]]))[0] == 1.0


def test_a_pause_and_its_edges_are_no_bad_split() -> None:
    sent = np.full((2, 28), 50.0)
    sent[1, 10:15] = 0
    sent[1, 9] = 12
    sends = split_sends(cube(sent, np.zeros((2, 28))))[0]
    assert sends[0] == sends[1] == 50 * (28 - 5 - 2)


def test_weekends_are_no_pause() -> None:
    sent = np.tile([50.0, 50, 50, 50, 50, 0, 0], (2, 4))
    assert split_sends(cube(sent, sent * 0))[0].tolist() == [1000, 1000]
