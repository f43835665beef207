"""Probability of being best, and what choosing the wrong arm would cost.

Each arm's rate has a Beta(1 + events, 1 + sends - events) distribution: a uniform prior, the
field's usual one. Both numbers are integrals over one rate:

    P(k best) = ∫ f_k Π_{j≠k} F_j          E[max - p_k] = ∫ F_k (1 - Π_{j≠k} F_j)

They are computed by Gauss-Legendre quadrature on panels laid where any arm's distribution moves.
Drawing from the distributions was refused: it costs more, and the same counts would give another
answer tomorrow.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln

Array = NDArray[np.float64]

PANELS = np.array([-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0, 16.0])
"""Panel edges per arm, in standard deviations from its mean."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Rows × arms: probability of being best, and expected loss of rate when choosing the arm."""

    best: Array
    loss: Array


def posterior(events: Array, sends: Array) -> Posterior:
    """Return the posterior of rows × arms effective counts."""
    a = 1 + events
    b = 1 + np.maximum(sends - events, 0.0)
    rate, weight = _grid(a, b)
    below = betainc(a[:, :, None], b[:, :, None], rate[:, None, :])
    others = _product_of_others(below)
    density = _density(a, b, rate)
    best = (density * others * weight[:, None, :]).sum(axis=2)
    loss = (below * (1 - others) * weight[:, None, :]).sum(axis=2)
    return Posterior(best=best / best.sum(axis=1, keepdims=True), loss=loss)


def _grid(a: Array, b: Array) -> tuple[Array, Array]:
    """Return nodes and weights, rows × points, over all panels of all arms."""
    mean = a / (a + b)
    spread = np.sqrt(mean * (1 - mean) / (a + b + 1))
    edges = np.clip(mean[:, :, None] + spread[:, :, None] * PANELS, 0.0, 1.0)
    edges = np.sort(edges.reshape(len(a), -1), axis=1)
    half = np.diff(edges, axis=1)[:, :, None] / 2
    middle = (edges[:, :-1] + edges[:, 1:])[:, :, None] / 2
    return (middle + half * NODES).reshape(len(a), -1), (half * WEIGHTS).reshape(len(a), -1)


def _density(a: Array, b: Array, rate: Array) -> Array:
    inside = np.clip(rate, 1e-300, 1 - 1e-16)[:, None, :]
    log = (a - 1)[:, :, None] * np.log(inside) + (b - 1)[:, :, None] * np.log1p(-inside)
    return np.exp(log - betaln(a, b)[:, :, None])


def _product_of_others(below: Array) -> Array:
    arms = below.shape[1]
    kept = [[j for j in range(arms) if j != k] for k in range(arms)]
    return np.stack([below[:, js].prod(axis=1) for js in kept], axis=1)
