"""Entities come, go and come back: what was once seen is kept, and its end is known."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sandbox import Sandbox
from sandbox.specs import Effect
from sandbox.worlds import small
from tests.end_to_end.conftest import Source

TODAY = date(2026, 11, 17)
ENTITIES = (
    "subsequence_variants,subsequence_analytics,custom_tags,custom_tag_mappings,"
    "account_analytics_daily,account_campaign_mappings"
)
MAPPINGS = "GET /account-campaign-mappings/{email}"
DAYS = "GET /accounts/analytics/daily"
TAGGED = "GET /custom-tag-mappings"


def world():
    """Two campaigns, the first with subsequences that people enter."""
    plain = small(campaigns=2, days=10, leads_per_day=10)
    (workspace,) = plain.workspaces
    eager = Effect(open=0.9, click=0.5, reply=0.5, positive=0.9)
    first, second = workspace.campaigns
    steps = tuple(
        replace(step, variants=tuple(replace(v, effect=eager) for v in step.variants))
        for step in first.steps
    )
    first = replace(first, steps=steps, subsequences=2, tags=(0,))
    return replace(plain, workspaces=(replace(workspace, campaigns=(first, second)),))


@pytest.fixture
def api():
    with Sandbox(world(), date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


def versions(warehouse, table: str, key: str, value: str) -> list[bool]:
    """Whether each version of a row is open, oldest first."""
    rows = warehouse.rows(
        f"select _dlt_valid_to is null as open from instantly_raw.{table} "
        f"where {key} = '{value}' order by _dlt_valid_from"
    )
    return [row["open"] for row in rows]


def test_what_vanishes_is_closed_and_what_comes_back_is_a_new_version(warehouse, api) -> None:
    warehouse.sync(api, tables=ENTITIES)
    subsequence = warehouse.current("subsequence_analytics")[0]["subsequence_id"]
    tag = warehouse.current("custom_tags")[0]["id"]
    email = next(row["account_email"] for row in warehouse.current("account_campaign_mappings"))
    sent = "select sum(sent) as n from instantly_raw.account_analytics_daily"
    (before,) = warehouse.rows(sent)
    things = [
        ("/subsequences", subsequence, "subsequences", "id"),
        ("/custom-tags", tag, "custom_tags", "id"),
        ("/accounts", email, "accounts", "email"),
    ]
    for template, identifier, *_ in things:
        api.change("hide", template=template, id=identifier)
    warehouse.sync(api, tables=ENTITIES)

    for _, identifier, table, key in things:
        assert versions(warehouse, table, key, identifier) == [False], table
    assert not any(versions(warehouse, "subsequence_variants", "subsequence_id", subsequence))
    assert not any(versions(warehouse, "account_campaign_mappings", "account_email", email))
    assert warehouse.rows(sent) == [before], "numbers of what is gone stay"

    for template, identifier, *_ in things:
        api.change("hide", template=template, id=identifier, hidden=False)
    warehouse.sync(api, tables=ENTITIES)

    for _, identifier, table, key in things:
        assert versions(warehouse, table, key, identifier) == [False, True], table
    assert any(versions(warehouse, "account_campaign_mappings", "account_email", email))
    assert warehouse.rows(sent) == [before], "and are not counted twice"


def test_what_is_walked_on_a_slow_clock(warehouse, api, asked) -> None:
    """New at once; what is gone, when the clock strikes; nothing of the days between is lost."""
    warehouse.sync(api, tables=ENTITIES)
    asked(api)
    gone = warehouse.current("custom_tag_mappings")[0]["id"]
    new = api.change("new_account")["email"]
    api.change("hide", template="/custom-tag-mappings", id=gone)
    api.advance(hours=1)
    warehouse.sync(api, tables=ENTITIES)
    log, first = api.log(), asked(api)

    assert first[MAPPINGS] == first[TAGGED] == 1, "the new account, the newest tags"
    assert new in {row["email"] for row in warehouse.current("accounts")}
    assert gone in {row["id"] for row in warehouse.current("custom_tag_mappings")}
    windows = Counter(tuple(r["query"]["emails"]) for r in log if r["operation"] == DAYS)
    assert windows.total() == first[DAYS] == 2, "the days of all accounts, the history of the new"

    api.advance(days=40)
    warehouse.sync(api, tables=ENTITIES)
    later = asked(api)

    assert later[MAPPINGS] == len(warehouse.current("accounts")) == 7
    assert later[TAGGED] == 2
    assert gone not in {row["id"] for row in warehouse.current("custom_tag_mappings")}
    assert later[DAYS] == 2, "a pause of 40 days takes two windows of 31"
    assert account_days(warehouse) == truth(api)


def account_days(warehouse) -> dict[tuple[str, str], int]:
    rows = warehouse.current("account_analytics_daily")
    return {(r["email_account"], str(r["date"])): r["sent"] for r in rows if r["sent"]}


def truth(api: Sandbox) -> dict[tuple[str, str], int]:
    """Naively: all accounts, every window of 31 days since long ago."""
    found = {}
    for back in range(0, 93, 31):
        last = api.clock.date() - timedelta(days=back)
        first = last - timedelta(days=30)
        span = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        rows = Source(api, api.key).get("/accounts/analytics/daily", **span)
        found |= {(r["email_account"], r["date"]): r["sent"] for r in rows if r["sent"]}
    return found


def test_a_day_that_an_account_no_longer_reports_is_zero_and_was_not(warehouse, api) -> None:
    warehouse.sync(api, tables=ENTITIES)
    assert account_days(warehouse) == truth(api)
    row = next(r for r in warehouse.current("account_analytics_daily") if r["sent"])
    others = [
        day
        for day in Source(api, api.key).get(DAYS.removeprefix("GET "))
        if (day["email_account"], day["date"]) != (row["email_account"], str(row["date"]))
    ]
    api.fault("body", DAYS, body=others)
    warehouse.sync(api, tables=ENTITIES)

    counts = warehouse.rows(
        "select sent from instantly_raw.account_analytics_daily where "
        f"email_account = '{row['email_account']}' and date = '{row['date']}' order by observed_at"
    )
    assert [count["sent"] for count in counts] == [row["sent"], 0]


def test_a_delivery_that_is_retried_is_one_row_as_last_read(warehouse, api) -> None:
    warehouse.sync(api, tables="webhook_events")
    last, *_, first = sorted(
        warehouse.current("webhook_events"), key=lambda row: row["timestamp_created"], reverse=True
    )
    assert last["timestamp_created_date"] - first["timestamp_created_date"] > timedelta(days=3)
    size = len(warehouse.current("webhook_events"))
    for row in (last, first):
        api.change("overlay", template="/webhook-events", id=row["id"], fields={"retry_count": 7})
    report = warehouse.sync(api, tables="webhook_events")
    found = {row["id"]: row for row in warehouse.current("webhook_events")}

    assert len(found) == size
    assert found[last["id"]]["retry_count"] == 7
    assert found[last["id"]]["observed_at"] > last["observed_at"]
    assert found[first["id"]] == first, "older than the days that are read again"
    assert {o.table_name: o.changed for o in report.outcomes}["webhook_events"] == 1

    warehouse.sync(api, tables="webhook_events", full_refresh=True)
    (again,) = [r for r in warehouse.current("webhook_events") if r["id"] == first["id"]]
    assert again["retry_count"] == 7


def test_a_failed_table_catches_up(warehouse, api) -> None:
    """Events that are newer than what a run missed do not hide it."""
    warehouse.sync(api, tables="audit_logs")
    api.advance(days=5)
    api.fault("items_null", "GET /audit-logs", times=None)
    report = warehouse.sync(api, tables="audit_logs,workspace_members")
    assert {o.table_name: o.status for o in report.outcomes}["audit_logs"] == "failed"
    api.clear_faults()
    api.advance(days=5)
    warehouse.sync(api, tables="audit_logs")

    days = {row["timestamp"].date() for row in warehouse.current("audit_logs")}
    assert {TODAY + timedelta(days=n) for n in range(10)} <= days


def test_children_that_went_with_their_parents_are_no_loss(warehouse) -> None:
    """Two accounts in four campaigns each: eight rows vanish at once, and nobody has to confirm."""
    plain = small(campaigns=4, days=1, leads_per_day=1)
    (workspace,) = plain.workspaces
    few = replace(plain, workspaces=(replace(workspace, mailboxes=2),))
    with Sandbox(few, date=TODAY, rate_limit=None) as api:
        warehouse.sync(api, tables="account_campaign_mappings")
        assert len(warehouse.current("account_campaign_mappings")) > 3
        for account in warehouse.current("accounts"):
            api.change("hide", template="/accounts", id=account["email"])
        report = warehouse.sync(api, tables="account_campaign_mappings", full_refresh=True)

    assert not report.is_partial
    assert warehouse.current("account_campaign_mappings") == []
