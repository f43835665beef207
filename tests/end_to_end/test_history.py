"""What was once seen is kept: versions, observations, and the end of both."""

from datetime import UTC, date, datetime

import pytest

from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.errors import SuspiciouslyShort

TODAY = date(2026, 11, 17)


@pytest.fixture
def api():
    with Sandbox(small(campaigns=3, days=10), date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


def test_an_edited_text_is_a_new_version_from_the_time_it_was_seen(warehouse, api) -> None:
    warehouse.sync(api)
    api.advance(days=2)
    api.change("edit_copy", campaign=0, step=0, variant=1, subject="the new one")
    warehouse.sync(api)

    old, new = warehouse.rows(
        "select subject, copy_hash, _dlt_valid_from as since, _dlt_valid_to as until "
        "from instantly_raw.campaign_variants where (campaign_id, step, variant) in "
        "(select (campaign_id, step, variant) from instantly_raw.campaign_variants "
        " where subject = 'the new one') order by _dlt_valid_from"
    )
    assert new["subject"] == "the new one"
    assert old["copy_hash"] != new["copy_hash"]
    assert old["until"] == new["since"] == api.clock.replace(microsecond=0)
    assert new["until"] is None


def test_a_vanished_campaign_is_closed_and_its_numbers_stay(warehouse, api) -> None:
    warehouse.sync(api)
    gone = api.change("delete_campaign", campaign=1)["campaign_id"]
    warehouse.sync(api)

    assert gone not in {row["id"] for row in warehouse.current("campaigns")}
    (closed,) = warehouse.rows(f"from instantly_raw.campaigns where id = '{gone}'")
    assert closed["_dlt_valid_to"] is not None
    (totals,) = [r for r in warehouse.current("campaign_analytics") if r["campaign_id"] == gone]
    assert totals["emails_sent_count"] > 0


def test_a_campaign_that_vanishes_while_it_is_read_costs_the_others_nothing(warehouse, api) -> None:
    gone = api.change("late_reply", campaign=1, days_ago=2)["campaign_id"]
    api.fault(
        "status",
        "GET /campaigns/analytics/steps",
        where={"campaign_id": gone},
        times=None,
        status=404,
        body={"statusCode": 404, "error": "Not Found", "message": "Resource not found"},
    )
    report = warehouse.sync(api)

    assert not report.is_partial
    for table in ("campaign_analytics", "campaign_analytics_daily", "step_analytics_daily"):
        campaigns = {row["campaign_id"] for row in warehouse.current(table)}
        assert len(campaigns) == 2, "a campaign is stored as a whole or not at all"
        assert gone not in campaigns


def test_every_distinct_observation_is_kept(warehouse, api) -> None:
    warehouse.sync(api)
    campaign = api.change("zero_day", campaign=0, days_ago=5)["campaign_id"]
    warehouse.sync(api)
    day = date(2026, 11, 12)

    before, after = warehouse.rows(
        "select sent from instantly_raw.campaign_analytics_daily "
        f"where campaign_id = '{campaign}' and date = '{day}' order by observed_at"
    )
    assert before["sent"] > 0 == after["sent"]


def test_an_unchanged_workspace_adds_no_row(warehouse, api) -> None:
    warehouse.sync(api)
    tables = ("campaigns", "campaign_variants", "campaign_analytics_daily", "step_analytics_daily")

    def sizes():
        return [warehouse.rows(f"select count(*) as n from instantly_raw.{t}") for t in tables]

    before = sizes()
    warehouse.sync(api)
    assert sizes() == before


def test_observations_keep_their_order_when_the_clock_stands_still(warehouse, api) -> None:
    warehouse.sync(api)
    api.change("rename", campaign=0, name="second")
    warehouse.sync(api)
    api.change("rename", campaign=0, name="third")
    warehouse.sync(api)

    names = warehouse.rows(
        "select campaign_name from instantly_raw.campaign_analytics "
        "where campaign_name in ('second', 'third') order by observed_at"
    )
    assert [row["campaign_name"] for row in names] == ["second", "third"]


def test_times_are_the_servers_not_ours(warehouse, api) -> None:
    warehouse.sync(api)
    (row,) = warehouse.rows("select max(observed_at) as at from instantly_raw.campaign_analytics")

    assert row["at"] == datetime(2026, 11, 17, 12, tzinfo=UTC)


def test_a_listing_that_comes_back_short_closes_nothing(warehouse) -> None:
    with Sandbox(small(campaigns=60, days=1, leads_per_day=1), rate_limit=None) as api:
        warehouse.sync(api, tables="campaigns")
        before = warehouse.file.read_bytes()
        api.fault("short", "GET /campaigns", times=None, keep=30)
        with pytest.raises(SuspiciouslyShort, match=r"listed 30 rows.*holds 60"):
            warehouse.sync(api, tables="campaigns")
        assert len(warehouse.current("campaigns")) == 60
        assert warehouse.file.read_bytes() == before
        warehouse.sync(api, tables="campaigns", allow_shrink=True)

    assert len(warehouse.current("campaigns")) == 30


def test_null_steps_are_kept_under_minus_one(warehouse) -> None:
    with Sandbox("demo", date=TODAY, rate_limit=None) as api:
        warehouse.sync(api)
    rows = [row for row in warehouse.current("step_analytics") if row["step"] == -1]

    assert sum(row["replies_automatic"] for row in rows) > 0
    assert all(row["sent"] == 0 for row in rows)
