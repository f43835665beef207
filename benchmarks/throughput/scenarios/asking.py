"""Requests, counted at the server: they are what no faster machine buys."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import PROGRAM
from benchmarks.throughput.contestants import PRODUCT, QUIET, product_settings
from benchmarks.throughput.measured import Run, measured
from benchmarks.throughput.results import Line, line
from benchmarks.throughput.scenarios.loading import CHANGED, sized
from benchmarks.throughput.serving import Api, serving

_STEPS = "GET /campaigns/analytics/steps"
_REPORTS = "GET /campaigns/analytics"
_MOVED_DAYS = 0.02


def changes(leads: int, rounds: int) -> Iterator[Line]:
    """One lead in a hundred is mailed: what does the next run ask for? Few and many campaigns."""
    for campaigns in sorted({20, 200, leads // 100}):
        with (
            serving(leads=leads, campaigns=campaigns) as api,
            tempfile.TemporaryDirectory() as place,
        ):
            file = Path(place) / "leads.duckdb"
            first = PRODUCT.run(api, file)
            found = []
            for number in range(rounds):
                changed = api.change(leads=CHANGED)["leads"]
                run = PRODUCT.run(api, file)
                run.name, run.round, run.more = "next run", number, {"changed": float(changed)}
                found.append(run)
        first.name = "first run"
        size = f"{sized(leads)}, {campaigns:,} campaigns"
        yield line("changes", size, [first, *found], {"leads": leads, "campaigns": campaigns})


def days(leads: int, rounds: int) -> Iterator[Line]:
    """Steps by day of 200 campaigns over 90 days, and again after one in fifty of them moved."""
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        file = Path(place) / "steps.duckdb"
        active = api.truth()["active_days"]
        runs = [_steps(api, file, "first run", active)]
        for number in range(rounds):
            moved = api.change(days=_MOVED_DAYS)["days"]
            runs.append(_steps(api, file, "next run", moved))
            runs[-1].round = number
        yield line("days", "200 campaigns × 90 days", runs, {"active": active})


def _steps(api: Api, file: Path, name: str, wanted: int) -> Run:
    """Loads step days and what they need; `reports` are all requests for reports of campaigns."""
    api.reset()
    run = measured(
        name,
        [str(PROGRAM), "--quiet", "sync", "--tables", "step_analytics_daily"],
        folder=file.parent,
        environment={**QUIET, **product_settings(api, file)},
    )
    counts = api.counts()
    run.requests = counts["requests"]
    by_operation = {name: each["requests"] for name, each in counts["by_operation"].items()}
    reports = sum(count for name, count in by_operation.items() if name.startswith(_REPORTS))
    run.more = {"wanted": wanted, "steps": by_operation.get(_STEPS, 0), "reports": reports}
    return run
