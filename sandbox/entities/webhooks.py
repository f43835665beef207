"""Webhooks with the headers they send, and the deliveries that were attempted.

A header may hold a shared secret (quirk D34): it is served here as the API serves it, so that a
test can prove that nobody stores it. Payloads count steps and variants from 1 (quirk C2).
"""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call, Operation
from sandbox.clock import DAY, day_text, iso
from sandbox.entities.lead_lists import labels
from sandbox.ids import chance, digest, uuid7
from sandbox.paging import by_id, one
from sandbox.people import contact, number_of

_KEPT_DAYS = 14
_TYPES = ("all_events", "email_sent", "reply_received", "lead_interested", "email_bounced")


def _hooks(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    if not workspace.spec.furnished:
        return []
    rows = []
    for number, kind in enumerate(("reply_received", "lead_interested")):
        at = workspace.created_at + (5 + number) * DAY
        secret = digest("hook secret", workspace.id, number, size=12).hex()
        rows.append(
            {
                "id": uuid7(at, "webhook", workspace.id, number),
                "organization": workspace.id,
                "campaign": None,
                "name": f"CRM {kind}",
                "target_hook_url": f"https://crm.example.com/hooks/{number}",
                "event_type": kind,
                "headers": {"Authorization": f"Bearer hook-secret-{secret}"},
                "timestamp_created": iso(at),
                "status": 1 if number == 0 else -1,
                "timestamp_error": None if number == 0 else iso(at + 30 * DAY),
            }
        )
    return rows


def _types(call: Call) -> dict[str, Any]:
    plain = [{"id": t, "label": t.replace("_", " "), "type": "standard"} for t in _TYPES]
    own = [
        {"id": str(label["interest_status"]), "label": label["label"], "type": "custom"}
        for label in labels(call)
    ]
    return {"event_types": plain + own}


def _events(call: Call) -> list[dict[str, Any]]:
    """One delivery per human reply of the last days."""
    if not _hooks(call):
        return []
    key = ("webhook events", call.now)
    if key not in call.workspace.cache:
        call.workspace.cache[key] = [
            row for campaign in call.workspace.listed() for row in _deliveries(call, campaign)
        ]
    return call.workspace.cache[key]


def _deliveries(call: Call, campaign: Any) -> list[dict[str, Any]]:
    stream = campaign.seen("replied", call.now).between(call.now - _KEPT_DAYS * DAY, call.now)
    workspace, rows = call.workspace, []
    columns = zip(stream.at, stream.lead, stream.step, stream.variant, stream.key, strict=True)
    for at, lead, step, variant, key in (tuple(map(int, each)) for each in columns):
        person = contact(workspace.seed, workspace.number, number_of(campaign.seed[2], lead))
        fine = chance(campaign.id, key, "delivery") > 0.1
        rows.append(
            {
                "id": uuid7(at + 3, "delivery", campaign.id, key),
                "timestamp_created": iso(at + 3),
                "timestamp_created_date": day_text((at + 3) // DAY),
                "organization_id": workspace.id,
                "payload": {
                    "event_type": "reply_received",
                    "campaign_id": campaign.id,
                    "lead_email": person.email,
                    "step": step + 1,
                    "variant": variant + 1,
                },
                "success": fine,
                "retry_count": 0 if fine else 3,
                "will_retry": False,
                "webhook_url": "https://crm.example.com/hooks/0",
                "status_code": 200 if fine else 503,
                "error_message": None if fine else "Request failed with status code 503",
                "lead_email": person.email,
                "response_time_ms": 120 + key % 300,
            }
        )
    return rows


def _within(call: Call) -> list[dict[str, Any]]:
    """Deliveries of the asked days, both ends inclusive."""
    rows = _events(call)
    since, until = call.query.get("from", ""), call.query.get("to", "9999")
    rows = [row for row in rows if since <= row["timestamp_created_date"] <= until]
    if success := call.query.get("success"):
        rows = [row for row in rows if row["success"] is (success == "true")]
    if search := call.query.get("search"):
        rows = [row for row in rows if search in (row["webhook_url"], row["lead_email"])]
    return rows


def _totals(rows: list[dict[str, Any]]) -> dict[str, float]:
    good = sum(row["success"] for row in rows)
    return {
        "total_events": len(rows),
        "successful_events": good,
        "failed_events": len(rows) - good,
        "success_rate": round(100 * good / len(rows), 2) if rows else 0,
    }


def _summary(call: Call) -> dict[str, float]:
    totals = _totals(_within(call))
    failed = 100 - totals["success_rate"] if totals["total_events"] else 0
    return totals | {"failure_rate": round(failed, 2)}


def _summary_by_date(call: Call) -> dict[str, Any]:
    rows = _within(call)
    days = sorted({row["timestamp_created_date"] for row in rows})
    by_day = {d: [row for row in rows if row["timestamp_created_date"] == d] for d in days}
    return {"items": [{"date": day, **_totals(each)} for day, each in by_day.items()]}


OPERATIONS = (
    Operation("GET", "/webhooks", lambda call: by_id(call, _hooks(call))),
    Operation("GET", "/webhooks/event-types", _types),
    Operation("GET", "/webhooks/{id}", lambda c: one(_hooks(c), c.path["id"]), "webhooks:read"),
    Operation(
        "GET", "/webhook-events", lambda call: by_id(call, _within(call)), "webhook_events:read"
    ),
    Operation("GET", "/webhook-events/summary", _summary),
    Operation("GET", "/webhook-events/summary-by-date", _summary_by_date),
    Operation(
        "GET",
        "/webhook-events/{id}",
        lambda c: one(_events(c), c.path["id"]),
        "webhook_events:read",
    ),
)
