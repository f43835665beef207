"""The server: an ASGI application of plain functions behind a few gates.

    request ─▶ log ─▶ edge ─▶ route ─▶ fault ─▶ key ─▶ plan ─▶ pace ─▶ scope ─▶ handler ─▶ answer

Handlers are synchronous and run one at a time under a lock: an answer takes about a millisecond,
and a world that moves between two lines of a handler would be worth nothing as a reference. A
framework with one class per route was refused: the table of operations is the whole interface.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.routing import compile_path

from sandbox import control
from sandbox.answers import Call, Operation, Refusal, refused
from sandbox.clock import http_date
from sandbox.entities import OPERATIONS
from sandbox.faults import Rule, mangled
from sandbox.gate import Pace, RateLimit, check_edge, check_plan, check_scope, identify
from sandbox.requestlog import Asked, RequestLog
from sandbox.world import Workspace, World

PREFIX = "/api/v2"
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_ROUTES = [(operation, compile_path(PREFIX + operation.template)[0]) for operation in OPERATIONS]
_FIXED = {(o.method, PREFIX + o.template): o for o in OPERATIONS if "{" not in o.template}


@dataclass
class Answer:
    """A response before it is written: JSON value or text, and how it is to be spoilt."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    manner: str = ""
    seconds: float = 0.0


class App:
    """One running sandbox. Public for the control face: `world`, `log`, `rules`, `pace`."""

    def __init__(self, world: World, limit: RateLimit | None, latency: float = 0.0) -> None:
        self.world = world
        self.log = RequestLog()
        self.rules: list[Rule] = []
        self.pace = Pace(limit)
        self.latency = latency
        self.lock = threading.Lock()

    async def __call__(self, scope: Any, receive: Any, send: _Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(scope, receive)
        raw = await request.body()
        with self.lock:
            date = http_date(self.world.clock)
            answer = self._answer(request, raw)
        if self.latency:
            await asyncio.sleep(self.latency)
        await _deliver(answer, date, send)

    def _answer(self, request: Request, raw: bytes) -> Answer:
        asked = str(request.scope["path"])
        if asked.startswith("/sandbox/"):
            return Answer(*control.answer(self, request.method, asked, raw))
        operation, path = _route(request.method, asked)
        name = operation.name if operation else f"{request.method} (unknown)"
        body, workspace = _json(raw), self._workspace(request)
        try:
            answer = self._guarded(request, operation, path, body, workspace)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body)
        query = {key: request.query_params.getlist(key) for key in request.query_params}
        agent, host = (request.headers.get(name, "") for name in ("user-agent", "host"))
        status = 0 if answer.manner in ("reset", "silence") else answer.status
        owner = workspace.name if workspace else ""
        self.log.add(Asked(name, asked, query, status, owner, body, agent, host))
        return answer

    def _workspace(self, request: Request) -> Workspace | None:
        """Whose request it is, None when the key is refused."""
        headers = request.headers
        acting_as = headers.get("x-as-workspace")
        try:
            return identify(self.world, headers.get("authorization", ""), acting_as)[0]
        except Refusal:
            return None

    def _guarded(
        self,
        request: Request,
        operation: Operation | None,
        path: Mapping[str, str],
        body: Any,
        workspace: Workspace | None,
    ) -> Answer:
        headers = request.headers
        check_edge(headers.get("user-agent", ""))
        if operation is None:
            raise refused(404, f"Route {request.method}:{request.scope['path']} not found")
        members = {**request.query_params, **path, **_texts(body)}
        members["workspace"] = workspace.spec.key if workspace else ""
        rule = self._striking(operation, members)
        if rule and (answer := _ruined(rule)):
            return answer
        _check_body(headers.get("content-type", ""), body)
        owner, rights = identify(
            self.world, headers.get("authorization", ""), headers.get("x-as-workspace")
        )
        check_plan(owner, operation)
        if not self.pace.admit(owner.id, operation.lane):
            raise refused(429, "Rate limit exceeded")
        check_scope(rights, operation)
        body = body if isinstance(body, dict) else {}
        call = Call(self.world, owner, operation.template, path, request.query_params, body)
        return self._handled(operation, call, rule)

    def _striking(self, operation: Operation, members: Mapping[str, str]) -> Rule | None:
        struck = [rule for rule in self.rules if rule.strikes(operation.name, members)]
        return struck[0] if struck else None

    def _handled(self, operation: Operation, call: Call, rule: Rule | None) -> Answer:
        value = operation.handler(call)
        if rule is None:
            return Answer(200, value)
        cursor = call.query.get("starting_after") or call.body.get("starting_after")
        seconds = float(rule.options.get("seconds", 0.01))
        return Answer(200, mangled(rule, value, cursor), manner=rule.action, seconds=seconds)


