"""What engines read differently: odd texts, odd JSON, names that a language orders.

A workspace of its own beside those of `world`. Every row is one trap: a day that does not exist, a
time without a zone, a list that is empty or not there, a capital letter.
"""

from __future__ import annotations

from typing import Any

from tests.dbt_project.raw_rows import Rows, account_row, at, tag_row, tagged_row, version

WORKSPACE = "w-odd"
TIMES = (
    "2026-03-01T10:00:00Z",
    "2026-03-01T10:00:00.123456+05:30",
    "2026-03-01 10:00:00",
    "2026-03-01T10:00",
    "2026-03-01T10:00:00-0430",
    "2026-03-01",
    "2024-02-29T23:59:59Z",
    "2026-02-29T10:00:00Z",
    "2026-04-31",
    "2026-13-01T10:00:00Z",
    "2026-03-01T25:00:00Z",
    "yesterday",
    "",
    None,
)
NUMBERS: tuple[Any, ...] = (7, "12", "1.5e1", "many", "", "-3", None, True, [1], {"n": 1})
LISTS: tuple[Any, ...] = (
    (None, []),
    (["a@x", "B@x"], ["B@x", "a@x"]),
    (["a@x"], ["a@x", "a@x"]),
    (["a@x"], []),
    ({"not": "a list"}, None),
    (["ä@x", "z@x"], ["z@x", "ä@x"]),
)
TAGS = ("beta", "Alpha", "alpha", "Beta", "Ärger", "zeta", "_")


def odd() -> Rows:
    """All of them."""
    return {**_texts(), **_lists(), **_tags(), "workspaces": [_workspace()]}


def _workspace() -> dict[str, Any]:
    return {"workspace_id": WORKSPACE, "id": WORKSPACE, "name": "Odd", **version(at(1))}


def _texts() -> Rows:
    """Times, days and numbers written as texts, as JSON members and as plain columns."""
    known = {"workspace_id": WORKSPACE}
    status = [
        known
        | {
            "campaign_id": f"odd-time-{number}",
            "summary": {"status": number, "issue_started_at": text, "last_healthy_send_at": text},
            "diagnostics": {"status": {"nested": [1, 2]}} if number % 2 else {},
            **version(at(1)),
        }
        for number, text in enumerate(TIMES)
    ]
    insights = [
        known
        | {
            "test_id": f"odd-day-{number}",
            "sender_esp": number,
            "recipient_esp": 1,
            "from": text,
            "to": text,
            "previous_from": text,
            "observed_at": at(2),
        }
        for number, text in enumerate(TIMES)
    ]
    verified = [
        known | {"list_id": f"odd-{number}", "stats": {"verified": value}, **version(at(1))}
        for number, value in enumerate(NUMBERS)
    ]
    paid = {"price_id": "p", "current_period_end": 1772323200, "cancel_at_time": None}
    return {
        "campaign_sending_status": status,
        "inbox_placement_insights": insights,
        "lead_list_verification_stats": verified,
        "workspace_subscriptions": [known | paid | version(at(1))],
    }


def _lists() -> Rows:
    """Campaigns whose list of mailboxes changes, or only seems to, while mails go out."""
    campaigns, days, steps = [], [], []
    for number, pair in enumerate(LISTS):
        name = f"odd-list-{number}"
        key = {"workspace_id": WORKSPACE, "campaign_id": name, "step": 0, "variant": 0}
        for value, validity in zip(pair, (version(at(1), at(5)), version(at(5))), strict=True):
            listed = {"workspace_id": WORKSPACE, "id": name, "name": name.upper(), "status": 1}
            campaigns.append(listed | {"email_list": value} | validity)
        days += [key | {"date": at(day).date(), "sent": 5, "observed_at": at(9)} for day in (2, 7)]
        steps.append(key | {"sent": 10, "observed_at": at(9)})
    return {"campaigns": campaigns, "step_analytics_daily": days, "step_analytics": steps}


def _tags() -> Rows:
    """One mailbox with tags whose order a language and their bytes disagree on."""
    return {
        "accounts": [account_row(WORKSPACE, "Ümlaut@Odd.example", version(at(1)))],
        "custom_tags": [tag_row(WORKSPACE, f"t-{tag}", tag) for tag in TAGS],
        "custom_tag_mappings": [
            tagged_row(WORKSPACE, f"t-{tag}", 1, "Ümlaut@Odd.example") for tag in TAGS
        ],
    }
