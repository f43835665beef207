"""A lane: one request at a time, so far apart, whoever asks and however often it fails."""

import heapq
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.conversation.client import Client, Patience
from sources.instantly.conversation.lane import EMAILS, Lane, Turns
from sources.instantly.conversation.pace import Turn
from sources.instantly.conversation.paging import elements
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import Cancelled, Unreachable

OPERATION = "GET /emails"
APART = 0.21
"""Seconds; as a rate it is 100 in 21 seconds, which must not be taken for a hundred at once."""


@pytest.fixture(scope="module")
def server():
    with Sandbox(small(campaigns=1, days=30, leads_per_day=15), rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def connect(api):
    clients = []

    def make(*lanes: Lane) -> Client:
        patience = Patience(requests_per_minute=6000, retry_seconds=20, lanes=lanes)
        client = Client(api.url, api.key, user_agent="lane/1", patience=patience)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def walk(client: Client, table: str = "emails") -> int:
    return sum(len(page) for page in elements(client, BY_TABLE[table]))


def walk_until_stopped(client: Client) -> None:
    with suppress(Cancelled):
        walk(client)


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def test_the_lane_of_emails_stays_below_twenty_a_minute() -> None:
    assert EMAILS.seconds_apart * 20 > 60, "with room for what a network adds"


@given(per_minute=st.integers(min_value=1, max_value=12_000), late=st.floats(0, 0.2))
@settings(max_examples=50)
def test_no_second_carries_more_than_a_second_is_allowed(per_minute: int, late: float) -> None:
    now = [0.0]
    turns = Turns(per_minute, (), clock=lambda: now[0])
    taken = []
    while now[0] < 3 and len(taken) < 500:
        wait = turns.take("/campaigns", Turn())
        if wait:
            now[0] += wait + late
        else:
            taken.append(now[0])

    allowed = max(1, per_minute // 60)
    assert all(b - a > 1 for a, b in zip(taken, taken[allowed:], strict=False))


@given(
    per_minute=st.integers(min_value=1, max_value=6000),
    late=st.lists(st.floats(0, 0.9), min_size=1, max_size=20),
)
@settings(max_examples=50)
def test_no_second_carries_more_however_late_requests_leave(
    per_minute: int, late: list[float]
) -> None:
    """A turn is taken, and the request is out only when the process got round to it."""
    now = [0.0]
    turns = Turns(per_minute, (), clock=lambda: now[0])
    leaving: list[tuple[float, int, Turn]] = []
    left: list[float] = []
    for number in range(400):
        turn = Turn()
        while wait := turns.take("/campaigns", turn):
            until = now[0] + wait
            while leaving and leaving[0][0] <= until:
                now[0], _, gone = heapq.heappop(leaving)
                turns.sent(gone)
                left.append(now[0])
            now[0] = until
        heapq.heappush(leaving, (now[0] + late[number % len(late)], number, turn))

    allowed = max(1, per_minute // 60)
    assert all(b - a > 1 for a, b in zip(left, left[allowed:], strict=False))


def test_requests_of_a_lane_are_apart_retries_included(api, connect) -> None:
    """A retry that would come at once, and none of the bursts that an average rate allows."""
    api.fault("status", OPERATION, status=503, headers={"Retry-After": "0"}, nth=2, times=2)
    pages = elements(connect(Lane("/emails", APART)), BY_TABLE["emails"])

    took = seconds(lambda: [next(pages) for _ in range(3)])
    assert api.requests()["by_status"] == {"200": 3, "503": 2}
    assert took >= 4 * APART


def test_the_second_request_of_a_lane_waits(connect) -> None:
    pages = elements(connect(Lane("/emails", APART)), BY_TABLE["emails"])

    assert seconds(lambda: [next(pages) for _ in range(2)]) >= APART


def test_threads_share_one_lane(api, connect) -> None:
    client = connect(Lane("/emails", APART))

    def ask() -> None:
        next(elements(client, BY_TABLE["emails"]))

    with ThreadPoolExecutor(4) as pool:
        assert seconds(lambda: list(pool.map(lambda _: ask(), range(4)))) >= 3 * APART
    assert api.requests()["total"] == 4


def test_a_lane_slows_nobody_else(connect) -> None:
    client = connect(Lane("/emails", 1))
    walking = threading.Thread(target=walk_until_stopped, args=(client,))
    walking.start()
    for _ in range(30):
        walk(client, "workspaces")

    assert walking.is_alive(), "six pages take six seconds"
    client.stop()
    walking.join()


def test_a_lane_counts_in_the_pace_of_the_workspace(api) -> None:
    patience = Patience(requests_per_minute=120, lanes=(Lane("/emails", 0.01),))
    client = Client(api.url, api.key, user_agent="lane/1", patience=patience)
    pages = elements(client, BY_TABLE["emails"])

    assert seconds(lambda: [next(pages) for _ in range(3)]) >= 1, "two a second"
    client.close()


def test_a_lane_that_is_told_to_wait_holds_up_itself_alone(api, connect) -> None:
    api.fault("status", OPERATION, status=429, headers={"Retry-After": "1"}, times=1)
    client = connect(Lane("/emails", 0.01))
    walking = threading.Thread(target=walk, args=(client,))
    walking.start()
    while not api.requests()["total"]:
        time.sleep(0.005)

    walk(client, "workspaces")
    assert api.requests()["by_operation"][OPERATION] == 1, "still waiting, while others ask"
    walking.join()


def test_what_slows_a_lane_slows_that_lane_alone() -> None:
    turns = Turns(6000, (Lane("/emails", 1),))
    for _ in range(2):
        assert turns.take("/campaigns", Turn()) == 0
    assert turns.take("/emails/unread/count", Turn()) == 0
    for _ in range(4):
        turns.refused("/emails", time.monotonic())

    assert 2.4 < turns.take("/emails", Turn()) <= 2.6, "more than halved"
    assert turns.take("/campaigns", Turn()) == 0
    assert (turns.refused_for("/emails") > 0, turns.refused_for("/campaigns")) == (True, 0)


def test_what_slows_the_workspace_slows_its_lanes() -> None:
    turns = Turns(6000, (Lane("/emails", 0.001),))
    turns.hold("/campaigns", 5)

    assert 4 < turns.take("/emails", Turn()) <= 5
    assert turns.held("/emails") == pytest.approx(turns.held("/accounts"), abs=0.1)


def test_a_caller_may_give_up_early_on_what_fails(api, connect) -> None:
    api.fault("status", OPERATION, status=504, times=None)
    client = connect()
    walk(client, "workspaces")

    with pytest.raises(Unreachable):
        list(elements(client, BY_TABLE["emails"], give_up_seconds=0))
    assert api.requests()["by_operation"][OPERATION] == 1


def test_being_limited_is_no_reason_to_give_up(api, connect) -> None:
    api.fault("status", OPERATION, status=429, headers={"Retry-After": "0"}, times=2)

    list(elements(connect(), BY_TABLE["emails"], give_up_seconds=0))
