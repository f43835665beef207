"""The audit against a service of our own: a hole is found, and no way there is no failure."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from checks.audit import audit

UV = Path(__file__).parents[2] / ".uv" / "bin" / "uv"
HOLE = {"id": "PYSEC-0000-1", "modified": "2026-01-01T00:00:00Z", "summary": "An invented hole"}


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[str]:
    """Says of the first package what the parameter is, and of the others nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            self.answer({"results": [request.param, *({} for _ in asked[1:])]})

        def do_GET(self) -> None:
            self.answer(HOLE | {"affected": [], "references": []})

        def answer(self, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


pytestmark = pytest.mark.skipif(not UV.exists(), reason="make setup brings uv")


@pytest.mark.parametrize(
    ("service", "code", "says"),
    [({"vulns": [HOLE]}, 1, "PYSEC-0000-1"), ({}, 0, "no known vulnerabilities")],
    indirect=["service"],
)
def test_what_the_service_knows_decides(service: str, code: int, says: str) -> None:
    found, said = audit(str(UV), ["--service-url", service])
    assert (found, says in said) == (code, True), said


def test_no_way_there_is_said_and_no_failure() -> None:
    code, said = audit(str(UV), ["--service-url", "http://127.0.0.1:9/"])
    assert code == 0
    assert said.startswith("not audited: ")


def test_any_other_trouble_is_a_failure() -> None:
    assert audit(str(UV), ["--no-such-option"])[0] == 2
