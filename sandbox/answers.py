"""A request as the handlers see it, and what they may answer.

    Call ──handler──▶ JSON value, or Refusal with the API's error body

The API has three error shapes: the Fastify one for most routes, the same with a framework code for
validation, and a bare `{message}` from the reports (quirks A3, A6, A7). Handlers raise `Refusal`
with the right one; nobody else writes error bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.datastructures import QueryParams

from sandbox.world import Workspace, World


class Refusal(Exception):
    """An answer that is not a success: status and body as the API sends them."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def refused(status: int, message: str, code: str | None = None) -> Refusal:
    """The usual error body, with the framework code on validation errors."""
    body = {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}
    return Refusal(status, {"code": code, **body} if code else body)


def invalid(message: str) -> Refusal:
    """A validation error (quirk A6)."""
    return refused(400, message, "FST_ERR_VALIDATION")


def report_refused(message: str) -> Refusal:
    """The 400 of the reports: a message and nothing else (quirk A7)."""
    return Refusal(400, {"message": message})


def not_found() -> Refusal:
    """No such row in this workspace."""
    return refused(404, "Resource not found")


@dataclass(frozen=True)
class Call:
    """One request of a workspace that was let in. Unknown members are ignored (quirk A9)."""

    world: World
    workspace: Workspace
    template: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: QueryParams = field(default_factory=QueryParams)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """How far the world has come, Unix seconds."""
        return self.world.now

    def flag(self, name: str) -> bool:
        """A boolean member of the query."""
        return self.query.get(name, "").lower() in ("true", "1")

    def choices(self, name: str) -> set[str]:
        """A repeated member of the query."""
        return {value for value in self.query.getlist(name) if value}


@dataclass(frozen=True)
class Operation:
    """One readable operation: where it is, what it needs, who answers.

    `scope` is the narrowest scope, None where the spec lists none; `lane` names a limit of its own.
    """

    method: str
    template: str
    handler: Callable[[Call], Any]
    scope: str | None = None
    feature: str | None = None
    lane: str | None = None

    @property
    def name(self) -> str:
        """As in the request log: `GET /campaigns/{id}`."""
        return f"{self.method} {self.template}"
