"""The floor copies every lead, and again when it changed: a fast wrong one would be no floor."""

from pathlib import Path

import pytest

from benchmarks.throughput import page
from benchmarks.throughput.contestants import FLOOR
from benchmarks.throughput.goals import Goal
from benchmarks.throughput.measured import CommandFailed, measured
from benchmarks.throughput.results import Line, Spread, kept
from benchmarks.throughput.serving import Api


def test_the_file_of_the_floor_holds_what_the_server_holds(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "floor.duckdb"
    first = FLOOR.run(api, file)
    assert first.is_right
    assert first.rows == 3_000
    assert first.requests == first.pages + 2  # of campaigns one page and the empty one behind it
    assert min(first.cpu, first.memory, first.file, first.span) > 0
    api.change(leads=0.1)
    FLOOR.look(first, api, file)
    assert not first.is_right  # the checksum notices what is missing
    assert FLOOR.run(api, file).is_right


def test_a_command_that_fails_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="ended with 3"):
        measured("it", ["sh", "-c", "echo so it goes; exit 3"], folder=tmp_path)


def test_cpu_of_children_counts_and_stages_are_noted(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    (tmp_path / "burn.py").write_text(burn)
    script = "echo '10:00:00 load' >&2; python3 burn.py; echo '10:00:01 publish' >&2; sleep 0.1"
    run = measured("it", ["sh", "-c", script], folder=tmp_path)
    assert 0.3 <= run.cpu < 3
    assert [stage.name for stage in run.stages] == ["load", "publish"]
    assert run.stages[1].cpu >= 0.2, "the clock of others' CPU goes in steps"


def _line(*cpu: tuple[str, int, float], wrong: str = "") -> Line:
    runs = [
        {"name": name, "round": number, "cpu": seconds, "is_right": name != wrong, "code": 0}
        for name, number, seconds in cpu
    ]
    return Line("first-load", "100k leads", runs)


def test_ratios_are_taken_within_a_round() -> None:
    line = _line(("floor", 0, 4), ("it", 0, 8), ("floor", 1, 8), ("it", 1, 12), ("it", 2, 99))
    assert line.ratio("it", "floor").values == [2, 1.5]
    assert line.ratio("it", "floor").shown() == "1.75 (1.50–2.00)"


def test_wrong_rows_are_no_result_and_said() -> None:
    line = _line(("floor", 0, 1), ("it", 0, 1), wrong="it")
    assert [line.verdict("floor"), line.verdict("it")] == ["right", "**wrong**"]
    assert not line.ratio("it", "floor").values


def test_goals_are_judged_by_their_medians() -> None:
    at_most = Goal(1, "it", 1.25, lambda _: Spread([1.0, 1.2, 9.0]))
    at_least = Goal(1, "it", 9, lambda _: Spread([8.0]), at_least=True)
    assert [at_most.is_met(Spread([1.0, 1.2, 9.0])), at_least.is_met(Spread([8.0]))] == [
        True,
        False,
    ]


def test_the_page_is_drawn_from_results_alone() -> None:
    lines = [_line(("floor", 0, 4.0), ("product", 0, cpu)) for cpu in (8.0, 5.0)]
    for line in lines:
        for run in line.runs:
            run |= {"memory": 1.0, "file": 1.0, "requests": 7}
    by_hand = "by hand\n<!-- bench: {} -->\nold\n<!-- end -->\nby hand\n"
    text = page.drawn(by_hand.format("first-load"), lines)
    assert "old" not in text
    assert text.startswith("by hand")
    assert text.endswith("by hand\n")
    assert "| 1.25 |" in text
    assert "2.00, better now" in page.drawn(by_hand.format("goals"), lines)


@pytest.mark.parametrize("shown", page.PAGES, ids=lambda shown: shown.stem)
def test_a_page_shows_the_results_that_are_kept(shown: Path) -> None:
    text = shown.read_text(encoding="utf-8")
    assert page.drawn(text, kept()) == text
