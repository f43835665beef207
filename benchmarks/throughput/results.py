"""Results: a line of JSON for each scenario that was measured, never changed, only added to.

    benchmarks/results/throughput.jsonl    {"scenario": "first-load", "runs": […], …}

Every run is kept as it was, so the page draws medians, ratios and their spread from here, and can
say what was better or worse the last time.
"""

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.throughput import environments
from benchmarks.throughput.measured import Run

FILE = Path(__file__).resolve().parents[1] / "results" / "throughput.jsonl"
_PACKAGES = ("dlt", "duckdb", "pyarrow", "msgspec", "requests", "dbt-core", "dbt-duckdb")
_CODE = {".py", ".sql", ".yml", ".json"}


@dataclass(frozen=True, slots=True)
class Spread:
    """Some measurements of the same thing."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.values)

    def shown(self, digits: int = 2) -> str:
        """The median, and in brackets the least and the greatest."""
        if not self.values:
            return "–"
        middle = f"{self.median:,.{digits}f}"
        if len(self.values) == 1:
            return middle
        return f"{middle} ({min(self.values):,.{digits}f}–{max(self.values):,.{digits}f})"


@dataclass(frozen=True, slots=True)
class Line:
    """One scenario of one size, measured once.

    Attributes:
        scenario: which.
        size: of what, in words for a reader.
        runs: every run, as `Run.shown` has it.
        facts: numbers about the world that was loaded.
        date, machine, versions: when, where, with what.
    """

    scenario: str
    size: str
    runs: Sequence[dict[str, Any]]
    facts: dict[str, float] = field(default_factory=dict)
    date: str = ""
    machine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Whose runs these are, in order."""
        return list(dict.fromkeys(run["name"] for run in self.runs))

    def of(self, name: str, value: str = "cpu") -> Spread:
        """A value of all runs of a contestant."""
        return Spread([_value(run, value) for run in self.runs if run["name"] == name])

    def ratio(self, name: str, to: str, value: str = "cpu") -> Spread:
        """A value over that of another contestant in the same round; wrong rows are no result."""
        right = [run for run in self.runs if run.get("is_right", True)]
        others = {run["round"]: _value(run, value) for run in right if run["name"] == to}
        pairs = [run for run in right if run["name"] == name and run["round"] in others]
        return Spread([_value(run, value) / others[run["round"]] for run in pairs])

    def verdict(self, name: str) -> str:
        """Whether the rows of a contestant were those of the server in every run."""
        own = [run for run in self.runs if run["name"] == name]
        if any(run["code"] for run in own):
            return "**no result**"
        return "right" if all(run.get("is_right", True) for run in own) else "**wrong**"


def line(
    scenario: str, size: str, runs: Iterable[Run], facts: dict[str, float] | None = None
) -> Line:
    """What was measured here and now."""
    return Line(
        scenario=scenario,
        size=size,
        runs=[run.shown() for run in runs],
        facts=facts or {},
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        machine={
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "python": platform.python_version(),
        },
        versions={
            "product": fingerprint(),
            **{name: version(name) for name in _PACKAGES},
            **environments.versions(),
        },
    )


@cache
def fingerprint() -> str:
    """Eight letters that stand for the code that was measured: equal code, equal letters."""
    spec = find_spec("pipelines")
    assert spec is not None, "it is what was measured"
    assert spec.origin is not None, "it is what was measured"
    root, text = Path(spec.origin).parents[1], blake2b(digest_size=4)
    for folder in ("pipelines", "sources", "transforms", "dbt_project"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in _CODE:
                text.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return text.hexdigest()


def keep(measured: Line) -> None:
    """Adds a line."""
    FILE.parent.mkdir(exist_ok=True)
    fields = {name: getattr(measured, name) for name in Line.__slots__}
    with FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(fields, ensure_ascii=False, default=float) + "\n")


def kept() -> list[Line]:
    """All lines, oldest first."""
    if not FILE.exists():
        return []
    return [Line(**json.loads(text)) for text in FILE.read_text(encoding="utf-8").splitlines()]


def interleaved(rounds: int, runs: Sequence[Callable[[], Run]]) -> list[Run]:
    """A B C A B C …: what is compared meets the same load."""
    found = []
    for number in range(rounds):
        for go in runs:
            run = go()
            run.round = number
            found.append(run)
            wrong = ", NO RESULT" if run.code else ", WRONG ROWS"
            right = {None: "", True: ", right", False: wrong}[run.is_right]
            print(
                f"  {number + 1}/{rounds} {run.name:<22} {run.cpu:7.2f} s CPU {run.seconds:7.1f} s "
                f"{run.memory:6.0f} MB {run.file:7.1f} MB file {run.requests:6} requests{right}",
                flush=True,
            )
    return found


def _value(run: dict[str, Any], value: str) -> float:
    return run[value] if value in run else run["more"][value]
