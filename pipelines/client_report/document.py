"""What every format of the report says: headings, tables and sentences, in order, as plain text.

    ClientMonth ── content.py ──> Document ──> html.py, pdf.py, markdown.py

All numbers are words here already, so that no format rounds in its own way. Texts of other people
are on one line and without addresses; each format escapes them as it must.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pipelines.client_report.brand import Brand


def glued(text: str) -> str:
    """The text with every percent sign held to its number, where lines are broken."""
    return text.replace(" %", "\u00a0%")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; the first `words` columns are text and set left, the rest are numbers.

    `totals` says that the first row is the sum of the others.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    totals: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the month, large: what it is, and how it was before."""

    title: str
    value: str
    previous: str
    change: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, and what they say for those who do not see them."""

    title: str
    says: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Listing:
    """Sentences under a small heading; the heading may be empty."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what to know about it, sentences, then tables. `folded`: read on demand."""

    title: str
    lead: str = ""
    listings: tuple[Listing, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """What a number means; `name` is its column. Words between backticks are columns."""

    title: str
    name: str
    means: str


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report."""

    client: str
    period: str
    as_of: str
    summary: str
    brand: Brand
    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]
    sections: tuple[Section, ...]
    definitions: tuple[Definition, ...]
