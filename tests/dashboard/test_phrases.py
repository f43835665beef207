"""A phrase says the most urgent thing of a row, and is not alarmed by little."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from dashboard.phrases import Phrase, of_account, of_campaign, of_run, of_workspace

TODAY = dt.date(2026, 11, 22)
CAMPAIGN: dict[str, Any] = {
    "is_deleted": False, "status_name": "active", "sent": 4000, "unique_replies": 120,
    "reply_rate": 0.03, "reply_rate_high": 0.036, "bounced": 40, "bounce_rate": 0.01,
    "bounce_rate_low": 0.007, "last_sent_on": pd.Timestamp("2026-11-20"), "verdicts": (),
    "differing": 0,
}  # fmt: skip
ACCOUNT: dict[str, Any] = {
    "is_deleted": False, "status_name": "active", "warmup_status_name": "active",
    "warmup_score": 100.0, "error_message": None, "sent": 900, "bounced": 9, "bounce_rate": 0.01,
    "bounce_rate_low": 0.005, "last_sent_on": dt.date(2026, 11, 20),
}  # fmt: skip


def verdict(**more: Any) -> dict[str, Any]:
    return {
        "step": 1, "status": "leading", "winner": None, "leader": "B", "metric": "reply",
        "days": 12, "auto": False, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, "fine", "Sending; no variants to compare."),
        ({"is_deleted": True, "bounce_rate_low": 0.2}, "quiet", "Deleted; its numbers stay."),
        ({"status_name": "bounce protection"}, "act", "stopped it: bounce protection"),
        (
            {"bounced": 320, "bounce_rate": 0.08, "bounce_rate_low": 0.072},
            "act",
            "8.0 % bounce (320 of 4,000): stop",
        ),
        ({"bounced": 120, "bounce_rate": 0.03, "bounce_rate_low": 0.025}, "look", "3.0 % bounce"),
        (
            {"sent": 20, "bounced": 2, "bounce_rate": 0.1, "bounce_rate_low": 0.019},
            "fine",
            "Sending",
        ),
        ({"last_sent_on": dt.date(2026, 11, 10)}, "act", "nothing sent for 12 days"),
        ({"last_sent_on": None, "sent": 0, "reply_rate_high": None}, "fine", "Waiting."),
        (
            {
                "verdicts": [
                    verdict(status="winner", winner="B"),
                    verdict(status="winner", winner="A"),
                ]
            },
            "act",
            "Step 1: B wins on replies, and 1 more step: pause the others.",
        ),
        ({"differing": 1}, "look", "1 number does not add up"),
        ({"verdicts": [verdict(status="split is off")]}, "look", "even shares"),
        ({"verdicts": [verdict(status="split is off", auto=True)]}, "fine", "itself selects"),
        ({"unique_replies": 4, "reply_rate": 0.001, "reply_rate_high": 0.0026}, "look", "Hardly"),
        ({"status_name": "paused"}, "quiet", "Paused."),
        ({"status_name": "draft", "sent": 0, "reply_rate_high": None}, "quiet", "Draft: nothing"),
        ({"verdicts": [verdict()]}, "fine", "Sending; step 1: B leads, 12 days to a verdict"),
    ],
)
def test_campaigns(changes: dict[str, Any], level: str, text: str) -> None:
    phrase = of_campaign({**CAMPAIGN, **changes}, TODAY)

    assert phrase.level == level
    assert text in phrase.text


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, "fine", "Sends."),
        ({"status_name": "sending error", "error_message": "550 no"}, "act", "error: 550 no."),
        ({"bounce_rate": 0.09, "bounce_rate_low": 0.06}, "act", "check the list"),
        ({"warmup_status_name": "banned"}, "act", "Warm-up banned."),
        ({"status_name": "paused"}, "quiet", "Paused."),
        ({"warmup_score": 71.0}, "look", "71 of 100"),
        ({"last_sent_on": dt.date(2026, 11, 1)}, "look", "21 days"),
        ({"is_deleted": True}, "quiet", "Removed"),
    ],
)
def test_accounts(changes: dict[str, Any], level: str, text: str) -> None:
    phrase = of_account({**ACCOUNT, **changes}, TODAY)

    assert phrase.level == level
    assert text in phrase.text


def test_a_workspace_counts_what_is_in_it() -> None:
    row = {"is_deleted": False, "sent": 10}
    act, look, fine = Phrase("act", ""), Phrase("look", ""), Phrase("fine", "")

    assert of_workspace(row, [act, look, act]).text == "2 things need you."
    assert of_workspace(row, [look, fine]) == Phrase("look", "1 thing to look into.")
    assert of_workspace(row, [fine]).level == "fine"


def test_a_table_that_was_not_read_says_why() -> None:
    failed = {"status": "failed", "message": "key lacks leads:read", "changed": None}

    assert of_run(failed) == Phrase("act", "Failed: key lacks leads:read.")
    assert of_run({"status": "ok", "message": None, "changed": 3}).text == "3 rows changed."
