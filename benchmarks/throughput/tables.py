"""Tables of lines of results, one function for each shape; `DRAWN` says which table has which."""

from collections.abc import Callable, Iterable, Mapping

from benchmarks.measuring import markdown
from benchmarks.throughput.plan import cpu_of, parts, plan
from benchmarks.throughput.results import Line, Spread

_STAGED = "2,000 campaigns, 300k leads"
"""The size that is shown by stages."""


def compared(lines: Iterable[Line]) -> str:
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


def paced(lines: Iterable[Line]) -> str:
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


def asked(lines: Iterable[Line]) -> str:
    """Requests of a first run and the next."""
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


def days(lines: Iterable[Line]) -> str:
    """Requests for reports by day."""
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


def plain(lines: Iterable[Line]) -> str:
    """Commands, what they cost and how long they took."""
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


def growth(lines: Iterable[Line]) -> str:
    """What each size cost, first and later."""
    header = ["", "", "load, CPU s", "marts, CPU s", "all, CPU s", "seconds", "memory MB"]
    loading, building = cpu_of("load"), cpu_of("transform", "judge")
    rows = [
        [
            line.size,
            run["name"],
            *(f"{each(run):,.1f}" for each in (loading, building)),
            *(f"{run[what]:,.0f}" for what in ("cpu", "seconds", "memory", "file", "requests")),
        ]
        for line in sorted(lines, key=lambda line: tuple(line.facts.values()))
        for run in line.runs
    ]
    return markdown([*header, "file MB", "requests"], rows, numbers_from=2)


def stages(lines: Iterable[Line]) -> str:
    """What was spent between one stage and the next, and in the whole."""
    header = ["", "stage", "seconds", "CPU s", "memory MB", "requests"]
    rows = []
    for run in (run for line in lines if line.size == _STAGED for run in line.runs):
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


DRAWN: Mapping[str, Callable[[Iterable[Line]], str]] = {
    "ceiling": paced,
    "skew": paced,
    "workspaces": paced,
    "changes": asked,
    "days": days,
    "nothing-new": plain,
    "transform": plain,
    "answers": plain,
    "copy": plain,
    "growth": growth,
    "stages": stages,
    "parts": parts,
    "plan": plan,
}
