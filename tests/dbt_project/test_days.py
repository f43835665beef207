"""Day marts: which observation stands, which copy and settings applied, what was restated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from tests.dbt_project.oracle import assert_rate, changes, standing_days
from tests.dbt_project.raw_rows import ACCOUNT_COUNTS, STEP_COUNTS, on
from tests.dbt_project.world import rows

Query = Callable[[str], list[dict[str, Any]]]

CAMPAIGN_DAY = ("workspace_id", "campaign_id", "date")
VARIANT_DAY = ("workspace_id", "campaign_id", "step", "variant", "date")
ACCOUNT_DAY = ("workspace_id", "account_email", "date")
CAMPAIGN_COUNTS = ("contacted", "new_leads_contacted", *STEP_COUNTS)
FACTS = [
    ("fct_variant_engagement_daily", "step_analytics_daily", VARIANT_DAY, STEP_COUNTS),
    ("fct_campaign_engagement_daily", "campaign_analytics_daily", CAMPAIGN_DAY, CAMPAIGN_COUNTS),
    ("fct_account_engagement_daily", "account_analytics_daily", ACCOUNT_DAY, ACCOUNT_COUNTS),
]


NAMED = (*VARIANT_DAY, "account_email")


def observations(table: str) -> list[dict[str, Any]]:
    """Rows of a day report; mailboxes by their address as the marts spell it."""
    return [row | {"account_email": row.get("email_account", "").lower()} for row in rows()[table]]


@pytest.mark.parametrize(("mart", "table", "key", "counts"), FACTS)
def test_a_day_shows_the_observation_that_stands(
    query: Query, mart: str, table: str, key: tuple[str, ...], counts: tuple[str, ...]
) -> None:
    expected = {
        k: {name: row[name] for name in counts}
        for k, row in standing_days(observations(table), key).items()
    }
    found = {
        tuple(row[k] for k in key): {name: row[name] for name in counts}
        for row in query(f"from {mart}")
    }
    assert found == expected


def test_the_drawn_days_hold_falls_that_are_not_taken() -> None:
    """Guards the test above: a world in which the newest always stands would prove nothing."""
    for _, table, key, _ in FACTS:
        observed = observations(table)
        standing = standing_days(observed, key)
        last = {tuple(row[k] for k in key): row for row in sorted(observed, key=_seen)}
        assert sum(standing[k] is not last[k] for k in standing) > 10


def _seen(row: dict[str, Any]) -> Any:
    return row["observed_at"]


def test_restatements_list_what_changed_after_the_day_was_over(query: Query) -> None:
    expected = {
        (tuple(dict(zip(key, k, strict=True)).get(name) for name in NAMED), *rest)
        for _, table, key, counts in FACTS
        for k, *rest in changes(observations(table), key, counts)
    }
    found = {
        (
            tuple(row[k] for k in NAMED),
            *(row[c] for c in ("metric", "old_value", "new_value")),
            row["seen_at"].replace(tzinfo=UTC),
            row["kept"],
        )
        for row in query("from restatements")
    }
    assert found == expected


@pytest.mark.parametrize("mart", [fact[0] for fact in FACTS[:2]])
def test_rates_of_a_day_divide_by_the_mails_of_that_day(query: Query, mart: str) -> None:
    for row in query(f"from {mart}"):
        for rate, events, flag in (
            ("open_rate", "unique_opened", "open_tracking"),
            ("click_rate", "unique_clicks", "link_tracking"),
            ("reply_rate", "unique_replies", None),
            ("auto_reply_rate", "unique_replies_automatic", None),
            ("positive_rate", "unique_opportunities", None),
        ):
            sent = 0 if flag and row[flag] is False else row["sent"]
            assert_rate(row, rate, row[events], sent)


def test_rates_of_a_mailbox_divide_by_its_mails_of_that_day(query: Query) -> None:
    for row in query("from fct_account_engagement_daily"):
        assert_rate(row, "bounce_rate", row["bounced"], row["sent"])
        assert_rate(row, "reply_rate", row["unique_replies"], row["sent"])
        assert_rate(row, "auto_reply_rate", row["unique_replies_automatic"], row["sent"])
        assert not row.keys() & {"open_rate", "click_rate"}, "tracking is unknown here"


def test_mailboxes_add_up_what_adds_up_over_days(query: Query) -> None:
    days = query("from fct_account_engagement_daily")
    found = query("from account_performance")
    assert ("w-2", "ann@one.example", 0, None) in {
        tuple(row[k] for k in (*ACCOUNT_DAY[:2], "sent", "bounce_rate")) for row in found
    }
    for row in found:
        mine = [d for d in days if all(d[k] == row[k] for k in ACCOUNT_DAY[:2])]
        sending = [d["date"] for d in mine if d["sent"]]
        for name in ("bounced", "sent", "opened", "replies", "replies_automatic", "clicks"):
            assert row[name] == sum(d[name] for d in mine)
        assert (row["days_sending"], row["first_sent_on"], row["last_sent_on"]) == (
            len(sending),
            min(sending, default=None),
            max(sending, default=None),
        )
        assert_rate(row, "bounce_rate", row["bounced"], row["sent"])


def test_a_day_has_the_tracking_and_the_copy_of_its_time(query: Query) -> None:
    tracking = query(
        "select date, open_tracking, open_rate from fct_campaign_engagement_daily"
        " where campaign_id = 'switched' order by date"
    )
    assert [tuple(row.values()) for row in tracking] == [(on(5), True, 0.45), (on(15), False, None)]
    copies = query(
        "select date, copy_version from fct_variant_engagement_daily"
        " where campaign_id = 'spring' and step = 0 order by date"
    )
    assert [tuple(row.values()) for row in copies] == [(on(1), 1), (on(6), 2), (on(12), 3)]
