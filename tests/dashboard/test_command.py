"""`instantly-warehouse dashboard`: where it listens, and what it says when it cannot."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from tests.dashboard.conftest import Site
from tests.pipelines.installed_program import PROGRAM


def test_without_its_packages_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules.update(streamlit=None, altair=None)"
    code += "; from pipelines.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "dashboard"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr == (
        "error: the dashboard needs streamlit and altair. Run `make dashboard`, or install "
        "instantly-warehouse[dashboard]\n"
    )


@pytest.mark.skipif(find_spec("streamlit") is None, reason="`make test` installs the dashboard")
def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [str(PROGRAM), "dashboard", "--port", str(port), "--no-browser"],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert done.returncode == 2
    assert f"127.0.0.1:{port}: address already in use. Choose another with --port" in done.stderr


def test_it_listens_on_this_machine_only(site: Site) -> None:
    """Not on its other addresses; nor under a name that a stranger's page could give it."""
    port = int(site.url.rsplit(":", 1)[1])

    with socket.socket() as outside, pytest.raises(ConnectionRefusedError):
        outside.connect(("127.0.0.2", port))
    page = requests.get(f"{site.url}/ab", timeout=5)
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    upgrade = {
        "Host": f"rebound.example:{port}", "Origin": f"http://rebound.example:{port}",
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    refused = requests.get(f"{site.url}/_stcore/stream", headers=upgrade, timeout=5)
    assert refused.status_code == 403
