"""Campaigns with their copy, and the four reports over them.

The list returns full objects, newest id first (quirk B11). A draft has no `sequences` at all
(quirk D11), empty settings are left out rather than null, and `campaign_schedule` holds empty
texts for its dates (quirk D10).
"""

from __future__ import annotations

from typing import Any

from sandbox import reports
from sandbox.answers import Call, Operation, not_found, report_refused
from sandbox.campaign import Campaign
from sandbox.clock import DAY, FOREVER, iso, parse
from sandbox.paging import page
from sandbox.reports import Window
from sandbox.world import Workspace


def row(campaign: Campaign, workspace: Workspace, now: int) -> dict[str, Any]:
    """A campaign as the API shows it."""
    opens, links = campaign.tracks(now)
    spec = campaign.spec
    settings = {
        "pl_value": spec.pl_value,
        "open_tracking": opens,
        "link_tracking": links,
        "owned_by": campaign.owner,
        "created_by": campaign.owner,
        "auto_variant_select": spec.auto_variant_select and {"trigger": spec.auto_variant_select},
        "not_sending_status": 1 if campaign.status(now) == 1 and now // DAY % 7 in (2, 3) else None,
    }
    return {
        "id": campaign.id,
        "name": campaign.name(now),
        "status": campaign.status(now),
        "is_evergreen": False,
        "campaign_schedule": _schedule(),
        **({"sequences": copy_of(campaign, now)} if campaign.steps else {}),
        "timestamp_created": iso(campaign.created_at),
        "timestamp_updated": iso(campaign.updated_at(now)),
        "email_gap": 10,
        "random_wait_max": 10,
        "text_only": False,
        "email_list": [mailbox.email for mailbox in workspace.senders(campaign)],
        "daily_limit": max(30, round(spec.leads_per_day * 3)),
        "stop_on_reply": spec.stop_on_reply,
        "email_tag_list": [],
        "stop_on_auto_reply": False,
        "cc_list": [],
        "bcc_list": [],
        "organization": workspace.id,
        **{name: value for name, value in settings.items() if value is not None},
        **campaign.fields,
    }


def tag_ids(workspace: Workspace, campaign: Campaign) -> list[str]:
    """Ids of the tags on a campaign; they live in the tag mappings, not on the row (quirk D14)."""
    labels = workspace.spec.tags
    return [workspace.tag_id(n) for n in campaign.spec.tags if n < len(labels)]


def _schedule() -> dict[str, Any]:
    days = {str(day): True for day in range(1, 6)}
    timing = {"from": "08:00", "to": "17:00"}
    window = {"name": "Working hours", "timing": timing, "days": days, "timezone": "Africa/Ceuta"}
    return {"start_date": "", "end_date": "", "schedules": [window]}


def copy_of(campaign: Campaign, now: int) -> list[dict[str, Any]]:
    """The `sequences` member: the texts in force; only element 0 counts."""
    steps = []
    for delay, texts in zip(campaign.delays, campaign.steps, strict=True):
        variants = []
        for text in texts:
            if text.is_listed(now):
                version = text.at(now)
                paused = {"v_disabled": True} if text.is_paused(now) else {}
                variants.append({"subject": version.subject, "body": version.body, **paused})
        steps.append({"type": "email", "delay": delay, "delay_unit": "days", "variants": variants})
    return [{"steps": steps}]


def _list(call: Call) -> dict[str, Any]:
    found = [c for c in call.workspace.listed() if c.created_at <= call.world.clock]
    search = call.query.get("search", "").lower()
    found = [c for c in found if search in c.name(call.now).lower()]
    if wanted := call.query.get("status"):
        found = [c for c in found if str(c.status(call.now)) == wanted]
    if tags := call.query.get("tag_ids"):
        wanted_tags = set(tags.split(","))
        found = [c for c in found if wanted_tags & set(tag_ids(call.workspace, c))]
    if unwanted := call.query.get("exclude_status"):
        found = [c for c in found if str(c.status(call.now)) != unwanted]
    return page(
        call,
        found,
        cursor=lambda campaign: campaign.id,
        render=lambda campaign: row(campaign, call.workspace, call.now),
        descending=True,
    )


def existing(call: Call, campaign_id: str) -> Campaign:
    """The listed campaign with this id, or the API's 404."""
    campaign = call.workspace.find(campaign_id)
    if campaign is None or campaign.deleted_at is not None:
        raise not_found()
    return campaign


