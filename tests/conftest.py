"""What tests of several rooms share.

One browser, because playwright starts once in a process and never twice; a module's own server, for
one test after the other; and one PostgreSQL per process, which starts when the first test asks.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.postgres_server import postgres as postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from sandbox import Sandbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; one is never downloaded."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="`make test` installs playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium here (Debian: apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def api(server: Sandbox) -> Iterator[Sandbox]:
    """The `server` of the module, without the requests, faults and limits of earlier tests."""
    server.reset_requests()
    yield server
    server.clear_faults()
    server.set_rate_limit(None)
