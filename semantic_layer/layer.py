"""The metrics of one warehouse file: reads the definitions, has MetricFlow write SQL, runs it.

dbt and MetricFlow want to write beside the project that they read, so both get a copy of it that is
gone with the block. They also keep the file open, read-only, for as long as the process lives.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
    from metricflow.engine.models import Dimension

PROJECT = Path(__file__).parent
SILENCE = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "DBT_QUIET": "true",
    "DBT_USE_COLORS": "false",
}

TODAY = "asked_on"
"""The time that lifetime counts are given (models/lifetime.yml)."""
TIME, HAPPENED = "metric_time", "happened_on"
"""The time that MetricFlow asks every metric by, and how the days of events are called."""
EVENTS = ("mails", "replies_per_mail", "opens_per_mail")


class LayerError(Exception):
    """A question that cannot be answered; `str()` is one line for people."""


@dataclass(frozen=True, slots=True)
class Question:
    """Metrics by dimensions, in MetricFlow's names (`campaign__campaign_name`).

    `where` are conditions in its templates, `order` names of metrics or dimensions, `-` in front
    for the greatest first.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and what it can be had by. People are counted by lifetime, events by day."""

    name: str
    label: str
    dimensions: tuple[str, ...]

    @property
    def is_lifetime(self) -> bool:
        """True where no dimension is a day on which something happened."""
        return not any(name.endswith(HAPPENED) for name in self.dimensions)


@dataclass(frozen=True, slots=True)
class Layer:
    """The metrics of one file; see `opened`."""

    _configuration: CLIConfiguration

    def ask(self, question: Question) -> pd.DataFrame:
        """One row per combination of the dimensions, which come first, then the metrics.

        LayerError for a name that does not exist or metrics that cannot be had by a dimension.
        """
        self._refuse_days_of_lifetimes(question)
        with _said_in_one_line():
            table = self._configuration.mf.query(_request(question)).result_df
        if table is None:
            return pd.DataFrame()
        found = pd.DataFrame(list(table.rows), columns=list(table.column_names))
        return found.convert_dtypes()  # a count is whole, and what is unknown is null

    def sql(self, question: Question) -> str:
        """The SQL that would be run; LayerError as for `ask`."""
        self._refuse_days_of_lifetimes(question)
        with _said_in_one_line():
            return self._configuration.mf.explain(_request(question)).sql_statement.sql

    def metrics(self) -> tuple[Metric, ...]:
        """What can be asked for, by name."""
        found = [
            Metric(
                metric.name,
                metric.label or metric.name,
                _dimensions(metric.dimensions),
            )
            for metric in self._configuration.mf.list_metrics()
        ]
        return tuple(sorted(found, key=lambda metric: metric.name))

    def _refuse_days_of_lifetimes(self, question: Question) -> None:
        """MetricFlow gives every count a time; that of a lifetime is today and answers nothing."""
        days = [name for name in question.by if TODAY in name or name.startswith(TIME)]
        lifetimes = {metric.name for metric in self.metrics() if metric.is_lifetime}
        if days and (wrong := lifetimes.intersection(question.metrics)):
            what = f"{', '.join(sorted(wrong))}: lifetime numbers of people, which no day has"
            raise LayerError(
                f"{what}; take {', '.join(EVENTS)} by {days[0]}, or leave the days out"
            )


@contextlib.contextmanager
def opened(warehouse: Path) -> Generator[Layer]:
    """The layer over a file that is there; LayerError when there is none, or no `mf`."""
    if not warehouse.is_file():
        raise LayerError(f"{warehouse}: there is no warehouse here yet; run the loader first")
    with tempfile.TemporaryDirectory(prefix="metrics-") as folder:
        project = Path(folder) / "project"
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        os.environ.update(SILENCE, DBT_WAREHOUSE_FILE=str(warehouse.resolve()))
        yield Layer(_configured(project))


def _configured(project: Path) -> CLIConfiguration:
    """Parses the definitions and gives them to MetricFlow."""
    try:
        from dbt.cli.main import dbtRunner
        from dbt_metricflow.cli.cli_configuration import CLIConfiguration
    except ModuleNotFoundError:
        todo = "install it with `make metrics`"
        raise LayerError(f"MetricFlow is not installed; {todo}") from None
    place = ["--project-dir", str(project), "--profiles-dir", str(project)]
    outcome = dbtRunner().invoke(["parse", *place])
    if not outcome.success:
        raise LayerError(f"the definitions cannot be read: {_first_words(str(outcome.exception))}")
    configuration = CLIConfiguration()
    configuration.setup(project, project, configure_file_logging=False)
    return configuration


def _request(question: Question) -> MetricFlowQueryRequest:
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    return MetricFlowQueryRequest.create(
        metric_names=question.metrics,
        group_by_names=question.by or None,
        where_constraints=question.where or None,
        order_by_names=question.order or None,
        limit=question.limit,
    )


def _dimensions(found: Sequence[Dimension]) -> tuple[str, ...]:
    """Their names; the time of a lifetime is that of the question, so it is none to ask by."""
    names = {dimension.dunder_name for dimension in found if dimension.name != TODAY}
    has_days = any(name.endswith(HAPPENED) for name in names)
    return tuple(sorted(name for name in names if has_days or not name.startswith(TIME)))


@contextlib.contextmanager
def _said_in_one_line() -> Generator[None]:
    """What MetricFlow says of a wrong name fills a screen, what dbt says of a missing mart, too."""
    from dbt_common.exceptions import DbtBaseException
    from metricflow_semantics.errors.error_classes import InvalidQueryException

    try:
        yield
    except (InvalidQueryException, DbtBaseException) as error:
        raise LayerError(_first_words(str(error))) from None


def _first_words(text: str) -> str:
    """The first sentence of a report that is written for a screen."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:6])[:300]
