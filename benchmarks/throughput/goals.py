"""What was set out to be reached, as bounds on numbers of the newest results.

A goal is met when its number is on the right side of its bound; each number says how many rounds
it is the median of, because one round proves little.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.throughput.results import Line, Spread

Newest = Mapping[tuple[str, str], Line]
"""The newest line of every scenario and size."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One bound.

    Attributes:
        number: of the goal it belongs to.
        said: what is measured.
        bound: the most it may be, or the least where `at_least`.
        value: takes it from the results; a KeyError when it was not measured.
        at_least: which side of the bound is the right one.
        shown: how the bound and the number are written.
    """

    number: int
    said: str
    bound: float
    value: Callable[[Newest], Spread]
    at_least: bool = False
    shown: str = "{:.2f}"

    def found(self, newest: Newest) -> Spread | None:
        """The number; None when it was not measured."""
        try:
            spread = self.value(newest)
        except KeyError:
            return None
        return spread if spread.values else None

    def is_met(self, spread: Spread) -> bool:
        """Whether the median is on the right side."""
        return spread.median >= self.bound if self.at_least else spread.median <= self.bound


def _over_floor(scenario: str, size: str) -> Callable[[Newest], Spread]:
    return lambda newest: newest[scenario, size].ratio("product", "floor")


def _under(scenario: str, size: str, other: str) -> Callable[[Newest], Spread]:
    return lambda newest: newest[scenario, size].ratio(other, "product")


def _of(scenario: str, size: str, name: str, figure: str) -> Callable[[Newest], Spread]:
    return lambda newest: newest[scenario, size].of(name, figure)


def _rate(newest: Newest) -> Spread:
    """Requests a second from first to last, as a share of the limit."""
    line = newest["ceiling", "300k leads"]
    return Spread(
        [(run["pages"] - 1) / run["span"] / line.facts["rate"] * 100 for run in line.runs]
    )


def _refused(newest: Newest) -> Spread:
    line = newest["ceiling", "300k leads"]
    return Spread([run["refused"] / run["requests"] * 100 for run in line.runs])


def _whole(newest: Newest) -> Spread:
    """Leads a second of the whole process, as a share of a full page a request."""
    line = newest["ceiling", "300k leads"]
    most = 100 * line.facts["rate"]
    return Spread([run["rows"] / run["seconds"] / most * 100 for run in line.runs])


def _changed(newest: Newest) -> Spread:
    """Requests for leads beyond one for a hundred changed leads; the worst of all sizes."""
    lines = [line for (scenario, _), line in newest.items() if scenario == "changes"]
    if not lines:
        raise KeyError("changes")
    again = [run for line in lines for run in line.runs if run["name"] == "next run"]
    return Spread([max(run["pages"] - -(-run["more"]["changed"] // 100) for run in again)])


def _first_days(newest: Newest) -> Spread:
    line = newest["days", "200 campaigns × 90 days"]
    runs = [run["more"] for run in line.runs if run["name"] == "first run"]
    return Spread([run["reports"] / run["wanted"] for run in runs])


def _steps_alone(newest: Newest) -> Spread:
    """As `_first_days`, without the requests that fill the table of campaign days as well."""
    line = newest["days", "200 campaigns × 90 days"]
    runs = [run["more"] for run in line.runs if run["name"] == "first run"]
    return Spread([run["steps"] / run["wanted"] for run in runs])


def _later_days(newest: Newest) -> Spread:
    """Requests beyond 1.05 of those that moved and one for each of 90 days."""
    line = newest["days", "200 campaigns × 90 days"]
    runs = [run["more"] for run in line.runs if run["name"] == "next run"]
    return Spread([run["reports"] - 1.05 * run["wanted"] - 90 for run in runs])


def _memory_growth(newest: Newest) -> Spread:
    small, large = (newest["first-load", size] for size in ("100k leads", "1M leads"))
    return Spread([large.of("product", "memory").median / small.of("product", "memory").median])


def _cpu_growth(newest: Newest) -> Spread:
    small, large = (newest["first-load", size] for size in ("100k leads", "1M leads"))
    return Spread([large.of("product").median / small.of("product").median])


def _marginal(newest: Newest) -> Spread:
    """CPU of each further 100k leads, over that of the floor."""
    small, large = (newest["first-load", size] for size in ("100k leads", "1M leads"))
    more = [large.of(name).median - small.of(name).median for name in ("product", "floor")]
    return Spread([more[0] / more[1]])


def _file_in_the_end(newest: Newest) -> Spread:
    """After the last of ten runs, over the floor's after the first."""
    line = newest["file-size", "100k leads"]
    last = line.of("product, again", "file").values[-1]
    return Spread([last / line.of("floor", "file").median])


