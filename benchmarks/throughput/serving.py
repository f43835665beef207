"""The server of invented leads as a process of its own, and its control face."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Api:
    """A running server."""

    url: str

    def counts(self) -> dict[str, Any]:
        """Requests since the last reset."""
        return self._control("GET", "counts")

    def reset(self) -> None:
        """Begins to count again."""
        self._control("DELETE", "counts")

    def truth(self, workspace: int = 0) -> dict[str, Any]:
        """What a warehouse should hold of a workspace."""
        return list(self._control("GET", "truth").values())[workspace]

    def change(self, *, leads: float = 0.0, days: float = 0.0) -> dict[str, int]:
        """Lets so many leads and campaign-days move; how many of the first workspace did."""
        asked = json.dumps({"leads": leads, "days": days}).encode()
        return next(iter(self._control("POST", "change", asked).values()))

    def _control(self, method: str, what: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}/control/{what}", body, method=method)  # noqa: S310 -- the loopback
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 -- the loopback
            return json.load(answer)


@contextmanager
def serving(**options: float) -> Generator[Api]:
    """Starts a server; the options are those of its command line."""
    arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "benchmarks.throughput.server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "a pipe was asked for"
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            yield Api(url)
        finally:
            process.terminate()
