"""The built handbook: whole, without a dead link, and content with the machine it is on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from handbook import pages
from handbook.project import marts_of
from tests.dashboard.marts import shapes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
DBT = "dbt.html"
"""dbt's own page: one program that draws itself, looked at in a browser and not by its tags."""
LOADED = {"script": "src", "img": "src", "link": "href", "object": "data", "iframe": "src"}


@dataclass
class Document(HTMLParser):
    """The links of a page, what it loads, and the places in it that can be linked to."""

    path: Path
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and given.get(LOADED[tag]):
            self.loaded.append(given[LOADED[tag]])


@pytest.fixture(scope="module")
def documents(handbook: Path) -> dict[Path, Document]:
    found = [p for p in handbook.rglob("*.html") if p.name not in (DBT, "404.html")]
    return {path: Document(path) for path in found}


def dead(document: Document, documents: dict[Path, Document]) -> Iterator[str]:
    """What a page leads to and is not there; other hosts are left alone."""
    for link in [*document.links, *document.loaded]:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (
            (document.path.parent / unquote(parts.path)).resolve() if parts.path else document.path
        )
        known = documents.get(target)
        if not target.is_file() or (
            parts.fragment and known and parts.fragment not in known.anchors
        ):
            yield link


@pytest.mark.slow
def test_no_link_is_dead(documents: dict[Path, Document]) -> None:
    found = {path.name: list(dead(document, documents)) for path, document in documents.items()}
    assert {name: links for name, links in found.items() if links} == {}


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(documents: dict[Path, Document]) -> None:
    loaded = {link for document in documents.values() for link in document.loaded}
    assert {link for link in loaded if urlsplit(link).netloc} == set()


@pytest.mark.slow
def test_every_page_of_the_repository_is_in_it(handbook: Path) -> None:
    missing = [
        str(page.source)
        for page in pages.pages()
        if not (handbook / page.place.with_suffix(".html")).is_file()
    ]
    assert missing == []


@pytest.mark.slow
def test_the_dictionary_has_every_column_with_its_type(handbook: Path) -> None:
    for mart, columns in shapes().items():
        text = (handbook / "dictionary" / f"{mart}.html").read_text("utf-8")
        rows = re.findall(
            r"<tr>\s*<td><code>(\w+)</code>.*?</td>\s*<td>(.+?)</td>\s*<td>(.+?)</td>", text, re.S
        )
        assert {name: kind for name, kind, _ in rows} == columns, mart
        assert all(len(said) > 5 for _, _, said in rows), mart


@pytest.mark.slow
def test_the_diagram_shows_every_mart(handbook: Path) -> None:
    picture = (handbook / "diagram.svg").read_text("utf-8")
    assert [mart for mart in shapes() if f">{mart}</text>" not in picture] == []


def is_bad(kind: str, address: str) -> bool:
    """dbt's page asks for pictures before it knows their names, which files are refused."""
    return kind == "error" and DBT not in address


@pytest.mark.slow
def test_a_browser_finds_everything_in_the_files(handbook: Path, browser: Browser) -> None:
    """Opened as files, as somebody does who was sent the folder."""
    asked: list[str] = []
    complaints: list[str] = []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda m: complaints.append(m.text) if is_bad(m.type, tab.url) else None)

    for place in (
        "questions.html",
        "diagram.html",
        "bi/superset.html",
        "dictionary/dim_leads.html",
    ):
        tab.goto(f"{handbook.as_uri()}/{place}")
        tab.wait_for_selector("h1")
    tab.goto(f"{handbook.as_uri()}/{DBT}#!/model/model.instantly_warehouse.variant_verdicts")
    tab.wait_for_selector("text=One row per campaign and step: who wins")
    tab.goto(f"{handbook.as_uri()}/index.html")
    tab.keyboard.press("/")
    tab.keyboard.type("refused falls of settled days", delay=20)
    tab.wait_for_selector("a[href*='dictionary/restatements.html']:visible")
    tab.close()

    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_page_that_links_to_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in pages.AT_THE_TOP:
        (tmp_path / name).write_text(
            "# A\n\n[to](docs/here.md#part)\n\n```\n[code](not/a/link.md)\n```\n"
        )
    (tmp_path / "docs" / "here.md").write_text("# Here\n\n[back](../README.md), [gone](gone.md)\n")

    with pytest.raises(
        pages.BrokenLink, match=r"docs/here.md links to gone.md, which is not there"
    ):
        pages.write(pages.pages(tmp_path), tmp_path / "site", tmp_path)

    (tmp_path / "docs" / "here.md").write_text("# Here\n\n[back](../README.md)\n")
    pages.write(pages.pages(tmp_path), tmp_path / "site", tmp_path)
    assert "[to](here.md#part)" in (tmp_path / "site" / "index.md").read_text()
    assert "[back](index.md)" in (tmp_path / "site" / "here.md").read_text()


def test_grain_and_parents_come_from_the_tests() -> None:
    """A reference that is not tested follows from the key alone, and to the nearest dimension."""
    nodes = {}
    for name, key in {
        "dim_campaigns": ["workspace_id", "campaign_id"],
        "dim_steps": ["workspace_id", "campaign_id", "step"],
        "fct": ["workspace_id", "campaign_id", "step", "date"],
        "other": ["workspace_id", "subsequence_id", "step"],
    }.items():
        unique_id = f"model.p.{name}"
        columns = {c: {"name": c, "data_type": "varchar", "description": "x"} for c in key}
        nodes[unique_id] = {
            "resource_type": "model", "fqn": ["p", "marts", name], "name": name, "columns": columns,
            "unique_id": unique_id, "description": "One row\nper key.",
        }  # fmt: skip
        nodes[f"test.p.{name}"] = {
            "resource_type": "test", "name": f"grain_{name}", "attached_node": unique_id,
            "column_name": None, "test_metadata": {"name": "valid_grain", "kwargs": {"key": key}},
        }  # fmt: skip

    marts = {mart.name: mart for mart in marts_of({"nodes": nodes, "exposures": {}})}

    assert [(r.to, r.is_tested) for r in marts["fct"].references] == [("dim_steps", False)]
    assert marts["other"].references == ()
    assert marts["fct"].description == "One row per key."
    assert marts["fct"].checks == ("one row per `workspace_id`, `campaign_id`, `step`, `date`",)
