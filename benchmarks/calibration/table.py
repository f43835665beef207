"""The table in the docs, between two markers, written by the command alone."""

from pathlib import Path

import numpy as np

from benchmarks.calibration.looks import CHOSEN, NEVER, Result, fixed_size
from benchmarks.calibration.rivals import RIVALS
from benchmarks.calibration.worlds import LATE_BY
from benchmarks.measuring import markdown
from transforms.judgement.rules import Rules

BEGIN = "<!-- calibration: begin, written by python -m benchmarks.calibration -->"
END = "<!-- calibration: end -->"


LateRows = list[tuple[int, float, float, float]]


def tables(results: list[Result], late: LateRows, rules: Rules, worlds: int, seed: int) -> str:
    """Return the four tables as Markdown."""
    return "\n\n".join(
        [
            f"{worlds:,} worlds per row, 60 daily looks each, seed {seed}.",
            _nulls([r for r in results if not r.cell.lift]),
            _lifts([r for r in results if r.cell.lift], rules),
            _rivals(results),
            _late(late),
        ]
    )


def write_between_markers(path: Path, text: str) -> None:
    """Replace what stands between the markers of `path`."""
    page = path.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise SystemExit(f"{path} lacks the markers {BEGIN} … {END}: put them where the table goes")
    path.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


def _nulls(results: list[Result]) -> str:
    rows = [
        [
            str(r.cell.arms),
            _percent(r.cell.base, 0),
            f"{np.median(r.last.weighed.sends):,.0f}",
            f"{np.median(r.last.weighed.sends.min(axis=1) / r.last.floor):.1f}",
            _percent(r.ever()),
            _percent(r.covered),
        ]
        for r in results
    ]
    header = ["arms", "base rate", "sends per arm, day 60", "floors", "ever `winner`", "covered"]
    return "No true difference:\n\n" + markdown(header, rows)


def _lifts(results: list[Result], rules: Rules) -> str:
    rows = [
        [
            str(r.cell.arms),
            _percent(r.cell.base, 0),
            f"{fixed_size(r.cell, rules):,.0f}",
            _percent(r.in_time()),
            _percent(r.ever()),
            _percent(r.right()),
            _percent(r.covered),
        ]
        for r in results
    ]
    header = [
        "arms",
        "base rate",
        "fixed-size test, per arm",
        "called by 1.3 × that",
        "called by day 60",
        "the right one",
        "covered",
    ]
    return "A true lift of +50 % of one arm:\n\n" + markdown(header, rows)


def _rivals(results: list[Result]) -> str:
    null = next(r for r in results if r.cell.arms == 2 and not r.cell.lift and r.cell.base == 0.03)
    lift = next(r for r in results if r.cell.arms == 2 and r.cell.lift)
    rows = []
    for name in (CHOSEN, *RIVALS):
        days = lift.calls[name].day
        called = days[days < NEVER]
        median = f"{np.median(called):.0f}" if len(called) else ""
        rows.append(
            [
                name,
                _percent(null.ever(name)),
                _percent(lift.in_time(name)),
                _percent(lift.ever(name)),
                median,
            ]
        )
    header = ["rule", "false winner, ever", "called by 1.3 ×", "called by day 60", "median day"]
    return "The same looks judged by other rules (two arms, 3 %):\n\n" + markdown(header, rows)


def _late(rows: LateRows) -> str:
    header = ["day", "plain replies over sends", "judged rate", "standard error"]
    table = [[str(day), *(_percent(share) for share in shares)] for day, *shares in rows]
    return (
        f"An equal arm that starts {LATE_BY} days late, its rate as a share of the others':\n\n"
        + markdown(header, table)
    )


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"
