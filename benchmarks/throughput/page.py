"""Pages written by hand, with tables between marks that are drawn from the results.

    <!-- bench: first-load -->
    | … |
    <!-- end -->

What stands between the marks is replaced, everything else is left as it was written.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measuring import markdown
from benchmarks.throughput.goals import GOALS, Goal, Newest
from benchmarks.throughput.results import Line, Spread, kept
from benchmarks.throughput.tables import DRAWN, compared

_DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = (_DOCS / "speed.md", _DOCS / "size.md")
_BLOCK = re.compile(r"(<!-- bench: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SAME = 0.05
"""A number that moved by less than this share is neither better nor worse."""

_OF_GROWTH = dict.fromkeys(("stages", "parts", "plan"), "growth")
"""Tables of the same scenario."""


def draw() -> None:
    """Draws every table of the pages again."""
    for page in PAGES:
        page.write_text(drawn(page.read_text(encoding="utf-8"), kept()), encoding="utf-8")


def drawn(text: str, lines: list[Line]) -> str:
    """A page with its tables drawn from these lines, oldest first."""
    return _BLOCK.sub(lambda block: f"{block[1]}{_table(block[2], lines)}\n{block[3]}", text)


def _table(name: str, lines: list[Line]) -> str:
    if name == "goals":
        return _goals(lines)
    if name == "versions":
        return _versions(lines)
    scenario = _OF_GROWTH.get(name, name)
    of = [line for line in newest(lines).values() if line.scenario == scenario]
    return DRAWN.get(name, compared)(of) if of else "Not measured yet."


def newest(lines: Iterable[Line]) -> Newest:
    """The last line of each scenario and size."""
    return {(line.scenario, line.size): line for line in lines}


def before(lines: Iterable[Line]) -> Newest:
    """The line before the last of each scenario and size, where there is one."""
    last: dict[tuple[str, str], Line] = {}
    earlier: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = line.scenario, line.size
        if key in last:
            earlier[key] = last[key]
        last[key] = line
    return earlier


def _goals(lines: list[Line]) -> str:
    now, then = newest(lines), before(lines)
    header = ["", "what", "goal", "measured", "n", "", "the time before"]
    return markdown(header, [_goal(goal, now, then) for goal in GOALS])


def _goal(goal: Goal, now: Newest, then: Newest) -> list[str]:
    sign = "≥" if goal.at_least else "≤"
    first = [str(goal.number), goal.said, f"{sign} {goal.shown.format(goal.bound)}"]
    found = goal.found(now)
    if found is None:
        return [*first, "–", "", "not measured", ""]
    return [
        *first,
        _spread(goal, found),
        str(len(found.values)),
        "met" if goal.is_met(found) else f"**not met**, {_missed(goal, found)}",
        _since(goal, found, goal.found(then)),
    ]


def _spread(goal: Goal, found: Spread) -> str:
    middle = goal.shown.format(found.median)
    if len(found.values) == 1:
        return middle
    least, most = (goal.shown.format(each(found.values)) for each in (min, max))
    return f"{middle} ({least}–{most})"


def _missed(goal: Goal, found: Spread) -> str:
    """By how much, as a share of the bound."""
    share = abs(found.median - goal.bound) / goal.bound
    return f"by {share:.0%}"


def _since(goal: Goal, found: Spread, earlier: Spread | None) -> str:
    if earlier is None:
        return ""
    shown = goal.shown.format(earlier.median)
    change = found.median - earlier.median
    if abs(change) <= _SAME * abs(earlier.median):
        return f"{shown}, the same"
    return f"{shown}, {'better' if (change > 0) is goal.at_least else 'worse'} now"


def _versions(lines: list[Line]) -> str:
    if not lines:
        return "Nothing was measured yet."
    last = lines[-1]
    now = newest(lines).values()
    products = sorted({line.versions.get("product", "") for line in now} - {""})
    others = [f"{name} {number}" for name, number in last.versions.items() if name != "product"]
    named = ", ".join([f"product {' and '.join(products)}", *others])
    days = sorted({line.date[:10] for line in now})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    machine = f"{last.machine['cores']} cores, Python {last.machine['python']}"
    loads = [line.machine["load"] for line in now]
    return (
        f"Measured {when}; {machine}; load of the machine {min(loads):.0f} to {max(loads):.0f}. "
        f"{named}."
    )
