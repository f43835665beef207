"""At the limit of the API: a hundred requests a second, each answered after 80 ms.

Seconds on the wall count here, so a machine that is busy with something else makes the product look
slow; the rate that the server saw, from the first request for leads to the last, suffers less.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import PROGRAM
from benchmarks.throughput.contestants import PRODUCT, QUIET, product_settings
from benchmarks.throughput.measured import Run, measured
from benchmarks.throughput.results import Line, interleaved, line
from benchmarks.throughput.scenarios.loading import sized
from benchmarks.throughput.serving import Api, serving

RATE, LATENCY = 100, 0.08
_SKEW = 0.3
_SLOW_RATE = 30
"""Requests a second and workspace, few enough that three workspaces do not need a whole core."""


def ceiling(leads: int, rounds: int) -> Iterator[Line]:
    """One workspace, spread evenly over its campaigns."""
    with serving(leads=leads, rate=RATE, latency=LATENCY) as api:
        runs = interleaved(rounds, [lambda: _load(api, "product")])
    yield line("ceiling", sized(leads), runs, {"leads": leads, "rate": RATE})


def skew(leads: int, rounds: int) -> Iterator[Line]:
    """The same number of leads, spread evenly, and three in ten of them in one campaign."""
    limits = {"leads": leads, "rate": RATE, "latency": LATENCY}
    with serving(**limits) as even, serving(**limits, skew=_SKEW) as skewed:
        runs = interleaved(
            rounds, [lambda: _load(even, "even"), lambda: _load(skewed, "three in ten in one")]
        )
    yield line("skew", sized(leads), runs, {"leads": leads, "rate": RATE})


def workspaces(leads: int, rounds: int) -> Iterator[Line]:
    """One workspace, and three of the same size in one run; each has a limit of its own."""
    limits = {"leads": leads, "rate": _SLOW_RATE, "latency": LATENCY}
    with serving(**limits) as one, serving(**limits, workspaces=3) as three:
        runs = interleaved(
            rounds, [lambda: _several(one, 1, _SLOW_RATE), lambda: _several(three, 3, _SLOW_RATE)]
        )
    yield line("workspaces", sized(leads), runs, {"leads": leads, "rate": _SLOW_RATE})


def _load(api: Api, name: str) -> Run:
    with tempfile.TemporaryDirectory() as place:
        run = PRODUCT.run(api, Path(place) / "leads.duckdb")
    run.name = name
    return run


def _several(api: Api, count: int, rate: int) -> Run:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "leads.duckdb"
        settings = product_settings(api, file, workspaces=count)
        settings["INSTANTLY_REQUESTS_PER_MINUTE"] = str(60 * rate)
        api.reset()
        run = measured(
            f"{count} at once",
            [str(PROGRAM), "--quiet", "sync", "--tables", "leads"],
            folder=file.parent,
            environment={**QUIET, **settings},
        )
        run.rows = PRODUCT.read(file)[0]
        run.is_right = run.rows == sum(api.truth(number)["leads"] for number in range(count))
        run.requests = api.counts()["requests"]
        run.more = {"leads a second": run.rows / run.seconds}
    return run
