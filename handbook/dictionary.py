"""The data dictionary: a page per mart and one that lists them."""

from __future__ import annotations

from collections.abc import Iterable

from handbook.project import Column, Mart

FOLDER = "dictionary"
KINDS = (
    ("Dimensions", "what there is", ("dim_",)),
    ("Facts", "what happened, by day", ("fct_",)),
    ("Performance", "lifetime numbers and rates", ("_performance", "_funnel")),
    ("Judgement", "who wins", ("variant_verdicts", "variant_arms")),
    ("Tags", "what a filter joins", ("_tags",)),
    ("Truth", "how far to trust it", ("",)),
)
"""Headings of the list, each with the names that begin or end so; the first that fits takes it."""


def pages(marts: Iterable[Mart]) -> dict[str, str]:
    """Markdown by its place in the site."""
    marts = tuple(marts)
    single = {f"{FOLDER}/{mart.name}.md": _page(mart) for mart in marts}
    return {f"{FOLDER}/index.md": _index(marts), **single}


def _index(marts: tuple[Mart, ...]) -> str:
    left, parts = list(marts), []
    for heading, what, marks in KINDS:
        chosen = [m for m in left if any(_fits(m.name, mark) for mark in marks)]
        left = [mart for mart in left if mart not in chosen]
        rows = [
            f"| [{m.name}]({m.name}.md) | {', '.join(f'`{k}`' for k in m.key)} "
            f"| {_first_sentence(m.description)} |"
            for m in chosen
        ]
        table = ["| mart | one row per | |", "| --- | --- | --- |", *rows]
        parts.append(f"## {heading}: {what}\n\n" + "\n".join(table))
    return (
        "# Data dictionary\n\n"
        "All marts stand in the schema `instantly` of the warehouse file. Columns, types and what "
        "is tested are read out of the project by dbt; [the metric contract](../metrics.md) says "
        "what the numbers mean, the [diagram](../diagram.md) what belongs to what.\n\n"
        + "\n\n".join(parts)
        + "\n"
    )


def _fits(name: str, mark: str) -> bool:
    return name.startswith(mark) or name.endswith(mark)


def _page(mart: Mart) -> str:
    facts = [f"- {check[0].upper()}{check[1:]}" for check in mart.checks]
    belongs = [
        f"- [{r.to}]({r.to}.md) by {', '.join(f'`{name}`' for name in r.key)}"
        + ("" if r.is_tested else " (may have none)")
        for r in mart.references
    ]
    rows = [_row(column, mart) for column in mart.columns]
    lineage = f"../dbt.html#!/model/{mart.unique_id}"
    parts = [
        f"# {mart.name}\n\n{mart.description}",
        f"`from instantly.{mart.name}` · [lineage and SQL]({lineage})",
        "## Held by tests\n\n" + "\n".join(facts) if facts else "",
        "## Belongs to\n\n" + "\n".join(belongs) if belongs else "",
        "## Read by\n\n" + "\n".join(f"- {r}" for r in mart.readers) if mart.readers else "",
        "## Columns\n\n| column | type | |\n| --- | --- | --- |\n" + "\n".join(rows),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(column: Column, mart: Mart) -> str:
    key = " **key**" if column.name in (*mart.key, *mart.optional_key) else ""
    held = "".join(f" Tested: {check}." for check in column.checks)
    said = f"{column.description.rstrip('.')}.{held}".replace("|", "\\|")
    return f"| `{column.name}`{key} | {column.type} | {said} |"


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".").replace("|", "\\|")
