"""What many workspaces take, from what a few sizes took.

    value  =  fixed  +  leads × a  +  campaign-days with mail × b        (a, b and fixed ≥ 0)

One plane through all measured sizes, each weighing the same, whatever its size: a lead costs what
a lead costs, a campaign-day one request and its rows. It says nothing on what no size has shown,
and so it is not used for times on the wall or memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.measuring import markdown
from benchmarks.throughput.results import Line

Value = Callable[[Mapping[str, Any]], float]
"""A number of one run."""


@dataclass(frozen=True, slots=True)
class Plane:
    """What a value is made of.

    Attributes:
        fixed: part that does not depend on the size.
        by_lead, by_day: of each lead, of each campaign-day with mail.
        off_by: the greatest share by which a measured size lies beside the plane.
    """

    fixed: float
    by_lead: float
    by_day: float
    off_by: float

    def at(self, leads: float, days: float) -> float:
        """The value of a size."""
        return self.fixed + self.by_lead * leads + self.by_day * days


def plane(lines: Sequence[Line], run: str, value: Value) -> Plane:
    """The plane through the runs of one name."""
    found = [(line.facts, each) for line in lines for each in line.runs if each["name"] == run]
    sizes = np.array([[1.0, facts["leads"], facts["active"]] for facts, _ in found])
    values = np.array([value(each) for _, each in found])
    parts, _ = nnls(sizes / values[:, None], np.ones(len(values)))
    beside = np.abs(sizes @ parts / values - 1)
    return Plane(*parts.tolist(), off_by=float(beside.max()))


def cpu_of(*stages: str) -> Value:
    """CPU seconds of some stages of a run."""

    def value(run: Mapping[str, Any]) -> float:
        began = [*((stage["name"], stage["cpu"]) for stage in run["stages"]), ("", run["cpu"])]
        return sum(end - start for (name, start), (_, end) in pairwise(began) if name in stages)

    return value


_WORKSPACES, _LEADS, _ACTIVE = 100, 1_000_000, 500 * 90 * 0.3
"""The plan: workspaces, and what each has: leads; campaign-days with mail of 500 campaigns."""

_PER_MINUTE = 6000
"""Requests of a workspace (reference.md of the API: 100 a second, 6,000 a minute)."""

_PLANNED: tuple[Value, ...] = (
    lambda run: run["requests"],
    cpu_of("load"),
    cpu_of("transform", "judge"),
    lambda run: run["file"],
)
_PLANNED_AS = ("requests", "load, CPU s", "marts, CPU s", "file, MB")


def plan(lines: Iterable[Line]) -> str:
    """What a hundred workspaces would take, if they go on as the measured sizes do."""
    measured = list(lines)
    header = ["", "", "requests", "minutes at the limit", "load, CPU h", "marts, CPU h", "file GB"]
    rows = []
    for workspaces, said in ((1, "one workspace"), (_WORKSPACES, f"all {_WORKSPACES}")):
        for run in ("first run", "next run"):
            requests, load, marts, file = (
                workspaces * plane(measured, run, value).at(_LEADS, _ACTIVE) for value in _PLANNED
            )
            rows.append(
                [
                    said,
                    run,
                    f"{requests:,.0f}",
                    f"{requests / workspaces / _PER_MINUTE:,.1f}",
                    *(f"{seconds / 3600:,.2f}" for seconds in (load, marts)),
                    f"{file / 1000:,.1f}",
                ]
            )
    return markdown(header, rows, numbers_from=2)


def parts(lines: Iterable[Line]) -> str:
    """The planes themselves."""
    measured = list(lines)
    header = ["", "", "fixed", "100k leads", "1,000 campaign-days", "off by at most"]
    rows = []
    for value, said in zip(_PLANNED, _PLANNED_AS, strict=True):
        for run in ("first run", "next run"):
            found = plane(measured, run, value)
            parts = (found.fixed, found.by_lead * 100_000, found.by_day * 1000)
            rows.append([said, run, *(f"{part:,.1f}" for part in parts), f"{found.off_by:.0%}"])
    return markdown(header, rows, numbers_from=2)
