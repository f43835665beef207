"""The colours of the charts, as people see them who lack one kind of cone."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

pytest.importorskip("altair", reason="`make test` installs the dashboard")

from dashboard import charts
from dashboard.style import STYLE

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # fmt: skip
WHITE = np.array([0.9505, 1.0, 1.089])
TOLD_APART = 10
"""A difference of 2.3 in CIELAB is just noticeable side by side."""


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ rgb.clip(0, 1) / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_that_mean_different_things_are_told_apart(sight: str) -> None:
    colours = (charts.BLUE, charts.VERMILLION, charts.GREEN, charts.GREY)
    for one, other in combinations(colours, 2):
        seen = [lab(SIGHT[sight] @ linear(colour)) for colour in (one, other)]
        assert np.linalg.norm(seen[0] - seen[1]) > TOLD_APART, (one, other)


def test_every_badge_has_a_sign_of_its_own_beside_its_colour() -> None:
    signs = dict(re.findall(r'\.badge\.(\w+)::before { content: "(\S+) "', STYLE))

    assert len(set(signs.values())) == len(signs) == 4
    assert ".badge.quiet { border-style: dotted" in STYLE
