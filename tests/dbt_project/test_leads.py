"""Leads: who they are, and how far they got, counted one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt_project.around import ODD_VARIABLES
from tests.dbt_project.oracle import assert_rate
from tests.dbt_project.world import rows

Query = Callable[[str], list[dict[str, Any]]]

RATES = {
    "lead_contact_rate": ("leads_contacted", "leads"),
    "lead_any_reply_rate": ("leads_replied", "leads_contacted"),
    "lead_interest_rate": ("leads_interested", "leads_contacted"),
    "lead_meeting_rate": ("leads_meeting_booked", "leads_contacted"),
    "lead_win_rate": ("leads_won", "leads_contacted"),
    "lead_bounce_rate": ("leads_bounced", "leads_contacted"),
    "lead_unsubscribe_rate": ("leads_unsubscribed", "leads_contacted"),
    "lead_completion_rate": ("leads_completed", "leads"),
}
NAMES = {1: "interested", 2: "meeting booked", 4: "won", -4: "no show", 0: "out of office"}


@pytest.fixture(scope="module")
def leads(query: Query) -> dict[str, dict[str, Any]]:
    return {row["lead_id"]: row for row in query("from dim_leads")}


def stages(lead: dict[str, Any]) -> set[str]:
    """The stages in which a raw lead of `w-1` or of the drawn workspace is counted."""
    interest = lead.get("lt_interest_status")
    is_hot = interest == 101 and lead["workspace_id"] == "w-1"
    passed = {
        "leads": True,
        "leads_deleted": lead.get("deleted_at"),
        "leads_contacted": lead.get("timestamp_last_contact"),
        "leads_opened": lead["email_open_count"],
        "leads_clicked": lead["email_click_count"],
        "leads_replied": lead["email_reply_count"],
        "leads_interested": interest in (1, 2, 3, 4) or is_hot,
        "leads_meeting_booked": interest in (2, 3, 4),
        "leads_won": interest == 4,
        "leads_bounced": lead["status"] == -1,
        "leads_unsubscribed": lead["status"] == -2,
        "leads_completed": lead["status"] == 3,
    }
    return {stage for stage, is_passed in passed.items() if is_passed}


def test_every_lead_is_counted_in_every_stage_it_reached(query: Query) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for lead in rows()["leads"]:
        if lead["campaign"]:
            place = (lead["workspace_id"], lead["campaign"])
            expected.update((*place, stage) for stage in stages(lead))
    found = query("from campaign_lead_funnel")
    names = [name for name in found[0] if name.startswith("leads") and "tracked" not in name]
    assert {
        (row["workspace_id"], row["campaign_id"], name): row[name]
        for row in found
        for name in names
        if row[name]
    } == expected


def test_rates_of_the_funnel_are_fractions_of_the_counts_beside_them(query: Query) -> None:
    for row in query("from campaign_lead_funnel"):
        for rate, (numerator, denominator) in RATES.items():
            assert_rate(row, rate, row[numerator], row[denominator])
        for rate, stage, flag in (
            ("lead_open_rate", "leads_opened", "open_tracking"),
            ("lead_click_rate", "leads_clicked", "link_tracking"),
        ):
            contacted = 0 if row[flag] is False else row["leads_contacted"]
            assert_rate(row, rate, row[stage], contacted)


def test_a_campaign_without_leads_has_zeros_and_one_not_listed_yet_is_not_deleted(
    query: Query,
) -> None:
    found = query(
        "select campaign_id, is_deleted, leads, lead_contact_rate from campaign_lead_funnel"
        " where campaign_id in ('draft', 'gone', 'not-listed-yet') order by 1"
    )
    assert [tuple(row.values()) for row in found] == [
        ("draft", False, 0, None),
        ("gone", True, 0, None),
        ("not-listed-yet", False, 1, 0.0),
    ]


def test_interest_has_the_name_the_workspace_gave_it(leads: dict[str, dict[str, Any]]) -> None:
    named = {"keen": 1, "booked": 2, "won": 4, "absent": -4, "away": 0}
    for lead, code in named.items():
        assert leads[lead]["interest_status_name"] == NAMES[code]
    labels = {"hot": ("Hot", True), "cold": ("Cold", False), "kalt": ("Kalt", False)}
    for lead, expected in (labels | {"odd": ("unknown", False), "fresh": (None, False)}).items():
        assert (leads[lead]["interest_status_name"], leads[lead]["is_interested"]) == expected
    assert leads["odd"]["status_name"] == "unknown"


def test_leads_carry_owner_place_and_deletion(leads: dict[str, dict[str, Any]]) -> None:
    owners = {lead: leads[lead]["owner_user_id"] for lead in ("fresh", "mailed", "keen")}
    assert owners == {"fresh": "u-ben", "mailed": "u-ada", "keen": None}
    keen = leads["keen"]
    assert (keen["replied_step"], keen["replied_variant"], keen["opened_step"]) == (1, 0, None)
    assert (leads["cleared"]["is_deleted"], leads["fresh"]["is_deleted"]) == (True, False)
    assert leads["listed"]["campaign_id"] is None
    assert leads["listed"]["email"] == leads["fresh"]["email"] == "fresh@lead.example"


def test_custom_variables_lose_nothing(leads: dict[str, dict[str, Any]]) -> None:
    assert json.loads(leads["kalt"]["custom_variables"]) == ODD_VARIABLES
