"""A workspace drawn from a seed: what nobody thought of.

Days rise, fall, return and settle in any order, reports contradict each other, tracking is on, off
or unsaid. Nothing here is plausible; the rules must hold all the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from tests.dbt_project.raw_rows import (
    ACCOUNT_COUNTS,
    STEP_COUNTS,
    SUBSEQUENCE_COUNTS,
    TOTALS,
    Rows,
    account_day_row,
    account_row,
    at,
    campaign_day_row,
    counts,
    day_row,
    lead_row,
    step_row,
    subsequence_row,
    subsequence_step_row,
    tag_row,
    tagged_row,
    totals_row,
    version,
)

WORKSPACE = "w-drawn"
POSITIONS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, -1))


def drawn(seed: int = 7) -> Rows:
    """Twelve campaigns with lifetime and day reports, observed again and again.

    Around them mailboxes with days, tags, subsequences and leads.
    """
    draw = random.Random(seed)
    rows: Rows = {"campaigns": [], "step_analytics": [], "step_analytics_daily": []}
    rows |= {"campaign_analytics": [], "campaign_analytics_daily": []}
    for number in range(12):
        campaign = f"drawn-{number}"
        _add_campaign(rows, draw, campaign)
        for step, variant in POSITIONS:
            _add_position(rows, draw, campaign, step, variant)
    campaigns = [row["id"] for row in rows["campaigns"]]
    return rows | _mailboxes(draw) | _tags(draw, campaigns) | _around(draw, campaigns)


def _add_campaign(rows: Rows, draw: random.Random, campaign: str) -> None:
    """A campaign with random flags and owner, its totals and its days."""
    flags = {flag: draw.choice((True, False, None)) for flag in ("open_tracking", "link_tracking")}
    listed = {"workspace_id": WORKSPACE, "id": campaign, "name": "Drawn", "status": 1}
    owner = {"owned_by": draw.choice(("u-ada", "u-new", None))}
    rows["campaigns"].append(listed | owner | flags | version(at(1)))
    for seen in _times(draw):
        values = [draw.randrange(0, 40) for _ in TOTALS]
        rows["campaign_analytics"].append(totals_row(WORKSPACE, campaign, seen, *values))
    for day in draw.sample(range(1, 28), 6):
        for seen in _times(draw, since=day):
            row = campaign_day_row(
                WORKSPACE, campaign, day, seen, 5, draw.randrange(9), _counts(draw)
            )
            rows["campaign_analytics_daily"].append(row)


def _add_position(rows: Rows, draw: random.Random, campaign: str, step: int, variant: int) -> None:
    """Lifetime and day reports of one position."""
    for seen in _times(draw):
        row = step_row(WORKSPACE, campaign, step, variant, seen, _counts(draw))
        rows["step_analytics"].append(row)
    for day in draw.sample(range(1, 28), 4):
        for seen in _times(draw, since=day):
            row = day_row(WORKSPACE, campaign, step, variant, day, seen, _counts(draw))
            rows["step_analytics_daily"].append(row)


def _mailboxes(draw: random.Random) -> Rows:
    """Four mailboxes with days of any order and contradiction."""
    addresses = [f"box-{number}@drawn.example" for number in range(4)]
    days = [
        account_day_row(WORKSPACE, address, day, seen, *_numbers(draw, ACCOUNT_COUNTS))
        for address in addresses
        for day in draw.sample(range(1, 28), 8)
        for seen in _times(draw, since=day)
    ]
    accounts = [account_row(WORKSPACE, address, version(at(1))) for address in addresses]
    return {"accounts": accounts, "account_analytics_daily": days}


def _tags(draw: random.Random, campaigns: list[str]) -> Rows:
    """Five tags, each on some campaigns, one perhaps on none."""
    tags = [f"tag-{number}" for number in range(5)]
    return {
        "custom_tags": [tag_row(WORKSPACE, tag, tag.title()) for tag in tags],
        "custom_tag_mappings": [
            tagged_row(WORKSPACE, tag, 2, campaign)
            for tag in tags
            for campaign in draw.sample(campaigns, draw.randrange(6))
        ],
    }


def _around(draw: random.Random, campaigns: list[str]) -> Rows:
    """A subsequence and ten leads for every campaign."""
    rows: Rows = {"subsequences": [], "subsequence_step_analytics": [], "leads": []}
    for campaign in campaigns:
        subsequence = f"{campaign}-sub"
        validity = version(at(1))
        row = subsequence_row(WORKSPACE, subsequence, "Drawn", campaign, validity)
        rows["subsequences"].append(row)
        rows["subsequence_step_analytics"] += [
            subsequence_step_row(
                WORKSPACE, subsequence, step, variant, seen, *_numbers(draw, SUBSEQUENCE_COUNTS)
            )
            for step, variant in POSITIONS[:3]
            for seen in _times(draw)
        ]
        rows["leads"] += [
            lead_row(WORKSPACE, f"{campaign}-lead-{number}", campaign, **_fate(draw))
            for number in range(10)
        ]
    return rows


def _fate(draw: random.Random) -> dict[str, object]:
    """What happened to a lead, whether it can have or not."""
    return {
        "status": draw.choice((1, 2, 3, -1, -2, -3, 42)),
        "lt_interest_status": draw.choice((None, 0, 1, 2, 3, 4, -1, -4, 1234)),
        "email_open_count": draw.choice((0, 0, 3)),
        "email_reply_count": draw.choice((0, 0, 1)),
        "email_click_count": draw.choice((0, 0, 2)),
        "timestamp_last_contact": draw.choice((None, at(3))),
        "deleted_at": draw.choice((None, None, at(9))),
    }


def _times(draw: random.Random, since: int = 1) -> list[datetime]:
    """One to six different times of observation, in no order."""
    times = {at(draw.randrange(since, since + 40), draw.randrange(24)) for _ in range(6)}
    return draw.sample(sorted(times), draw.randrange(1, len(times) + 1))


def _counts(draw: random.Random) -> dict[str, int | None]:
    return counts(*_numbers(draw, STEP_COUNTS))


def _numbers(draw: random.Random, names: Sequence[str]) -> list[int]:
    """A number for each name: mails in steps, so that they rise, fall and return."""
    mails = (0, 0, 5, 10, 20, 20)
    return [draw.choice(mails) if name == "sent" else draw.randrange(0, 8) for name in names]
