"""Every formula against an independent implementation or a published example."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from transforms.judgement.estimates import (
    difference_interval,
    holm,
    ratio_interval,
    ratio_score,
    score,
    two_sided,
    wilson,
)
from transforms.judgement.posterior import posterior

Z = float(stats.norm.isf(0.025))
CASES = [
    (52, 1215, 38, 1240),
    (9, 200, 3, 200),
    (1, 50, 14, 900),
    (130, 2600, 75, 2580),
    (36, 40, 16, 80),
    (7, 11, 5, 12),
    (1, 10_000, 3, 9_000),
    (2, 5, 400, 1000),
]


def pair(case: tuple[int, int, int, int]) -> tuple[tuple, tuple]:
    one, other, third, fourth = (np.array([float(n)]) for n in case)
    return (one, other), (third, fourth)


@pytest.mark.parametrize("case", CASES)
def test_wilson_is_statsmodels_wilson(case: tuple[int, int, int, int]) -> None:
    one, _ = pair(case)
    low, high = wilson(*one, Z)
    assert (low[0], high[0]) == pytest.approx(
        proportion_confint(case[0], case[1], method="wilson"), abs=1e-9
    )


@pytest.mark.parametrize("case", CASES)
def test_difference_is_newcombes(case: tuple[int, int, int, int]) -> None:
    low, high = difference_interval(*pair(case), Z)
    theirs = confint_proportions_2indep(*case, method="newcomb", compare="diff")
    assert (low[0], high[0]) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_ratio_is_koopmans(case: tuple[int, int, int, int]) -> None:
    low, high = ratio_interval(*pair(case), Z)
    theirs = confint_proportions_2indep(*case, method="score", compare="ratio", correction=False)
    assert (low[0], high[0]) == pytest.approx(theirs, rel=1e-6)


def test_published_ratio_and_difference() -> None:
    """Koopman 1984: 36/40 against 16/80. Newcombe 1998, table II(a): 56/70 against 48/80."""
    low, high = ratio_interval(*pair((36, 40, 16, 80)), Z)
    assert (round(low[0], 2), round(high[0], 2)) == (2.94, 7.15)
    low, high = difference_interval(*pair((56, 70, 48, 80)), Z)
    assert (round(low[0], 4), round(high[0], 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize("case", CASES)
def test_score_is_the_pooled_z_test(case: tuple[int, int, int, int]) -> None:
    statistic, p = proportions_ztest([case[0], case[2]], [case[1], case[3]])
    mine = score(*pair(case))
    assert mine[0] == pytest.approx(statistic, abs=1e-9)
    assert two_sided(mine)[0] == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_the_interval_is_the_inversion_of_the_test(case: tuple[int, int, int, int]) -> None:
    one, other = pair(case)
    assert ratio_score(one, other, np.array([1.0]))[0] == pytest.approx(
        score(one, other)[0], rel=1e-6
    )
    low, high = ratio_interval(one, other, Z)
    assert ratio_score(one, other, low)[0] == pytest.approx(Z, abs=1e-6)
    assert ratio_score(one, other, high)[0] == pytest.approx(-Z, abs=1e-6)


def test_ratio_without_events_has_an_open_end() -> None:
    low, high = ratio_interval(*pair((5, 100, 0, 100)), Z)
    assert low[0] > 1
    assert np.isinf(high[0])
    low, high = ratio_interval(*pair((0, 100, 5, 100)), Z)
    assert low[0] == 0
    assert high[0] < 1


def test_holm_is_statsmodels_holm() -> None:
    rng = np.random.default_rng(5)
    p = rng.random((50, 4)) ** 3
    theirs = [multipletests(row, method="holm")[1] for row in p]
    assert holm(p) == pytest.approx(np.array(theirs), abs=1e-12)


def test_holm_leaves_out_what_is_not_compared() -> None:
    p = np.array([[0.01, np.nan, 0.04]])
    theirs = multipletests([0.01, 0.04], method="holm")[1]
    assert holm(p)[0, [0, 2]] == pytest.approx(theirs, abs=1e-12)
    assert np.isnan(holm(p)[0, 1])


def by_quadrature(counts: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """P(best) and expected loss by scipy's adaptive quadrature, arm by arm."""
    beliefs = [stats.beta(1 + x, 1 + n - x) for x, n in counts]
    corners = sorted({q for b in beliefs for q in b.ppf([1e-9, 0.01, 0.5, 0.99, 1 - 1e-9])})
    pieces = [0.0, *corners, 1.0]

    def over(f) -> float:
        parts = itertools.pairwise(pieces)
        return sum(integrate.quad(f, a, b, epsabs=1e-13, limit=200)[0] for a, b in parts)

    def others(k: int, p: float) -> float:
        return float(np.prod([b.cdf(p) for j, b in enumerate(beliefs) if j != k]))

    best = [over(lambda p, k=k: beliefs[k].pdf(p) * others(k, p)) for k in range(len(counts))]
    top = over(lambda p: 1 - np.prod([b.cdf(p) for b in beliefs]))
    return best, [top - b.mean() for b in beliefs]


@pytest.mark.parametrize(
    "counts",
    [
        [(52, 1215), (38, 1240)],
        [(9, 200), (3, 200)],
        [(0, 40), (0, 60)],
        [(30, 1000), (33, 1010), (41, 990)],
        [(500, 50_000), (2, 100), (11, 1000), (0, 5)],
    ],
)
def test_probability_and_loss_by_quadrature(counts: list[tuple[float, float]]) -> None:
    events, sends = (np.array([column], dtype=float) for column in zip(*counts, strict=True))
    mine = posterior(events, sends)
    best, loss = by_quadrature(counts)
    assert mine.best[0] == pytest.approx(best, abs=1e-6)
    assert mine.loss[0] == pytest.approx(loss, abs=1e-6)


def test_probability_by_the_closed_form() -> None:
    """Evan Miller, "Formulas for Bayesian A/B testing": a finite sum of beta functions."""
    from scipy.special import betaln

    a0, b0, a1, b1 = 39, 1203, 53, 1164
    i = np.arange(a1)
    terms = betaln(a0 + i, b0 + b1) - np.log(b1 + i) - betaln(1 + i, b1) - betaln(a0, b0)
    mine = posterior(np.array([[38.0, 52.0]]), np.array([[1240.0, 1215.0]]))
    assert mine.best[0, 1] == pytest.approx(np.exp(terms).sum(), abs=1e-9)
