"""What came back: the body of an answer, its JSON, and what a refusal means.

The kind of a fault is told by status and shape, never by wording: the texts differ for one and
the same cause (quirk A3) and come in several shapes (quirks A6, A7). Error bodies are not shown
beyond their message, because they may name people.
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import requests
import urllib3

from sources.instantly.errors import (
    EdgeBlocked,
    InstantlyError,
    KeyRefused,
    NotFound,
    OutOfContract,
    PlanRequired,
    RequestRefused,
    ScopeMissing,
    Unreachable,
)
from sources.instantly.shaping.addresses import masked

LONGEST_SECONDS = 120
"""Wall-clock limit for one answer, first to last byte."""

_AT_ONCE = 2**18
"""Most bytes that are taken from a connection at a time; a page has about that many."""


LONGEST_MESSAGE = 10_000
"""Most of an error's text that is looked at; it is masked before it is cut, an address in half
would not be known again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole.

    Attributes:
        status: of HTTP.
        headers: without regard to case.
        body: unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class MayHeal(Exception):
    """An attempt that is worth repeating; `error` is what to raise when time is up."""

    def __init__(self, error: InstantlyError, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after


def body(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """The body, read as it comes, so that one byte a second cannot hold us for ever."""
    parts = []
    while part := response.read1(_AT_ONCE, decode_content=True):
        parts.append(part)
        if time.monotonic() > until:
            raise TimeoutError(f"the answer was not complete after {LONGEST_SECONDS} s")
    return b"".join(parts)


def decoded(operation: str, answer: Answer) -> Any:
    """The JSON of a body; the page of an edge, or half an answer, may heal when asked again."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as fault:
        if _looks_like_html(answer):
            message = f"{operation} answered HTML instead of JSON (Cloudflare?); try again later"
            raise MayHeal(Unreachable(message)) from None
        return _leniently(operation, answer.body, str(fault))


def _leniently(operation: str, body: bytes, fault: str) -> Any:
    """JSON that only a few signs make unreadable: one odd row must not cost the page.

    A lone surrogate becomes a question mark. A number beyond all bounds, NaN and Infinity become
    the texts that they are, which no column of numbers takes.
    """
    try:
        loose = json.loads(body, parse_float=_number, parse_constant=str)
        return orjson.loads(json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        message = f"{operation} answered JSON that cannot be read ({fault})"
        raise MayHeal(OutOfContract(message)) from None


def _number(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def final(operation: str, status: int, message: str | None) -> InstantlyError:
    """The error of a status that asking again would not change."""
    said = f' ("{message}")' if message else ""
    if status == 401:
        return KeyRefused(f"the key was refused (401) at {operation}; check INSTANTLY_API_KEY")
    if status == 402:
        return PlanRequired(f"{operation} needs a paid plan (402); see the workspace's billing")
    if status == 403 and message is None:
        return EdgeBlocked(
            f"{operation} was blocked before it reached the API (403 without JSON, Cloudflare); "
            "check the network this runs from"
        )
    if status == 403:
        return ScopeMissing(f"the key lacks the scope for {operation} (403)")
    if status == 404:
        return NotFound(f"{operation}: not found (404){said}")
    if 300 <= status < 400:
        return OutOfContract(f"{operation} answered with a redirect ({status}), which is refused")
    return RequestRefused(f"{operation} was refused ({status}){said}")


def message(body: bytes) -> str | None:
    """The text of an error body in any of the API's shapes (quirk A7), None if it is no JSON.

    It is shown to people and written into logs, so addresses in it are masked.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(parsed, dict):
        return None
    said = str(parsed.get("message") or parsed.get("error") or "")[:LONGEST_MESSAGE]
    return masked(said)[:200]


def _looks_like_html(answer: Answer) -> bool:
    is_html = "html" in answer.headers.get("Content-Type", "").lower()
    return is_html or answer.body.lstrip()[:1] == b"<"


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait, from either form of the header; it may come (quirk A13).

    A date counts from the date of the answer: this machine's clock may be wrong.
    """
    value = answer.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    until, now = date_of(value), date_of(answer.headers.get("Date", ""))
    if until is None:
        return None
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def date_of(header: str) -> datetime | None:
    """The moment that a date in a header names, None where it names none."""
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def cause(fault: Exception) -> str:
    """What went wrong on the wire, without the URL (query members may name people)."""
    for known, text in (
        (requests.exceptions.SSLError, "the certificate was not accepted"),
        (requests.exceptions.ConnectTimeout, "connecting took too long"),
        (requests.exceptions.Timeout, "it was silent for too long"),
        (TimeoutError, str(fault)),
        (requests.exceptions.ConnectionError, "no connection"),
        (urllib3.exceptions.SSLError, "the certificate was not accepted"),
        (urllib3.exceptions.NewConnectionError, "no connection"),
        (urllib3.exceptions.ConnectTimeoutError, "connecting took too long"),
        (urllib3.exceptions.TimeoutError, "it was silent for too long"),
    ):
        if isinstance(fault, known):
            return text
    return "the answer was cut short"
