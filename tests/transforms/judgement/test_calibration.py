"""The calibration itself: repeatable, on the sandbox's generator, and written where it belongs."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.calibration.late import LATE, late_rows
from benchmarks.calibration.looks import CHOSEN, NEVER, fixed_size, look_daily, seen_on
from benchmarks.calibration.rivals import RIVALS
from benchmarks.calibration.table import BEGIN, END, tables, write_between_markers
from benchmarks.calibration.worlds import Cell, counts
from transforms.judgement import Rules

PAGE = Path(__file__).parents[3] / "docs" / "judgement.md"
NULL = Cell(arms=2, base=0.03, lift=0.0, mails_per_arm=1500)
LIFT = Cell(arms=2, base=0.03, lift=0.5, mails_per_arm=3600)


def test_the_worlds_are_what_they_claim() -> None:
    found = counts(LIFT, worlds=8, seed=4)
    rate = found.first.sum(axis=(0, 2)) / found.sent.sum(axis=(0, 2))
    assert rate == pytest.approx([0.03, 0.045], rel=0.12)
    assert (found.replied.sum(axis=2) > found.first.sum(axis=2)).all(), "some leads reply twice"
    assert found.sent.sum(axis=(0, 1))[[5, 6, 12, 13]].max() == 0, "nobody sends on weekends"


def test_a_look_shows_the_past_only_and_repeaters_once() -> None:
    found = counts(NULL, worlds=3, seed=4)
    cube = seen_on(found, 30)
    assert cube.sent.shape[2] == 30
    assert cube.events["reply"].sum(axis=2) == pytest.approx(found.first[:, :, :30].sum(axis=2))


def test_the_same_seed_gives_the_same_table() -> None:
    rules = Rules()
    texts = []
    for _ in range(2):
        results = [look_daily(c, counts(c, worlds=6, seed=9), rules) for c in (NULL, LIFT)]
        late = late_rows(counts(LATE, worlds=3, seed=9), rules)
        texts.append(tables(results, late, rules, worlds=6, seed=9))
    assert texts[0] == texts[1]
    assert CHOSEN in texts[0]
    assert all(name in texts[0] for name in RIVALS)


def test_the_chosen_rule_calls_later_than_the_plain_one() -> None:
    result = look_daily(LIFT, counts(LIFT, worlds=30, seed=2), Rules())
    chosen, plain = result.calls[CHOSEN], result.calls["p < 0.05 on any day"]
    assert (chosen.day >= plain.day).all()
    called = chosen.day < NEVER
    assert called.mean() > 0.5
    assert (chosen.arm[called] == 1).all()


def test_a_fixed_size_test_of_two_arms_is_statsmodels() -> None:
    from statsmodels.stats.proportion import power_proportions_2indep

    size = fixed_size(LIFT, Rules())
    assert power_proportions_2indep(0.015, 0.03, size).power == pytest.approx(0.8, abs=2e-3)
    more = fixed_size(Cell(3, 0.03, 0.5, 0), Rules())
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(100_000, 3))
    score = 2.8016 * np.sqrt(more / size) + (noise[:, :1] - noise[:, 1:]) / np.sqrt(2)
    both = (score.min(axis=1) > 1.96) & (score.max(axis=1) > 2.2414)
    assert both.mean() == pytest.approx(0.8, abs=0.01)


def test_the_table_stands_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_between_markers(page, "| new |")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(SystemExit, match="lacks the markers"):
        write_between_markers(page, "| new |")


def test_the_docs_hold_a_table_that_keeps_the_promise() -> None:
    """At most 5 % of the worlds without a difference ever see a winner; four in five true ones."""
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [[cell.strip(" %") for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    nulls, lifts = ([row for row in rows if len(row) == n and row[0].isdigit()] for n in (6, 7))
    assert len(nulls) == 9
    assert max(float(row[4]) for row in nulls) <= 5.0
    assert min(float(row[3]) for row in lifts) >= 80
    assert min(float(row[5]) for row in lifts) >= 97
    assert all(94 <= float(row[-1]) <= 96 for row in [*nulls, *lifts])
