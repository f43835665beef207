"""Is an arm that started late judged fairly? All arms are equal here, so any gap is bias.

The delay curve of the judgement is an assumption, and the sandbox draws its delays from another
one, with a longer tail; an arm with a short life is where that shows first.
"""

from dataclasses import replace

import numpy as np

from benchmarks.calibration.looks import seen_on
from benchmarks.calibration.worlds import LATE_BY, Cell, Counts
from transforms.judgement.cube import weigh
from transforms.judgement.rules import Rules
from transforms.judgement.statuses import Metric

LATE = Cell(arms=3, base=0.03, lift=0.0, mails_per_arm=6000, is_late=True)
LOOKS = (36, 45, 60)


def late_rows(counts: Counts, rules: Rules) -> list[tuple[int, float, float, float]]:
    """Return per look: day, the late arm's rate over the others' (plain, judged), and its error.

    Plain is distinct repliers over sends since the late arm began.
    """
    rows = []
    for day in LOOKS:
        cube = seen_on(counts, day)
        cube = replace(cube, first=cube.first + LATE_BY + rules.ramp_days)
        rate = weigh(cube).rate(Metric.REPLY)
        since = slice(LATE_BY, day)
        plain = counts.first[:, :, since].sum(axis=(0, 2)) / counts.sent[:, :, since].sum(
            axis=(0, 2)
        )
        ratio = rate[:, -1] / rate[:, :-1].mean(axis=1)
        error = float(ratio.std() / np.sqrt(len(ratio)))
        rows.append((day, _late(plain), _late(rate.mean(axis=0)), error))
    return rows


def _late(rates: np.ndarray) -> float:
    return float(rates[-1] / rates[:-1].mean())
