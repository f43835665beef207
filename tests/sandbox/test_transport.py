"""Keys, scopes, plans, pages, limits and error shapes are the API's."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from sandbox import RateLimit, Sandbox, worlds
from sandbox.gate import Pace
from tests.sandbox.conftest import Client


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox("agency") as api:
        yield api


@pytest.mark.parametrize(
    "agent", ["python-requests/2.32.5", "Python-urllib/3.11", "python-httpx/0.28", "curl/8.5", ""]
)
def test_the_edge_blocks_default_agents(demo: Client, agent: str) -> None:
    answer = demo.get("/campaigns", headers={"User-Agent": agent})
    assert answer.status_code == 403
    assert answer.text.startswith("error code: 1010")
    assert "json" not in answer.headers["content-type"]


def test_keys_are_checked(demo: Client, agency: Sandbox) -> None:
    for header, message in (
        ("Bearer nope", "Invalid API key"),
        ("", "Missing Authorization header"),
    ):
        answer = demo.get("/campaigns", headers={"Authorization": header})
        body = {"statusCode": 401, "error": "Unauthorized", "message": message}
        assert (answer.status_code, answer.json()) == (401, body)
    revoked = Client(agency, agency.keys["northlight/old"]).get("/campaigns")
    assert (revoked.status_code, "revoked" in revoked.text) == (401, True)


def test_scopes(agency: Sandbox) -> None:
    narrow = Client(agency, agency.keys["hooli"])
    assert narrow.get("/campaigns").status_code == 200
    assert narrow.get("/campaigns/analytics").status_code == 200
    assert narrow.get("/workspace-members").json()["statusCode"] == 403
    assert Client(agency, agency.keys["globex"]).get("/workspace-members").status_code == 200


def test_an_unpaid_workspace(agency: Sandbox) -> None:
    answer = Client(agency, agency.keys["initech"]).get("/workspaces/current")
    assert answer.json()["error"] == "Payment Required"
    assert answer.status_code == 402


def test_an_admin_key_acts_on_accepted_sub_workspaces(agency: Sandbox) -> None:
    admin = Client(agency)
    links = admin.walk("/workspace-group-members")
    assert sorted(link["status"] for link in links) == ["accepted"] * 5 + ["pending"]
    for link in links:
        header = {"x-as-workspace": link["sub_workspace_id"]}
        answer = admin.get("/workspaces/current", headers=header)
        if link["status"] == "pending":
            assert answer.status_code == 403
        elif link["sub_workspace_name"] == "Initech":
            assert answer.status_code == 402
        else:
            assert answer.json()["id"] == link["sub_workspace_id"]
    own = Client(agency, agency.keys["acme"])
    assert (
        own.get("/campaigns", headers={"x-as-workspace": links[1]["sub_workspace_id"]}).status_code
        == 403
    )
    assert own.json("/workspace-group-members/admin")["workspace_name"] == "Northlight Agency"
    assert admin.json("/workspace-group-members/admin")["workspace_name"] == "Undefined"


def test_pages() -> None:
    with Sandbox(worlds.small(campaigns=23, days=2)) as api:
        client = Client(api)
        first = client.json("/campaigns")
        assert len(first["items"]) == 10
        ids = [row["id"] for row in client.walk("/campaigns", limit=10)]
        assert ids == sorted(set(ids), reverse=True)
        assert len(ids) == 23
        whole = client.json("/campaigns", limit=100)
        assert whole["next_starting_after"] == whole["items"][-1]["id"] == ids[-1]
        end = client.json("/campaigns", starting_after=ids[-1])
        assert end == {"items": []}
        assert client.json("/workspace-members", limit=100)["next_starting_after"] is None


@pytest.mark.parametrize("limit", ["101", "0", "many"])
def test_page_sizes_are_bounded(demo: Client, limit: str) -> None:
    answer = demo.get("/campaigns", limit=limit)
    assert answer.status_code == 400
    assert answer.json()["code"] == "FST_ERR_VALIDATION"


def test_an_unknown_route_says_so(demo: Client) -> None:
    assert demo.get("/leads").json()["message"] == "Route GET:/api/v2/leads not found"
    assert demo.get("/campaigns/no-such-id").json()["message"] == "Resource not found"


def test_the_date_header_is_the_simulated_clock(demo: Client) -> None:
    assert demo.get("/campaigns").headers["date"] == "Tue, 17 Nov 2026 12:00:00 GMT"


def test_limits_answer_429_and_can_be_changed() -> None:
    with Sandbox("empty", rate_limit=RateLimit(per_second=5)) as api:
        client = Client(api)
        codes = [client.get("/campaigns").status_code for _ in range(12)]
        assert codes[:5] == [200] * 5
        assert 429 in codes
        api.set_rate_limit(None)
        assert {client.get("/campaigns").status_code for _ in range(20)} == {200}


def test_pace_counts_a_second_a_minute_and_a_lane() -> None:
    times = [0.0]
    pace = Pace(RateLimit(3, 5, 2), clock=lambda: times[0])
    assert [pace.admit("w", None) for _ in range(4)] == [True, True, True, False]
    assert pace.admit("other", None)
    times[0] = 1.5
    assert [pace.admit("w", None) for _ in range(3)] == [True, True, False]
    times[0] = 100.0
    assert [pace.admit("w", "emails") for _ in range(3)] == [True, True, False]
    times[0] = 161.0
    assert pace.admit("w", "emails")


def test_requests_are_counted_by_template() -> None:
    with Sandbox("demo") as api:
        client = Client(api)
        for campaign in list(client.campaigns().values())[:3]:
            client.json(f"/campaigns/{campaign}")
        client.get("/nowhere")
        counted = api.requests()
        assert counted["by_operation"]["GET /campaigns/{id}"] == 3
        assert counted["by_operation"]["GET (unknown)"] == 1
        assert counted["by_status"]["404"] == 1
        assert api.log()[-1]["path"] == "/api/v2/nowhere"
        api.reset_requests()
        assert api.requests()["total"] == 0


def test_the_control_face_over_http() -> None:
    with Sandbox("demo") as api:
        connection = http.client.HTTPConnection("127.0.0.1", api.port)

        def ask(method: str, path: str, body: str | None = None) -> tuple[int, str]:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        assert "2026-11-22T12:00:00" in ask("POST", "/sandbox/advance", '{"days": 5}')[1]
        assert api.key in ask("GET", "/sandbox/keys")[1]
        assert '"reply":0.058' in ask("GET", "/sandbox/truth")[1]
        assert ask("POST", "/sandbox/changes", '{"kind": "rename", "name": "X"}')[0] == 200
        assert ask("POST", "/sandbox/changes", '{"kind": "nonsense"}')[0] == 400
        assert ask("POST", "/sandbox/faults", '{"action": "nonsense"}')[0] == 400
        assert ask("GET", "/sandbox/nonsense")[0] == 404
        assert ask("GET", "/sandbox/requests")[1].startswith('{"total":0')
