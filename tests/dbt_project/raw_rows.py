"""Raw rows in short: what a test wants to say of a row, and the rest filled in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.dbt_project.raw_warehouse import copy_hash

Rows = dict[str, list[dict[str, Any]]]

STEP_COUNTS = (
    "sent",
    "opened",
    "unique_opened",
    "replies",
    "unique_replies",
    "replies_automatic",
    "unique_replies_automatic",
    "clicks",
    "unique_clicks",
    "unique_opportunities",
)
# name of a count in the marts -> its name in the campaign totals
TOTALS = {
    "sent": "emails_sent_count",
    "contacted": "contacted_count",
    "new_leads_contacted": "new_leads_contacted_count",
    "bounced": "bounced_count",
    "unique_opened": "open_count_unique",
    "replies": "reply_count",
    "unique_replies": "reply_count_unique",
    "replies_automatic": "reply_count_automatic",
    "unique_replies_automatic": "reply_count_automatic_unique",
    "clicks": "link_click_count",
    "unique_clicks": "link_click_count_unique",
    "unique_opportunities": "total_opportunities",
}
ACCOUNT_COUNTS = ("contacted", "new_leads_contacted", "bounced", *STEP_COUNTS[:-1])
SUBSEQUENCE_COUNTS = STEP_COUNTS[:-1]
LAST_RUN = datetime(2026, 3, 30, 6, tzinfo=UTC)


def at(day: int, hour: int = 6) -> datetime:
    """A time of the source's clock; day 1 is the first of March, day 0 the day before."""
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def on(day: int) -> date:
    return at(day).date()


DELETED_AT = {"gone": at(20), "gone@one.example": at(20), "gone-sub": at(20)}


def version(since: datetime, until: datetime | None = None) -> dict[str, Any]:
    return {"_dlt_valid_from": since, "_dlt_valid_to": until, "row_version": 1}


def counts(*values: int | None) -> dict[str, int | None]:
    """Step counts in the order of `STEP_COUNTS`."""
    return dict(zip(STEP_COUNTS, values, strict=True))


def member_row(
    workspace: str, member: str, user: str, email: str, validity: dict[str, Any]
) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "id": member,
        "user_id": user,
        "email": email,
        "name": {"first": email.split("@")[0].title(), "last": "Example"},
        "role": "editor",
        "accepted": True,
        **validity,
    }


def copy_rows(
    workspace: str, campaign: str, step: int, variant: int, *texts: tuple[str, int, int | None]
) -> Iterator[dict[str, Any]]:
    for subject, since, until in texts:
        yield {
            "workspace_id": workspace,
            "campaign_id": campaign,
            "step": step,
            "variant": variant,
            "subject": subject,
            "body": "<p>text</p>",
            "copy_hash": copy_hash(subject, "<p>text</p>"),
            "type": "email",
            "delay": 3.0,
            "delay_unit": "days",
            **version(at(since), at(until) if until else None),
        }


def totals_row(workspace: str, campaign: str, seen: datetime, *values: int) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "campaign_id": campaign,
        "campaign_name": campaign,
        "campaign_status": 1,
        "observed_at": seen,
        **dict(zip(TOTALS.values(), values, strict=True)),
    }


def step_row(
    workspace: str,
    campaign: str,
    step: int,
    variant: int,
    seen: datetime,
    values: dict[str, int | None],
) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "campaign_id": campaign,
        "step": step,
        "variant": variant,
        "observed_at": seen,
        **values,
    }


def day_row(
    workspace: str,
    campaign: str,
    step: int,
    variant: int,
    day: int,
    seen: datetime,
    values: dict[str, int | None],
) -> dict[str, Any]:
    return step_row(workspace, campaign, step, variant, seen, values) | {"date": on(day)}


def campaign_day_row(
    workspace: str,
    campaign: str,
    day: int,
    seen: datetime,
    contacted: int,
    new_leads: int,
    values: dict[str, int | None],
) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "campaign_id": campaign,
        "date": on(day),
        "contacted": contacted,
        "new_leads_contacted": new_leads,
        "observed_at": seen,
        **values,
    }


def account_row(
    workspace: str, email: str, validity: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "email": email,
        "status": 1,
        "warmup_status": 1,
        "provider_code": 2,
        "daily_limit": 30.0,
        **more,
        **validity,
    }


def account_day_row(
    workspace: str, email: str, day: int, seen: datetime, *values: int
) -> dict[str, Any]:
    """Values in the order of `ACCOUNT_COUNTS`."""
    return {
        "workspace_id": workspace,
        "email_account": email,
        "date": on(day),
        "observed_at": seen,
        **dict(zip(ACCOUNT_COUNTS, values, strict=True)),
    }


def tag_row(
    workspace: str, tag: str, label: str, since: int = 1, until: int | None = None
) -> dict[str, Any]:
    validity = version(at(since), at(until) if until else None)
    return {"workspace_id": workspace, "id": tag, "label": label, **validity}


def tagged_row(
    workspace: str, tag: str, kind: int, resource: str, until: int | None = None, copy: int = 1
) -> dict[str, Any]:
    """A tag on a resource: kind 1 is a mailbox, 2 a campaign."""
    return {
        "workspace_id": workspace,
        "id": f"{tag}-{kind}-{resource}-{copy}",
        "tag_id": tag,
        "resource_id": resource,
        "resource_type": kind,
        **version(at(1), at(until) if until else None),
    }


def subsequence_row(
    workspace: str, subsequence: str, name: str, campaign: str, validity: dict[str, Any]
) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "id": subsequence,
        "name": name,
        "parent_campaign": campaign,
        "status": 1,
        **validity,
    }


def subsequence_step_row(
    workspace: str, subsequence: str, step: int, variant: int, seen: datetime, *values: int
) -> dict[str, Any]:
    """Values in the order of `SUBSEQUENCE_COUNTS`."""
    return {
        "workspace_id": workspace,
        "subsequence_id": subsequence,
        "step": step,
        "variant": variant,
        "observed_at": seen,
        **dict(zip(SUBSEQUENCE_COUNTS, values, strict=True)),
    }


def lead_row(workspace: str, lead: str, campaign: str | None, **more: Any) -> dict[str, Any]:
    """A lead nobody has mailed yet, with what `more` says otherwise."""
    return {
        "workspace_id": workspace,
        "id": lead,
        "campaign": campaign,
        "email": f"{lead}@lead.example",
        "status": 1,
        "email_open_count": 0.0,
        "email_reply_count": 0.0,
        "email_click_count": 0.0,
        "row_version": 1,
        "observed_at": at(29),
        **more,
    }


def run_row(run: str, when: datetime, table: str, status: str) -> dict[str, Any]:
    return {
        "run_id": run,
        "workspace_id": "w-1",
        "workspace_name": "first",
        "table_name": table,
        "status": status,
        "rows": 3,
        "changed": 1,
        "requests": 1,
        "seconds": 0.5,
        "message": "scope missing" if status == "failed" else None,
        "started_at": when,
        "finished_at": when + timedelta(minutes=1),
        "observed_at": when,
        "version": "0.1.0",
    }
