"""One conversation with the API: paced, patient, and sure of what it got.

    call ─→ turn (every attempt) ─→ send ─→ read within a deadline ─→ JSON ─→ expected envelope
      ↑                                                                              │
      └──── wait: Retry-After, else exponential with full jitter ←── may heal ───────┘

dlt's client gives the session (one per thread, timeouts); its own retry layer is switched off and
tenacity wraps the whole exchange instead, because the worst faults arrive with status 200: a body
cut short, the HTML page of the edge, `{"items": null}` (which otherwise ends a walk early and
loses the rest without a word). There is one retry layer, it has a total budget of time, and every
attempt takes a turn, retries included (quirks A15, A16).

Turns are those of the workspace, and of the lane of a part of the API that has to be asked more
slowly (`lane`). A 429 slows the queue it was said to (`pace`), a `Retry-After` stops it: one of
the workspace all its threads, one of a lane that lane alone. A storm of 429 that has outlasted the
patience ends what is asked next after one attempt: nobody waits for it twice.

Redirects are refused: another host would be handed the key, or its answer loaded as data.
`.netrc` and proxy variables are not trusted (`trust_env`).
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import requests
import tenacity
import urllib3
from dlt.sources.helpers.requests import Client as DltClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from requests.adapters import HTTPAdapter

from sources.instantly.conversation import answers
from sources.instantly.conversation.answers import MayHeal
from sources.instantly.conversation.lane import EMAILS, Lane, Turns
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
_CONNECTIONS = 32

Check = Callable[[Any], str | None]
"""Looks at a decoded answer and says what is wrong with it, None when it is as documented."""

Decode = Callable[[bytes], Any]
"""Reads a body that is as documented faster than JSON in general; ValueError when it is not."""

Params = Mapping[str, str | Sequence[str]]
"""Query members; one with several values is repeated."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How fast and how long we ask.

    Attributes:
        requests_per_minute: our share of the limit of the workspace (6,000, quirk A14); less while
            it answers with 429.
        retry_seconds: how long one request may be retried before it is given up.
        lanes: parts of the API with a limit of their own.
    """

    requests_per_minute: float
    retry_seconds: float = 900
    lanes: tuple[Lane, ...] = (EMAILS,)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and how the answer is read. Names it by template: ids may be addresses."""

    method: str
    path: str
    table: str
    check: Check
    decode: Decode | None
    params: Params = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        filled = {name: quote(value, safe="") for name, value in self.values.items()}
        return self.path.format(**filled)


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
        self._turns = Turns(patience.requests_per_minute, patience.lanes)
        self._spoke = False
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.attempts: Counter[str] = Counter()
        self.server_time: datetime | None = None
        self._adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)
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
        """Frees the connections."""
        self._adapter.close()

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        table: str,
        check: Check,
        decode: Decode | None = None,
        values: Mapping[str, str] | None = None,
        give_up_seconds: float | None = None,
    ) -> Any:
        """The decoded JSON answer of a GET.

        Args:
            path: without `/api/v2`; names in braces are filled from `values`.
            params: query members.
            table: what the request is made for; attempts are counted under it.
            check: the envelope guard.
            decode: tried on the body first; what it cannot read is decoded and checked as JSON,
                what it can read is taken as documented.
            values: what stands in the path, unquoted.
            give_up_seconds: how long to retry what the API itself fails at (5xx, silence), where
                the caller has something better to ask; the patience of the client by default.
                Being rate limited is no failure, and waits as long as ever.

        Raises:
            InstantlyError: the member of the family that fits, after retries where it may heal.
        """
        question = _Question("GET", path, table, check, decode, params or {}, None, values or {})
        return self._asked(question, give_up_seconds)

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        table: str,
        check: Check,
        decode: Decode | None = None,
    ) -> Any:
        """The decoded JSON answer of a POST that only reads; it is retried like a GET.

        Args:
            path: without `/api/v2`.
            body: sent as JSON.
            table, check, decode: as in `get`.

        Raises:
            InstantlyError: the member of the family that fits, after retries where it may heal.
        """
        return self._asked(_Question("POST", path, table, check, decode, body=body))

    def _asked(self, question: _Question, give_up_seconds: float | None = None) -> Any:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(MayHeal),
            wait=self._pause,
            stop=partial(self._stop, question, give_up_seconds),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, question)
        except MayHeal as last:
            raise self._given_up(question, last, retrying.statistics) from None

    def _attempt(self, question: _Question) -> Any:
        operation = question.operation
        sent_at = self._turn(question)
        with self._lock:
            self.attempts[question.table] += 1
        response, body = self._exchange(question)
        self._note_time(response)
        self._note_pace(question, response, sent_at)
        if response.status_code != requests.codes.ok:
            raise _refusal(operation, response, body)
        answer, is_known = _read(question, response, body)
        if not is_known and (wrong := question.check(answer)):
            message = f"{operation} answered out of contract: {wrong}; nothing of it was loaded"
            raise MayHeal(OutOfContract(message))
        self._spoke = True
        return answer

    def _turn(self, question: _Question) -> float:
        """Waits until this request may go; when that is, by the monotonic clock."""
        while wait := self._turns.take(question.path):
            held = self._turns.held(question.path)
            if held > self._patience.retry_seconds:
                raise RateLimited(
                    f"{question.operation}: told to wait {held:.0f} s more (Retry-After); run "
                    "again after that"
                )
            self._sleep(wait)
        return time.monotonic()

    def _exchange(self, question: _Question) -> tuple[requests.Response, bytes]:
        """One request and its whole body, within `answers.LONGEST_SECONDS` of wall-clock time."""
        until = time.monotonic() + answers.LONGEST_SECONDS
        try:
            response = self._session().request(
                question.method,
                self._url + question.address,
                params=dict(question.params),
                json=question.body,
                stream=True,
                allow_redirects=False,
            )
            with response:
                return response, answers.body(response, until)
        except (OSError, urllib3.exceptions.HTTPError) as fault:
            why = answers.cause(fault)
            message = f"{question.operation}: no answer from {self._url} ({why}); try again later"
            raise MayHeal(Unreachable(message)) from None

    def _session(self) -> requests.Session:
        session = self._dlt.session
        if session.get_adapter(self._url) is not self._adapter:
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
        return session

    def _note_pace(self, question: _Question, response: requests.Response, sent_at: float) -> None:
        """A 429 slows the queue; before a Retry-After has passed, nobody in it asks again."""
        if response.status_code == requests.codes.too_many_requests:
            self._turns.refused(question.path, sent_at)
        else:
            self._turns.let_through(question.path)
        if wait := answers.retry_after(response):
            self._turns.hold(question.path, wait)

    def _pause(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, MayHeal) and fault.retry_after is not None:
            return fault.retry_after
        ceiling = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(state.attempt_number - 1, 10))
        return random.uniform(0, ceiling)

    def _stop(
        self, question: _Question, give_up_seconds: float | None, state: tenacity.RetryCallState
    ) -> bool:
        """Envelope faults heal at once or not at all; a host that never spoke is likely a typo."""
        fault = state.outcome.exception() if state.outcome else None
        if not isinstance(fault, MayHeal):
            return True
        if isinstance(fault.error, OutOfContract):
            return state.attempt_number >= 4
        limit, spent = self._patience.retry_seconds, state.seconds_since_start or 0.0
        if isinstance(fault.error, RateLimited):
            spent = max(spent, self._turns.refused_for(question.path))
        elif give_up_seconds is not None:
            limit = min(limit, give_up_seconds)
        if not self._spoke and isinstance(fault.error, Unreachable) and fault.retry_after is None:
            limit = min(limit, FIRST_CONTACT_SECONDS)
        return spent + (state.upcoming_sleep or 0.0) >= limit

    def _given_up(
        self, question: _Question, last: MayHeal, statistics: Mapping[str, Any]
    ) -> InstantlyError:
        """What the last attempt said; of a limit, how long it was borne."""
        if not isinstance(last.error, RateLimited):
            return last.error
        attempts = statistics["attempt_number"]
        seconds = statistics["delay_since_first_attempt"]
        borne = max(seconds, self._turns.refused_for(question.path))
        told = f", told to wait {last.retry_after:.0f} s more" if last.retry_after else ""
        return RateLimited(
            f"{question.operation}: still rate limited (429) after {attempts} "
            f"attempt{'s' * (attempts != 1)} and {borne:.0f} s{told}; another program may use up "
            "this workspace's limit, run again later"
        )

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise Cancelled("stopped before the answer came")

    def _note_time(self, response: requests.Response) -> None:
        """The server's clock is ours: a wrong local clock must not move a day or a cursor."""
        told = answers.date_of(response.headers.get("Date", ""))
        self.server_time = told or self.server_time or datetime.now(UTC)


def _refusal(operation: str, response: requests.Response, body: bytes) -> Exception:
    """What a status other than 200 says; whether it may heal."""
    status, told = response.status_code, answers.retry_after(response)
    if status == requests.codes.too_many_requests:
        return MayHeal(RateLimited(f"{operation}: rate limited (429)"), told)
    if status >= 500 or status == requests.codes.request_timeout:
        error = Unreachable(f"{operation}: the API answers {status}; try again later")
        return MayHeal(error, told)
    return answers.final(operation, status, answers.message(body))


def _read(question: _Question, response: requests.Response, body: bytes) -> tuple[Any, bool]:
    """The answer, and whether it is known to be as documented."""
    if question.decode is not None:
        try:
            return question.decode(body), True
        except ValueError:  # JSON in general tells better what is wrong
            pass
    return answers.decoded(question.operation, response, body), False
