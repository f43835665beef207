"""One conversation with the API: paced, patient, and sure of what it got.

    call ─→ turn (every attempt) ─→ wire: whole answer or none ─→ JSON ─→ expected envelope
      ↑                                                                        │
      └──── wait: Retry-After, else exponential with full jitter ←── may heal ─┘

The wires (`wires`) carry one request each and never repeat it; tenacity wraps the whole exchange
instead, because the worst faults arrive with status 200: a body cut short, the HTML page of the
edge, `{"items": null}` (which otherwise ends a walk early and loses the rest without a word). There
is one retry layer, it has a total budget of time, and every attempt takes a turn, retries included
(quirks A15, A16). What has a decoder of its own comes in such numbers that it has its own wire.

Turns are those of the workspace, and of the lane of a part of the API that has to be asked more
slowly (`lane`). A 429 slows the queue it was said to (`pace`), a `Retry-After` stops it: one of
the workspace all its threads, one of a lane that lane alone. A storm of 429 that has outlasted the
patience ends what is asked next after one attempt: nobody waits for it twice.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import requests
import tenacity
import urllib3

from sources.instantly.conversation import answers
from sources.instantly.conversation.answers import Answer, MayHeal
from sources.instantly.conversation.lane import EMAILS, Lane, Turns
from sources.instantly.conversation.pace import Turn
from sources.instantly.conversation.wires import Asked, Pages, Params, Session, Wire
from sources.instantly.errors import (
    Cancelled,
    InstantlyError,
    OutOfContract,
    RateLimited,
    Unreachable,
)

API_PREFIX = "/api/v2"
FIRST_CONTACT_SECONDS = 10
LONGEST_PAUSE_SECONDS = 60

Check = Callable[[Any], str | None]
"""Looks at a decoded answer and says what is wrong with it, None when it is as documented."""

Decode = Callable[[bytes], Any]
"""Reads a body that is as documented faster than JSON in general; ValueError when it is not."""


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
        headers = {"User-Agent": user_agent, "Accept": "application/json"}
        headers["Authorization"] = f"Bearer {api_key}"
        if as_workspace:
            headers["x-as-workspace"] = as_workspace
        self._session: Wire = Session(headers)
        self._pages: Wire = Pages(headers)

    def stop(self) -> None:
        """Ends every wait with `Cancelled`; nothing more is asked."""
        self._stopping.set()

    def close(self) -> None:
        """Frees the connections."""
        self._session.close()
        self._pages.close()

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
        turn = self._turn(question)
        with self._lock:
            self.attempts[question.table] += 1
        answer = self._exchange(question, turn)
        self._note_time(answer)
        self._note_pace(question, answer, turn)
        if answer.status != requests.codes.ok:
            raise _refusal(operation, answer)
        value, is_known = _read(question, answer)
        if not is_known and (wrong := question.check(value)):
            message = f"{operation} answered out of contract: {wrong}; nothing of it was loaded"
            raise MayHeal(OutOfContract(message))
        self._spoke = True
        return value

    def _turn(self, question: _Question) -> Turn:
        """Waits until this request may go."""
        turn = Turn()
        while wait := self._turns.take(question.path, turn):
            held = self._turns.held(question.path)
            if held > self._patience.retry_seconds:
                raise RateLimited(
                    f"{question.operation}: told to wait {held:.0f} s more (Retry-After); run "
                    "again after that"
                )
            self._sleep(wait)
        return turn

    def _exchange(self, question: _Question, turn: Turn) -> Answer:
        """One request and its whole answer."""
        wire = self._pages if question.decode else self._session
        url, sent = self._url + question.address, partial(self._turns.sent, turn)
        try:
            return wire.ask(Asked(question.method, url, question.params, question.body, sent))
        except (OSError, urllib3.exceptions.HTTPError) as fault:
            why = answers.cause(fault)
            message = f"{question.operation}: no answer from {self._url} ({why}); try again later"
            raise MayHeal(Unreachable(message)) from None

    def _note_pace(self, question: _Question, answer: Answer, turn: Turn) -> None:
        """A 429 slows the queue; before a Retry-After has passed, nobody in it asks again."""
        if answer.status == requests.codes.too_many_requests:
            self._turns.refused(question.path, turn.taken)
        else:
            self._turns.let_through(question.path)
        if wait := answers.retry_after(answer):
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

    def _note_time(self, answer: Answer) -> None:
        """The server's clock is ours: a wrong local clock must not move a day or a cursor."""
        told = answers.date_of(answer.headers.get("Date", ""))
        self.server_time = told or self.server_time or datetime.now(UTC)


def _refusal(operation: str, answer: Answer) -> Exception:
    """What a status other than 200 says; whether it may heal."""
    status, told = answer.status, answers.retry_after(answer)
    if status == requests.codes.too_many_requests:
        return MayHeal(RateLimited(f"{operation}: rate limited (429)"), told)
    if status >= 500 or status == requests.codes.request_timeout:
        error = Unreachable(f"{operation}: the API answers {status}; try again later")
        return MayHeal(error, told)
    return answers.final(operation, status, answers.message(answer.body))


def _read(question: _Question, answer: Answer) -> tuple[Any, bool]:
    """The value, and whether it is known to be as documented."""
    if question.decode is not None:
        try:
            return question.decode(answer.body), True
        except ValueError:  # JSON in general tells better what is wrong
            pass
    return answers.decoded(question.operation, answer), False
