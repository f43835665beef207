"""What stands at the other end of a notification: a web server and a program, both real."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Receiver:
    """A web server that keeps what is posted to it; `answers` are its codes, the last for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    delay: float = 0.0
    location: str = ""
    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    looks: int = 0

    def answer(self) -> int:
        """The code of the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """The server listens on a free port of the loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.events.append(json.loads(body))
            receiver.headers.append(dict(self.headers))
            time.sleep(receiver.delay)
            self.send_response(receiver.answer())
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            receiver.looks += 1
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/s3cr3t-hook-t0ken"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


PROGRAM = """#!{python}
import json, os, sys
event = json.load(sys.stdin)
with open({into!r}, "a") as file:
    call = {{"event": event, "words": sys.argv[1:], "environ": dict(os.environ)}}
    print(json.dumps(call), file=file)
{then}
"""


@dataclass(frozen=True)
class Told:
    """A program that writes down what it was given."""

    path: Path
    into: Path

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Each call: `event`, `words`, `environ`."""
        return (
            [json.loads(line) for line in self.into.read_text().splitlines()]
            if self.into.exists()
            else []
        )

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was given on its standard input."""
        return [call["event"] for call in self.calls]


def told_program(folder: Path, then: str = "") -> Told:
    """Such a program, in a folder with a space in its name; `then` is what it does afterwards."""
    home = folder / "on call"
    home.mkdir(exist_ok=True)
    told = Told(home / "tell", home / "calls")
    told.path.write_text(PROGRAM.format(python=sys.executable, into=str(told.into), then=then))
    told.path.chmod(0o755)
    return told
