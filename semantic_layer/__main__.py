"""`python -m semantic_layer`: metrics by dimensions as a table, as CSV, or as SQL."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pandas as pd

from semantic_layer.layer import Layer, LayerError, Metric, Question, opened

WRONG_ARGUMENTS = 2


def _listed(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


@click.command(help="Metrics by dimensions. Without --metrics: which there are.")
@click.argument("warehouse", type=click.Path(path_type=Path))
@click.option("--metrics", callback=_listed, help="Names, separated by commas.")
@click.option("--by", callback=_listed, help="Dimensions, separated by commas.")
@click.option("--where", multiple=True, help="A condition; may be given several times.")
@click.option("--order", callback=_listed, help="Names; a - in front: the greatest first.")
@click.option("--limit", type=click.IntRange(min=1))
@click.option("--format", "form", type=click.Choice(["table", "csv", "sql"]), default="table")
def main(
    warehouse: Path,
    metrics: tuple[str, ...],
    by: tuple[str, ...],
    where: tuple[str, ...],
    order: tuple[str, ...],
    limit: int | None,
    form: str,
) -> None:
    """Answer one question; exit 2 for names that do not fit and for a file that is missing."""
    question = Question(metrics, by, where, order, limit)
    try:
        with opened(warehouse) as layer:
            click.echo(_answer(layer, question, form), nl=form != "csv")
    except LayerError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(WRONG_ARGUMENTS)


def _answer(layer: Layer, question: Question, form: str) -> str:
    if not question.metrics:
        return "\n".join(_in_words(metric) for metric in layer.metrics())
    if form == "sql":
        return layer.sql(question)
    found = layer.ask(question)
    if form == "csv":
        return found.to_csv(index=False)
    with pd.option_context("display.max_colwidth", None, "display.width", None):
        return found.to_string(index=False, na_rep="–")


def _in_words(metric: Metric) -> str:
    return f"{metric.name}: {metric.label}\n    by {', '.join(metric.dimensions)}"


if __name__ == "__main__":
    main()
