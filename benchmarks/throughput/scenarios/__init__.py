"""One scenario for each goal: what is measured, of which size, in how many rounds.

loading    a first load, everything read again, competitors, size of the file
ceiling    the API's own limit: rate, skew, several workspaces
asking     requests, counted: changed leads, days of steps
commands   what answers at once, a run with nothing new, the transform beside its SQL
large      workspaces that grow, by stages, the copy of a large file
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.throughput.results import Line
from benchmarks.throughput.scenarios import asking, ceiling, commands, large, loading

Measure = Callable[[int, int], Iterator[Line]]
"""Measures with so many leads in so many rounds."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one name on the command line stands for.

    Attributes:
        name: that name.
        measure: does it.
        sizes: leads and rounds, as `make bench` does it.
    """

    name: str
    measure: Measure
    sizes: tuple[tuple[int, int], ...]


SCENARIOS = (
    Scenario("first-load", loading.first_load, ((100_000, 5), (300_000, 3), (1_000_000, 2))),
    Scenario("again", loading.again, ((100_000, 5), (1_000_000, 2))),
    Scenario("competitors", loading.competitors, ((100_000, 1),)),
    Scenario("as-installed", loading.as_installed, ((20_000, 1),)),
    Scenario("file-size", loading.file_size, ((100_000, 1),)),
    Scenario("ceiling", ceiling.ceiling, ((300_000, 3),)),
    Scenario("skew", ceiling.skew, ((100_000, 3),)),
    Scenario("workspaces", ceiling.workspaces, ((30_000, 3),)),
    Scenario("changes", asking.changes, ((20_000, 1), (100_000, 1))),
    Scenario("days", asking.days, ((2_000, 1),)),
    Scenario("nothing-new", commands.nothing_new, ((20_000, 5),)),
    Scenario("transform", commands.transform, ((100_000, 3),)),
    Scenario("answers", commands.answers, ((500_000, 5),)),
    Scenario("copy", large.copy, ((0, 1),)),
    Scenario("growth", large.growth, tuple((leads, 1) for leads in large.CAMPAIGNS)),
)
"""All of them, in the order in which they are measured."""
