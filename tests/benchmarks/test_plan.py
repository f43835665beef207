"""The plan for many workspaces: what it reads out of a few sizes."""

from itertools import product

import pytest

from benchmarks.throughput.plan import cpu_of, parts, plan, plane
from benchmarks.throughput.results import Line


def size(leads: float, days: float, off: float = 1.0) -> Line:
    """A size whose first run took 10, 2 more for each 100 leads, 3 more for each day."""
    load = (10 + 0.02 * leads + 3 * days) * off
    stages = [{"name": "load", "cpu": 1.0}, {"name": "transform", "cpu": 1 + load}]
    runs = [
        {"name": name, "stages": stages, "cpu": load + 5, "requests": load, "file": load}
        for name in ("first run", "next run")
    ]
    return Line("growth", f"{leads}, {days}", runs, {"leads": leads, "active": days})


SIZES = [size(leads, days) for leads, days in product((100, 3_000, 90_000), (1, 50, 700))]


def test_cpu_of_a_stage_ends_where_the_next_begins() -> None:
    (run, _) = size(100, 1).runs
    assert cpu_of("load")(run) == pytest.approx(15)
    assert cpu_of("transform", "judge")(run) == pytest.approx(4)


def test_what_lies_in_a_plane_is_found_again() -> None:
    found = plane(SIZES, "first run", cpu_of("load"))
    assert (found.fixed, found.by_lead, found.by_day) == pytest.approx((10, 0.02, 3))
    assert found.off_by == pytest.approx(0, abs=1e-6)
    assert found.at(1_000_000, 0) == pytest.approx(20_010)


def test_a_size_beside_the_plane_is_told() -> None:
    found = plane([*SIZES, size(3_000, 50, off=1.5)], "first run", cpu_of("load"))
    assert 0.15 < found.off_by < 0.5


def test_all_workspaces_together_need_the_minutes_of_one() -> None:
    rows = [[cell.strip() for cell in row.split("|")] for row in plan(SIZES).splitlines()]
    one, every = (row for row in rows if row[2] == "first run")
    requests = [float(row[3].replace(",", "")) for row in (one, every)]
    assert requests[1] == pytest.approx(100 * requests[0])
    assert one[4] == every[4]
    assert len(parts(SIZES).splitlines()) == 10
