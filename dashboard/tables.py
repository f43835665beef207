"""Rows as an HTML table: numbers to the right, names as links, every cell escaped.

Streamlit's own table is a canvas: it cannot be read aloud, cannot be searched with the browser,
and shows four columns on a phone. A plain table can, and scrolls sideways in its own box, which the
keyboard reaches. On a phone every row becomes a small card, which costs it its roles unless they
are written out. What comes in as `Cell` was escaped when it was made; all else is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard.words import UNKNOWN, escaped, plural

MOST_ROWS = 300

UNSEEN = '<span class="unseen">level</span>'
"""The head of badges, for those who hear the table; the badges need none for those who see it."""

Look = Literal["", "dense", "aligned"]
"""`dense`: notes below their numbers, for many columns. `aligned`: state, name and number as wide
in every table of the page, where several stand below each other."""


@dataclass(frozen=True, slots=True)
class Cell:
    """HTML that is safe as it is; built by the functions below only."""

    html: str


@dataclass(frozen=True, slots=True)
class Column:
    """A head, what its cells mean (shown on hover), and how they are set."""

    head: str
    means: str = ""
    kind: Literal["number", "words", "short"] = "number"


def words(head: str, means: str = "") -> Column:
    """A column of text, which breaks where it must."""
    return Column(head, means, "words")


def short(head: str, means: str = "") -> Column:
    """A column of days, states and the like, which stay on one line."""
    return Column(head, means, "short")


def linked(text: str, address: str) -> Cell:
    """A name that leads to a page."""
    return Cell(f'<a href="{escaped(address)}"><bdi>{escaped(text)}</bdi></a>')


def with_note(text: str, note: str) -> Cell:
    """A number, and beside it, smaller, what to know with it; of two unknowns one is enough."""
    if note in ("", UNKNOWN):
        return Cell(escaped(text))
    return Cell(f'{escaped(text)} <span class="note">{escaped(note)}</span>')


def badge(level: str, text: str) -> Cell:
    """A word in its colour, with a sign, so that the colour says nothing alone."""
    return Cell(f'<span class="badge {escaped(level)}">{escaped(text)}</span>')


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]], label: str, look: Look = ""
) -> str:
    """The rows as HTML, under a label for those who cannot see them."""
    head = "".join(
        f'<th role="columnheader" scope="col" class="{c.kind}" title="{escaped(c.means)}">'
        f"{escaped(c.head) or UNSEEN}</th>"
        for c in columns
    )
    body = "".join(
        '<tr role="row">'
        + "".join(
            f'<td role="cell" class="{column.kind}" data-head="{escaped(column.head)}">'
            f"{_html(value)}</td>"
            for column, value in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide {look}" role="region" tabindex="0" aria-label="{escaped(label)}">'
        f'<table role="table"><thead><tr role="row">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def show(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | Cell]],
    label: str,
    *,
    at_first: int = MOST_ROWS,
    look: Look = "",
) -> None:
    """Shows the first rows, folds the next ones away, and says how many more there are."""
    if rows[:at_first]:
        st.html(table(columns, rows[:at_first], label, look))
    if folded := rows[at_first:MOST_ROWS]:
        with st.expander(f"{plural(len(folded), 'row')}{' more' if at_first else ''}"):
            st.html(table(columns, folded, f"{label}, more", look))
    if len(rows) > MOST_ROWS:
        st.caption(f"{plural(len(rows) - MOST_ROWS, 'row')} more: choose fewer with the filters.")


def _html(value: str | Cell) -> str:
    return value.html if isinstance(value, Cell) else f"<bdi>{escaped(value)}</bdi>"
