"""What a run asks for, counted at the server."""

from datetime import date

import pytest

from sandbox import Sandbox
from sandbox.worlds import small

TODAY = date(2026, 11, 17)
STEPS = "GET /campaigns/analytics/steps"
DAYS = "GET /campaigns/analytics/daily"
TOTALS = "GET /campaigns/analytics"
LISTINGS = {
    "GET /campaigns": 2,
    "GET /workspace-members": 1,
    "GET /workspaces/current": 1,
    "GET /subsequences": 2,
    "GET /accounts": 2,
    "GET /custom-tags": 2,
}
"""Mostly two pages: the last page with rows carries a cursor, too (quirk B3)."""
STANDING = {
    **LISTINGS,
    "GET /accounts/analytics/daily": 1,
    "GET /custom-tag-mappings": 1,
    "GET /subsequences/analytics": 7,
}
"""What an unchanged workspace is asked: 30 trailing days of all accounts, the newest tags, the
totals of the subsequences of seven campaigns."""


@pytest.fixture(scope="module")
def fifty():
    with Sandbox("fifty", seed=1, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


def active_days(warehouse) -> int:
    """Campaign × day on which anything was counted."""
    (row,) = warehouse.rows(
        "select count(*) as n from instantly_raw.campaign_analytics_daily "
        "where sent + opened + replies + replies_automatic + clicks + opportunities > 0"
    )
    return row["n"]


@pytest.mark.slow
def test_fifty_campaigns_over_ninety_days(warehouse, asked, fifty) -> None:
    """First all that moved; then nothing but listings, totals and the trailing days; then one
    late reply on a day two months old."""
    warehouse.sync(fifty)
    first = asked(fifty)

    assert first[DAYS] == 50, "one request per campaign"
    assert first[STEPS] == active_days(warehouse) + 50, "one per active day, one per lifetime"
    assert first[TOTALS] == 1
    assert first["GET /account-campaign-mappings/{email}"] == 6 + 1, "one per account, the scope"
    assert first["GET /accounts/analytics/daily"] == 3, "ninety days, 31 at a time"

    warehouse.sync(fifty)
    second = asked(fifty)

    assert second == {**STANDING, TOTALS: 1 + 3}, "three trailing days"
    assert sum(second.values()) == 23
    assert sum(second.values()) <= 0.05 * sum(first.values())

    fifty.change("late_reply", campaign=7, days_ago=60)
    warehouse.sync(fifty)
    third = asked(fifty)

    assert sum(third.values()) <= sum(second.values()) + 4
    assert third == {**second, DAYS: 1, STEPS: 2}


def test_a_day_without_activity_is_not_asked_for_its_steps(warehouse, asked) -> None:
    with Sandbox(small(campaigns=2, days=20), date=TODAY, rate_limit=None) as api:
        warehouse.sync(api)
        days = {
            (row["query"]["campaign_id"][0], row["query"]["start_date"][0])
            for row in api.log()
            if row["operation"] == STEPS and "start_date" in row["query"]
        }
        assert len(days) == asked(api)[STEPS] - 2 == active_days(warehouse), "and none twice"


def test_days_are_asked_from_the_start_date_on(warehouse) -> None:
    with Sandbox(small(campaigns=2, days=20), date=TODAY, rate_limit=None) as api:
        warehouse.sync(api, INSTANTLY_START_DATE="2026-11-10")
    (row,) = warehouse.rows("select min(date) as d from instantly_raw.campaign_analytics_daily")

    assert row["d"] >= date(2026, 11, 10)


def test_a_backfill_asks_for_its_days_alone(warehouse, asked) -> None:
    with Sandbox(small(campaigns=2, days=20), date=TODAY, rate_limit=None) as api:
        warehouse.sync(api)
        asked(api)
        warehouse.sync(api, since=date(2026, 11, 9), until=date(2026, 11, 10))
        windows = {
            (row["query"]["start_date"][0], row["query"]["end_date"][0])
            for row in api.log()
            if row["operation"] in (STEPS, DAYS)
        }

    assert windows == {
        ("2026-11-09", "2026-11-10"),
        ("2026-11-09", "2026-11-09"),
        ("2026-11-10", "2026-11-10"),
    }


def test_a_backfill_of_days_before_a_campaign_asks_nothing_of_it(warehouse, asked) -> None:
    with Sandbox(small(campaigns=2, days=5), date=TODAY, rate_limit=None) as api:
        warehouse.sync(api)
        asked(api)
        report = warehouse.sync(api, since=date(2025, 1, 1), until=date(2025, 1, 31))

        assert not report.is_partial
        assert DAYS not in asked(api)


def test_a_campaign_of_the_year_one_costs_no_two_thousand_years(warehouse, asked) -> None:
    with Sandbox(small(campaigns=2, days=5), date=TODAY, rate_limit=None) as api:
        api.change("set_fields", campaign=0, fields={"timestamp_created": "0001-01-01T00:00:00Z"})
        warehouse.sync(api)
        assert asked(api)["GET /accounts/analytics/daily"] <= 12 * (TODAY.year - 2019) + 12


def test_every_page_is_asked_with_a_hundred_rows(warehouse) -> None:
    with Sandbox(small(campaigns=130, days=1, leads_per_day=1), rate_limit=None) as api:
        warehouse.sync(api, tables="campaigns")
        pages = [row["query"] for row in api.log() if row["operation"] == "GET /campaigns"]

    assert [page["limit"][0] for page in pages] == ["1", "100", "100", "100"], "the scope, the rows"
    assert len(warehouse.current("campaigns")) == 130


def test_a_day_that_moves_alone_brings_its_lifetime_report_along(warehouse, asked) -> None:
    """A person opens a mail again: the totals count openers and stand still, day and lifetime
    count opens."""
    with Sandbox(small(campaigns=2, days=10), date=TODAY, rate_limit=None) as api:
        warehouse.sync(api)
        asked(api)
        api.change("open_again", campaign=0)
        warehouse.sync(api)
        found = asked(api)
        opened = (
            "select sum(opened) as n from (from instantly_raw.step_analytics qualify row_number() "
            "over (partition by campaign_id, step, variant order by observed_at desc) = 1)"
        )
        assert found[STEPS] == 2, "the day that moved, the lifetime of its campaign"
        lifetime = warehouse.rows(opened)
        warehouse.sync(api, full_refresh=True)
        assert warehouse.rows(opened) == lifetime


def test_a_quiet_campaign_costs_nothing_when_others_move(warehouse, asked) -> None:
    with Sandbox(small(campaigns=6, days=10), date=TODAY, rate_limit=None) as api:
        warehouse.sync(api)
        asked(api)
        api.change("late_reply", campaign=2, days_ago=8)
        warehouse.sync(api)
        moved = {
            row["query"]["campaign_id"][0] for row in api.log() if row["operation"] in (STEPS, DAYS)
        }

    assert len(moved) == 1
