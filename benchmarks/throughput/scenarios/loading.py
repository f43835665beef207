"""Copying leads: for the first time, all of them again, and beside the tools that exist."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.throughput.contestants import (
    COMPETITORS,
    FLOOR,
    PRODUCT,
    REST_API_AS_INSTALLED,
    Contestant,
)
from benchmarks.throughput.measured import CommandFailed, Run
from benchmarks.throughput.results import Line, interleaved, line
from benchmarks.throughput.serving import Api, serving

CHANGED = 0.01
_RUNS = 10


def first_load(leads: int, rounds: int) -> Iterator[Line]:
    """An empty folder, and all leads."""
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        runs = interleaved(
            rounds, [lambda each=each: _anew(each, api, folder) for each in (FLOOR, PRODUCT)]
        )
        yield line("first-load", sized(leads), runs, {"leads": leads})


def again(leads: int, rounds: int) -> Iterator[Line]:
    """All leads are read again, one in a hundred says something new."""
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for each in (FLOOR, PRODUCT):
            each.run(api, _own(folder, each) / "base.duckdb")
        changed = api.change(leads=CHANGED)["leads"]
        runs = interleaved(
            rounds,
            [
                lambda: _on_a_copy(FLOOR, api, folder),
                lambda: _on_a_copy(PRODUCT, api, folder, "--full-refresh"),
            ],
        )
        yield line("again", sized(leads), runs, {"leads": leads, "changed": changed})


def competitors(leads: int, rounds: int) -> Iterator[Line]:
    """Everybody, once each."""
    yield _beside("competitors", leads, rounds, COMPETITORS)


def as_installed(leads: int, rounds: int) -> Iterator[Line]:
    """dlt's rest_api as one gets it: its cost is not worth more leads."""
    yield _beside("as-installed", leads, rounds, [REST_API_AS_INSTALLED])


def file_size(leads: int, rounds: int) -> Iterator[Line]:
    """The file after a first load, and after ten runs that each find one lead in a hundred new."""
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        runs = interleaved(
            rounds, [lambda each=each: _anew(each, api, folder) for each in (FLOOR, PRODUCT)]
        )
        for number in range(_RUNS):
            api.change(leads=CHANGED)
            run = PRODUCT.run(api, _own(folder, PRODUCT) / "leads.duckdb")
            run.name, run.round = "product, again", number
            runs.append(run)
        yield line("file-size", sized(leads), runs, {"leads": leads})


def _beside(scenario: str, leads: int, rounds: int, others: Sequence[Contestant]) -> Line:
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        everybody = (FLOOR, PRODUCT, *others)
        runs = interleaved(
            rounds, [lambda each=each: _anew(each, api, folder) for each in everybody]
        )
        return line(scenario, sized(leads), runs, {"leads": leads})


def _anew(contestant: Contestant, api: Api, folder: Path) -> Run:
    """In a folder that holds nothing else."""
    own = _own(folder, contestant)
    shutil.rmtree(own)
    try:
        return contestant.run(api, _own(folder, contestant) / "leads.duckdb")
    except CommandFailed as failure:
        if contestant in (FLOOR, PRODUCT):
            raise
        print(f"  {failure}", flush=True)  # somebody else's tool: no result, and said so
        return Run(contestant.name, cpu=0.0, seconds=0.0, memory=0.0, code=1, is_right=False)


def _on_a_copy(contestant: Contestant, api: Api, folder: Path, *more: str) -> Run:
    base = _own(folder, contestant) / "base.duckdb"
    file = base.with_name("again") / base.name
    shutil.rmtree(file.parent, ignore_errors=True)
    file.parent.mkdir()
    shutil.copyfile(base, file)
    return contestant.run(api, file, *more)


def _own(folder: Path, contestant: Contestant) -> Path:
    own = folder / "".join(filter(str.isalpha, contestant.name))
    own.mkdir(exist_ok=True)
    return own


def sized(leads: int) -> str:
    """So many leads, for a reader."""
    if leads % 1_000_000 == 0 and leads:
        return f"{leads // 1_000_000}M leads"
    return f"{leads // 1000}k leads"
