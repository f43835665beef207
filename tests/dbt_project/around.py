"""What stands around the campaigns of the literal world: mailboxes, tags, subsequences, leads.

Names say which case a row is: `gone…` is deleted, `late…` is known from a report alone.
"""

from __future__ import annotations

from tests.dbt_project.raw_rows import (
    DELETED_AT,
    Rows,
    account_day_row,
    account_row,
    at,
    copy_rows,
    lead_row,
    subsequence_row,
    subsequence_step_row,
    tag_row,
    tagged_row,
    version,
)

ACCOUNT, CAMPAIGN, UNNAMED = 1, 2, 3
HERE = version(at(1))


def everything() -> tuple[Rows, ...]:
    return mailboxes(), tags(), subsequences(), leads()


def mailboxes() -> Rows:
    """The same address in two workspaces, odd spelling, a deleted one, one without a listing."""
    gone = version(at(1), DELETED_AT["gone@one.example"])
    used = {"workspace_id": "w-1", "account_email": "ann@one.example"}
    return {
        "accounts": [
            account_row("w-1", "ann@one.example", version(at(1), at(5)), added_by="u-ada"),
            account_row(
                "w-1", "ann@one.example", version(at(5)), added_by="u-ada", daily_limit=50.0
            ),
            account_row("w-1", "Bob@One.example", HERE, status=-1, provider_code=77),
            account_row("w-1", "gone@one.example", gone, added_by="u-ben"),
            account_row("w-2", "ann@one.example", HERE, added_by="u-cem"),
        ],
        "account_analytics_daily": [
            account_day_row(
                "w-1", "ann@one.example", 1, at(1, 20), 30, 30, 0, 30, 9, 8, 0, 0, 0, 0, 0, 0
            ),
            account_day_row(
                "w-1", "ann@one.example", 1, at(2), 80, 80, 4, 90, 49, 38, 1, 1, 1, 1, 1, 1
            ),
            account_day_row("w-1", "ann@one.example", 1, at(29), *[0] * 12),
            account_day_row(
                "w-1", "ann@one.example", 6, at(7), 40, 40, 1, 42, 30, 24, 2, 2, 1, 1, 1, 1
            ),
            account_day_row("w-1", "Bob@One.example", 6, at(7), 9, 9, 0, 9, 3, 2, 0, 0, 0, 0, 0, 0),
            account_day_row("w-1", "Bob@One.example", 7, at(8), 0, 0, 1, 0, 0, 0, 2, 2, 0, 0, 0, 0),
            account_day_row(
                "w-1", "gone@one.example", 14, at(15), 20, 20, 0, 20, 9, 8, 1, 1, 0, 0, 0, 0
            ),
            account_day_row("w-1", "gone@one.example", 14, at(20), *[0] * 12),
            account_day_row("w-1", "late@one.example", 3, at(4), 1, 1, 1, 1, *[0] * 8),
        ],
        "account_campaign_mappings": [
            used | {"campaign_id": "spring", **HERE},
            used | {"campaign_id": "untracked", **HERE},
            used | {"campaign_id": "draft", **version(at(1), at(9))},
        ],
    }


def tags() -> Rows:
    """Tags by kind of resource; `t-old` is deleted, `t-nameless` was never listed."""
    return {
        "custom_tags": [
            tag_row("w-1", "t-eu", "Europa", 1, 5),
            tag_row("w-1", "t-eu", "Europe", 5),
            tag_row("w-1", "t-us", "Americas"),
            tag_row("w-1", "t-old", "Old", 1, 9),
            tag_row("w-1", "t-idle", "Idle"),
            tag_row("w-2", "t-eu-2", "Europe"),
        ],
        "custom_tag_mappings": [
            tagged_row("w-1", "t-eu", CAMPAIGN, "spring"),
            tagged_row("w-1", "t-eu", CAMPAIGN, "spring", copy=2),
            tagged_row("w-1", "t-us", CAMPAIGN, "spring"),
            tagged_row("w-1", "t-us", CAMPAIGN, "unsaid"),
            tagged_row("w-1", "t-eu", CAMPAIGN, "untracked", until=9),
            tagged_row("w-1", "t-eu", CAMPAIGN, "gone", until=25),
            tagged_row("w-1", "t-us", CAMPAIGN, "gone", until=15),
            tagged_row("w-1", "t-old", CAMPAIGN, "spring"),
            tagged_row("w-1", "t-nameless", CAMPAIGN, "draft"),
            tagged_row("w-1", "t-eu", UNNAMED, "spring"),
            tagged_row("w-1", "t-eu", ACCOUNT, "ANN@one.example"),
            tagged_row("w-1", "t-us", ACCOUNT, "ann@one.example"),
            tagged_row("w-1", "t-eu", ACCOUNT, "gone@one.example", until=20),
            tagged_row("w-1", "t-eu", ACCOUNT, "bob@one.example", until=9),
            tagged_row("w-2", "t-eu-2", CAMPAIGN, "spring-2"),
        ],
    }