def _single(call: Call) -> dict[str, Any]:
    return row(existing(call, call.path["id"]), call.workspace, call.now)


def _launched(call: Call) -> dict[str, int]:
    return {"count": sum(not c.is_draft() for c in call.workspace.listed())}


def window(call: Call) -> Window:
    """The asked window: bare days are UTC days, both ends inclusive (quirks C12, C13)."""
    since, until = call.query.get("start_date"), call.query.get("end_date")
    try:
        first = parse(since) if since else -FOREVER
        last = parse(until) if until else FOREVER
    except ValueError:
        raise report_refused("Invalid date format, expected YYYY-MM-DD or ISO 8601") from None
    if first > last:
        raise report_refused("start_date must be before end_date")
    if until:
        last += DAY if len(until) == len("2026-01-01") else 1
    return Window(first, last)


def _selected(call: Call, single: str) -> list[Campaign]:
    """Campaigns by id (deleted ones only when asked for by name) and status."""
    asked = call.choices(single) | (call.choices("ids") if single == "id" else set())
    if asked and single == "campaign_id":
        found = [c for c in call.workspace.campaigns if c.id in asked]
    else:
        found = [c for c in call.workspace.listed() if not asked or c.id in asked]
    status = call.query.get("campaign_status")
    return [c for c in found if status is None or str(c.status(call.now)) == status]


def _analytics(call: Call) -> list[dict[str, Any]]:
    asked = window(call)
    rows = []
    for campaign in _selected(call, "id"):
        counts = dict(reports.totals(campaign, asked, call.now))
        counts.pop("opens")
        if any(counts.values()) and len(campaign.seen("sent", call.now)):
            rows.append(_analytics_row(call, campaign, counts))
    return rows


def _analytics_row(call: Call, campaign: Campaign, counts: dict[str, int]) -> dict[str, Any]:
    value = campaign.spec.pl_value or 0
    leads = {} if call.flag("exclude_total_leads_count") else {"leads_count": stored(campaign)}
    return {
        "campaign_name": campaign.name(call.now),
        "campaign_id": campaign.id,
        "campaign_status": campaign.status(call.now),
        "campaign_is_evergreen": False,
        "leads_count": 0,
        "open_count": counts["open_count_unique"],
        **counts,
        "total_opportunity_value": counts["total_opportunities"] * value,
        **leads,
    }


def stored(campaign: Campaign) -> int:
    """Leads that are in the campaign now; removed ones leave (quirk C25)."""
    return campaign.leads_total() - len(campaign.removed_leads)


def _overview(call: Call) -> dict[str, Any]:
    asked = window(call)
    total: dict[str, float] = {}
    for campaign in _selected(call, "id"):
        counts = reports.totals(campaign, asked, call.now)
        crm = reports.interest(campaign, asked, call.now, call.flag("expand_crm_events"))
        value = counts["total_opportunities"] * (campaign.spec.pl_value or 0)
        for name, count in (counts | crm | {"total_opportunity_value": value}).items():
            total[name] = total.get(name, 0) + count
    if not total:
        return {"emails_sent_count": 0, "contacted_count": 0, "open_count": 0, "reply_count": 0}
    return {"open_count": total.pop("opens"), **total}


def _daily(call: Call) -> list[dict[str, Any]]:
    return reports.daily(_selected(call, "campaign_id"), window(call), call.now)


def _steps(call: Call) -> list[dict[str, Any]]:
    asked, flag = window(call), call.flag("include_opportunities_count")
    found = _selected(call, "campaign_id")
    lists = [reports.steps(campaign, asked, call.now, flag) for campaign in found]
    if len(lists) == 1:
        return lists[0]
    merged: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in (row for rows in lists for row in rows):
        place = (row["step"], row["variant"])
        if place not in merged:
            merged[place] = dict(row)
        else:
            for name in row.keys() - {"step", "variant"}:
                merged[place][name] += row[name]
    return list(merged.values())


OPERATIONS = (
    Operation("GET", "/campaigns", _list, "campaigns:read"),
    Operation("GET", "/campaigns/count-launched", _launched, "campaigns:read"),
    Operation("GET", "/campaigns/analytics", _analytics),
    Operation("GET", "/campaigns/analytics/overview", _overview),
    Operation("GET", "/campaigns/analytics/daily", _daily),
    Operation("GET", "/campaigns/analytics/steps", _steps),
    Operation("GET", "/campaigns/{id}", _single, "campaigns:read"),
)
