"""Addresses of the pages: a view is its page and its filters, and both stand in the address bar.

    /ab?workspace=<id>&campaign=<id>&tag=<label>&period=28d

So a view can be sent to somebody who has the same dashboard. Ids and not names: names change, and
two clients may call a campaign the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

PAGES: Mapping[str, str] = {
    "": "Overview",
    "campaigns": "Campaigns",
    "ab": "A/B",
    "copy": "Copy",
    "accounts": "Accounts",
    "people": "People",
    "trust": "Trust",
}
"""Path of each page and its title, in the order of the menu."""


def link(page: str, **chosen: object) -> str:
    """The address of a page with what is chosen there; None is left out."""
    query = urlencode({name: str(value) for name, value in chosen.items() if value is not None})
    return f"/{page}?{query}" if query else f"/{page}"
