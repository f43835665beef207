"""The repository's Markdown as pages of the site: where each stands, what it is called, its links.

A link that leads to a page on GitHub leads to the same page here. A file that is linked and is no
page (a picture, a licence, a notebook) comes along as it is. A folder of pages becomes their list;
a folder of code has no place here, so its link is its name.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
DOCS = PurePosixPath("docs")
LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?!\w+:)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
FENCE = re.compile(r"^(```.*?^```)", re.M | re.S)
AT_THE_TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    ".env.example": "settings.md",
}
"""Pages from outside docs/."""


class BrokenLink(Exception):
    """A page links to what is not there; `str()` names both."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it is from, where it goes, its first heading."""

    source: PurePosixPath
    place: PurePosixPath
    title: str


def pages(root: Path = ROOT) -> tuple[Page, ...]:
    """All pages, by where they are from."""
    chosen = [root / name for name in AT_THE_TOP]
    chosen += sorted((root / "docs").rglob("*.md"))
    return tuple(_page(path, root) for path in chosen)


def _page(path: Path, root: Path) -> Page:
    source = PurePosixPath(path.relative_to(root).as_posix())
    place = AT_THE_TOP.get(str(source)) or _as_index(source.relative_to(DOCS))
    if path.suffix != ".md":
        return Page(source, PurePosixPath(place), "Settings")
    heading = re.search(r"^# (.+)$", path.read_text("utf-8"), re.M)
    return Page(source, PurePosixPath(place), heading[1] if heading else source.stem)


def _as_index(place: PurePosixPath) -> PurePosixPath:
    """A folder's README is the page of the folder: beside an index it would be left out."""
    return place.with_name("index.md") if place.name == "README.md" else place


def write(chosen: Iterable[Page], folder: Path, root: Path = ROOT) -> None:
    """Writes the pages and whatever they link to below the folder. BrokenLink."""
    places = {page.source: page.place for page in chosen}
    _add_lists_of_folders(places, folder, root)
    for page in chosen:
        text = (root / page.source).read_text("utf-8")
        is_page = page.source.suffix == ".md"
        shown = _turned(text, page, places, folder, root) if is_page else _as_shown(text, page)
        target = folder / page.place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(shown, "utf-8")


def _as_shown(text: str, page: Page) -> str:
    """A file of settings as a page."""
    what = f"`{page.source}`: every variable that is read."
    return f"# {page.title}\n\n{what}\n\n```sh\n{text}```\n"


def _add_lists_of_folders(
    places: dict[PurePosixPath, PurePosixPath], folder: Path, root: Path
) -> None:
    """A page that lists them for each folder of pages without one of its own."""
    for parent in sorted({source.parent for source in places} - {PurePosixPath(), DOCS}):
        index = parent.relative_to(DOCS) / "index.md"
        if index not in places.values():
            listed = [_page(path, root) for path in sorted((root / parent).glob("*.md"))]
            lines = [f"- [{page.title}]({page.place.name})" for page in listed]
            (folder / index).parent.mkdir(parents=True, exist_ok=True)
            (folder / index).write_text(
                f"# {parent.name.capitalize()}\n\n" + "\n".join(lines) + "\n", "utf-8"
            )
        places[parent] = index


def _turned(
    text: str,
    page: Page,
    places: dict[PurePosixPath, PurePosixPath],
    folder: Path,
    root: Path,
) -> str:
    """The text with its links turned; what stands in a fence is shown, not followed."""

    def turn(found: re.Match[str]) -> str:
        wanted = PurePosixPath(os.path.normpath(page.source.parent / found["target"]))
        if wanted not in places and not (root / wanted).exists():
            raise BrokenLink(f"{page.source} links to {found['target']}, which is not there")
        if wanted not in places and (root / wanted).is_dir():
            return found["text"]
        place = places.get(wanted) or _brought_along(wanted, folder, root)
        here = PurePosixPath(os.path.relpath(place, page.place.parent))
        return f"[{found['text']}]({here}{found['anchor'] or ''})"

    parts = FENCE.split(text)
    return "".join(part if FENCE.match(part) else LINK.sub(turn, part) for part in parts)


def _brought_along(wanted: PurePosixPath, folder: Path, root: Path) -> PurePosixPath:
    """A file that is no page, copied: pictures where they belong, the rest as text to look at."""
    is_of_docs = wanted.is_relative_to(DOCS)
    place = wanted.relative_to(DOCS) if is_of_docs else PurePosixPath("files") / f"{wanted}.txt"
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / wanted, target)
    return place
