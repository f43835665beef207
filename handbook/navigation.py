"""The menu: which page stands under which heading. A page that is named nowhere is still in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath

from handbook.dictionary import FOLDER
from handbook.pages import Page
from handbook.project import Mart

Entries = list[tuple[str, str]]
HOME = "index.md"
FOR_ANALYSTS = ("questions", "metrics", "judgement", "semantic-layer")
MADE = (("Diagram of the marts", "diagram.md"), ("Lineage and SQL", "lineage.md"))
FOLDERS = {"bi": "BI tools", "destinations": "Other warehouses", "decisions": "Decisions"}
PROJECT = ("contributing", "changelog")


def sections(pages: Iterable[Page], marts: Iterable[Mart]) -> list[tuple[str, Entries]]:
    """Headings with the titles and places under them."""
    left = {page.place: page.title for page in pages}

    def take(*places: PurePosixPath) -> Entries:
        return [(left.pop(place), str(place)) for place in places if place in left]

    left.pop(PurePosixPath(HOME), None)
    analysts = [*take(*_files(FOR_ANALYSTS)), *MADE]
    foldered = {
        heading: take(*sorted((p for p in left if p.parts[0] == folder), key=_index_first))
        for folder, heading in FOLDERS.items()
    }
    project = take(*_files(PROJECT))
    using = take(*sorted(left))
    dictionary = [("All marts", f"{FOLDER}/index.md")]
    dictionary += [(mart.name, f"{FOLDER}/{mart.name}.md") for mart in marts]
    return [
        ("For analysts", analysts),
        ("BI tools", foldered["BI tools"]),
        ("Data dictionary", dictionary),
        ("Running it", using),
        ("Other warehouses", foldered["Other warehouses"]),
        ("Why it is so", foldered["Decisions"]),
        ("Project", project),
    ]


def _index_first(place: PurePosixPath) -> tuple[bool, PurePosixPath]:
    return place.name != HOME, place


def _files(names: Iterable[str]) -> list[PurePosixPath]:
    return [PurePosixPath(f"{name}.md") for name in names]


def as_toml(sections: list[tuple[str, Entries]]) -> str:
    """The menu as Zensical's settings have it, home first and on its own: the logo leads there.

    JSON's texts are TOML's, its objects are not.
    """
    parts = [f"  {{{_text('Home')} = {_text(HOME)}}}"]
    for heading, entries in sections:
        listed = ", ".join(f"{{{_text(title)} = {_text(place)}}}" for title, place in entries)
        parts.append(f"  {{{_text(heading)} = [{listed}]}}")
    return "[\n" + ",\n".join(parts) + ",\n]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
