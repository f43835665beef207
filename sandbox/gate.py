"""Who may pass: the edge, the key, the plan, the pace, the scope; in that order.

Each gate answers as the API was seen to: the edge with a text that is no JSON (quirks A1, A2), a
bad key with 401, a workspace without plan with 402, a missing scope with 403, too many requests
with 429 and no Retry-After (quirk A13).
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.answers import Operation, Refusal, refused
from sandbox.entities.workspaces import acts_for
from sandbox.specs import KeySpec
from sandbox.world import Workspace, World

BLOCKED_AGENTS = ("python-requests", "python-urllib", "python-httpx", "curl")


@dataclass(frozen=True)
class RateLimit:
    """Requests that one workspace may make; `emails_per_minute` is the lane of GET /emails."""

    per_second: int = 100
    per_minute: int = 6_000
    emails_per_minute: int = 20


class Pace:
    """Counts the requests of each workspace in sliding windows of real time."""

    def __init__(self, limit: RateLimit | None, clock: Callable[[], float] = time.monotonic):
        self.limit = limit
        self._clock = clock
        self._past: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admit(self, workspace: str, lane: str | None) -> bool:
        """Whether one more request fits; a refused one is not counted."""
        if self.limit is None:
            return True
        now, past = self._clock(), self._past[workspace, "all"]
        _forget(past, now - 60)
        if len(past) >= self.limit.per_minute:
            return False
        if len(past) >= self.limit.per_second and past[-self.limit.per_second] > now - 1:
            return False
        if lane is not None:
            own = self._past[workspace, lane]
            _forget(own, now - 60)
            if len(own) >= self.limit.emails_per_minute:
                return False
            own.append(now)
        past.append(now)
        return True


def _forget(past: deque[float], before: float) -> None:
    while past and past[0] <= before:
        past.popleft()


def check_edge(user_agent: str) -> None:
    """The edge refuses default agents with a text, whatever the key."""
    agent = user_agent.strip().lower()
    if not agent or agent.startswith(BLOCKED_AGENTS):
        raise Refusal(403, "error code: 1010\n")


def identify(world: World, authorization: str, acting_as: str | None) -> tuple[Workspace, KeySpec]:
    """The workspace that a request works on, and the key it was let in with."""
    if not authorization:
        raise refused(401, "Missing Authorization header")
    scheme, _, key = authorization.partition(" ")
    owner = world.owner_of(key.strip()) if scheme.lower() == "bearer" else None
    if owner is None:
        raise refused(401, "Invalid API key")
    workspace, rights = owner
    if rights.revoked:
        raise refused(401, "API key has been revoked")
    if acting_as and acting_as != workspace.id:
        other = acts_for(world, workspace, acting_as)
        if other is None:
            raise refused(403, "Workspace is not a sub-workspace of the admin workspace")
        workspace = other
    return workspace, rights


def check_plan(workspace: Workspace, operation: Operation) -> None:
    """402 without a paid plan, or without the plan of a feature (quirk A4)."""
    if not workspace.spec.paid:
        raise refused(402, "Workspace does not have an active paid plan")
    if operation.feature == "inbox_placement" and not workspace.spec.inbox_placement:
        raise refused(402, "Workspace does not have an active inbox placement plan")


def check_scope(rights: KeySpec, operation: Operation) -> None:
    """403 when no scope of the key opens the operation."""
    if operation.scope is None:
        return
    resource, action = operation.scope.split(":")
    opens = {operation.scope, f"{resource}:all", f"all:{action}", "all:all"}
    if opens.isdisjoint(rights.scopes):
        raise refused(403, "Forbidden")