def subsequences() -> Rows:
    """One with two texts and a reply of no step, one untracked, one deleted, one not listed."""
    gone = version(at(1), DELETED_AT["gone-sub"])
    step = subsequence_step_row
    return {
        "subsequences": [
            subsequence_row("w-1", "nudge", "Nudge", "spring", version(at(1), at(5))),
            subsequence_row("w-1", "nudge", "Nudge again", "spring", version(at(5))),
            subsequence_row("w-1", "quiet", "Quiet", "untracked", HERE),
            subsequence_row("w-1", "gone-sub", "Gone", "spring", gone),
        ],
        "subsequence_variants": [
            {"subsequence_id": row.pop("campaign_id"), **row}
            for row in (
                *copy_rows("w-1", "nudge", 0, 0, ("Still there?", 1, 5), ("Hello again", 5, None)),
                *copy_rows("w-1", "nudge", 1, 0, ("", 1, None)),
                *copy_rows("w-1", "gone-sub", 0, 0, ("Bye", 1, 20)),
            )
        ],
        "subsequence_step_analytics": [
            step("w-1", "nudge", 0, 0, at(4), 20, 9, 8, 2, 1, 1, 1, 0, 0),
            step("w-1", "nudge", 0, 0, at(29), 40, 20, 15, 4, 3, 1, 1, 2, 1),
            step("w-1", "nudge", 0, 1, at(29), 10, 5, 4, 1, 1, 0, 0, 0, 0),
            step("w-1", "nudge", -1, -1, at(29), 0, 0, 0, 3, 0, 3, 2, 0, 0),
            step("w-1", "quiet", 0, 0, at(29), 10, 0, 0, 1, 1, 0, 0, 1, 1),
            step("w-1", "gone-sub", 0, 0, at(15), 7, 3, 2, 1, 1, 0, 0, 0, 0),
            step("w-1", "gone-sub", 0, 0, at(20), *[0] * 9),
            step("w-1", "late-sub", 0, 0, at(29), 2, 1, 1, 3, 3, 0, 0, 0, 0),
        ],
        "subsequence_analytics": [
            {
                "workspace_id": "w-1",
                "subsequence_id": subsequence,
                "campaign_id": campaign,
                "emails_sent": sent,
                "unique_opens": 1,
                "unique_replies": 1,
                "observed_at": at(day),
            }
            for subsequence, campaign, sent, day in (
                ("nudge", "spring", 20, 4),
                ("nudge", "spring", 50, 29),
                ("gone-sub", "spring", 7, 15),
                ("quiet", "untracked", 12, 29),
            )
        ],
    }


def leads() -> Rows:
    """One lead per stage; the id says which."""
    mailed = {"timestamp_last_contact": at(6)}
    replied = mailed | {"email_reply_count": 1, "timestamp_last_reply": at(8)}
    last = {"email_replied_step": 1.0, "email_replied_variant": 0.0, "timestamp_last_open": at(7)}
    label = {"workspace_id": "w-1", "created_by": "u-ada"}
    return {
        "lead_labels": [
            label | _label("l-hot", "Hot", 101, "positive") | version(at(1), at(9)),
            label | _label("l-cold", "Cold", 102, "negative") | HERE,
            label | _label("l-kalt", "Kalt", 101, "negative") | HERE | {"workspace_id": "w-2"},
        ],
        "lead_lists": [
            {"workspace_id": "w-1", "id": "li-1", "name": "Fair", "owned_by": "u-ada", **HERE},
            {
                "workspace_id": "w-1",
                "id": "li-2",
                "name": "Old",
                "owned_by": "u-ada",
                **version(at(1), at(9)),
            },
        ],
        "leads": [
            lead_row("w-1", "fresh", "spring", uploaded_by_user="u-ben"),
            lead_row("w-1", "mailed", "spring", assigned_to="u-ada", **mailed),
            lead_row("w-1", "opener", "spring", email_open_count=3, email_click_count=1, **mailed),
            lead_row("w-1", "keen", "spring", lt_interest_status=1, **replied, **last),
            lead_row("w-1", "booked", "spring", lt_interest_status=2, **replied),
            lead_row("w-1", "won", "spring", status=3, lt_interest_status=4, **replied),
            lead_row("w-1", "absent", "spring", lt_interest_status=-4, **replied),
            lead_row("w-1", "away", "spring", lt_interest_status=0, **replied),
            lead_row("w-1", "hot", "spring", lt_interest_status=101, **replied),
            lead_row("w-1", "cold", "spring", lt_interest_status=102, **replied),
            lead_row("w-1", "odd", "spring", lt_interest_status=999, status=42, **replied),
            lead_row("w-1", "bounced", "spring", status=-1, **mailed),
            lead_row("w-1", "unsubscribed", "spring", status=-2, **mailed),
            lead_row("w-1", "cleared", "spring", status=3, deleted_at=at(20), **replied),
            lead_row("w-1", "unseen", "untracked", **mailed),
            lead_row("w-1", "early", "not-listed-yet"),
            lead_row("w-1", "listed", None, list_id="li-1", email="Fresh@lead.example"),
            lead_row("w-2", "kalt", "spring-2", lt_interest_status=101, payload=ODD_VARIABLES),
        ],
    }


ODD_VARIABLES = {"Name": "a", "name": "b", "_dlt_id": "c", "größe (cm)": 180, "none": None}


def _label(label: str, name: str, number: int, tone: str) -> dict[str, object]:
    return {
        "id": label,
        "label": name,
        "interest_status": float(number),
        "interest_status_label": tone,
    }
