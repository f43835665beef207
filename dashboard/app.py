"""One run of a page: look at the file, read the address, show the page.

    sys.argv[1] ──> Warehouse ──> filters ──> navigation ──> screens.<page>.show(view)

Streamlit runs this file again for every click. No file yet, raw tables without marts and a file
that cannot be read are states of a warehouse and so pages of their own. While a page is open, the
file is looked at every few seconds, which costs one `stat`; when a run has replaced it, the page is
made again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import filters, queries
from dashboard.links import PAGES
from dashboard.screens import ab, accounts, campaigns, copies, overview, people, trust
from dashboard.style import STYLE
from dashboard.view import View
from dashboard.warehouse import (
    Identity,
    MissingMart,
    NothingBuilt,
    Replaced,
    Warehouse,
    identity_of,
)
from dashboard.words import moment, name, plain
from pipelines.errors import WarehouseError

LOOK_EVERY_SECONDS = 3
SHOWS = {
    "": overview.show,
    "campaigns": campaigns.show,
    "ab": ab.show,
    "copy": copies.show,
    "accounts": accounts.show,
    "people": people.show,
    "trust": trust.show,
}


def main(path: Path) -> None:
    """Shows the page that the address names."""
    st.set_page_config("instantly-warehouse", page_icon="✉️", layout="wide")
    st.html(STYLE)
    found = identity_of(path)
    _watch(path, found)
    try:
        if found is None:
            _nothing(path)
        else:
            _page(Warehouse(path, found))
    except Replaced:
        st.rerun()
    except NothingBuilt:
        _navigate(_state("The marts are not built yet", "Run `instantly-warehouse transform`."))
    except MissingMart as missing:
        text = f"Run `instantly-warehouse transform`: {plain(str(missing))}."
        _navigate(_state("This warehouse was built by another version", text))
    except WarehouseError as error:
        _navigate(_state("The warehouse cannot be read", plain(str(error))))


def _page(warehouse: Warehouse) -> None:
    info = queries.info(warehouse)
    as_of = None if info.empty or pd.isna(info["as_of"].iloc[0]) else info["as_of"].iloc[0]
    choices = queries.choices(warehouse)
    with st.sidebar:
        chosen = filters.choose(choices)
        run = "no run yet" if info.empty else f"run {name(info['run_id'].iloc[0])}"
        st.caption(plain(f"As of {moment(as_of)}, {run}"))
    view = View(warehouse, chosen, choices, as_of)
    _navigate(lambda page: SHOWS[page](view))


def _navigate(show: Callable[[str], None]) -> None:
    """The menu, and the page that is open; every state of the file has the same menu."""
    pages = [
        st.Page(partial(show, page), title=title, url_path=page, default=not page)
        for page, title in PAGES.items()
    ]
    st.navigation(pages, expanded=True).run()


def _nothing(path: Path) -> None:
    text = f"There is no file at {plain(str(path))}. `instantly-warehouse run` makes it; "
    _navigate(_state("No warehouse here yet", f"{text} this page waits for it."))


def _state(title: str, text: str) -> Callable[[str], None]:
    """A page about the state of the file, the same at every address."""

    def show(_page: str) -> None:
        st.title(title)
        st.info(text)

    return show


def _watch(path: Path, shown: Identity | None) -> None:
    """Makes the page again once another file lies at the path."""

    @st.fragment(run_every=LOOK_EVERY_SECONDS)
    def look() -> None:
        if identity_of(path) != shown:
            st.rerun(scope="app")

    look()


main(Path(sys.argv[1]))
