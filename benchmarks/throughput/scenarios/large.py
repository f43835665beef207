"""Workspaces that grow, by stages; the copy that every run begins with."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import PROGRAM
from benchmarks.throughput.contestants import QUIET, product_settings
from benchmarks.throughput.measured import Run, measured, size_of
from benchmarks.throughput.results import Line, line
from benchmarks.throughput.scenarios.loading import sized
from benchmarks.throughput.serving import Api, serving

CAMPAIGNS = {100_000: (10, 200), 300_000: (200, 2_000), 1_000_000: (200,), 3_000_000: (200,)}
"""By leads. The API lets a workspace be asked a hundred times a second, and a campaign has 27 days
with mail: two thousand of them take ten minutes, however few leads they have."""

_MEGABYTES = (10, 100, 1000, 5000)
_COPY = """
import sys
from pathlib import Path
from pipelines.swap import copy_file
copy_file(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def growth(leads: int, rounds: int) -> Iterator[Line]:
    """`run` with 90 days of 3 steps × 3 variants, then once more with little new."""
    for campaigns in CAMPAIGNS.get(leads, (200,)):
        with (
            serving(leads=leads, campaigns=campaigns) as api,
            tempfile.TemporaryDirectory() as place,
        ):
            runs, active = _first_and_next(api, Path(place) / "warehouse.duckdb", rounds)
        facts: dict[str, float] = {"leads": leads, "campaigns": campaigns, "active": active}
        yield line("growth", f"{campaigns:,} campaigns, {sized(leads)}", runs, facts)


def _first_and_next(api: Api, file: Path, rounds: int) -> tuple[list[Run], int]:
    """The runs, and the campaign-days with mail of the first."""
    active = api.truth()["active_days"]
    found = []
    for number in range(rounds + 1):
        api.reset()
        each = measured(
            "next run" if number else "first run",
            [str(PROGRAM), "run", "--log-format", "text"],
            folder=file.parent,
            environment={**QUIET, **product_settings(api, file)},
        )
        each.round, each.file = number, size_of(file)
        each.requests = api.counts()["requests"]
        found.append(each)
        print(f"  {each.name}: {each.cpu:.0f} s CPU, {each.requests:,} requests", flush=True)
        api.change(leads=0.01, days=0.01)
    return found, active


def copy(_leads: int, rounds: int) -> Iterator[Line]:
    """The product's copy of files of noise; where the disk can share blocks, it costs nothing."""
    found: list[Run] = []
    with tempfile.TemporaryDirectory() as place:
        for megabytes in _MEGABYTES:
            source = Path(place) / "source"
            with source.open("wb") as file:
                noise = os.urandom(10_000_000)
                for _ in range(megabytes // 10):
                    file.write(noise)
            for number in range(rounds):
                target = Path(place) / "copy"
                began = time.monotonic()
                each = measured(
                    f"{megabytes:,} MB",
                    [sys.executable, "-c", _COPY, str(source), str(target)],
                    folder=Path(__file__).resolve().parents[3],
                )
                each.seconds, each.round = time.monotonic() - began, number
                each.file = size_of(target)
                found.append(each)
                print(f"  {each.name}: {each.cpu:.2f} s CPU, {each.seconds:.2f} s", flush=True)
                target.unlink()
            source.unlink()
    yield line("copy", "10 MB to 5 GB", found)
