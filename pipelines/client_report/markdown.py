"""The report as Markdown, for a wiki or a chat: the same sections, without the pictures."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.client_report.document import Document, Section, Table
from pipelines.foreign_text import markdown, markdown_table


def as_markdown(document: Document) -> str:
    """Headings, lists and tables that every reader of Markdown knows."""
    return "\n".join(_lines(document)).strip()


def _lines(document: Document) -> Iterator[str]:
    yield f"# {markdown(document.client)}, {document.period}"
    if document.brand.name:
        yield from ("", markdown(document.brand.name))
    yield from ("", markdown(document.summary))
    for section in document.sections:
        yield from _section(section)
    yield from ("", "## What the numbers mean", "")
    for definition in document.definitions:
        yield f"- **{markdown(definition.title)}** (`{definition.name}`): {definition.means}"


def _section(section: Section) -> Iterator[str]:
    yield from ("", f"## {section.title}")
    if section.lead:
        yield from ("", markdown(section.lead))
    for listing in section.listings:
        if listing.title:
            yield from ("", f"### {listing.title}")
        yield ""
        yield from (f"- {markdown(line)}" for line in listing.lines)
    for table in section.tables:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from ("", f"### {table.caption}")
    yield ""
    yield from markdown_table(table.heads, table.rows)
