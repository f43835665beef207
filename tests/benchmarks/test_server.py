"""The server of the benchmark answers as the API does, or what is measured there means little."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.throughput.server.api import Spec, Workspace
from benchmarks.throughput.serving import Api, serving

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)


def asked(url: str, path: str, body: Any = None, key: str = "invented-1") -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{url}/api/v2{path}", data, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.load(answer)


def walked(api: Api, **body: Any) -> Iterator[list[dict[str, Any]]]:
    """Pages of leads from cursor to cursor."""
    page = asked(api.url, "/leads/list", {"limit": 100, **body})
    while page["items"]:
        yield page["items"]
        body["starting_after"] = page["next_starting_after"]
        page = asked(api.url, "/leads/list", {"limit": 100, **body})
    assert "next_starting_after" not in page


@pytest.fixture(scope="module")
def campaigns(api: Api) -> list[str]:
    return [each["id"] for each in asked(api.url, "/campaigns?limit=100")["items"]]


def test_the_list_of_a_workspace_is_every_lead_once_in_order_of_ids(api: Api) -> None:
    ids = [lead["id"] for page in walked(api) for lead in page]
    assert len(ids) == 3_000
    assert ids == sorted(set(ids))


def test_the_lists_of_all_campaigns_are_the_same_leads(api: Api, campaigns: list[str]) -> None:
    whole = {lead["id"]: lead for page in walked(api) for lead in page}
    for campaign in campaigns:
        own = [lead for page in walked(api, campaign=campaign) for lead in page]
        assert own
        assert [lead["id"] for lead in own] == sorted(lead["id"] for lead in own)
        assert {lead["campaign"] for lead in own} == {campaign}
        assert all(whole.pop(lead["id"]) == lead for lead in own)
    assert not whole


def test_a_list_can_begin_behind_an_id_that_no_lead_has(api: Api, campaigns: list[str]) -> None:
    own = [lead["id"] for page in walked(api, campaign=campaigns[0]) for lead in page]
    middle = own[len(own) // 2]
    invented = middle[:-1] + chr(ord(middle[-1]) - 1) if middle[-1] not in "0a" else middle
    behind = [
        lead["id"]
        for page in walked(api, campaign=campaigns[0], starting_after=invented)
        for lead in page
    ]
    assert behind == [each for each in own if each > invented]


def test_leads_are_as_large_and_as_varied_as_said(api: Api) -> None:
    page = next(walked(api))
    sizes = [len(json.dumps(lead, ensure_ascii=False, separators=(",", ":"))) for lead in page]
    assert 1_800 < sum(sizes) / len(sizes) < 2_200
    assert {len(lead["payload"]) for lead in page} == set(range(9, 16))


def test_what_changed_is_what_the_filters_find() -> None:
    workspace = Workspace(Spec(leads=1_000, campaigns=5, days=10), 1, NOW)
    asked = {"limit": 100, "queries": [_within(1, "last-contacted")]}
    assert workspace.leads.page(asked) == (b"", None)
    before = workspace.leads.checksum
    done = workspace.change(leads=0.05, days=0.0)
    rows = json.loads(b"[" + bytes(workspace.leads.page(asked)[0]) + b"]")
    assert len(rows) == done["leads"] == 50
    assert workspace.leads.checksum != before
    assert workspace.leads.page(asked | {"queries": [_within(1, "reply")]}) == (b"", None)
    assert all(row["email_open_count"] > 0 for row in rows)


def test_every_report_is_a_sum_of_the_same_days() -> None:
    reports = Workspace(Spec(leads=100, campaigns=3, days=20), 1, NOW).campaigns
    totals = {row["campaign_id"]: row for row in json.loads(reports.totals("", ""))}
    for campaign in reports.ids:
        days = json.loads(reports.by_day(campaign, "", ""))
        steps = json.loads(reports.by_step(campaign, "", ""))
        of_days = [
            row for day in days for row in json.loads(reports.by_step(campaign, *[day["date"]] * 2))
        ]
        sent = totals[campaign]["emails_sent_count"]
        for rows in (days, steps, of_days):
            assert sum(row["sent"] for row in rows) == sent
    last = NOW.date().isoformat()
    swept = json.loads(reports.totals(last, last))
    for row in swept:
        (day,) = json.loads(reports.by_day(row["campaign_id"], last, last))
        assert (day["sent"], day["replies"]) == (row["emails_sent_count"], row["reply_count"])


def test_campaign_days_that_moved_are_counted() -> None:
    workspace = Workspace(Spec(leads=100, campaigns=3, days=20), 1, NOW)
    before = [workspace.campaigns.by_day(each, "", "") for each in workspace.campaigns.ids]
    moved = workspace.change(leads=0.0, days=0.5)["days"]
    after = [workspace.campaigns.by_day(each, "", "") for each in workspace.campaigns.ids]
    differing = sum(
        old != new
        for was, now in zip(before, after, strict=True)
        for old, new in zip(json.loads(was), json.loads(now), strict=True)
    )
    assert differing == moved > 0


def test_too_many_requests_are_refused_and_counted() -> None:
    with serving(leads=100, campaigns=1, rate=5) as api:
        for _ in range(5):
            asked(api.url, "/campaigns")
        with pytest.raises(urllib.error.HTTPError) as refused:
            asked(api.url, "/campaigns")
        counts = api.counts()
    assert refused.value.code == 429
    assert (counts["requests"], counts["refused"]) == (6, 1)
    assert counts["first"] < counts["last"]


def test_skew_puts_leads_into_one_campaign_and_keys_open_workspaces() -> None:
    with serving(leads=1_000, campaigns=10, skew=0.3, workspaces=2) as api:
        sizes = [row["leads_count"] for row in asked(api.url, "/campaigns/analytics")]
        ids = {
            asked(api.url, "/workspaces/current", key=key)["id"]
            for key in ("invented-1", "invented-2")
        }
        with pytest.raises(urllib.error.HTTPError):
            asked(api.url, "/workspaces/current", key="nobody")
    assert max(sizes) == 300
    assert sum(sizes) == 1_000
    assert len(ids) == 2


def _within(days: int, action: str) -> dict[str, Any]:
    return {"actionType": action, "values": {"occurrence-days": days}}


def test_the_present_is_where_the_filters_look_back_from() -> None:
    workspace = Workspace(Spec(leads=500, campaigns=2, days=10), 1, NOW - timedelta(days=400))
    workspace.change(leads=0.1, days=0.0)  # happens now, 400 days after the world began
    page, _ = workspace.leads.page({"limit": 100, "queries": [_within(1, "email-open")]})
    assert len(json.loads(b"[" + bytes(page) + b"]")) == 50
