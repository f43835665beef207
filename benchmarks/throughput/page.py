"""docs/speed.md: a page written by hand, with tables between marks that are drawn from the results.

    <!-- bench: first-load -->
    | … |
    <!-- end -->

What stands between the marks is replaced, everything else is left as it was written.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.measuring import markdown
from benchmarks.throughput.goals import GOALS, Goal, Newest
from benchmarks.throughput.results import Line, Spread, kept

PAGE = Path(__file__).resolve().parents[2] / "docs" / "speed.md"
_BLOCK = re.compile(r"(<!-- bench: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SAME = 0.05
"""A number that moved by less than this share is neither better nor worse."""


def draw() -> None:
    """Draws every table of the page again."""
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8"), kept()), encoding="utf-8")


def drawn(text: str, lines: list[Line]) -> str:
    """A page with its tables drawn from these lines, oldest first."""
    return _BLOCK.sub(lambda block: f"{block[1]}{_table(block[2], lines)}\n{block[3]}", text)


def _table(name: str, lines: list[Line]) -> str:
    if name == "goals":
        return _goals(lines)
    if name == "versions":
        return _versions(lines)
    of = [line for line in newest(lines).values() if line.scenario == name]
    return _TABLES.get(name, _compared)(of) if of else "Not measured yet."


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


def _compared(lines: Iterable[Line]) -> str:
    """Contestants of each size, with the floor beside them."""
    header = ["", "", "CPU s", "× floor", "memory MB", "file MB", "requests", "rows", "n"]
    rows = []
    for line in lines:
        for name in line.names():
            cpu = line.of(name)
            if not cpu.median:
                rows.append([line.size, name, *["–"] * 5, line.verdict(name), ""])
                continue
            over = line.ratio(name, "floor").shown() if name != "floor" else "1"
            rows.append(
                [
                    line.size,
                    name,
                    cpu.shown(1),
                    over,
                    f"{line.of(name, 'memory').median:,.0f}",
                    f"{line.of(name, 'file').values[-1]:,.1f}",
                    f"{line.of(name, 'requests').median:,.0f}",
                    line.verdict(name),
                    str(len(cpu.values)),
                ]
            )
    return markdown(header, rows, numbers_from=2)


def _paced(lines: Iterable[Line]) -> str:
    """What ran at a limit: seconds and rates."""
    header = ["", "", "seconds", "requests", "requests/s", "429", "leads/s", "CPU s", "n"]
    rows = []
    for line in lines:
        for name in line.names():
            runs = [run for run in line.runs if run["name"] == name]
            rates = Spread([run["pages"] / run["span"] for run in runs if run["span"]])
            rows.append(
                [
                    line.size,
                    name,
                    line.of(name, "seconds").shown(1),
                    f"{line.of(name, 'requests').median:,.0f}",
                    rates.shown(1),
                    f"{line.of(name, 'refused').median:,.0f}",
                    Spread([run["rows"] / run["seconds"] for run in runs]).shown(0),
                    line.of(name).shown(1),
                    str(len(runs)),
                ]
            )
    return markdown(header, rows, numbers_from=2)


def _asked(lines: Iterable[Line]) -> str:
    header = ["", "", "changed leads", "requests for leads", "all requests", "CPU s"]
    rows = [
        [
            line.size,
            run["name"],
            f"{run.get('more', {}).get('changed', line.facts['leads']):,.0f}",
            f"{run['pages']:,}",
            f"{run['requests']:,}",
            f"{run['cpu']:.1f}",
        ]
        for line in lines
        for run in line.runs
    ]
    return markdown(header, rows, numbers_from=2)


def _days(lines: Iterable[Line]) -> str:
    header = ["", "campaign-days that moved", "requests for steps", "for all reports", "CPU s"]
    rows = [
        [
            run["name"],
            *(f"{run['more'][what]:,.0f}" for what in ("wanted", "steps", "reports")),
            f"{run['cpu']:.1f}",
        ]
        for line in lines
        for run in line.runs
    ]
    return markdown(header, rows, numbers_from=1)


def _plain(lines: Iterable[Line]) -> str:
    header = ["", "", "CPU s", "seconds", "memory MB", "n"]
    rows = [
        [
            line.size,
            f"`{name}`" if name.startswith("--") else name,
            line.of(name).shown(2),
            line.of(name, "seconds").shown(2),
            f"{line.of(name, 'memory').median:,.0f}",
            str(len(line.of(name).values)),
        ]
        for line in lines
        for name in line.names()
    ]
    return markdown(header, rows, numbers_from=2)


def _stages(lines: Iterable[Line]) -> str:
    """What was spent between one stage and the next, and in the whole."""
    header = ["", "stage", "seconds", "CPU s", "memory MB", "requests"]
    rows = []
    for run in (run for line in lines for run in line.runs):
        stages = run.get("stages", [])
        end = {"seconds": run["seconds"], "cpu": run["cpu"], "memory": 0.0}
        for stage, following in zip(stages, [*stages[1:], end], strict=True):
            spent = [following[what] - stage[what] for what in ("seconds", "cpu")]
            memory = following["memory"] or run["memory"]
            rows.append(
                ["", stage["name"], *(f"{each:,.1f}" for each in spent), f"{memory:,.0f}", ""]
            )
        whole = [f"{run[what]:,.1f}" for what in ("seconds", "cpu")]
        rows.append(
            [run["name"], "all of it", *whole, f"{run['memory']:,.0f}", f"{run['requests']:,}"]
        )
    return markdown(header, rows, numbers_from=2)


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


_TABLES: Mapping[str, Callable[[Iterable[Line]], str]] = {
    "ceiling": _paced,
    "skew": _paced,
    "workspaces": _paced,
    "changes": _asked,
    "days": _days,
    "nothing-new": _plain,
    "transform": _plain,
    "answers": _plain,
    "copy": _plain,
    "large": _stages,
}
