"""One run of a page: look at the file, read the address, show the page.

    sys.argv[1] ──> Warehouse ──> filters ──> navigation ──> screens.<page>.show(view)
                     └ what is wrong with the file ──> the same navigation ──> what to do

Streamlit runs this file again for every click. No file yet, raw tables without marts, somebody
else's file, one that is spoilt or locked: these are states of a warehouse and so pages of their
own, each with what to do. While a page is open, the file is looked at every few seconds, which
costs one `stat`; when a run has replaced it, or the last look failed, the page is made again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
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
    Foreign,
    Identity,
    MissingMart,
    NoFile,
    NothingBuilt,
    Replaced,
    Warehouse,
    identity_of,
)
from dashboard.words import moment, name, plain
from pipelines.errors import WarehouseError
from pipelines.warehouse_file import refuse_bad_place

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
STATES = (NoFile, NothingBuilt, Foreign, MissingMart, WarehouseError)


@dataclass
class Shown:
    """What the open page was made of; `is_failed` when another try may go better."""

    identity: Identity | None
    is_failed: bool = False


def main(path: Path) -> None:
    """Shows the page that the address names."""
    st.set_page_config("instantly-warehouse", page_icon="✉️", layout="wide")
    st.html(STYLE)
    shown = Shown(identity_of(path))
    _watch(path, shown)
    try:
        view = _view(path, shown.identity)
    except Replaced:
        st.rerun()
    except STATES as state:
        _navigate(partial(_state, state, shown))
    else:
        _navigate(lambda page: _page(page, view, shown))


def _view(path: Path, identity: Identity | None) -> View:
    """The file, and what is chosen of it in the menu's filters."""
    refuse_bad_place(path)
    if identity is None:
        raise NoFile(f"There is no file at {path}.")
    warehouse = Warehouse(path, identity)
    info = queries.info(warehouse)
    as_of = None if info.empty or pd.isna(info["as_of"].iloc[0]) else info["as_of"].iloc[0]
    choices = queries.choices(warehouse)
    with st.sidebar:
        chosen = filters.choose(choices)
        run = "no run yet" if info.empty else f"run {name(info['run_id'].iloc[0])}"
        st.caption(plain(f"As of {moment(as_of)}, {run}"))
    return View(warehouse, chosen, choices, as_of)


def _page(page: str, view: View, shown: Shown) -> None:
    """A page; what turns out to be wrong with the file only now stands below what is drawn."""
    try:
        SHOWS[page](view)
    except Replaced:
        st.rerun()
    except STATES as state:
        _state(state, shown)


def _navigate(show: Callable[[str], None]) -> None:
    """The menu, and the page that is open; every state of the file has the same menu."""
    pages = [
        st.Page(partial(show, page), title=title, url_path=page, default=not page)
        for page, title in PAGES.items()
    ]
    st.navigation(pages, expanded=True).run()


def _state(state: Exception, shown: Shown, _page: str = "") -> None:
    """A page about the state of the file, the same at every address."""
    shown.is_failed = isinstance(state, WarehouseError)
    said = plain(str(state))
    titles = {
        NoFile: "No warehouse here yet",
        NothingBuilt: "The marts are not built yet",
        Foreign: "This is somebody else's file",
        MissingMart: "This warehouse was built by another version",
    }
    texts = {
        NoFile: f"{said} `instantly-warehouse run` makes it; this page waits for it.",
        NothingBuilt: "Run `instantly-warehouse transform`: it builds them of what is loaded.",
        Foreign: "It is a DuckDB file without a table of a run. Correct `WAREHOUSE_PATH`, or "
        "`instantly-warehouse run` loads into it.",
        MissingMart: f"Run `instantly-warehouse transform`: {said}.",
    }
    st.title(titles.get(type(state), "The warehouse cannot be read"))
    st.info(texts.get(type(state), said))


def _watch(path: Path, shown: Shown) -> None:
    """Makes the page again once another file lies at the path, or after a look that failed."""

    @st.fragment(run_every=LOOK_EVERY_SECONDS)
    def look() -> None:
        if shown.is_failed or identity_of(path) != shown.identity:
            st.rerun(scope="app")

    look()


main(Path(sys.argv[1]))
