"""Draws the pages of the demonstration into docs/images: the dashboard itself, in a browser.

    python -m benchmarks.screenshots [--warehouse data/demo/warehouse.duckdb]

    the command ──> http://127.0.0.1 ──> the system's Chromium ──> docs/images/dashboard-<page>.png
    report --client ──> a file ────────────────┘                   docs/images/client-report.png

A picture that somebody made by hand is out of date with the next change of a page. Invented data
only: of a real warehouse the names of clients would stand in the README. Fonts are the system's;
Debian's fonts-noto-color-emoji and fonts-wqy-microhei draw what the demo's names hold.
"""

from __future__ import annotations

import argparse
import math
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import requests
from playwright.sync_api import Browser, sync_playwright

from benchmarks.measuring import PROGRAM

IMAGES = Path("docs/images")
WAREHOUSE = Path("data/demo/warehouse.duckdb")
WIDTH, MARGIN = 1200, 30
REPORT_HEIGHT = 1570
DONE = '.stApp[data-test-script-state="notRunning"]'
LETTING_CHARTS_SETTLE = 1500
"""Milliseconds in which a chart that is there takes its last size."""


def main() -> int:
    """Draw all pictures; 1 when there is no Chromium or no demonstration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--warehouse", type=Path, default=WAREHOUSE)
    warehouse = parser.parse_args().warehouse.resolve()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not warehouse.exists():
        what = "chromium (Debian: apt install chromium)" if chromium is None else str(warehouse)
        print(f"missing: {what}", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    server = _start(warehouse, port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, (address, last) in _pages(warehouse).items():
                image = IMAGES / f"dashboard-{name}.png"
                _draw(browser, f"http://127.0.0.1:{port}{address}", last, image)
            _draw_report(browser, warehouse)
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
    return 0


def _pages(warehouse: Path) -> dict[str, tuple[str, str]]:
    """Address and last thing to be drawn of the pages that a visitor asks for first."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        catalog = connection.execute("select current_database()").fetchone()
        found = connection.execute(
            f'select workspace_id, campaign_id from "{catalog[0] if catalog else ""}".'  # noqa: S608 the file's own name
            "instantly.variant_verdicts where status = 'winner' order by probability desc limit 1"
        ).fetchone()
    chosen = f"?workspace={found[0]}&campaign={found[1]}" if found else ""
    return {
        "overview": ("/", ".wide >> nth=1"),
        "ab": (f"/ab{chosen}", ".mail >> nth=1"),
        "campaigns": ("/campaigns", ".wide >> nth=0"),
    }


def _draw_report(browser: Browser, warehouse: Path) -> None:
    """The head of the report of the only client there is, of the month that is running."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        name, month = connection.execute(
            f"select any_value(workspace_name), strftime(any_value(as_of), '%Y-%m') "  # noqa: S608 the file's own name
            f'from "{warehouse.stem}".instantly.dim_workspaces, '
            f'"{warehouse.stem}".instantly.warehouse_info'
        ).fetchone() or ("", "")
    command = [str(PROGRAM), "report"]
    with TemporaryDirectory() as folder:
        page, chosen = Path(folder) / "report.html", ["--client", name, "--month", month]
        subprocess.run(
            ["env", f"WAREHOUSE_PATH={warehouse}", *command, *chosen, "--output", str(page)],  # noqa: S607 as a shell would
            check=True,
        )
        view = browser.new_page(
            viewport={"width": WIDTH, "height": REPORT_HEIGHT}, color_scheme="light"
        )
        view.goto(page.as_uri())
        image = IMAGES / "client-report.png"
        view.screenshot(path=image)
        print(f"{image}: {image.stat().st_size / 1000:.0f} kB")


def _draw(browser: Browser, address: str, last: str, image: Path) -> None:
    """One page down to the last thing to be drawn, in light colours."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_selector(DONE)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(LETTING_CHARTS_SETTLE)
    box = page.locator(last).bounding_box() or {"y": 0, "height": 800}
    height = math.ceil(box["y"] + box["height"]) + MARGIN
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(LETTING_CHARTS_SETTLE)
    page.screenshot(path=image)
    page.close()
    print(f"{image}: {image.stat().st_size / 1000:.0f} kB")


def _start(warehouse: Path, port: int) -> subprocess.Popen[bytes]:
    """The command on the warehouse, once it answers."""
    command = [str(PROGRAM), "dashboard"]
    server = subprocess.Popen(
        ["env", f"WAREHOUSE_PATH={warehouse}", *command, "--no-browser", "--port", str(port)]  # noqa: S607 as a shell would
    )
    for _ in range(100):
        try:
            requests.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).raise_for_status()
        except requests.RequestException:
            time.sleep(0.3)
        else:
            return server
    server.kill()
    raise SystemExit("the dashboard does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
