"""Run the calibration: `python -m benchmarks.calibration --worlds 1000 --seed 1`."""

import argparse
import sys
from pathlib import Path

from benchmarks.calibration.late import LATE, late_rows
from benchmarks.calibration.looks import Result, fixed_size, look_daily
from benchmarks.calibration.table import tables, write_between_markers
from benchmarks.calibration.worlds import Cell, counts
from transforms.judgement.rules import Rules

PAGE = Path(__file__).parents[2] / "docs" / "judgement.md"
ARMS = (2, 3, 4)
BASES = (0.01, 0.03, 0.08)
LIFT, LIFT_BASE = 0.5, 0.03


def cells(rules: Rules) -> list[Cell]:
    """Return the kinds of worlds: enough mails for about twice the floor, or for a call in time."""
    nulls = [Cell(arms, base, 0.0, 0) for arms in ARMS for base in BASES]
    lifts = [Cell(arms, LIFT_BASE, LIFT, 0) for arms in ARMS]
    sized = [
        Cell(c.arms, c.base, 0.0, round(2.5 * fixed_size(Cell(2, c.base, 0.0, 0), rules)))
        for c in nulls
    ]
    return [*sized, *(Cell(c.arms, c.base, LIFT, round(1.4 * fixed_size(c, rules))) for c in lifts)]


def main() -> None:
    """Simulate, judge, print the tables and write them into the docs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000, help="worlds per kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-write", action="store_true", help="print only")
    chosen = parser.parse_args()
    rules = Rules()
    results: list[Result] = []
    for cell in cells(rules):
        result = look_daily(cell, counts(cell, chosen.worlds, chosen.seed), rules)
        results.append(result)
        said = f"{cell.arms} arms, base {cell.base:.0%}, lift {cell.lift:+.0%}"
        print(f"{said}: winner called in {result.ever():.1%} of the worlds", file=sys.stderr)
    late = late_rows(counts(LATE, chosen.worlds, chosen.seed), rules)
    text = tables(results, late, rules, chosen.worlds, chosen.seed)
    print(text)
    if not chosen.no_write:
        write_between_markers(PAGE, text)


if __name__ == "__main__":
    main()
