"""The floor against statsmodels, the calling bound against numerical integration."""

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    proportion_effectsize,
    samplesize_proportions_2indep_onetail,
)

from transforms.judgement import Rules
from transforms.judgement.bounds import calling_bound, growth_needed, sends_floor


def chance_of_crossing(alpha: float, until: float, step: float) -> float:
    """P(|score| ever exceeds the bound) with no effect, looks at every `step` more information.

    Armitage, McPherson and Rowe 1969: the density of the walk that has not crossed, look by look.
    """
    looks = np.exp(np.arange(0.0, np.log(until), np.log(1 + step)))
    bounds = calling_bound(looks, alpha) * np.sqrt(looks)
    x = np.linspace(-bounds[0], bounds[0], 201)
    mass = norm.pdf(x) * (x[1] - x[0])
    mass[[0, -1]] /= 2
    for i in range(1, len(looks)):
        spread = np.sqrt(looks[i] - looks[i - 1])
        y = np.linspace(-bounds[i], bounds[i], 201)
        mass = norm.pdf((y[:, None] - x[None, :]) / spread) @ mass / spread * (y[1] - y[0])
        mass[[0, -1]] /= 2
        x = y
    return 1 - float(mass.sum())


@pytest.mark.parametrize("alpha", [0.3, 0.1, 0.05, 0.01, 0.001])
def test_peeking_for_ever_stays_within_alpha(alpha: float) -> None:
    assert 0.75 * alpha < chance_of_crossing(alpha, until=40.0, step=0.02) <= alpha


def test_nothing_is_called_below_the_floor() -> None:
    assert np.isinf(calling_bound(np.array([0.0, 0.5, 0.999]), 0.05)).all()
    at = calling_bound(np.array([1.0, 1.2, 2.0, 10.0]), 0.05)
    assert at == pytest.approx([2.309, 2.309, 3.069, 4.722], abs=1e-3)


@pytest.mark.parametrize("base", [0.01, 0.03, 0.08])
@pytest.mark.parametrize("effect", [0.3, 0.5, 1.0])
def test_the_floor_has_the_promised_power(base: float, effect: float) -> None:
    rules = Rules(effect=effect)
    pooled = np.array([base * (1 + effect / 2)])
    floor = float(sends_floor(pooled, rules)[0])
    power = power_proportions_2indep(base * effect, base, floor, alpha=rules.alpha)
    assert power.power == pytest.approx(rules.power, abs=1e-4)
    size = proportion_effectsize(base * (1 + effect), base)
    other = NormalIndPower().solve_power(size, alpha=rules.alpha, power=rules.power)
    assert floor == pytest.approx(other, rel=0.03), "the arcsine formula is a different root"


@pytest.mark.parametrize("alpha", [0.3, 0.05, 0.001])
@pytest.mark.parametrize("power", [0.51, 0.8, 0.99])
@pytest.mark.parametrize("effect", [0.01, 0.5, 3.0])
def test_the_floor_is_statsmodels_sample_size(alpha: float, power: float, effect: float) -> None:
    rules = Rules(effect=effect, alpha=alpha, power=power)
    base = np.geomspace(1e-6, 0.999 / (1 + effect), 50)
    wanted = samplesize_proportions_2indep_onetail(base * effect, base, power, alpha=alpha)
    assert sends_floor(base * (1 + effect / 2), rules) == pytest.approx(wanted, rel=1e-9)


def test_no_events_need_endless_sends() -> None:
    assert np.isinf(sends_floor(np.array([0.0]), Rules())[0])


def test_forecast_ends_exactly_on_the_bound() -> None:
    information = np.array([1.2, 0.5, 3.0])
    scores = np.array([1.9, 1.7, 0.1])
    distance = np.array([0.2, 0.3, 2.0])
    factor = growth_needed(scores, distance, information, 0.05)
    reached = np.maximum(scores, distance) * np.sqrt(factor)
    bound = calling_bound(information * factor * (1 + 1e-9), 0.05)
    assert (reached >= bound * (1 - 1e-9)).all()
    assert factor[1] == pytest.approx(2.0), "strong enough already: only the floor is missing"


def test_forecast_says_when_there_is_no_end() -> None:
    assert np.isnan(growth_needed(np.array([0.0]), np.array([0.0]), np.array([1.0]), 0.05))[0]
