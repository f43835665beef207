"""The installed command on a file of marts, and the system's own Chromium in front of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from dashboard.links import PAGES
from tests.pipelines.installed_program import PROGRAM

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE = 60_000
"""Milliseconds: two cores are shared with other tests."""
IDLE = '.stApp[data-test-script-state="notRunning"]'


@dataclass
class Site:
    """The running dashboard, and everything that a browser complained of or asked for."""

    url: str
    warehouse: Path
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _windows: dict[tuple[int, bool], BrowserContext] = field(default_factory=dict)

    def visit(self, address: str, *, width: int = 1280, dark: bool = False) -> Page:
        """A page that has finished, in a tab of its own."""
        if (width, dark) not in self._windows:
            self._windows[width, dark] = self.browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if dark else "light",
                base_url=self.url,
            )
        page = self._windows[width, dark].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: self._note(m.type in ("error", "warning"), m.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(address)
        self.settle(page)
        return page

    def settle(self, page: Page) -> None:
        """Waits until the page is made, drawn, and nothing of it is from before."""
        page.wait_for_selector("h1")
        page.wait_for_selector(IDLE)
        page.wait_for_function("!document.querySelector('[data-stale=\"true\"]')")
        page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")

    def arrive(self, page: Page, title: str) -> None:
        """Waits for the page of that title."""
        page.wait_for_selector(f"h1:has-text('{title}')")
        self.settle(page)

    def walk(self, page: Page) -> Iterator[str]:
        """The title of each page, opened one after the other from the menu."""
        for title in PAGES.values():
            page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
            self.arrive(page, title)
            yield title

    def close_tabs(self) -> None:
        """Closes what a test has opened; the windows stay, and with them what they have loaded."""
        for window in self._windows.values():
            for page in window.pages:
                page.close()

    def _note(self, is_bad: bool, text: str) -> None:
        if is_bad:
            self.complaints.append(text)


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The dashboard on a file that is not there yet."""
    pytest.importorskip("streamlit", reason="`make test` installs the dashboard")
    folder = tmp_path_factory.mktemp("dashboard")
    warehouse, port = folder / "warehouse.duckdb", free_port()
    environment = {**os.environ, "WAREHOUSE_PATH": str(warehouse)}
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [str(PROGRAM), "dashboard", "--no-browser", "--port", str(port)],
        cwd=folder, env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield Site(url, warehouse, browser)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        log.close()


@pytest.fixture
def clean(site: Site) -> Iterator[Site]:
    """The site without what was noted before; nothing may be noted in the test either."""
    site.complaints.clear()
    site.asked.clear()
    yield site
    site.close_tabs()
    assert site.complaints == []
    foreign = [u for u in site.asked if not u.startswith((site.url, "data:", "blob:"))]
    assert foreign == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the dashboard ended"
        try:
            requests.get(f"{url}/_stcore/health", timeout=2).raise_for_status()
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return
    sys.exit("the dashboard does not answer")
