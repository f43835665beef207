"""After a clean run the warehouse says what the source says, whatever happened in between."""

from datetime import date

import pytest

from sandbox import Sandbox
from sandbox.worlds import small
from tests.end_to_end.conftest import Source, Warehouse, differences

TODAY = date(2026, 11, 17)
DAYS = 12
WORLD = small(campaigns=4, days=DAYS - 1, leads_per_day=7)


@pytest.fixture
def api():
    with Sandbox(WORLD, seed=3, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


def disagreement(warehouse: Warehouse, api: Sandbox) -> dict[str, object]:
    days = DAYS + (api.clock.date() - TODAY).days + 1
    return differences(warehouse, Source(api, api.key), api.clock.date(), days)


def agree(warehouse: Warehouse, api: Sandbox) -> None:
    assert disagreement(warehouse, api) == {}


def test_a_first_sync_brings_everything(warehouse, api) -> None:
    report = warehouse.sync(api)

    assert not report.is_partial
    assert {outcome.table_name for outcome in report.outcomes if outcome.rows} == {
        "workspaces",
        "workspace_members",
        "campaigns",
        "campaign_variants",
        "campaign_analytics",
        "campaign_analytics_daily",
        "step_analytics",
        "step_analytics_daily",
        "accounts",
        "account_analytics_daily",
        "account_campaign_mappings",
        "custom_tags",
        "custom_tag_mappings",
    }
    agree(warehouse, api)


def test_time_passes(warehouse, api) -> None:
    for _ in range(2):
        warehouse.sync(api)
        api.advance(days=2.5)
    warehouse.sync(api)

    agree(warehouse, api)


CHANGES = [
    ("late_reply", {"campaign": 0, "days_ago": 9}),
    ("restate_day", {"campaign": 1, "days_ago": 8, "sent": 2}),
    ("zero_day", {"campaign": 1, "days_ago": 7}),
    ("rename", {"campaign": 2, "name": "Renamed »again« 🚀"}),
    ("add_variant", {"campaign": 2, "step": 0}),
    ("pause_variant", {"campaign": 2, "step": 0, "variant": 1}),
    ("edit_copy", {"campaign": 3, "step": 0, "variant": 0, "subject": "new"}),
    ("new_member", {}),
    ("delete_campaign", {"campaign": 3}),
]


def test_the_source_changes(warehouse, api) -> None:
    """One change after the other, as a workspace lives, and a run after each."""
    warehouse.sync(api)
    for kind, arguments in CHANGES:
        api.change(kind, **arguments)
        warehouse.sync(api)
        assert disagreement(warehouse, api) == {}, kind


def test_a_recent_day_that_changes_under_equal_totals_is_found(warehouse, api) -> None:
    api.change("late_reply", campaign=0, days_ago=1)
    warehouse.sync(api)
    api.change("move_reply", campaign=0, days_ago=1, to_days_ago=2)
    warehouse.sync(api)

    agree(warehouse, api)


def test_tables_that_are_selected_later_catch_up(warehouse, api) -> None:
    warehouse.sync(api, tables="campaign_analytics_daily")
    api.advance(days=1)
    warehouse.sync(api, tables="campaign_analytics_daily")
    warehouse.sync(api, tables="core")

    agree(warehouse, api)


def test_a_backfill_does_not_hide_what_moved_from_the_next_run(warehouse, api) -> None:
    warehouse.sync(api)
    api.advance(days=2)
    api.change("late_reply", campaign=0, days_ago=8)
    warehouse.sync(api, since=TODAY, until=TODAY)
    warehouse.sync(api)

    agree(warehouse, api)


def test_a_backfill_is_no_complete_reading_of_a_table(warehouse, api) -> None:
    warehouse.sync(api, tables="campaign_analytics_daily")
    warehouse.sync(api, since=TODAY, until=TODAY)
    warehouse.sync(api)

    agree(warehouse, api)


def test_a_full_refresh_stores_nothing_twice(warehouse, api) -> None:
    warehouse.sync(api)
    before = warehouse.rows("select count(*) as n from instantly_raw.step_analytics_daily")
    report = warehouse.sync(api, full_refresh=True)

    assert warehouse.rows("select count(*) as n from instantly_raw.step_analytics_daily") == before
    assert report.changed == 0
    agree(warehouse, api)


def test_a_young_workspace_has_every_table_and_column(warehouse) -> None:
    with Sandbox("empty", date=TODAY, rate_limit=None) as young:
        report = warehouse.sync(young)

    assert not report.is_partial
    columns = warehouse.rows(
        "select count(*) as n from information_schema.columns "
        "where table_schema = 'instantly_raw' and table_name = 'step_analytics_daily'"
    )
    assert columns[0]["n"] == 19


def test_a_campaign_that_starts_after_an_empty_first_sync_arrives(warehouse) -> None:
    with Sandbox("empty", date=TODAY, rate_limit=None) as young:
        warehouse.sync(young)
        young.change("new_member")
        warehouse.sync(young)
        members = warehouse.current("workspace_members")
    assert len(members) == 2
