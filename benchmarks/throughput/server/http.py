"""Sockets: one request after the other on each connection, answered at once or after the latency.

Written by hand over asyncio's protocols, because a framework costs ten times what answering does.
It understands what clients of a JSON API send: a method, a path, a length. No chunks, no pipelines.
"""

import asyncio
import socket
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import orjson

from benchmarks.throughput.server.api import API, Parts, Workspace
from benchmarks.throughput.server.leads import Part

_SEND_BUFFER = 1 << 20
_REFUSED = b'{"statusCode":429,"error":"Too Many Requests","message":"Rate limit exceeded"}'
_NO_KEY = b'{"statusCode":401,"error":"Unauthorized","message":"Invalid API key"}'


@dataclass(slots=True)
class Counts:
    """What was asked since the last reset; times are seconds that only rise."""

    requests: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)

    def add(self, operation: str, *, is_refused: bool) -> None:
        """Counts one request."""
        now = time.monotonic()
        self.requests[operation] += 1
        self.refused[operation] += is_refused
        self.first.setdefault(operation, now)
        self.last[operation] = now

    def shown(self) -> dict[str, Any]:
        """In all, and by operation."""
        return {
            "requests": self.requests.total(),
            "refused": self.refused.total(),
            "first": min(self.first.values(), default=0.0),
            "last": max(self.last.values(), default=0.0),
            "by_operation": {
                name: {
                    "requests": count,
                    "refused": self.refused[name],
                    "first": self.first[name],
                    "last": self.last[name],
                }
                for name, count in sorted(self.requests.items())
            },
        }


@dataclass(slots=True)
class Face:
    """All that is behind the socket.

    Attributes:
        workspaces: by their keys.
        latency: seconds before an answer goes out.
        rate: requests that a workspace may make a second, and sixty times that a minute; 0 for no
            limit.
    """

    workspaces: Mapping[str, Workspace]
    latency: float = 0.0
    rate: int = 0
    counts: Counts = field(default_factory=Counts)
    _past: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def answer(self, method: str, target: str, key: str, body: bytes) -> Parts:
        """Status and body of any request."""
        if not target.startswith(API):
            return self._control(method, target, body)
        target = target[len(API) :]
        workspace = self.workspaces.get(key)
        is_refused = workspace is not None and not self._admits(key)
        self.counts.add(f"{method} {target.partition('?')[0]}", is_refused=is_refused)
        if workspace is None:
            return 401, [_NO_KEY]
        return (429, [_REFUSED]) if is_refused else workspace.answer(method, target, body)

    def _admits(self, key: str) -> bool:
        """Sliding windows of a second and of a minute; what is refused is not counted."""
        if not self.rate:
            return True
        now, past = time.monotonic(), self._past[key]
        while past and past[0] <= now - 60:
            past.popleft()
        if len(past) >= 60 * self.rate:
            return False
        if len(past) >= self.rate and past[-self.rate] > now - 1:
            return False
        past.append(now)
        return True

    def _control(self, method: str, target: str, body: bytes) -> Parts:
        if (method, target) == ("DELETE", "/control/counts"):
            self.counts = Counts()
        if (method, target) == ("POST", "/control/change"):
            asked = {"leads": 0.01, "days": 0.0} | (orjson.loads(body) if body else {})
            done = {key: each.change(**asked) for key, each in self.workspaces.items()}
            return 200, [orjson.dumps(done)]
        if target == "/control/counts":
            return 200, [orjson.dumps(self.counts.shown())]
        if target == "/control/truth":
            truth = {each.id: each.truth() for each in self.workspaces.values()}
            return 200, [orjson.dumps(truth)]
        return 404, [b"{}"]


class Connection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._held = b""
        self._wanted = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes whole pages into the buffer of the system, so that one call sends them."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER
        )

    def data_received(self, data: bytes) -> None:
        """Answers once a request is here in full."""
        self._held += data
        head, end, rest = self._held.partition(b"\r\n\r\n")
        if not end:
            return
        method, target, headers = _parsed(head)
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._held = rest[length:]
        key = headers.get("authorization", "").rpartition(" ")[2]
        status, parts = self._face.answer(method, target, key, rest[:length])
        answer = (_head(status, sum(map(len, parts))), *parts)
        if self._face.latency and target.startswith(API):
            loop = asyncio.get_running_loop()
            loop.call_later(self._face.latency, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Sequence[Part]) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"".join(answer))


def _parsed(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return method, target, {name.lower(): value.strip() for name, _, value in pairs}


def _head(status: int, length: int) -> bytes:
    now = format_datetime(datetime.now(UTC), usegmt=True)
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\nDate: {now}\r\n\r\n"
    ).encode()
