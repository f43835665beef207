"""The page in a real browser: on a desk, on a phone, in the dark, on paper; it asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from pipelines.client_report import ClientMonth, brand_of, rendered
from tests.pipelines.client_report.test_formats import SVG

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opened = Callable[[int, bool], "Page"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, november: ClientMonth) -> str:
    folder = tmp_path_factory.mktemp("page")
    logo, page = folder / "logo.svg", folder / "report.html"
    logo.write_text(SVG)
    page.write_bytes(rendered(november, "html", brand_of("Northlight", logo), 14))
    return page.as_uri()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """Opens the page; at the end nothing may have been complained of or asked for."""
    noted: list[str] = []
    windows = []

    def open_(width: int, dark: bool) -> Page:
        windows.append(
            browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if dark else "light",
                offline=True,
            )
        )
        page = windows[-1].new_page()
        page.on("console", lambda message: noted.append(message.text))
        page.on("pageerror", lambda error: noted.append(str(error)))
        page.on("request", lambda request: noted.append(request.url))
        page.goto(address)
        return page

    yield open_
    for window in windows:
        window.close()
    assert [note for note in noted if note != address and not note.startswith("data:")] == []


def colour(page: Page, selector: str, what: str) -> str:
    return page.eval_on_selector(selector, f"e => getComputedStyle(e).{what}")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_hangs_out_and_both_lights_are_readable(
    opened: Opened, width: int, dark: bool
) -> None:
    page = opened(width, dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.hacked") is None
    assert colour(page, "body", "backgroundColor") == (
        "rgb(21, 24, 28)" if dark else "rgb(255, 255, 255)"
    )
    assert colour(page, "svg .bar", "fill") == ("rgb(86, 180, 233)" if dark else "rgb(0, 114, 178)")
    assert page.locator("h1").inner_text() == "Acme"
    assert page.locator("svg .bar").count() == 22 + 22
    assert page.locator("img").evaluate("e => e.complete && e.naturalWidth > 0")


def test_on_paper_it_is_light_and_whole(opened: Opened) -> None:
    page = opened(1280, True)
    page.emulate_media(media="print")
    assert colour(page, "body", "backgroundColor") == "rgb(255, 255, 255)"
    assert colour(page, "body", "color") == "rgb(0, 0, 0)"
    assert page.locator("details").is_hidden()
