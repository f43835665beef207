"""One conversation with the API, against a server that misbehaves in every way that is known."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import orjson
import pytest

from sandbox import Sandbox
from sandbox.clock import http_date
from sandbox.worlds import small
from sources.instantly.conversation.client import Client, Patience
from sources.instantly.conversation.paging import elements
from sources.instantly.conversation.wires import Asked, Pages
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import (
    Cancelled,
    EdgeBlocked,
    KeyRefused,
    NotFound,
    OutOfContract,
    PlanRequired,
    RateLimited,
    RequestRefused,
    ScopeMissing,
    Unreachable,
)

MEMBERS = BY_TABLE["workspace_members"]
CAMPAIGNS = BY_TABLE["campaigns"]
ITSELF = BY_TABLE["workspaces"]
OPERATION = "GET /campaigns"
WORLD = small(campaigns=230, days=1, leads_per_day=1)


@pytest.fixture(scope="module")
def server():
    with Sandbox(WORLD, date=date(2026, 11, 17), rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def connect():
    clients = []

    def make(
        api, *, key=None, retry_seconds=4.0, url=None, requests_per_minute=6000, **options
    ) -> Client:
        patience = Patience(requests_per_minute, retry_seconds)
        client = Client(
            url or api.url,
            key or api.key,
            user_agent=options.pop("user_agent", "instantly-warehouse/test"),
            patience=patience,
            **options,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def walk(client: Client, endpoint=CAMPAIGNS, decode=None) -> list[str]:
    return [row["id"] for page in elements(client, endpoint, decode=decode) for row in page]


def whole(body: bytes) -> Any:
    """Reads a page as those of long lists are read; they have a wire of their own."""
    answer = orjson.loads(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
        raise ValueError("no page")
    if not all(isinstance(row, dict) for row in answer["items"]):
        raise ValueError("no rows")
    return answer


@pytest.fixture(params=[None, whole], ids=["session", "pages"])
def decode(request):
    """Both wires keep the same promises."""
    return request.param


def test_a_list_is_walked_to_its_end(api, connect) -> None:
    ids = walk(connect(api))

    assert len(ids) == len(set(ids)) == 230


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 500},
        {"action": "status", "status": 502, "body": "<html>bad gateway</html>"},
        {"action": "status", "status": 503},
        {"action": "status", "status": 408},
        {"action": "status", "status": 429},
        {"action": "html"},
        {"action": "null"},
        {"action": "error"},
        {"action": "items_null"},
        {"action": "items_missing"},
        {"action": "garbage"},
        {"action": "cut"},
        {"action": "cut_chunk"},
        {"action": "bad_gzip"},
        {"action": "reset"},
        {"action": "body", "body": {"items": {"a": 1}}},
        {"action": "body", "body": {"items": ["text"]}},
        {"action": "body", "body": []},
        {"action": "body", "body": ""},
    ],
    ids=lambda fault: " ".join(str(part) for part in fault.values()),
)
def test_a_fault_that_passes_costs_no_row(api, connect, fault, decode) -> None:
    api.fault(**{"operation": OPERATION, "nth": 2, "times": 1, **fault})

    ids = walk(connect(api), decode=decode)

    assert len(ids) == len(set(ids)) == 230
    assert api.requests()["total"] == 5, "three pages, the empty one, and one repeated"


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ({"action": "status", "status": 500}, Unreachable, "answers 500"),
        ({"action": "status", "status": 429}, RateLimited, "rate limited"),
        ({"action": "html"}, Unreachable, "HTML instead of JSON"),
        ({"action": "null"}, OutOfContract, "null instead of a page"),
        ({"action": "items_null"}, OutOfContract, "`items` is null instead of a list"),
        ({"action": "items_missing"}, OutOfContract, "without `items`"),
        ({"action": "garbage"}, OutOfContract, "cannot be read"),
        ({"action": "reset"}, Unreachable, "no answer"),
        ({"action": "cut_chunk"}, Unreachable, "cut short"),
        ({"action": "bad_gzip"}, Unreachable, "cut short"),
        ({"action": "repeat_cursor"}, OutOfContract, "cursor repeats"),
        ({"action": "redirect", "location": "http://127.0.0.1:9/"}, OutOfContract, "redirect"),
        ({"action": "status", "status": 400, "body": {"message": "no"}}, RequestRefused, "400"),
        (
            {"action": "status", "status": 400, "body": {"message": "no lead jane@example.com"}},
            RequestRefused,
            r"no lead \[address\]",
        ),
        ({"action": "status", "status": 404, "body": {"message": "gone"}}, NotFound, "gone"),
    ],
    ids=lambda value: " ".join(str(v) for v in value.values()) if isinstance(value, dict) else "",
)
def test_a_fault_that_stays_is_named_with_its_operation(
    api, connect, fault, error, says, decode
) -> None:
    api.fault(**{"operation": OPERATION, "nth": 2, "times": None, **fault})

    with pytest.raises(error, match=f"GET /campaigns.*{says}") as raised:
        walk(connect(api, retry_seconds=3), decode=decode)

    assert api.key not in str(raised.value)
    assert "<html" not in str(raised.value)


def test_an_empty_page_with_a_cursor_is_followed(api, connect) -> None:
    api.fault("items_empty", OPERATION, nth=2, times=1)

    assert len(walk(connect(api))) > 100


def test_a_cycle_of_three_pages_is_refused(api, connect) -> None:
    for cursor, following in (("a", "b"), ("b", "c"), ("c", "a")):
        page = {"items": [{"id": cursor}], "next_starting_after": following}
        api.fault("body", OPERATION, where={"starting_after": cursor}, body=page, times=None)
    api.fault("body", OPERATION, body={"items": [{"id": "0"}], "next_starting_after": "a"})

    with pytest.raises(OutOfContract, match="GET /campaigns: the cursor repeats after 3 pages"):
        walk(connect(api))
    assert api.requests()["total"] == 4, "each page once"


def test_a_key_that_is_unknown(api, connect) -> None:
    with pytest.raises(KeyRefused, match="INSTANTLY_API_KEY"):
        walk(connect(api, key="not-a-key"))
    assert api.requests()["total"] == 1, "a dead key is not asked again"


def test_scope_plan_and_edge_are_told_apart(connect) -> None:
    with Sandbox("agency", rate_limit=None) as agency:
        with pytest.raises(PlanRequired):
            walk(connect(agency, key=agency.keys["initech"]), MEMBERS)
        with pytest.raises(ScopeMissing, match="GET /workspace-members"):
            walk(connect(agency, key=agency.keys["hooli"]), MEMBERS)
        with pytest.raises(EdgeBlocked):
            walk(connect(agency, user_agent="python-requests/2.32"), MEMBERS)


def asked_at(api, status: int) -> list[float]:
    return [row["at"] for row in api.log() if row["status"] == status]


@pytest.mark.parametrize(("status", "form"), [(429, "seconds"), (429, "date"), (503, "seconds")])
def test_nobody_asks_before_retry_after_has_passed(api, connect, status, form) -> None:
    """Nor does the thread that had been waiting for its turn when it was said."""
    told = "1" if form == "seconds" else http_date(api.clock.timestamp() + 1)
    api.fault("status", ITSELF.operation, status=status, headers={"Retry-After": told})
    client = connect(api, requests_per_minute=119)  # every half second
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: walk(client, ITSELF), range(2)))

    (refused,) = asked_at(api, status)
    arrival = 0.05
    assert min(asked_at(api, 200)) - refused > 1 - arrival
    assert api.requests()["by_status"] == {"200": 2, str(status): 1}


def test_being_told_to_wait_beyond_all_patience_is_said_at_once(api, connect) -> None:
    api.fault("status", OPERATION, status=429, headers={"Retry-After": "3600"}, times=None)
    client = connect(api)
    started = time.monotonic()

    with pytest.raises(RateLimited, match=r"after 1 attempt and \d s, told to wait 3600 s"):
        walk(client)
    with pytest.raises(RateLimited, match=r"GET /workspace-members: told to wait 3600 s"):
        walk(client, MEMBERS)
    assert time.monotonic() - started < 1
    assert api.requests()["total"] == 1, "nobody else asks meanwhile"


def test_a_limit_is_borne_with_all_patience_though_the_host_never_spoke(
    api, connect, monkeypatch
) -> None:
    monkeypatch.setattr("sources.instantly.conversation.client.FIRST_CONTACT_SECONDS", 0)
    api.fault("status", OPERATION, status=429, times=2)

    assert len(walk(connect(api, retry_seconds=20))) == 230


def test_a_storm_is_waited_for_once(api, connect) -> None:
    """What is asked after it was given up is asked once; an answer, and patience is back."""
    api.fault("status", status=429, times=None)
    client = connect(api, retry_seconds=0.5)
    with pytest.raises(RateLimited, match=r"GET /campaigns: .*429.* run again later"):
        walk(client)
    time.sleep(0.5)
    before = api.requests()["total"]
    with pytest.raises(
        RateLimited, match=r"GET /workspace-members: .* after 1 attempt and [1-9] s"
    ):
        walk(client, MEMBERS)
    assert api.requests()["total"] == before + 1

    api.clear_faults()
    walk(client, MEMBERS)
    api.fault("status", OPERATION, status=429, headers={"Retry-After": "0"}, times=2)
    assert len(walk(client)) == 230


def test_retries_wait_a_random_time(api, connect) -> None:
    api.fault("status", OPERATION, status=503, times=3)
    waits = []
    client = connect(api, retry_seconds=30)
    sleep = client._sleep
    client._sleep = lambda seconds: waits.append(seconds) or sleep(min(seconds, 0.01))
    walk(client)

    pauses = [wait for wait in waits if wait > 0]
    assert len(set(pauses)) == 3
    assert all(pause <= 2**attempt for attempt, pause in enumerate(pauses))


def test_a_body_that_drips_is_given_up(api, connect, monkeypatch, decode) -> None:
    monkeypatch.setattr("sources.instantly.conversation.answers.LONGEST_SECONDS", 0.5)
    api.fault("slow", OPERATION, seconds=0.05, times=None)
    started = time.monotonic()

    with pytest.raises(Unreachable, match="not complete"):
        walk(connect(api, retry_seconds=1), decode=decode)
    assert time.monotonic() - started < 5


def test_a_host_that_never_spoke_is_given_up_soon(connect, api) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(Unreachable, match=url):
            walk(connect(api, url=url, retry_seconds=900))
    assert time.monotonic() - started < 15


def test_stopping_ends_a_wait_at_once(api, connect) -> None:
    api.fault("status", OPERATION, status=429, headers={"Retry-After": "60"}, times=None)
    client = connect(api, retry_seconds=900)
    threading.Timer(0.5, client.stop).start()
    started = time.monotonic()

    with pytest.raises(Cancelled):
        walk(client)
    assert time.monotonic() - started < 3


def test_threads_share_one_pace(api, connect) -> None:
    client = connect(api, requests_per_minute=1200)
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: walk(client, ITSELF), range(48)))

    assert time.monotonic() - started >= 2, "twenty, a second later twenty, then the rest"
    assert api.requests()["total"] == 48


def test_a_page_says_that_its_question_is_out_before_the_answer_comes(api) -> None:
    """What may follow it counts from then."""
    api.fault("delay", "POST /leads/list", seconds=0.3, times=None)
    wire = Pages({"Authorization": f"Bearer {api.key}", "User-Agent": "instantly-warehouse/test"})
    url, out = f"{api.url}/api/v2/leads/list", []
    asked = Asked("POST", url, {}, {"limit": 1}, lambda: out.append(time.monotonic()))
    answer = wire.ask(asked)
    wire.close()

    assert (answer.status, len(out)) == (200, 1)
    assert time.monotonic() - out[0] > 0.25


def test_a_wait_for_a_turn_ends_when_stopped(api, connect) -> None:
    client = connect(api, requests_per_minute=1)
    walking = threading.Timer(0.2, client.stop)
    walking.start()
    started = time.monotonic()

    with pytest.raises(Cancelled):
        walk(client)
    assert time.monotonic() - started < 3
    assert api.requests()["total"] == 1


def test_attempts_are_counted_under_their_table(api, connect) -> None:
    api.fault("status", OPERATION, status=500, nth=2, times=1)
    client = connect(api)
    walk(client)

    assert client.attempts == {"campaigns": 5}


def test_the_key_travels_in_the_header_alone(api, connect, monkeypatch, decode) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    walk(connect(api), decode=decode)

    assert all(api.key not in str(row["query"]) for row in api.log())
    assert {row["user_agent"] for row in api.log()} == {"instantly-warehouse/test"}


def test_the_clock_of_the_server_is_known(api, connect) -> None:
    client = connect(api)
    walk(client)

    assert client.server_time is not None
    assert client.server_time.date() == date(2026, 11, 17)
