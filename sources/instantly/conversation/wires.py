"""How a request goes out and its answer comes in: two wires, one set of promises.

    Session    requests, by way of dlt's client    whatever is asked
    Pages      urllib3 alone                       pages of a list that is long

A page of a hundred rows costs `requests` about as much CPU as reading the rows out of it, and a
workspace has thousands of them; urllib3, on which `requests` stands, takes a third. Neither follows
a redirect: another host would be handed the key, or its answer loaded as data. Neither trusts
`.netrc`, proxy variables or certificates that the environment names. Neither asks again: a wire
knows nothing of patience. Both give an answer whole, or say that it was cut short.

http.client was refused for the pages: a little less CPU, and then unpacking, broken lengths and
connections that were closed while they waited would be ours to notice.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson
import requests
import urllib3
from dlt.sources.helpers.requests import Client as DltClient
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from sources.instantly.conversation import answers
from sources.instantly.conversation.answers import Answer

CONNECT_SECONDS = 10
SILENCE_SECONDS = 60  # pages can take over 30 s (quirk A17)
_CONNECTIONS = 32

Params = Mapping[str, str | Sequence[str]]
"""Query members; one with several values is repeated."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it goes out.

    Attributes:
        method, url: of HTTP; the URL is whole, but for the query.
        params: the query.
        body: what becomes JSON.
        sent: is called when the question is out, where that can be told before the answer.
    """

    method: str
    url: str
    params: Params
    body: Mapping[str, Any] | None
    sent: Callable[[], None]


class Wire(Protocol):
    """Carries one question and its answer."""

    def ask(self, asked: Asked) -> Answer:
        """The whole answer, within `answers.LONGEST_SECONDS` of wall-clock time.

        Raises:
            OSError, urllib3.exceptions.HTTPError: there was none.
        """
        ...

    def close(self) -> None:
        """Frees the connections."""
        ...


@dataclass(slots=True)
class Session:
    """The wire for everything: a session of `requests` per thread, one pool of connections.

    Attributes:
        headers: of every request.
    """

    headers: Mapping[str, str]
    _adapter: HTTPAdapter = field(init=False)
    _dlt: DltClient = field(init=False)

    def __post_init__(self) -> None:
        self._adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)
        self._dlt = DltClient(
            request_timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            raise_for_status=False,
            status_codes=(),
            exceptions=(),
            request_max_attempts=1,
            session_attrs={"headers": dict(self.headers), "trust_env": False},
        )

    def ask(self, asked: Asked) -> Answer:
        """As `Wire.ask`; `requests` has no way to tell when a question is out."""
        until = time.monotonic() + answers.LONGEST_SECONDS
        response = self._session(asked.url).request(
            asked.method,
            asked.url,
            params=dict(asked.params),
            json=asked.body,
            stream=True,
            allow_redirects=False,
        )
        with response:
            found = answers.body(response.raw, until)
            return Answer(response.status_code, response.headers, found)

    def close(self) -> None:
        """As `Wire.close`."""
        self._adapter.close()

    def _session(self, url: str) -> requests.Session:
        session = self._dlt.session
        if session.get_adapter(url) is not self._adapter:
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
        return session


@dataclass(slots=True)
class Pages:
    """The wire for pages: one pool of connections for all threads, and nothing around it.

    Attributes:
        headers: of every request.
    """

    headers: Mapping[str, str]
    _pool: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            headers={**self.headers, "Accept-Encoding": "gzip, deflate"},
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=SILENCE_SECONDS),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            ca_certs=DEFAULT_CA_BUNDLE_PATH,  # those that the other wire trusts
        )

    def ask(self, asked: Asked) -> Answer:
        """As `Wire.ask`; a body is out when its last byte is."""
        until = time.monotonic() + answers.LONGEST_SECONDS
        query = f"?{urlencode(asked.params, doseq=True)}" if asked.params else ""
        kind: dict[str, str] = {}
        packed: Iterator[bytes] | None = None
        if asked.body is not None:
            text = orjson.dumps(asked.body)
            kind = {"Content-Type": "application/json", "Content-Length": str(len(text))}
            packed = _told(text, asked.sent)
        response = self._pool.urlopen(
            asked.method,
            asked.url + query,
            body=packed,
            headers={**self._pool.headers, **kind},
            redirect=False,
            preload_content=False,
        )
        is_whole = False
        try:
            found = answers.body(response, until)
            is_whole = True
        finally:
            if not is_whole:
                response.close()  # a connection with half an answer in it must not be used again
            response.release_conn()
        return Answer(response.status, response.headers, found)

    def close(self) -> None:
        """As `Wire.close`."""
        self._pool.clear()


def _told(text: bytes, sent: Callable[[], None]) -> Iterator[bytes]:
    """A body that says when it is out: nobody asks for more of it before."""
    yield text
    sent()
