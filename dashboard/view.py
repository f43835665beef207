"""What a page is given: the file, what is chosen, and how to show a part of itself.

View(warehouse, filters, choices, …) ──> dashboard.screens.<page>.show(view)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.filters import Choices, Filters, in_words
from dashboard.links import link
from dashboard.warehouse import MissingMart, Warehouse
from dashboard.words import escaped, plain
from pipelines.errors import WarehouseError

BUILD = "`instantly-warehouse transform` builds what this version shows."


@dataclass(frozen=True, slots=True)
class View:
    """One page at one moment. `as_of` is the source's clock at the newest run, UTC."""

    warehouse: Warehouse
    filters: Filters
    choices: Choices
    as_of: dt.datetime | None

    @property
    def today(self) -> dt.date | None:
        """The day of the newest run, by the source's clock."""
        return self.as_of.date() if self.as_of else None

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """The chosen days; None is all."""
        return self.filters.days(self.choices.newest)

    def to(self, page: str, row: Mapping[str, Any], **more: object) -> str:
        """The address of a page about the campaign of a row."""
        of_it = Filters(row["workspace_id"], row["campaign_id"], period=self.filters.period)
        return link(page, **of_it.address(), **more)

    def to_workspace(self, page: str, workspace_id: str) -> str:
        """The address of a page about a workspace."""
        return link(page, **replace(self.filters, workspace=workspace_id, campaign=None).address())

    def header(self, title: str, answers: str) -> None:
        """The title, what the page answers, and what is chosen.

        Names are shown as HTML wherever they stand: in Markdown an address within a name becomes
        a link, however it is escaped.
        """
        st.title(title)
        shown = escaped(in_words(self.filters, self.choices))
        st.html(f'<p class="small">{escaped(answers)} <b>Shown: {shown}.</b></p>')


@contextmanager
def part(title: str = "") -> Generator[None]:
    """A part of a page; where its mart is missing or spoilt, it says so and the rest goes on."""
    if title:
        st.header(title)
    try:
        yield
    except MissingMart as missing:
        st.info(f"Not in this warehouse ({plain(str(missing))}). {BUILD}")
    except WarehouseError as error:
        st.error(plain(str(error)))
