"""The reports count events of the asked window, each on its own day, each lead once."""

from __future__ import annotations

import pytest

from sandbox import Sandbox, worlds
from tests.sandbox.conftest import Client

EVENTS = ("sent", "opened", "replies", "replies_automatic", "clicks", "opportunities")


@pytest.fixture(scope="module")
def founders(demo: Client) -> str:
    return demo.campaigns()["Founders, DACH – Q4"]


def test_step_events_sum_to_the_totals(demo: Client, founders: str) -> None:
    rows, totals = demo.steps(founders).values(), demo.totals(founders)
    assert sum(row["sent"] for row in rows) == totals["emails_sent_count"]
    assert sum(row["replies"] for row in rows) == totals["reply_count"]
    assert sum(row["clicks"] for row in rows) == totals["link_click_count"]
    assert sum(row["replies_automatic"] for row in rows) == totals["reply_count_automatic"]


def test_first_step_sent_is_contacted(demo: Client, founders: str) -> None:
    sent = sum(row["sent"] for (step, _), row in demo.steps(founders).items() if step == "0")
    assert sent == demo.totals(founders)["contacted_count"]


def test_days_sum_to_the_totals_for_events_but_not_for_distinct_leads(
    demo: Client, founders: str
) -> None:
    days, totals = demo.daily(founders).values(), demo.totals(founders)
    assert sum(day["sent"] for day in days) == totals["emails_sent_count"]
    assert sum(day["new_leads_contacted"] for day in days) == totals["contacted_count"]
    assert sum(day["unique_opened"] for day in days) > totals["open_count_unique"]
    assert sum(day["unique_opportunities"] for day in days) > totals["total_opportunities"]


def test_one_day_of_the_step_report_is_that_day_of_the_daily_report(
    demo: Client, founders: str
) -> None:
    for date, day in list(demo.daily(founders).items())[-12:]:
        rows = demo.steps(founders, date).values()
        for name in EVENTS:
            assert sum(row[name] for row in rows) == day[name], (date, name)


def test_days_without_mail_have_replies_and_opens(demo: Client, founders: str) -> None:
    quiet = [day for day in demo.daily(founders).values() if not day["sent"]]
    assert sum(day["replies"] for day in quiet) > 0
    assert sum(day["opened"] for day in quiet) > 0


def test_days_come_in_order_and_not_after_today(demo: Client, founders: str) -> None:
    dates = list(demo.daily(founders))
    assert dates == sorted(dates)
    assert dates[-1] <= demo.api.clock.date().isoformat()


def test_quiet_days_are_mostly_missing_but_not_always() -> None:
    with Sandbox(worlds.small(6, days=400, leads_per_day=0.3)) as api:
        client = Client(api)
        days = [client.daily(campaign).values() for campaign in client.campaigns().values()]
        zero = [row for rows in days for row in rows if not any(row[name] for name in EVENTS)]
        assert 0 < len(zero) < 0.2 * 6 * 400


def test_human_and_automatic_repliers_are_told_apart(demo: Client, founders: str) -> None:
    totals = demo.totals(founders)
    humans, automatic = totals["reply_count_unique"], totals["reply_count_automatic_unique"]
    assert humans + automatic < totals["reply_count"]
    assert humans > automatic > 0


def test_rows_without_step_carry_automatic_replies_only_and_nothing_sent(
    demo: Client, founders: str
) -> None:
    row = demo.steps(founders)[None, None]
    assert row["sent"] == 0
    assert row["replies_automatic"] > 0


def test_each_spelling_of_an_unattributed_row_is_served(demo: Client) -> None:
    found = {place for name in demo.campaigns().values() for place in demo.steps(name)}
    assert {(None, None), ("null", "null"), ("0", None)} <= found


def test_steps_are_zero_based_texts_and_unsorted(demo: Client) -> None:
    orders = [list(demo.steps(campaign)) for campaign in demo.campaigns().values()]
    attributed = [[p for p in order if None not in p and "null" not in p] for order in orders]
    assert {step for order in attributed for step, _ in order} == {"0", "1"}
    assert any(order != sorted(order) for order in attributed)


def test_drafts_are_listed_but_not_in_the_totals(demo: Client) -> None:
    reported = {row["campaign_name"] for row in demo.json("/campaigns/analytics")}
    assert set(demo.campaigns()) - reported == {"Draft: ideas, not sent"}
    draft = demo.json("/campaigns/" + demo.campaigns()["Draft: ideas, not sent"])
    assert draft["status"] == 0
    assert "sequences" not in draft


def test_open_counters_are_zero_where_tracking_is_off(demo: Client) -> None:
    campaign = demo.campaigns()["الشرق الأوسط – بدون تتبع"]
    assert demo.json(f"/campaigns/{campaign}")["open_tracking"] is False
    assert {row["opened"] for row in demo.steps(campaign).values()} == {0}
    assert demo.totals(campaign)["open_count_unique"] == 0


def test_opportunities_come_only_when_asked(demo: Client, founders: str) -> None:
    row = demo.json("/campaigns/analytics/steps", campaign_id=founders)[0]
    assert "opportunities" not in row
    assert "won" not in row


def test_a_start_after_the_end_is_refused_with_a_bare_message(demo: Client) -> None:
    answer = demo.get("/campaigns/analytics", start_date="2026-11-10", end_date="2026-11-09")
    assert answer.status_code == 400
    assert set(answer.json()) == {"message"}


def test_unknown_query_members_are_ignored(demo: Client, founders: str) -> None:
    everything = demo.json("/campaigns/analytics")
    assert demo.json("/campaigns/analytics", campaign_id=founders) == everything
    assert len(demo.json("/campaigns/analytics", id=founders)) == 1
    assert len(demo.json("/campaigns/analytics", ids=list(demo.campaigns().values())[-3:])) == 3


def test_without_campaign_the_days_of_all_are_merged(demo: Client) -> None:
    merged = demo.json("/campaigns/analytics/daily")
    single = [demo.daily(campaign).values() for campaign in demo.campaigns().values()]
    sent = sum(row["sent"] for rows in single for row in rows)
    assert sum(row["sent"] for row in merged) == sent


def test_overview_counts_every_open(demo: Client, founders: str) -> None:
    overview = demo.json("/campaigns/analytics/overview", id=founders)
    totals = demo.totals(founders)
    assert overview["open_count"] > totals["open_count"] == overview["open_count_unique"]
    assert overview["reply_count"] == totals["reply_count"]


def test_a_window_may_be_given_as_times(demo: Client, founders: str) -> None:
    day = demo.totals(founders, start_date="2026-11-10", end_date="2026-11-10")
    times = demo.totals(
        founders, start_date="2026-11-10T00:00:00Z", end_date="2026-11-10T23:59:59.000Z"
    )
    assert day == times


def test_true_effects_show_in_the_counts(demo: Client, founders: str) -> None:
    found = demo.api.truth()["campaigns"]
    steps = next(c for c in found if c["campaign_id"] == founders)["steps"]
    for step in steps:
        for variant in step["variants"]:
            row = demo.steps(founders)[str(step["step"]), str(variant["variant"])]
            truth = variant["versions"][-1]
            spread = 4 * (truth["reply"] / row["sent"]) ** 0.5
            assert abs(row["unique_replies"] / row["sent"] - truth["reply"]) < spread
            assert abs(row["unique_opened"] / row["sent"] - truth["open"]) < 0.08
