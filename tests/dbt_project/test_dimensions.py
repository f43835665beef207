"""Dimensions: nothing that was ever seen vanishes, and positions have names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.dbt_project.raw_warehouse import copy_hash

Query = Callable[[str], list[dict[str, Any]]]


def column(found: list[dict[str, Any]]) -> list[Any]:
    return [tuple(row.values()) if len(row) > 1 else next(iter(row.values())) for row in found]


def test_deleted_and_unlisted_campaigns_stay(query: Query) -> None:
    found = column(query("select campaign_id from dim_campaigns where is_deleted order by all"))
    assert found == ["gone", "unlisted"]


def test_a_name_may_occur_in_two_workspaces(query: Query) -> None:
    found = query(
        "select workspace_id, campaign_id, sent from campaign_performance"
        " where campaign_name = 'Spring' order by all"
    )
    assert column(found) == [("w-1", "spring", 500), ("w-2", "spring-2", 80)]


def test_campaigns_carry_their_settings(query: Query) -> None:
    found = query(
        "select status_name, auto_variant_trigger, owner_user_id, steps, variants"
        " from dim_campaigns where campaign_id in ('spring', 'draft') order by all"
    )
    assert column(found) == [
        ("active", "reply_rate", "u-ada", 3, 4),
        ("draft", None, "u-ada", 0, 0),
    ]


def test_a_draft_has_zeros_and_no_rates(query: Query) -> None:
    found = query(
        "select sent, replies, unique_replies, reply_rate, lead_reply_rate"
        " from campaign_performance where campaign_id = 'draft'"
    )
    assert column(found) == [(0, 0, 0, None, None)]


def test_departed_members_stay_with_their_campaigns(query: Query) -> None:
    members = query("select email, campaigns_owned, is_deleted from dim_members order by email")
    assert column(members) == [
        ("ada@example.com", 3, False),
        ("ben@example.com", 1, True),
        ("cem@example.com", 1, False),
    ]
    owners = query(
        "select user_id, is_deleted from member_performance where workspace_id = 'w-2' order by 1"
    )
    assert column(owners) == [("u-cem", False), ("u-gone", True), ("unowned", False)]


def test_members_carry_what_they_own_and_added(query: Query) -> None:
    found = query(
        "select email, lead_lists_owned, leads_assigned, accounts_added from dim_members order by 1"
    )
    assert column(found) == [
        ("ada@example.com", 2, 1, 1),
        ("ben@example.com", 0, 0, 1),
        ("cem@example.com", 0, 0, 1),
    ]


def test_deleted_and_unlisted_mailboxes_stay(query: Query) -> None:
    found = query(
        "select account_email, status_name, provider_name, daily_limit, owner_user_id, tags,"
        " campaigns, first_seen_at::date::varchar, deleted_at::date::varchar, is_deleted"
        " from dim_accounts where workspace_id = 'w-1' order by 1"
    )
    ann = ("active", "Google", 50.0, "u-ada", "Americas, Europe", 2)
    bob = ("connection error", "unknown", 30.0, None, None, 0)
    gone = ("active", "Google", 30.0, "u-ben", "Europe", 0)
    assert column(found) == [
        ("ann@one.example", *ann, "2026-03-01", None, False),
        ("bob@one.example", *bob, "2026-03-01", None, False),
        ("gone@one.example", *gone, "2026-03-01", "2026-03-20", True),
        ("late@one.example", *[None] * 5, 0, None, None, True),
    ]
    names = query("select workspace_id from dim_accounts where account_email = 'ann@one.example'")
    assert sorted(column(names)) == ["w-1", "w-2"]


def test_tags_hang_on_what_carries_them_now_or_did_when_it_was_deleted(query: Query) -> None:
    of_campaigns = query("from campaign_tags where workspace_id <> 'w-drawn' order by all")
    assert column(of_campaigns) == [
        ("w-1", "draft", "t-nameless", None),
        ("w-1", "gone", "t-eu", "Europe"),
        ("w-1", "spring", "t-eu", "Europe"),
        ("w-1", "spring", "t-us", "Americas"),
        ("w-1", "unsaid", "t-us", "Americas"),
        ("w-2", "spring-2", "t-eu-2", "Europe"),
    ]
    assert column(query("from account_tags order by all")) == [
        ("w-1", "ann@one.example", "t-eu", "Europe"),
        ("w-1", "ann@one.example", "t-us", "Americas"),
        ("w-1", "gone@one.example", "t-eu", "Europe"),
    ]


def test_copy_versions_count_returning_texts(query: Query) -> None:
    found = query(
        "select copy_version, subject, copy_hash, is_current from dim_variants"
        " where campaign_id = 'spring' and step = 0 and variant = 0 order by 1"
    )
    hi, hello = (copy_hash(text, "<p>text</p>") for text in ("Hi", "Hello"))
    assert column(found) == [(1, "Hi", hi, False), (2, "Hello", hello, False), (3, "Hi", hi, True)]


def test_odd_copy_arrives_as_it_was_written(query: Query) -> None:
    found = query(
        "select subject from dim_variants where campaign_id in ('spring', 'spring-2')"
        " and not contains('Hi Hello Later', subject) order by subject"
    )
    assert column(found) == ["Quick “question” 🚀", "مرحبا"]


def test_steps_out_of_the_sequence_are_rows_of_their_own(query: Query) -> None:
    found = query(
        "select step, step_number, is_attributed, is_current, variants from dim_steps"
        " where campaign_id = 'spring' order by step"
    )
    assert column(found) == [
        (-1, None, False, False, 0),
        (0, 1, True, True, 2),
        (1, 2, True, True, 1),
        (2, 3, True, True, 1),
        (5, 6, True, False, 0),
    ]


def test_the_warehouse_says_which_run_it_shows(query: Query) -> None:
    found = query("select run_id, version, as_of::date::varchar from warehouse_info")
    assert column(found) == [("run-2", "0.1.0", "2026-03-30")]
    states = query("select run_id, table_name, status, message from sync_status order by all")
    assert column(states)[-1] == ("run-2", "step_analytics", "failed", "scope missing")