def _commands(size: str, name: str, to: str) -> Callable[[Newest], Spread]:
    return lambda newest: newest["nothing-new", size].ratio(name, to)


def _answer(name: str) -> Callable[[Newest], Spread]:
    def value(newest: Newest) -> Spread:
        lines = [line for (scenario, _), line in newest.items() if scenario == "answers"]
        if not lines:
            raise KeyError(name)
        return lines[-1].of(name, "cpu")

    return value


def _parallel(newest: Newest) -> Spread:
    line = newest["workspaces", "30k leads"]
    return line.ratio("3 at once", "1 at once", "leads a second")


_SECONDS, _PERCENT, _COUNT = "{:.2f} s", "{:.1f} %", "{:.0f}"

GOALS = (
    Goal(
        1,
        "first load of 100k leads, CPU over the floor",
        1.25,
        _over_floor("first-load", "100k leads"),
    ),
    Goal(1, "… of 300k", 1.10, _over_floor("first-load", "300k leads")),
    Goal(1, "… of 1M", 1.00, _over_floor("first-load", "1M leads")),
    Goal(2, "100k leads read again, CPU over the floor", 1.50, _over_floor("again", "100k leads")),
    Goal(2, "… 1M", 1.35, _over_floor("again", "1M leads")),
    Goal(
        3,
        "CPU of `rest_api` with parquet over ours, 100k leads",
        8,
        _under("competitors", "100k leads", "rest_api, parquet"),
        at_least=True,
        shown="{:.1f}",
    ),
    Goal(
        3,
        "… of `rest_api` as installed, 20k leads",
        20,
        _under("as-installed", "20k leads", "rest_api, as installed"),
        at_least=True,
        shown="{:.1f}",
    ),
    Goal(
        3,
        "… of Singer, 100k leads",
        9,
        _under("competitors", "100k leads", "Singer"),
        at_least=True,
        shown="{:.1f}",
    ),
    Goal(
        3,
        "… of PyAirbyte, 100k leads",
        9,
        _under("competitors", "100k leads", "PyAirbyte"),
        at_least=True,
        shown="{:.1f}",
    ),
    Goal(
        4,
        "rate from first to last request, of 100 a second",
        97,
        _rate,
        at_least=True,
        shown=_PERCENT,
    ),
    Goal(4, "answered with 429", 0.5, _refused, shown=_PERCENT),
    Goal(
        5,
        "leads a second of the whole process, of 10,000",
        85,
        _whole,
        at_least=True,
        shown=_PERCENT,
    ),
    Goal(
        6,
        "time with three leads in ten in one campaign, over an even spread",
        1.10,
        lambda newest: newest["skew", "100k leads"].ratio("three in ten in one", "even", "seconds"),
    ),
    Goal(
        7,
        "requests for changed leads beyond one for a hundred, at most",
        10,
        _changed,
        shown=_COUNT,
    ),
    Goal(
        8,
        "requests for reports in a first load, over campaign-days with mail",
        1.02,
        _first_days,
        shown="{:.3f}",
    ),
    Goal(
        8,
        "… of them those for steps; the others fill the campaigns' days, too",
        1.02,
        _steps_alone,
        shown="{:.3f}",
    ),
    Goal(
        8, "… later, beyond 1.05 of those that moved and one a day", 10, _later_days, shown=_COUNT
    ),
    Goal(9, "memory at 1M leads over that at 100k", 1.15, _memory_growth),
    Goal(
        9,
        "memory at 1M leads, MB",
        500,
        _of("first-load", "1M leads", "product", "memory"),
        shown=_COUNT,
    ),
    Goal(10, "CPU at 1M leads over that at 100k", 10, _cpu_growth, shown="{:.1f}"),
    Goal(10, "CPU of each further 100k leads over the floor's", 1.05, _marginal),
    Goal(
        11,
        "a run with nothing new, CPU over importing dlt, duckdb and pyarrow",
        2.0,
        _commands("20k leads", "run", "imports alone"),
    ),
    Goal(
        12,
        "file after a first load, over the floor's",
        1.1,
        lambda newest: newest["first-load", "100k leads"].ratio("product", "floor", "file"),
    ),
    Goal(12, "… after ten runs with 1 % changes", 1.3, _file_in_the_end),
    Goal(
        13,
        "marts built again, CPU over the same SQL on one connection",
        3.0,
        lambda newest: newest["transform", "100k leads"].ratio("transform", "the SQL alone"),
    ),
    Goal(14, "`--help`, CPU", 0.3, _answer("--help"), shown=_SECONDS),
    Goal(14, "`status` on a file of a gigabyte, CPU", 0.6, _answer("status"), shown=_SECONDS),
    Goal(15, "three workspaces at once, leads a second over one", 2.5, _parallel, at_least=True),
)
"""In the order in which the page shows them."""
