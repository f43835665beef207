"""Text of other people where it would mean something: Markdown, CSV, a subject that is not there.

Names and subjects are never trusted to be only text: a subject may be a table cell, a link, or what
a spreadsheet runs as a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.figures import UNKNOWN
from pipelines.text import one_line

MARKDOWN = frozenset("\\`*_[]|~#")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def subject(text: str | None, step: int) -> str:
    """A subject on one line; an empty one continues the thread of the step before (`step` from 0).

    None at all is unknown.
    """
    if text is None:
        return UNKNOWN
    return one_line(text) or ("(same thread)" if step > 0 else "(no subject)")


def markdown(text: str) -> str:
    """A text that stays one cell and starts no markup, link or HTML."""
    return "".join(f"\\{c}" if c in MARKDOWN else c for c in text).replace("<", "&lt;")


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; heads are ours, cells are escaped."""
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(markdown(cell) for cell in row) for row in rows]
    return [f"| {line} |" for line in lines]


def sheet_cell(value: object) -> object:
    """A value as a spreadsheet must take it: a text on one line, and as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
