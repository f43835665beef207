"""Faults strike the request they name, as real failures on a real connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import requests

from sandbox import Sandbox, worlds
from sandbox.faults import ACTIONS
from tests.sandbox.conftest import Client


@pytest.fixture
def client() -> Iterator[Client]:
    with Sandbox(worlds.small(12, days=2)) as api:
        yield Client(api)


def test_the_nth_request_and_so_many_after_it(client: Client) -> None:
    client.api.fault("status", "GET /campaigns", status=503, nth=2, times=2)
    assert [client.get("/campaigns").status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    assert client.get("/workspace-members").status_code == 200


def test_a_rule_may_name_a_member_of_the_query(client: Client) -> None:
    one, other = list(client.campaigns().values())[:2]
    client.api.fault(
        "error", "GET /campaigns/analytics/steps", where={"campaign_id": one}, times=None
    )
    assert client.get("/campaigns/analytics/steps", campaign_id=one).json() == {
        "error": "Something went wrong"
    }
    assert isinstance(client.json("/campaigns/analytics/steps", campaign_id=other), list)


def test_status_carries_body_and_headers(client: Client) -> None:
    client.api.fault("status", status=429, headers={"Retry-After": "2"}, body="slow down")
    answer = client.get("/campaigns")
    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (
        429,
        "2",
        "slow down",
    )


@pytest.mark.parametrize(
    ("action", "check"),
    [
        ("html", lambda r: r.text.startswith("<!doctype") and "html" in r.headers["content-type"]),
        ("null", lambda r: r.json() is None),
        ("items_null", lambda r: r.json()["items"] is None),
        ("items_missing", lambda r: "items" not in r.json()),
        ("items_empty", lambda r: r.json()["items"] == [] and r.json()["next_starting_after"]),
        ("no_cursor", lambda r: "next_starting_after" not in r.json()),
        ("duplicate_rows", lambda r: len(r.json()["items"]) == 20),
        ("redirect", lambda r: r.status_code == 302 and "login" in r.headers["location"]),
    ],
)
def test_content_faults(
    client: Client, action: str, check: Callable[[requests.Response], bool]
) -> None:
    client.api.fault(action, "GET /campaigns")
    assert check(client.get("/campaigns"))
    assert len(client.json("/campaigns")["items"]) == 10


def test_rows_can_be_patched_dropped_and_cut_short(client: Client) -> None:
    client.api.fault("patch", "GET /campaigns", fields={"brand_new": {"a": 1}, "status": 77})
    assert {row["status"] for row in client.json("/campaigns")["items"]} == {77}
    client.api.fault("drop", "GET /campaigns", fields=["name"])
    assert "name" not in client.json("/campaigns")["items"][0]
    client.api.fault("short", "GET /campaigns", keep=3)
    assert len(client.json("/campaigns")["items"]) == 3


def test_a_repeated_cursor(client: Client) -> None:
    client.api.fault("repeat_cursor", "GET /campaigns", nth=2)
    first = client.json("/campaigns", limit=5)["next_starting_after"]
    assert client.json("/campaigns", limit=5, starting_after=first)["next_starting_after"] == first


@pytest.mark.parametrize("action", ["reset", "cut", "cut_chunk", "bad_gzip", "silence"])
def test_connections_break(client: Client, action: str) -> None:
    client.api.fault(action, "GET /campaigns", seconds=0.1)
    with pytest.raises(requests.exceptions.RequestException):
        client.get("/campaigns")
    assert client.get("/campaigns").status_code == 200


def test_garbage_is_no_json(client: Client) -> None:
    client.api.fault("garbage", "GET /campaigns")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        client.get("/campaigns").json()


def test_slow_bodies_arrive_whole(client: Client) -> None:
    client.api.fault("slow", "GET /campaigns/count-launched", seconds=0.02)
    begun = time.monotonic()
    assert client.json("/campaigns/count-launched") == {"count": 12}
    assert time.monotonic() - begun > 0.02 * len('{"count":12}') * 0.9


def test_faults_can_be_cleared_and_wrong_ones_are_named(client: Client) -> None:
    client.api.fault("null", times=None)
    client.api.clear_faults()
    assert client.json("/campaigns")["items"]
    with pytest.raises(ValueError, match="unknown action 'melt'"):
        client.api.fault("melt")
    assert "silence" in ACTIONS


def test_a_rule_may_name_a_workspace() -> None:
    with Sandbox("agency") as api:
        api.fault("status", where={"workspace": "acme"}, status=500, times=None)
        assert Client(api, api.keys["acme"]).get("/campaigns").status_code == 500
        assert Client(api).get("/campaigns").status_code == 200
        assert [row["workspace"] for row in api.log()] == ["Acme Tools", "Northlight Agency"]


@pytest.mark.parametrize("action", ["items_null", "items_missing", "items_empty", "no_cursor"])
def test_faults_of_pages_spoil_reports_too(client: Client, action: str) -> None:
    whole = client.json("/campaigns/analytics")
    client.api.fault(action, "GET /campaigns/analytics")
    spoilt = client.json("/campaigns/analytics")
    assert (spoilt == whole) is (action == "no_cursor")


def test_leaving_does_not_wait_for_silence() -> None:
    with Sandbox("empty") as api:
        api.fault("silence")
        begun = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(api.url + "/api/v2/campaigns", headers={"User-Agent": "t"}, timeout=0.1)
    assert time.monotonic() - begun < 5
