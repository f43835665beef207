"""Block list, background jobs, audit log, enrichment, and the workspace's own keys.

The block list holds the people who opted out, since the workspace asks for that; the audit log
knows who launched and deleted which campaign, and is the only feed that names deletions. Times of
jobs are `created_at` and `updated_at`, of audit rows `timestamp` (quirk D9).
"""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call, Operation, not_found
from sandbox.clock import DAY, HOUR, iso
from sandbox.entities.lead_lists import list_leads
from sandbox.ids import chance, object_id, uuid7
from sandbox.paging import by_id, one
from sandbox.people import contact, number_of

LAUNCHED, DELETED, LOGIN, LEADS_ADDED = 4, 3, 1, 9


# Block list -------------------------------------------------------------------------------------


def _blocked(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    if not workspace.spec.furnished:
        return []
    entries = [("competitor.example", True, workspace.created_at + DAY)]
    for campaign in workspace.campaigns:
        stream = campaign.seen("unsubscribed", call.now)
        for at, lead in zip(stream.at.tolist(), stream.lead.tolist(), strict=True):
            person = contact(workspace.seed, workspace.number, number_of(campaign.seed[2], lead))
            entries.append((person.email, False, at))
    return [
        {
            "id": uuid7(at, "blocked", workspace.id, value),
            "timestamp_created": iso(at),
            "organization_id": workspace.id,
            "bl_value": value,
            "is_domain": is_domain,
        }
        for value, is_domain, at in {entry[0]: entry for entry in entries}.values()
    ]


def _block_list(call: Call) -> dict[str, Any]:
    rows = _blocked(call)
    if call.flag("domains_only"):
        rows = [row for row in rows if row["is_domain"]]
    return by_id(call, rows)


# Jobs and audit ---------------------------------------------------------------------------------


def _jobs(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    if not workspace.spec.furnished:
        return []
    loads = [
        (at, "campaign", campaign.id)
        for campaign in workspace.listed()
        for at, _, _ in campaign.batches
        if at <= call.world.clock
    ]
    loads += [(each.created_at, "list", each.id) for each in list_leads(call)]
    return [
        {
            "id": object_id(at, "job", entity),
            "workspace_id": workspace.id,
            "user_id": workspace.members[0].user_id,
            "type": "import-leads",
            "entity_id": entity,
            "entity_type": kind,
            "progress": 100,
            "status": "success",
            "created_at": iso(at),
            "updated_at": iso(at + 45),
        }
        for at, kind, entity in loads
    ]


def _audit(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    if not workspace.spec.furnished:
        return []
    happened: list[tuple[int, int, str | None]] = []
    for campaign in workspace.campaigns:
        happened.append((campaign.created_at + 5, LEADS_ADDED, campaign.id))
        if campaign.start_day is not None:
            happened.append((campaign.start_day * DAY + 7 * HOUR, LAUNCHED, campaign.id))
        if campaign.deleted_at is not None:
            happened.append((campaign.deleted_at, DELETED, campaign.id))
    first = call.world.today - 30 * DAY
    happened += [(at, LOGIN, None) for at in range(first + 8 * HOUR, call.now, DAY)]
    return [_audit_row(call, *each) for each in happened if each[0] <= call.world.clock]


def _audit_row(call: Call, at: int, activity: int, campaign_id: str | None) -> dict[str, Any]:
    user = call.workspace.members[0]
    row = {
        "id": uuid7(at, "audit", call.workspace.id, activity, campaign_id),
        "timestamp": iso(at),
        "organization_id": call.workspace.id,
        "activity_type": activity,
        "user_agent": "Mozilla/5.0",
        "user_id": user.user_id,
        "user_name": f"{user.person.first} {user.person.last}",
        "ip_address": "203.0.113.8",
        "from_api": chance(at, "from api") < 0.2,
        "affected_count": 1 if campaign_id else None,
        "campaign_id": campaign_id,
    }
    return {name: value for name, value in row.items() if value is not None}


def _audit_list(call: Call) -> dict[str, Any]:
    """1000 rows a page since August 2026 (quirk B8); days are inclusive."""
    since, until = call.query.get("start_date", ""), call.query.get("end_date", "9999")
    rows = [row for row in _audit(call) if since <= row["timestamp"][:10] <= until]
    if kind := call.query.get("activity_type"):
        rows = [row for row in rows if str(row["activity_type"]) == kind]
    return by_id(call, rows, descending=True, most=1_000)


def _api_keys(call: Call) -> list[dict[str, Any]]:
    """The keys of the workspace with their values: never to be stored (quirk D33)."""
    rows = []
    own = [(v, k) for v, (w, k) in call.world.keys.items() if w is call.workspace and not k.revoked]
    for number, (value, key) in enumerate(own):
        at = call.workspace.created_at + 600 + number
        rows.append(
            {
                "id": uuid7(at, "key", call.workspace.id, key.name),
                "name": key.name,
                "scopes": list(key.scopes),
                "key": value,
                "organization_id": call.workspace.id,
                "timestamp_created": iso(at),
                "timestamp_updated": iso(at),
            }
        )
    return rows


# Enrichment -------------------------------------------------------------------------------------


def _enrichment(call: Call) -> dict[str, Any]:
    """What is enriched on a list or campaign; unknown ids are 404."""
    wanted = call.path["resource_id"]
    lists = {each.id: each for each in list_leads(call)}
    if wanted not in lists and all(c.id != wanted for c in call.workspace.listed()):
        raise not_found()
    on = wanted in lists and lists[wanted].spec.enriched
    return {
        "resource_id": wanted,
        "in_progress": False,
        "exists": on,
        "enrichment_payload": {"work_email_enrichment": on, "email_verification": on},
        "auto_update": on,
        "is_evergreen": False,
    }


def _ai_jobs(call: Call) -> list[dict[str, Any]]:
    enrichment = _enrichment(call)
    if not enrichment["exists"]:
        return []
    resource = enrichment["resource_id"]
    return [
        {
            "id": uuid7(call.world.today, "ai job", resource),
            "organization_id": call.workspace.id,
            "resource_id": resource,
            "resource_type": "LIST",
            "output_column": "icebreaker",
            "status": 2,
        }
    ]


def _history(call: Call) -> list[dict[str, Any]]:
    """The one list with an offset (quirk B14); the shape of its rows is not published."""
    if not _enrichment(call)["exists"]:
        return []
    rows = [{"run": n, "at": iso(call.world.today - n * DAY), "leads": 10 + n} for n in range(25)]
    offset, size = int(call.query.get("offset") or 0), int(call.query.get("limit") or 10)
    return rows[offset : offset + size]


_ENRICHMENT = "supersearch_enrichments:read"
OPERATIONS = (
    Operation("GET", "/block-lists-entries", _block_list, "block_list_entries:read"),
    Operation(
        "GET",
        "/block-lists-entries/{id}",
        lambda c: one(_blocked(c), c.path["id"]),
        "block_list_entries:read",
    ),
    Operation(
        "GET", "/background-jobs", lambda call: by_id(call, _jobs(call)), "background-jobs:read"
    ),
    Operation(
        "GET",
        "/background-jobs/{id}",
        lambda c: one(_jobs(c), c.path["id"]),
        "background-jobs:read",
    ),
    Operation("GET", "/audit-logs", _audit_list, "audit_logs:read"),
    Operation("GET", "/api-keys", lambda call: by_id(call, _api_keys(call)), "api_keys:read"),
    Operation("GET", "/supersearch-enrichment/{resource_id}", _enrichment),
    Operation("GET", "/supersearch-enrichment/ai/{resource_id}/in-progress", _ai_jobs, _ENRICHMENT),
    Operation("GET", "/supersearch-enrichment/history/{resource_id}", _history, _ENRICHMENT),
)
