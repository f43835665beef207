"""Handing an event to a command or to a web address, within a time, whatever they do.

A command gets words and no shell, the event on its standard input, and no key of ours in its
environment. An address is asked with POST: redirects are refused, since another host would get the
event; `.netrc` and proxy variables are not trusted. What goes wrong is one line, without the
address, which is a secret.

Nothing is imported on the way: a process that is being ended may not get the import lock any more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import IO

import requests
import tenacity
from pydantic import SecretStr

from pipelines.notify.event import PRODUCT
from pipelines.notify_settings import host_of
from pipelines.text import one_line

MOST_SAID = 200
BEFORE_THE_SECOND = 1.0
LOOK_UP_SECONDS = 0.5
"""A signal may come to another thread than the one that waits, which heeds it when it next looks
up."""


class NotDelivered(Exception):
    """Somebody was not told; `str()` says who and why, in one line."""


class Delivery:
    """One way of telling, tried in a thread of its own, so that none keeps another from its turn.

    Args:
        work: tells, and raises NotDelivered where it cannot.
        who: is told, for people.
    """

    def __init__(self, work: Callable[[], None], who: str) -> None:
        self._work, self._who = work, who
        self._lost: list[Exception] = []
        self._thread = threading.Thread(target=self._do, name="notify", daemon=True)
        self._thread.start()

    def _do(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 handed over to the thread that waits
            self._lost.append(error)

    def failure(self, until: float) -> str | None:
        """Why nobody was told, None when somebody was; waits till a moment of the monotonic clock.

        What hangs is left behind: it is a daemon, and the process is about to end.
        """
        while self._thread.is_alive() and (left := until - time.monotonic()) > 0:
            self._thread.join(min(left, LOOK_UP_SECONDS))
        if self._thread.is_alive():
            return f"{self._who} did not answer in time"
        if not self._lost:
            return None
        error = self._lost[0]
        is_known = isinstance(error, NotDelivered)
        return str(error) if is_known else f"{self._who}: {type(error).__name__}"


def run_command(
    words: Sequence[str], event: str, environment: Mapping[str, str], seconds: float
) -> None:
    """Starts the program, gives it the event, and ends it and its children when time is up.

    What it says goes into a file, not a pipe, which a child of its own could hold open; and not
    into our folder for such files, which may be the run's and gone when a run is ended.

    Raises:
        NotDelivered: it could not be started, took too long or ended with another code than 0.
    """
    who = f"NOTIFY_COMMAND ({words[0]})"
    with tempfile.TemporaryFile(dir=environment.get("TMPDIR", "/tmp")) as said:  # noqa: S108 has no name
        try:
            child = subprocess.Popen(
                words,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        except OSError as error:
            raise NotDelivered(f"{who} cannot be started: {error.strerror}") from None
        try:
            child.communicate(event.encode(), timeout=seconds)
        except BaseException as error:  # a signal, too: nothing goes on when we have ended
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise NotDelivered(f"{who} took longer than {seconds:.0f} s") from None
        if child.returncode:
            raise NotDelivered(f"{who} ended with code {child.returncode}{_last_line(said)}")


def _last_line(said: IO[bytes]) -> str:
    """The end of what a command wrote to its standard error."""
    said.seek(0)
    lines = said.read()[-4096:].decode(errors="replace").strip().splitlines()
    return f": {one_line(lines[-1])[:MOST_SAID]}" if lines else ""


def post(url: SecretStr, event: str, seconds: float, attempts: int) -> None:
    """Sends the event; asked again where that may help.

    Raises:
        NotDelivered: no answer, or another one than 2xx.
    """
    tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_MayHeal),
        stop=tenacity.stop_after_attempt(attempts),
        wait=tenacity.wait_fixed(BEFORE_THE_SECOND),
        reraise=True,
    )(_post_once, url, event, seconds)


class _MayHeal(NotDelivered):
    """No answer, too many requests, or the other side's own failure."""


def _post_once(url: SecretStr, event: str, seconds: float) -> None:
    who = f"NOTIFY_URL ({host_of(url)})"
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"{PRODUCT}/{version(PRODUCT)}",
    }
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url.get_secret_value(),
                data=event.encode(),
                headers=headers,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            )
        except requests.Timeout:
            raise _MayHeal(f"{who} did not answer within {seconds:.0f} s") from None
        except requests.exceptions.SSLError:
            raise NotDelivered(f"{who} showed a certificate that was not accepted") from None
        except (requests.RequestException, OSError):
            raise _MayHeal(f"{who}: no connection") from None
        answer.close()
    code = answer.status_code
    if answer.is_redirect or 300 <= code < 400:
        raise NotDelivered(f"{who} answered {code}; redirects are not followed")
    if code == requests.codes.too_many_requests or code >= 500:
        raise _MayHeal(f"{who} answered {code}")
    if not answer.ok:
        raise NotDelivered(f"{who} answered {code}")
