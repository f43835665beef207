"""Lanes: parts of the API with a limit of their own, beside the pace of the workspace.

    any request ──→ a turn of the workspace's pace ─────────────────────────→ sent
    /emails…    ──→ a turn of the workspace's pace ──→ a turn of its lane ──→ sent

An adapter is mounted on the lane's longer URL prefix, so that every attempt passes it, retries
included: a client that paced calls but not retries got 429 at 3.1 s, against a limit of one in
3 s (quirk A16). The lane's turn is the last thing before sending, so that the gap at the server
is the lane's and not what other queues make of it. Waiting there holds no turn that another
request could use, so a slow lane slows nobody else.
"""

from dataclasses import dataclass
from typing import Any

import requests
from requests_ratelimiter import LimiterAdapter

WORKSPACE = "workspace"
"""Name of the queue that all requests of a workspace share."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A part of the API that has to be asked more slowly than the rest.

    Attributes:
        prefix: what its paths begin with, without `/api/v2`.
        seconds_apart: least time between two requests, retries included.
    """

    prefix: str
    seconds_apart: float


EMAILS = Lane("/emails", seconds_apart=3.5)
"""20 requests a minute are allowed; 3.5 s is what a client settled on (quirk A16). All paths under
it, because nobody knows which of them share the limit."""


class LaneAdapter(LimiterAdapter):
    """Sends one request of a lane at a time, `seconds_apart`, within the workspace's pace.

    Args:
        lane: the lane.
        workspace: the adapter that keeps the workspace's pace; its queue is called WORKSPACE.
    """

    def __init__(self, lane: Lane, workspace: LimiterAdapter) -> None:
        # One turn in `seconds_apart`: 1/3.5 a second alone would be taken for two in seven.
        super().__init__(
            per_second=1 / lane.seconds_apart,
            burst=lane.seconds_apart,
            per_host=False,
            bucket_name=lane.prefix,
            limit_statuses=(),
        )
        self._workspace = workspace

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Waits for both turns, then sends."""
        self._workspace.limiter.try_acquire(WORKSPACE)
        return super().send(request, **kwargs)
