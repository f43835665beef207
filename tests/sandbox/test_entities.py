"""Everything else that the API lets one read agrees with the same mails, and with the schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox import Sandbox, worlds
from tests.sandbox.conftest import Client
from tests.sandbox.test_schemas import check

LISTS = {
    "/accounts": "account",
    "/subsequences": "campaign_subsequence",
    "/custom-tags": "custom_tag",
    "/custom-tag-mappings": "custom_tag_mapping",
    "/lead-lists": "lead_list",
    "/lead-labels": "lead_label",
    "/block-lists-entries": "block_list_entry",
    "/inbox-placement-tests": "inbox_placement_test",
    "/inbox-placement-analytics": "inbox_placement_analytics",
    "/inbox-placement-reports": "placement_report",
    "/webhooks": "webhook",
    "/webhook-events": "webhook_event",
    "/background-jobs": "background_job",
    "/audit-logs": "audit_log",
    "/dfy-email-account-orders": "dfy_order",
    "/dfy-email-account-orders/accounts": "dfy_account",
}
NO_SINGLE_READ = {
    "/custom-tag-mappings",
    "/audit-logs",
    "/dfy-email-account-orders",
    "/dfy-email-account-orders/accounts",
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Sandbox("demo", rate_limit=None) as api:
        yield Client(api)


@pytest.fixture(scope="module")
def founders(client: Client) -> str:
    return client.campaigns()["Founders, DACH – Q4"]


@pytest.fixture(scope="module")
def leads(client: Client, founders: str) -> list[dict[str, Any]]:
    return walk_leads(client, campaign=founders)


def walk_leads(client: Client, **body: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.post("/leads/list", {"limit": 100, **body, **cursor}).json()
        rows += page["items"]
        if not page["items"] or not page.get("next_starting_after"):
            return rows
        cursor = {"starting_after": page["next_starting_after"]}


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_against_their_schema_and_repeat_nothing(client: Client, path: str) -> None:
    rows = client.walk(path)
    check(LISTS[path], rows)
    assert client.walk(path, limit=7) == rows
    keys = [row.get("id") or row.get("email") or row["domain"] for row in rows]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("path", [path for path in LISTS if path not in NO_SINGLE_READ])
def test_single_rows_are_the_rows_of_the_list(client: Client, path: str) -> None:
    row = client.walk(path)[-1]
    single = client.json(f"{path}/{row.get('id') or row['email']}")
    assert {name: single[name] for name in row if name != "warmup"} == {
        name: row[name] for name in row if name != "warmup"
    }
    assert client.get(f"{path}/00000000-0000-4000-8000-000000000000").status_code == 404


def test_an_empty_workspace_answers_everything_with_nothing() -> None:
    with Sandbox("empty") as api:
        young = Client(api)
        assert {path: young.walk(path) for path in LISTS} == {path: [] for path in LISTS}
        assert walk_leads(young) == young.walk("/emails") == young.walk("/campaigns") == []
        assert young.json("/campaigns/analytics") == young.json("/accounts/analytics/daily") == []
        assert young.json("/campaigns/analytics/overview")["emails_sent_count"] == 0


# Leads ------------------------------------------------------------------------------------------


def test_leads_hold_against_their_schema_and_ascend(leads: list[dict[str, Any]]) -> None:
    check("lead", leads)
    ids = [row["id"] for row in leads]
    assert ids == sorted(set(ids))


def test_lead_counters_are_those_of_the_reports(
    client: Client, founders: str, leads: list[dict[str, Any]]
) -> None:
    totals = client.totals(founders)
    steps = client.steps(founders).values()
    assert len(leads) == totals["leads_count"]
    assert sum("timestamp_last_contact" in row for row in leads) == totals["contacted_count"]
    assert sum(row["email_open_count"] for row in leads) == sum(row["opened"] for row in steps)
    assert sum(row["email_open_count"] > 0 for row in leads) == totals["open_count_unique"]
    assert sum(row["email_reply_count"] for row in leads) == totals["reply_count"]
    assert sum(row["status"] == -1 for row in leads) == totals["bounced_count"]


def test_custom_variables_keep_their_odd_keys(leads: list[dict[str, Any]]) -> None:
    keys = {key for row in leads for key in row["payload"]}
    assert {"_dlt_id", "companySize", "Company Size", "company_size", "", "a.b"} <= keys


def test_one_address_in_two_campaigns_is_two_leads() -> None:
    with Sandbox(worlds.small(3, days=4, leads_per_day=2), rate_limit=None) as api:
        rows = walk_leads(Client(api), in_campaign=True)
    assert max(Counter(row["email"] for row in rows).values()) == 3
    assert len({row["id"] for row in rows}) == len(rows)


def test_leads_of_old_lists_have_no_order_of_time(client: Client) -> None:
    old = next(row for row in client.walk("/lead-lists") if row["name"] == "Imported 2025")
    rows = walk_leads(client, list_id=old["id"])
    assert len(rows) == 130
    assert {row["id"][14] for row in rows} == {"4"}
    times = [row["timestamp_created"] for row in rows]
    assert times != sorted(times)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert all("campaign" not in row for row in rows)
    stats = client.json(f"/lead-lists/{old['id']}/verification-stats")
    check("verification_stats", [stats])
    assert sum(stats["stats"].values()) == stats["total_leads"] == 130


def test_activity_queries_find_what_moved(
    client: Client, founders: str, leads: list[dict[str, Any]]
) -> None:
    since = (client.api.clock - timedelta(days=3)).isoformat()[:19]
    query = {"actionType": "reply", "values": {"occurrence-days": 3}}
    found = walk_leads(client, campaign=founders, queries=[query])
    expected = [r["id"] for r in leads if r.get("timestamp_last_reply", "") >= since]
    assert [row["id"] for row in found] == expected
    assert expected


@pytest.mark.parametrize(
    ("preset", "fits"),
    [
        ("FILTER_VAL_BOUNCED", lambda row: row["status"] == -1),
        ("FILTER_VAL_NOT_CONTACTED", lambda row: "timestamp_last_contact" not in row),
        ("FILTER_VAL_LINK_CLICKED", lambda row: row["email_click_count"] > 0),
    ],
)
def test_presets(
    client: Client, founders: str, leads: list[dict[str, Any]], preset: str, fits: Any
) -> None:
    found = walk_leads(client, campaign=founders, filter=preset)
    assert [row["id"] for row in found] == [row["id"] for row in leads if fits(row)]
    assert found


def test_other_lead_filters(client: Client, founders: str, leads: list[dict[str, Any]]) -> None:
    some = leads[5:9]
    by_id = walk_leads(client, ids=[row["id"] for row in some])
    assert {row["id"] for row in by_id} == {row["id"] for row in some}
    by_contact = walk_leads(client, campaign=founders, contacts=[some[0]["email"]])
    assert [row["id"] for row in by_contact] == [some[0]["id"]]
    assert client.json(f"/leads/{some[0]['id']}") == some[0]
    found = client.json("/campaigns/search-by-contact", search=some[0]["email"])["items"]
    assert founders in {row["id"] for row in found}
    assert client.get("/leads/nothing").status_code == 404
    assert client.post("/leads/list", {"limit": 101}).status_code == 400


def test_unknown_members_of_the_body_are_ignored(client: Client, founders: str) -> None:
    first = client.post("/leads/list", {"campaign_ids": [founders], "limit": 5}).json()
    assert first == client.post("/leads/list", {"limit": 5}).json()


def test_distinct_contacts_are_walked_by_address() -> None:
    with Sandbox(worlds.small(3, days=10, leads_per_day=2), rate_limit=None) as api:
        client = Client(api)
        emails = [row["email"] for row in walk_leads(client, distinct_contacts=True)]
        assert emails == sorted(set(emails))
        assert set(emails) == {row["email"] for row in walk_leads(client)}


def test_leads_are_added_edited_and_removed() -> None:
    with Sandbox(worlds.small(2, days=10), rate_limit=None) as api:
        client = Client(api)
        campaign = client.campaigns()["Campaign 0"]
        before = walk_leads(client, campaign=campaign)
        new = api.change("add_leads", campaign=campaign, count=5)["ids"]
        resumed = walk_leads(client, campaign=campaign, starting_after=before[-1]["id"])
        assert [row["id"] for row in resumed] == new
        assert client.totals(campaign)["leads_count"] == len(before) + 5
        api.change("edit_lead", campaign=campaign, lead=3, fields={"phone": "+1", "odd": [1]})
        edited = client.json(f"/leads/{before[3]['id']}")
        assert (edited["phone"], edited["odd"]) == ("+1", [1])
        assert edited["timestamp_updated"] == before[3]["timestamp_updated"]
        gone = api.change("remove_leads", campaign=campaign, leads=[0, 4])["ids"]
        left = {row["id"] for row in walk_leads(client, campaign=campaign)}
        assert not left & set(gone)
        assert len(left) == len(before) + 3
        assert client.get(f"/leads/{gone[0]}").status_code == 404
        api.advance(days=100)
        written = [r for r in walk_leads(client, ids=new) if "timestamp_last_contact" in r]
        assert len(written) == 5


# E-mails ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mails(client: Client, founders: str) -> list[dict[str, Any]]:
    return client.walk("/emails", campaign_id=founders)


def test_mails_are_the_same_mails(
    client: Client, founders: str, mails: list[dict[str, Any]]
) -> None:
    check("email", mails)
    main = [row for row in mails if "subsequence_id" not in row]
    totals, steps = client.totals(founders), client.steps(founders)
    assert sum(row["ue_type"] == 1 for row in main) == totals["emails_sent_count"]
    assert sum(row["ue_type"] == 2 for row in main) == totals["reply_count"]
    assert sum(row["is_auto_reply"] for row in main) == totals["reply_count_automatic"]
    sent = Counter(row["step"] for row in main if row["ue_type"] == 1)
    assert sent["0_1_0"] == steps["1", "0"]["sent"]
    subs = {row["subsequence_id"] for row in mails if "subsequence_id" in row}
    assert len(subs) == 2


def test_mails_come_newest_first_or_oldest_first(
    mails: list[dict[str, Any]], client: Client, founders: str
) -> None:
    times = [row["timestamp_created"] for row in mails]
    assert times == sorted(times, reverse=True)
    assert len({row["id"] for row in mails}) == len(mails)
    oldest = client.json("/emails", campaign_id=founders, sort_order="asc", limit=100)["items"]
    assert [row["id"] for row in oldest] == [row["id"] for row in mails[::-1][:100]]


def test_mails_by_time_of_storage(
    mails: list[dict[str, Any]], client: Client, founders: str
) -> None:
    since, until = mails[60]["timestamp_created"], mails[20]["timestamp_created"]
    found = client.walk(
        "/emails", campaign_id=founders, min_timestamp_created=since, max_timestamp_created=until
    )
    assert found == mails[20:61]
    assert client.get("/emails", min_timestamp_created="yesterday").status_code == 400


def test_other_mail_filters(mails: list[dict[str, Any]], client: Client, founders: str) -> None:
    received = client.walk("/emails", campaign_id=founders, email_type="received")
    assert received == [row for row in mails if row["ue_type"] == 2]
    person = received[0]["lead"]
    assert {row["lead"] for row in client.walk("/emails", lead=person.upper())} == {person}
    assert client.json("/emails", lead="nobody@nowhere.example") == {"items": []}
    account = received[0]["eaccount"]
    assert {r["eaccount"] for r in client.json("/emails", eaccount=account)["items"]} == {account}
    assert "text" not in client.json("/emails", preview_only="true")["items"][0]["body"]
    assert client.json(f"/emails/{received[0]['id']}") == received[0]
    assert client.get("/emails/nothing").status_code == 404


def test_a_late_reply_is_stored_now_though_it_is_old() -> None:
    with Sandbox(worlds.small(2, days=80), rate_limit=None) as api:
        client = Client(api)
        before = client.json("/emails")["items"][0]
        api.change("late_reply", campaign=0, days_ago=60)
        newest = client.json("/emails")["items"][0]
        assert newest["timestamp_created"] > before["timestamp_created"]
        assert newest["timestamp_email"] < "2026-09-20"
        assert newest["ue_type"] == 2


def test_mails_have_a_lane_of_their_own() -> None:
    with Sandbox("empty") as api:
        client = Client(api)
        codes = [client.get("/emails").status_code for _ in range(22)]
        assert codes == [200] * 20 + [429] * 2
        assert client.get("/campaigns").status_code == 200


# Accounts and tags ------------------------------------------------------------------------------


def test_account_days_hold_all_mail_of_the_workspace(client: Client) -> None:
    window = {"start_date": "2026-10-20", "end_date": "2026-11-16"}
    rows = client.json("/accounts/analytics/daily", **window)
    check("account_daily_point", rows)
    distinct = {(row["email_account"], row["date"]): row for row in rows}
    assert len(distinct) <= len(rows)
    campaigns = client.json("/campaigns/analytics/overview", **window)
    sent = sum(row["sent"] for row in distinct.values())
    assert sent > campaigns["emails_sent_count"]  # mails of subsequences
    assert sent < campaigns["emails_sent_count"] * 1.05


def test_account_days_are_bounded(client: Client) -> None:
    long: dict[str, Any] = {"start_date": "2026-10-01", "end_date": "2026-11-01"}
    assert client.get("/accounts/analytics/daily", **long).status_code == 413
    many = [f"a{n}@x.example" for n in range(201)]
    assert client.get("/accounts/analytics/daily", emails=many).status_code == 413
    backwards: dict[str, Any] = {"start_date": "2026-11-02", "end_date": "2026-11-01"}
    refused = client.get("/accounts/analytics/daily", **backwards)
    assert (refused.status_code, set(refused.json())) == (400, {"message"})
    first = client.walk("/accounts")[0]["email"]
    rows = client.json("/accounts/analytics/daily", emails=[first])
    assert {row["email_account"] for row in rows} - {""} == {first}


def test_accounts_newest_first_with_a_cursor_of_two_parts(client: Client) -> None:
    page = client.json("/accounts", limit=4)
    times = [row["timestamp_created"] for row in page["items"]]
    assert times == sorted(times, reverse=True)
    last = page["items"][-1]
    assert page["next_starting_after"] == f"{last['timestamp_created']}&{last['email']}"


def test_warmup_and_mappings(client: Client, founders: str) -> None:
    account = client.json(f"/campaigns/{founders}")["email_list"][0]
    warmup = client.post("/accounts/warmup-analytics", {"emails": [account]}).json()
    days = list(warmup["email_date_data"][account].values())
    check("warmup_day", days)
    check("warmup_totals", [warmup["aggregate_data"][account]])
    assert warmup["aggregate_data"][account]["sent"] == sum(day["sent"] for day in days)
    assert client.post("/accounts/warmup-analytics", {"emails": []}).status_code == 400
    rows = client.walk(f"/account-campaign-mappings/{account}", limit=1)
    check("account_campaign_mapping", rows)
    using = {c["id"] for c in client.walk("/campaigns") if account in c["email_list"]}
    assert {row["campaign_id"] for row in rows} == using


def test_tags_hang_on_accounts_by_address_and_on_campaigns_by_id(client: Client) -> None:
    mappings = client.walk("/custom-tag-mappings")
    accounts = {row["email"] for row in client.walk("/accounts")}
    resources = {1: accounts, 2: set(client.campaigns().values())}
    assert {m["resource_type"] for m in mappings} == {1, 2}
    assert all(m["resource_id"] in resources[m["resource_type"]] for m in mappings)
    tag = next(m for m in mappings if m["resource_type"] == 2)["tag_id"]
    tagged = {m["resource_id"] for m in mappings if m["tag_id"] == tag}
    assert {c["id"] for c in client.walk("/campaigns", tag_ids=tag)} == tagged & resources[2]
    shown = client.walk("/accounts", tag_ids=tag, include_tags="true")
    assert {a["email"] for a in shown} == tagged & accounts
    assert all(tag in {t["id"] for t in a["tags"]} for a in shown)


# Subsequences, placement, webhooks, secrets -----------------------------------------------------


def test_subsequences_have_reports_of_their_own(client: Client, founders: str) -> None:
    subs = client.walk("/subsequences", parent_campaign=founders)
    totals = {row["subsequence_id"]: row for row in client.json("/subsequences/analytics")}
    check("subsequence_totals", list(totals.values()))
    for sub in subs:
        rows = client.json(f"/subsequences/{sub['id']}/analytics/steps")
        check("subsequence_step_analytics", rows)
        assert sum(row["sent"] for row in rows) == totals[sub["id"]]["emails_sent"] > 0
        check("sending_status", [client.json(f"/subsequences/{sub['id']}/sending-status")])
    assert client.json("/subsequences", parent_campaign_not=founders) == {"items": []}


def test_sending_status_of_a_draft_is_a_summary(client: Client) -> None:
    draft = client.campaigns()["Draft: ideas, not sent"]
    status = client.json(f"/campaigns/{draft}/sending-status")
    assert status["diagnostics"] is None
    assert status["summary"]["status"] == "campaign_draft"


def test_placement_counts_are_those_of_its_rows(client: Client) -> None:
    tests = [row["id"] for row in client.walk("/inbox-placement-tests")]
    rows = client.walk("/inbox-placement-analytics")
    totals = client.post("/inbox-placement-analytics/stats-by-test-id", {"test_ids": tests}).json()
    check("placement_test_totals", totals)
    for total in totals:
        own = [r for r in rows if r["test_id"] == total["test_id"] and r["record_type"] == 2]
        assert total["count"] == len(own)
        assert total["spam_count"] == sum(row["is_spam"] for row in own)
        body = {"test_id": total["test_id"]}
        days = client.post("/inbox-placement-analytics/stats-by-date", body).json()
        check("placement_day", days)
        assert sum(day["received_count"] for day in days) == len(own)
        insights = client.post("/inbox-placement-analytics/deliverability-insights", body).json()
        check("placement_insight", insights)
    assert client.post("/inbox-placement-analytics/stats-by-date", {}).status_code == 400
    slim = client.walk("/inbox-placement-reports", skip_blacklist_report="true")
    assert all("blacklist_report" not in row for row in slim)


def test_a_plan_without_placement() -> None:
    with Sandbox("agency") as api:
        plain = Client(api, api.keys["umbrella"])
        assert plain.get("/inbox-placement-tests").status_code == 402
        assert plain.get("/campaigns").status_code == 200


def test_webhook_events_count_steps_from_one(client: Client) -> None:
    events = client.walk("/webhook-events", **{"from": "2026-11-10", "to": "2026-11-12"})
    assert {row["timestamp_created_date"] for row in events} <= {
        f"2026-11-{day}" for day in (10, 11, 12)
    }
    assert {row["payload"]["step"] for row in events} <= {0, 1, 2}
    summary = client.json("/webhook-events/summary", **{"from": "2026-11-10", "to": "2026-11-12"})
    check("webhook_event_summary", [summary])
    assert summary["total_events"] == len(events)
    days = client.json("/webhook-events/summary-by-date")["items"]
    assert sum(day["total_events"] for day in days) == len(client.walk("/webhook-events"))


def test_secrets_are_served_as_the_api_serves_them(client: Client) -> None:
    assert client.walk("/api-keys")[0]["key"] == client.api.key
    assert "hook-secret" in client.walk("/webhooks")[0]["headers"]["Authorization"]
    path = "/dfy-email-account-orders/accounts"
    assert all("password" not in row for row in client.walk(path))
    assert all(
        "mailbox-password" in r["password"] for r in client.walk(path, with_passwords="true")
    )


def test_the_audit_log_names_deletions_and_the_block_list_the_opted_out() -> None:
    with Sandbox(worlds.small(2, days=40, leads_per_day=40), rate_limit=None) as api:
        client = Client(api)
        gone = api.change("delete_campaign", campaign=1)["campaign_id"]
        deleted = client.walk("/audit-logs", activity_type="3")
        assert [row["campaign_id"] for row in deleted] == [gone]
        opted_out = [r["email"] for r in walk_leads(client) if r["status"] == -2]
        blocked = {row["bl_value"] for row in client.walk("/block-lists-entries")}
        assert set(opted_out) <= blocked
        assert opted_out
        assert len(client.json("/audit-logs", limit=1000)["items"]) > 10


def test_enrichment_and_billing(client: Client) -> None:
    lists = {row["name"]: row for row in client.walk("/lead-lists")}
    enriched = lists["SuperSearch: CFOs"]
    path = f"/supersearch-enrichment/{enriched['id']}"
    check("resource_enrichment", [client.json(path)])
    jobs = client.json(f"/supersearch-enrichment/ai/{enriched['id']}/in-progress")
    check("ai_enrichment_job", jobs)
    history = f"/supersearch-enrichment/history/{enriched['id']}"
    assert len(client.json(history, offset=20, limit=10)) == 5
    assert client.get("/supersearch-enrichment/nothing").status_code == 404
    check("plan_details", [client.json("/workspace-billing/plan-details")])
    check("subscription", client.json("/workspace-billing/subscription-details")["subscriptions"])
    check("phone_number", client.json("/crm-actions/phone-numbers"))
    check("campaign_analytics_overview", [client.json("/campaigns/analytics/overview")])


def test_rows_can_vanish_or_be_overlaid_in_any_list() -> None:
    with Sandbox("demo") as api:
        client = Client(api)
        account = client.walk("/accounts")[2]["email"]
        api.change("hide", template="/accounts", id=account)
        assert account not in {row["email"] for row in client.walk("/accounts")}
        tag = client.walk("/custom-tags")[0]["id"]
        api.change("hide", template="/custom-tags", id=tag)
        assert tag not in {row["id"] for row in client.walk("/custom-tags")}
        api.change("overlay", template="/lead-lists", fields={"brand_new": 1})
        assert all(row["brand_new"] == 1 for row in client.walk("/lead-lists"))
        added = api.change("new_account")["email"]
        assert client.walk("/accounts")[0]["email"] == added


def test_an_agency_of_many_campaigns() -> None:
    with Sandbox("large", rate_limit=None) as api:
        sizes = [len(Client(api, api.keys[k]).walk("/campaigns")) for k in ("north", "west")]
        assert sizes == [40, 40]
        campaign = next(iter(Client(api).campaigns().values()))
        assert len(walk_leads(Client(api), campaign=campaign)) == 100
