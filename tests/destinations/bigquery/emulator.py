"""The emulator of BigQuery on the loopback, and what clients need of their environment to find it.

    emulated(folder)  ->  variables for dlt, dbt and Google's client: address, project, key

The key is made here and opens nothing: clients sign with it, show it to the address that it names
itself, and get a token that the emulator does not look at.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".bigquery" / "bin" / "python"
SERVER = Path(__file__).with_name("server.py")
PROJECT = "invented"
PATIENCE = 120.0


class Tokens(BaseHTTPRequestHandler):
    """Gives everybody a token."""

    def do_POST(self) -> None:
        body = b'{"access_token": "invented", "token_type": "Bearer", "expires_in": 3600}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def emulated(folder: Path) -> Generator[dict[str, str]]:
    """An empty emulator until the block ends; `folder` takes its home, its log and the key."""
    port, home = _free_port(), folder / "home"
    home.mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    tokens = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    key = _key(folder, f"http://127.0.0.1:{tokens.server_port}/token")
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, "-P", SERVER, str(port)],
            cwd=home,
            env={**os.environ, "HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    try:
        _await(url, process, folder / "emulator.log")
        yield {
            "BIGQUERY_EMULATOR_HOST": url,
            "DBT_TARGET": "bigquery",
            "DBT_BIGQUERY_PROJECT": PROJECT,
            "DBT_BIGQUERY_METHOD": "service-account",
            "DBT_BIGQUERY_KEYFILE": str(key),
        }
    finally:
        process.kill()  # it keeps nothing; asked to end, it waits for what it is asked
        process.wait()
        tokens.shutdown()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def _key(folder: Path, tokens: str) -> Path:
    """The file of a key in the shape of a service account's."""
    command = ["openssl", "genpkey", "-algorithm", "RSA"]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key": drawn,
        "client_email": "nobody@invented.invalid",
        "token_uri": tokens,
    }
    path = folder / "key.json"
    path.write_text(json.dumps(account))
    return path


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 our own address
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"not up after {PATIENCE:.0f} s: {log.read_text()[-3000:]}")
