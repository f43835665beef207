"""Starting and stopping the sandbox: `Sandbox` for tests and the demo, `serve` for the command.

    with Sandbox(world="demo", seed=1, date=date(2026, 11, 17)) as api:
        run_against(api.url, api.key)
        api.advance(days=5)
        assert api.requests()["by_operation"] == {...}

Both run a real HTTP server, so that time-outs, resets and half bodies are real ones. Inside a
`with`, it listens on a free port in a thread, and the methods work on the world directly.
"""

from __future__ import annotations

import datetime as dt
import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import uvicorn

from sandbox import control, worlds
from sandbox.app import App
from sandbox.gate import Pace, RateLimit
from sandbox.specs import WorldSpec
from sandbox.world import World

DEFAULT_DATE = dt.date(2026, 11, 17)


class Sandbox:
    """A running sandbox on a free port of the loopback.

    `world` is the name of a world or a `WorldSpec`; `rate_limit` None switches the limits off;
    `latency` delays every answer by so many seconds.
    """

    def __init__(
        self,
        world: str | WorldSpec = "demo",
        seed: int = 1,
        date: dt.date = DEFAULT_DATE,
        rate_limit: RateLimit | None = RateLimit(),  # noqa: B008 -- a frozen value
        latency: float = 0.0,
    ) -> None:
        spec = worlds.world(world) if isinstance(world, str) else world
        self.app = App(World(spec, seed, date), rate_limit, latency)
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Listen on a free port."""
        listener = _listener("127.0.0.1", 0)
        self.port = listener.getsockname()[1]
        server = uvicorn.Server(_config(self.app))
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="sandbox"
        )
        self._thread.start()
        self._server = server
        while not server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.002)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop at once; open connections are dropped."""
        assert self._server is not None, "leaving a sandbox that was not entered"
        assert self._thread is not None, "leaving a sandbox that was not entered"
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)

    # Where and with what ------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Base URL, without the prefix /api/v2."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def keys(self) -> dict[str, str]:
        """Bearer keys by `<workspace>` (its first key) and `<workspace>/<name of the key>`."""
        found: dict[str, str] = {}
        for row in control.keys(self.app.world):
            found.setdefault(row["workspace"], row["key"])
            found[f"{row['workspace']}/{row['name']}"] = row["key"]
        return found

    @property
    def key(self) -> str:
        """The first key of the first workspace."""
        return next(iter(self.app.world.keys))

    @property
    def workspace_id(self) -> str:
        """Id of the first workspace."""
        return self.app.world.workspaces[0].id

    @property
    def clock(self) -> dt.datetime:
        """The moment that the server says it is, in UTC."""
        return dt.datetime.fromtimestamp(self.app.world.clock, dt.UTC)

    # Control ------------------------------------------------------------------------------------

    def advance(self, days: float = 0, hours: float = 0) -> None:
        """Let time pass."""
        with self.app.lock:
            control.advance(self.app, days, hours)

    def change(self, kind: str, **arguments: Any) -> dict[str, Any]:
        """Change the world at its present; returns what was done (kinds: sandbox.changes)."""
        with self.app.lock:
            return control.change(self.app, {"kind": kind, **arguments})

    def fault(self, action: str, operation: str = "*", **options: Any) -> None:
        """Add a fault (actions: sandbox.faults); `nth`, `times`, `where` say when it strikes."""
        with self.app.lock:
            control.add_faults(self.app, {"action": action, "operation": operation, **options})

    def clear_faults(self) -> None:
        """Remove every fault."""
        with self.app.lock:
            self.app.rules.clear()

    def requests(self) -> dict[str, Any]:
        """Counts since the last reset: total, by_operation, by_status."""
        with self.app.lock:
            return self.app.log.summary()

    def log(self) -> list[dict[str, Any]]:
        """The newest requests in full: operation, path, query, status, workspace, body."""
        with self.app.lock:
            return self.app.log.rows()

    def reset_requests(self) -> None:
        """Start counting again."""
        with self.app.lock:
            self.app.log.clear()

    def set_rate_limit(self, limit: RateLimit | None) -> None:
        """Other limits from now on; None is none."""
        with self.app.lock:
            self.app.pace = Pace(limit)

    def truth(self) -> Mapping[str, Any]:
        """True effects per campaign, step, variant and copy version."""
        with self.app.lock:
            return control.truth(self.app.world)


def serve(
    host: str = "127.0.0.1",
    port: int = 8787,
    world: str | WorldSpec = "demo",
    seed: int = 1,
    date: dt.date = DEFAULT_DATE,
    rate_limit: bool | RateLimit | None = True,
    latency: float = 0.0,
) -> None:
    """Serve a world until interrupted; `rate_limit` true is the API's, false is none.

    Raises LookupError for an unknown world and OSError when the port is taken.
    """
    spec = worlds.world(world) if isinstance(world, str) else world
    limit = RateLimit() if rate_limit is True else rate_limit or None
    app = App(World(spec, seed, date), limit, latency)
    with _listener(host, port) as listener:
        uvicorn.Server(_config(app)).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket whose connections do not wait for acknowledgements (40 ms an answer)."""
    listener = socket.create_server((host, port), backlog=512)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        ws="none",
        http="h11",
        loop="asyncio",
    )
