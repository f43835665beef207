"""Subsequences with their two reports, and why campaigns and subsequences do or do not send."""

from __future__ import annotations

from typing import Any

from sandbox import reports
from sandbox.answers import Call, Operation, not_found
from sandbox.campaign import Campaign
from sandbox.clock import FOREVER, HOUR, iso, weekday
from sandbox.entities.campaigns import copy_of, existing, window
from sandbox.paging import page
from sandbox.reports import Window
from sandbox.subsequence import Subsequence
from sandbox.world import Workspace

_SENDING = {0: "campaign_draft", 2: "campaign_paused", 3: "campaign_completed"}


def _all(workspace: Workspace) -> list[Subsequence]:
    found = [s for campaign in workspace.listed() for s in campaign.subsequences]
    return [s for s in found if isinstance(s, Subsequence)]


def _row(subsequence: Subsequence, workspace: Workspace, now: int) -> dict[str, Any]:
    entered = subsequence.entrants().between(-FOREVER, now + 1).at if subsequence.start_day else ()
    changed = int(entered[-1]) if len(entered) else subsequence.created_at
    return {
        "id": subsequence.id,
        "timestamp_created": iso(subsequence.created_at),
        "parent_campaign": subsequence.parent.id,
        "workspace": workspace.id,
        "status": subsequence.status(now),
        "timestamp_leads_updated": iso(changed),
        "name": subsequence.name(now),
        "conditions": subsequence.conditions,
        "subsequence_schedule": None,
        "sequences": copy_of(subsequence, now),
        "daily_limit_mode": "inherit",
    }


def _list(call: Call) -> dict[str, Any]:
    found = [s for s in _all(call.workspace) if s.created_at <= call.world.clock]
    if parent := call.query.get("parent_campaign"):
        found = [s for s in found if s.parent.id == parent]
    if other := call.query.get("parent_campaign_not"):
        found = [s for s in found if s.parent.id != other]
    return page(
        call,
        found,
        cursor=lambda subsequence: subsequence.id,
        render=lambda subsequence: _row(subsequence, call.workspace, call.now),
    )


def _existing(call: Call) -> Subsequence:
    for subsequence in _all(call.workspace):
        if subsequence.id == call.path["id"]:
            return subsequence
    raise not_found()


def _single(call: Call) -> dict[str, Any]:
    return _row(_existing(call), call.workspace, call.now)


def _totals(call: Call) -> list[dict[str, Any]]:
    parent = call.query.get("campaign_id")
    rows = []
    for subsequence in _all(call.workspace):
        if parent in (None, subsequence.parent.id):
            counts = reports.totals(subsequence, Window(), call.now)
            rows.append(
                {
                    "subsequence_id": subsequence.id,
                    "emails_sent": counts["emails_sent_count"],
                    "unique_opens": counts["open_count_unique"],
                    "unique_replies": counts["reply_count_unique"],
                }
            )
    return rows


def _steps(call: Call) -> list[dict[str, Any]]:
    return reports.steps(_existing(call), window(call), call.now, with_opportunities=False)


def _diagnosis(campaign: Campaign, now: int) -> str:
    status = campaign.status(now)
    if status in _SENDING:
        return _SENDING[status]
    hour = now % 86_400 // HOUR
    return "healthy" if weekday(now // 86_400) < 5 and 8 <= hour < 17 else "out_of_schedule"


def _sending(call: Call, campaign: Campaign, names: dict[str, str]) -> dict[str, Any]:
    """Drafts and paused campaigns have a summary only (quirk D31)."""
    status = _diagnosis(campaign, call.now)
    summary: dict[str, Any] = {"status": status, "status_message": status.replace("_", " ")}
    if call.flag("with_ai_summary"):
        summary["ai_summary"] = f"The campaign is {status.replace('_', ' ')}."
    if status in ("campaign_draft", "campaign_paused"):
        return {"diagnostics": None, "summary": summary}
    sent = reports.totals(campaign, Window(call.now // 86_400 * 86_400), call.now)
    diagnostics: dict[str, Any] = {
        **names,
        "last_updated": iso(call.now),
        "status": status,
        "issue_tracking": {"consecutive_loops_with_issue": 0, "current_status_code": None},
    }
    if status == "healthy":
        count = sent["emails_sent_count"]
        daily = max(30, round(campaign.spec.leads_per_day * 3))
        diagnostics |= {
            "campaign_daily_limit": {"limit": daily, "sent": count, "limit_hit": count >= daily},
            "schedule_status": {"in_schedule": True},
        }
    return {"diagnostics": diagnostics, "summary": summary}


def _campaign_sending(call: Call) -> dict[str, Any]:
    campaign = existing(call, call.path["id"])
    return _sending(call, campaign, {"campaign_id": campaign.id})


def _subsequence_sending(call: Call) -> dict[str, Any]:
    subsequence = _existing(call)
    names = {"campaign_id": subsequence.parent.id, "subsequence_id": subsequence.id}
    return _sending(call, subsequence, names)


OPERATIONS = (
    Operation("GET", "/campaigns/{id}/sending-status", _campaign_sending, "campaigns:read"),
    Operation("GET", "/subsequences", _list, "subsequences:read"),
    Operation("GET", "/subsequences/analytics", _totals, "subsequences:read"),
    Operation("GET", "/subsequences/{id}", _single, "subsequences:read"),
    Operation("GET", "/subsequences/{id}/analytics/steps", _steps, "subsequences:read"),
    Operation(
        "GET", "/subsequences/{id}/sending-status", _subsequence_sending, "subsequences:read"
    ),
)
