"""One conversation with the API: paced, patient, and sure of what it got.

    call ─→ pace (every attempt) ─→ send ─→ read within a deadline ─→ JSON ─→ expected envelope
      ↑                                                                              │
      └──── wait: Retry-After, else exponential with full jitter ←── may heal ───────┘

dlt's client gives the session (one per thread, timeouts); its own retry layer is switched off and
tenacity wraps the whole exchange instead, because the worst faults arrive with status 200: a body
cut short, the HTML page of the edge, `{"items": null}` (which otherwise ends a walk early and
loses the rest without a word). There is one retry layer, it has a total budget of time, and every
attempt passes the limiter, retries included (quirks A15, A16).

Redirects are refused: another host would be handed the key, or its answer loaded as data.
`.netrc` and proxy variables are not trusted (`trust_env`).
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import tenacity
import urllib3
from dlt.sources.helpers.requests import Client as DltClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from requests_ratelimiter import LimiterAdapter

from sources.instantly.conversation import answers
from sources.instantly.conversation.answers import MayHeal
from sources.instantly.errors import (
    Cancelled,
    InstantlyError,
    OutOfContract,
    RateLimited,
    Unreachable,
)

API_PREFIX = "/api/v2"
CONNECT_SECONDS = 10
SILENCE_SECONDS = 60  # pages can take over 30 s (quirk A17)
FIRST_CONTACT_SECONDS = 10
LONGEST_PAUSE_SECONDS = 60

Check = Callable[[Any], str | None]
"""Looks at a decoded answer and says what is wrong with it, None when it is as documented."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How fast and how long we ask.

    Attributes:
        requests_per_minute: our share of the limit of the workspace (6,000, quirk A14).
        retry_seconds: how long one request may be retried before it is given up.
    """

    requests_per_minute: float
    retry_seconds: float = 900


class Client:
    """Reads one workspace with one key. Safe to use from several threads.

    Args:
        base_url: scheme and host of the API.
        api_key: bearer key; never logged, never part of an error.
        user_agent: our own, because the edge rejects library defaults (quirk A1).
        patience: pace and time limits.
        as_workspace: id of the sub-workspace to act on with an admin workspace's key.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        user_agent: str,
        patience: Patience,
        as_workspace: str | None = None,
    ) -> None:
        self._url = base_url.rstrip("/") + API_PREFIX
        self._patience = patience
        self._hold_until = 0.0
        self._spoke = False
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.attempts: Counter[str] = Counter()
        self.server_time: datetime | None = None
        self._adapter = LimiterAdapter(
            per_second=patience.requests_per_minute / 60, limit_statuses=(), pool_maxsize=32
        )
        headers = {"User-Agent": user_agent, "Accept": "application/json"}
        if as_workspace:
            headers["x-as-workspace"] = as_workspace
        self._dlt = DltClient(
            request_timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            raise_for_status=False,
            status_codes=(),
            exceptions=(),
            request_max_attempts=1,
            session_attrs={
                "auth": BearerTokenAuth(token=api_key),
                "headers": headers,
                "trust_env": False,
            },
        )

    def stop(self) -> None:
        """Ends every wait with `Cancelled`; nothing more is asked."""
        self._stopping.set()

    def close(self) -> None:
        """Frees connections and the limiter's thread."""
        self._adapter.close()

    def get(
        self, path: str, params: Mapping[str, str] | None = None, *, table: str, check: Check
    ) -> Any:
        """The decoded JSON answer of a GET.

        Args:
            path: without `/api/v2`.
            params: query members.
            table: what the request is made for; attempts are counted under it.
            check: the envelope guard.

        Raises:
            InstantlyError: the member of the family that fits, after retries where it may heal.
        """
        operation = f"GET {path}"
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(MayHeal),
            wait=self._pause,
            stop=self._stop,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, operation, path, params or {}, table, check)
        except MayHeal as last:
            raise last.error from None

    def _attempt(
        self, operation: str, path: str, params: Mapping[str, str], table: str, check: Check
    ) -> Any:
        self._sleep(self._hold_until - time.monotonic())
        with self._lock:
            self.attempts[table] += 1
        response, body = self._exchange(operation, path, params)
        self._note_time(response)
        if response.status_code != requests.codes.ok:
            raise self._refusal(operation, response, body)
        answer = answers.decoded(operation, response, body)
        if wrong := check(answer):
            message = f"{operation} answered out of contract: {wrong}; nothing of it was loaded"
            raise MayHeal(OutOfContract(message))
        self._spoke = True
        return answer

    def _exchange(
        self, operation: str, path: str, params: Mapping[str, str]
    ) -> tuple[requests.Response, bytes]:
        """One request and its whole body, within `answers.LONGEST_SECONDS` of wall-clock time."""
        until = time.monotonic() + answers.LONGEST_SECONDS
        try:
            response = self._session().get(
                self._url + path, params=dict(params), stream=True, allow_redirects=False
            )
            with response:
                return response, answers.body(response, until)
        except (OSError, urllib3.exceptions.HTTPError) as fault:
            why = answers.cause(fault)
            raise MayHeal(
                Unreachable(f"{operation}: no answer from {self._url} ({why}); try again later")
            ) from None

    def _session(self) -> requests.Session:
        session = self._dlt.session
        if session.get_adapter(self._url) is not self._adapter:
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
        return session

    def _refusal(self, operation: str, response: requests.Response, body: bytes) -> Exception:
        status = response.status_code
        message = answers.message(body)
        if status == requests.codes.too_many_requests:
            error: InstantlyError = RateLimited(
                f"{operation}: still rate limited after {self._patience.retry_seconds:.0f} s of "
                "retries (429); another program may use up this workspace's limit"
            )
            return self._held(MayHeal(error, answers.retry_after(response)))
        if status >= 500 or status == requests.codes.request_timeout:
            return MayHeal(
                Unreachable(f"{operation}: the API answers {status}; try again later"),
                answers.retry_after(response),
            )
        return answers.final(operation, status, message)

    def _held(self, fault: MayHeal) -> MayHeal:
        """Nobody on this workspace asks again before a Retry-After has passed."""
        if fault.retry_after:
            self._hold_until = max(self._hold_until, time.monotonic() + fault.retry_after)
        return fault

    def _pause(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, MayHeal) and fault.retry_after is not None:
            return fault.retry_after
        ceiling = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(state.attempt_number - 1, 10))
        return random.uniform(0, ceiling)

    def _stop(self, state: tenacity.RetryCallState) -> bool:
        """Envelope faults heal at once or not at all; a host that never spoke is likely a typo."""
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, MayHeal) and isinstance(fault.error, OutOfContract):
            return state.attempt_number >= 4
        limit = self._patience.retry_seconds
        if not self._spoke and isinstance(fault, MayHeal) and fault.retry_after is None:
            limit = min(limit, FIRST_CONTACT_SECONDS)
        wait = state.upcoming_sleep or 0.0
        return (state.seconds_since_start or 0.0) + wait >= limit

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise Cancelled("stopped before the answer came")

    def _note_time(self, response: requests.Response) -> None:
        """The server's clock is ours: a wrong local clock must not move a day or a cursor."""
        try:
            self.server_time = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, TypeError, ValueError):
            self.server_time = self.server_time or datetime.now(UTC)