def _route(method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
    if (method, path) in _FIXED:
        return _FIXED[method, path], {}
    for operation, pattern in _ROUTES:
        match = pattern.match(path)
        if match and operation.method == method:
            return operation, match.groupdict()
    return None, {}


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")


def _check_body(content_type: str, body: Any) -> None:
    """A JSON content type without a JSON body is refused (quirk A11)."""
    if not content_type.startswith("application/json"):
        return
    if body is None:
        message = "Body cannot be empty when content-type is set to 'application/json'"
        raise refused(400, message, "FST_ERR_CTP_EMPTY_JSON_BODY")
    if isinstance(body, str):
        raise refused(400, "Body is not valid JSON", "FST_ERR_CTP_INVALID_JSON_BODY")


def _texts(body: Any) -> dict[str, str]:
    return {k: str(v) for k, v in body.items()} if isinstance(body, dict) else {}


def _ruined(rule: Rule) -> Answer | None:
    """The answer of a fault that never reaches a handler."""
    options = rule.options
    match rule.action:
        case "status":
            status = int(options.get("status", 500))
            default = refused(status, "Injected fault").body
            return Answer(status, options.get("body", default), dict(options.get("headers", {})))
        case "html":
            return Answer(200, "<!doctype html><title>Just a moment...</title>")
        case "null":
            return Answer(200, None)
        case "body":
            return Answer(200, options.get("body"))
        case "text":
            return Answer(200, options.get("body", ""), manner="text")
        case "error":
            return Answer(200, {"error": options.get("message", "Something went wrong")})
        case "redirect":
            location = options.get("location", "https://login.example.org/")
            return Answer(302, "", {"location": location})
        case "reset" | "silence":
            return Answer(200, "", manner=rule.action, seconds=float(options.get("seconds", 600)))
    return None


async def _deliver(answer: Answer, date: str, send: _Send) -> None:
    is_text = (isinstance(answer.body, str) and answer.status != 200) or answer.manner == "text"
    is_page = isinstance(answer.body, str) and answer.body.lstrip().startswith("<")
    raw = answer.body.encode() if is_text or is_page else orjson.dumps(answer.body)
    kind = "text/html" if is_page else "text/plain" if is_text else "application/json"
    if answer.manner == "silence":
        await asyncio.sleep(answer.seconds)
    if answer.manner in ("reset", "silence"):
        _reset(send)
        return
    if answer.manner == "delay":
        await asyncio.sleep(answer.seconds)
    if answer.manner == "garbage":
        raw = raw[: len(raw) // 2]
    headers = {"date": date, "content-type": f"{kind}; charset=utf-8"}
    if answer.manner == "bad_gzip":
        raw, headers = _spoilt(gzip.compress(raw)), headers | {"content-encoding": "gzip"}
    if answer.manner != "cut_chunk":  # without a length, the body goes in chunks
        headers |= {"content-length": str(len(raw))}
    headers |= answer.headers
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    await _write(raw, answer, send)


async def _write(raw: bytes, answer: Answer, send: _Send) -> None:
    if answer.manner in ("cut", "cut_chunk"):
        half = raw[: len(raw) // 2]
        if answer.manner == "cut":
            await send({"type": "http.response.body", "body": half, "more_body": True})
        else:
            _transport(send).write(b"%x\r\n" % len(raw) + half)
        await asyncio.sleep(0.05)
        _transport(send).close()
        return
    if answer.manner == "slow":
        for number in range(len(raw)):
            part = {"type": "http.response.body", "body": raw[number : number + 1]}
            await send(part | {"more_body": True})
            await asyncio.sleep(answer.seconds)
        raw = b""
    await send({"type": "http.response.body", "body": raw})


def _spoilt(packed: bytes) -> bytes:
    """Packed bytes of which the second half is no longer what it was; as many as before."""
    half = len(packed) // 2
    return packed[:half] + bytes(byte ^ 0xFF for byte in packed[half:])


def _transport(send: _Send) -> Any:
    """The connection under uvicorn's `send`; ASGI itself has no word for breaking one."""
    return cast(Any, send).__self__.transport


def _reset(send: _Send) -> None:
    """Close so that the peer sees a reset, not an orderly end."""
    transport = _transport(send)
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _lifespan(receive: Any, send: _Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
