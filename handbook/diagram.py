"""The marts and what belongs to what, as a drawing: keys only, as D2 writes it.

A line is a `has_parent` test; a dashed one follows from the keys and is not tested, because a row
may be there without (a campaign that is known from a report before it is listed, for instance).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from handbook.project import Mart

LAYOUT = "vars: {d2-config: {layout-engine: elk; theme-id: 0; pad: 20}}\ndirection: right"


def source(marts: Iterable[Mart]) -> str:
    """The diagram in D2's language."""
    marts = tuple(marts)
    tables = [_table(mart) for mart in marts]
    lines = [
        f"{mart.name} -> {reference.to}"
        + ("" if reference.is_tested else " {style.stroke-dash: 4}")
        for mart in marts
        for reference in mart.references
    ]
    return "\n".join([LAYOUT, *tables, *lines]) + "\n"


def _table(mart: Mart) -> str:
    types = {column.name: column.type for column in mart.columns}
    key = (*mart.key, *mart.optional_key)
    rows = [f"  {name}: {types[name]} {{constraint: primary_key}}" for name in key]
    more = len(mart.columns) - len(key)
    link = f'  link: "dictionary/{mart.name}.html"'
    rest = [f'  "…": "{more} more"'] if more else []
    return "\n".join([f"{mart.name}: {{", "  shape: sql_table", link, *rows, *rest, "}"])


def draw(marts: Iterable[Mart], program: Path, picture: Path) -> None:
    """Writes the drawing as SVG, fonts inside."""
    text = picture.with_suffix(".d2")
    text.write_text(source(marts), "utf-8")
    subprocess.run([str(program), str(text), str(picture)], check=True, capture_output=True)
    text.unlink()
