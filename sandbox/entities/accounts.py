"""Sending accounts: the list, the daily report, warmup, and which campaigns use an account.

An account has no id, its address is the key. The list is newest first with a cursor of two parts,
`timestamp&email` (quirk B9). The daily report counts the mails of all campaigns and subsequences,
deleted ones included, refuses more than 200 addresses or 31 days with 413 (quirk C29), and now and
then repeats a row or names no account (quirk C31).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sandbox.answers import Call, Operation, invalid, not_found, refused, report_refused
from sandbox.clock import DAY, day_text, iso, parse
from sandbox.ids import chance
from sandbox.ledger import Traffic, traffic
from sandbox.paging import page
from sandbox.streams import Ints
from sandbox.world import Mailbox, Workspace

_MOST_ADDRESSES, _MOST_DAYS = 200, 31
_PROVIDERS = (2, 3, 2, 1)


def row(mailbox: Mailbox, workspace: Workspace, full: bool = True) -> dict[str, Any]:
    """An account as the API shows it; the list shortens `warmup` (quirk D24)."""
    broken = mailbox.number % 7 == 5
    warmup: dict[str, Any] = {"limit": 40}
    if full:
        warmup |= {"increment": "2", "reply_rate": 30, "advanced": {"open_rate": 100}}
    error = {"code": "EAUTH", "command": "AUTH PLAIN", "responseCode": 535}
    return {
        "email": mailbox.email,
        "timestamp_created": iso(mailbox.created_at),
        "timestamp_updated": iso(mailbox.created_at + 5 * DAY),
        "first_name": mailbox.first,
        "last_name": mailbox.last,
        "warmup": warmup,
        "added_by": workspace.members[0].user_id,
        "daily_limit": 50,
        "tracking_domain_name": f"track.try-{workspace.spec.key}.example",
        "tracking_domain_status": "CTD_ACTIVE",
        "status": -1 if broken else 1,
        "enable_slow_ramp": False,
        "organization": workspace.id,
        "warmup_status": 0 if broken else 1,
        **({"status_message": error} if broken else {}),
        "timestamp_warmup_start": iso(mailbox.created_at + DAY),
        "provider_code": _PROVIDERS[mailbox.number % 4],
        "setup_pending": False,
        "is_managed_account": mailbox.number % 4 == 3,
        "stat_warmup_score": 100 if not broken else 71,
        "sending_gap": 10,
    }


def tag_numbers(mailbox: Mailbox, workspace: Workspace) -> list[int]:
    """Tags on an account, by number."""
    count = len(workspace.spec.tags)
    return [mailbox.number % count] if count and mailbox.number % 3 else []


def listed(call: Call) -> list[Mailbox]:
    """Accounts that exist now."""
    gone = call.world.hidden.get("/accounts", set())
    boxes = call.workspace.mailboxes
    return [b for b in boxes if b.created_at <= call.world.clock and b.email not in gone]


def _list(call: Call) -> dict[str, Any]:
    found = [b for b in listed(call) if call.query.get("search", "").lower() in b.email]
    workspace = call.workspace
    if asked := call.query.get("tag_ids"):
        tags = set(asked.split(","))
        found = [
            b for b in found if tags & {workspace.tag_id(n) for n in tag_numbers(b, workspace)}
        ]
    for name in ("status", "provider_code"):
        if value := call.query.get(name):
            found = [b for b in found if str(row(b, workspace)[name]) == value]

    def render(mailbox: Mailbox) -> dict[str, Any]:
        shown = row(mailbox, workspace, full=False)
        return shown | _tags(mailbox, workspace) if call.flag("include_tags") else shown

    return page(call, found, lambda b: f"{iso(b.created_at)}&{b.email}", render, descending=True)


def _tags(mailbox: Mailbox, workspace: Workspace) -> dict[str, Any]:
    return {
        "tags": [
            {"id": workspace.tag_id(number), "label": workspace.spec.tags[number]}
            for number in tag_numbers(mailbox, workspace)
        ]
    }


def _existing(call: Call) -> Mailbox:
    for mailbox in listed(call):
        if mailbox.email == call.path["email"].lower():
            return mailbox
    raise not_found()


def _single(call: Call) -> dict[str, Any]:
    return row(_existing(call), call.workspace)


# The daily report -------------------------------------------------------------------------------


def _daily(call: Call) -> list[dict[str, Any]]:
    first, last = _days(call)
    asked = {a for value in call.query.getlist("emails") for a in value.split(",") if a}
    chosen = [b for b in call.workspace.mailboxes if not asked or b.email in asked]
    if max(len(asked), len(chosen)) > _MOST_ADDRESSES or last - first >= _MOST_DAYS:
        raise refused(413, "Add an emails filter or ask for fewer days")
    rows = _account_days(call, {b.number for b in chosen}, first, last)
    return _flawed(call, rows, first)


def _days(call: Call) -> tuple[int, int]:
    """First and last day number; by default the 30 days up to today."""
    since, until = call.query.get("start_date"), call.query.get("end_date")
    try:
        last = parse(until) // DAY if until else call.now // DAY
        first = parse(since) // DAY if since else last - 29
    except ValueError:
        raise report_refused("Invalid date format, expected YYYY-MM-DD") from None
    if first > last:
        raise report_refused("start_date must be before end_date")
    return first, last


def _account_days(call: Call, chosen: set[int], first: int, last: int) -> list[dict[str, Any]]:
    width, boxes = last - first + 1, call.workspace.mailboxes
    groups = width * max(1, len(boxes))
    events = {
        kind: found.between(first * DAY, (last + 1) * DAY)
        for kind, found in traffic(call.world, call.workspace).items()
    }
    table = _table(events, first, width, groups)
    rows = []
    for place in np.flatnonzero(np.sum(list(table.values()), axis=0)).tolist():
        if place // width in chosen:
            counts = {name: int(column[place]) for name, column in table.items()}
            name = {
                "date": day_text(first + place % width),
                "email_account": boxes[place // width].email,
            }
            rows.append(name | counts)
    return rows


def _table(events: dict[str, Traffic], first: int, width: int, groups: int) -> dict[str, Ints]:
    place = {k: e.account * width + e.at // DAY - first for k, e in events.items()}
    every = {k: np.bincount(p, minlength=groups) for k, p in place.items()}
    distinct = {k: _distinct(p, events[k].lead, groups) for k, p in place.items()}
    fresh = place["sent"][events["sent"].step == 0]
    return {
        "sent": every["sent"],
        "bounced": every["bounced"],
        "contacted": distinct["sent"],
        "new_leads_contacted": np.bincount(fresh, minlength=groups),
        "opened": every["opened"],
        "unique_opened": distinct["opened"],
        "replies": every["replied"] + every["automatic"],
        "unique_replies": distinct["replied"],
        "replies_automatic": every["automatic"],
        "unique_replies_automatic": distinct["automatic"],
        "clicks": every["clicked"],
        "unique_clicks": distinct["clicked"],
    }


def _distinct(place: Ints, lead: Ints, groups: int) -> Ints:
    order = np.lexsort((lead, place))
    place, lead = place[order], lead[order]
    new = np.ones(len(place), bool)
    new[1:] = (place[1:] != place[:-1]) | (lead[1:] != lead[:-1])
    return np.bincount(place[new], minlength=groups)


def _flawed(call: Call, rows: list[dict[str, Any]], first: int) -> list[dict[str, Any]]:
    """Some rows come twice, and one may name no account (quirk C31)."""
    if rows and chance(call.workspace.id, "nameless", first) < 0.2:
        nameless = {name: 0 for name in rows[0] if name not in ("date", "email_account")}
        rows.append({"date": rows[0]["date"], "email_account": "", **nameless})
    repeated = [r for r in rows if chance(r["email_account"], r["date"]) < 0.01]
    return rows + repeated


# Warmup and mappings ----------------------------------------------------------------------------


def _warmup(call: Call) -> dict[str, Any]:
    emails = call.body.get("emails")
    if not isinstance(emails, list) or not 1 <= len(emails) <= 100:
        raise invalid("body/emails must NOT have fewer than 1 or more than 100 items")
    known = {b.email: b for b in listed(call)}
    days = {email: _warmup_days(call, known[email]) for email in emails if email in known}
    return {
        "email_date_data": days,
        "aggregate_data": {email: _warmup_totals(each) for email, each in days.items()},
    }


def _warmup_days(call: Call, mailbox: Mailbox) -> dict[str, dict[str, int]]:
    """Seven full days and today; the window is not documented."""
    found = {}
    for day in range(call.now // DAY - 7, call.now // DAY + 1):
        sent = int(20 + 20 * chance("warmup", mailbox.email, day))
        spam = int(sent * 0.1 * chance("spam", mailbox.email, day))
        found[day_text(day)] = {
            "sent": sent,
            "landed_inbox": sent - spam,
            "landed_spam": spam,
            "received": int(sent * 0.9),
        }
    return found


def _warmup_totals(days: dict[str, dict[str, int]]) -> dict[str, Any]:
    names = ("sent", "landed_inbox", "landed_spam", "received")
    total = {name: sum(day[name] for day in days.values()) for name in names}
    score = round(100 * total["landed_inbox"] / max(1, total["sent"]))
    return {**total, "health_score_label": f"{score}%", "health_score": score}


def _mappings(call: Call) -> dict[str, Any]:
    mailbox = _existing(call)
    using = [c for c in call.workspace.listed() if mailbox in call.workspace.senders(c)]
    size = int(call.query.get("limit") or 10)
    after = call.query.get("starting_after", "")
    using = sorted(
        (c for c in using if iso(c.created_at) > after), key=lambda c: (c.created_at, c.id)
    )
    items = [
        {
            "campaign_id": campaign.id,
            "campaign_name": campaign.name(call.now),
            "timestamp_created": iso(campaign.created_at),
            "status": campaign.status(call.now),
        }
        for campaign in using[:size]
    ]
    more = {"next_starting_after": items[-1]["timestamp_created"]} if len(using) > size else {}
    return {"items": items, **more}


OPERATIONS = (
    Operation("GET", "/accounts", _list, "accounts:read"),
    Operation("GET", "/accounts/analytics/daily", _daily),
    Operation("POST", "/accounts/warmup-analytics", _warmup, "accounts:read"),
    Operation("GET", "/accounts/{email}", _single, "accounts:read"),
    Operation(
        "GET", "/account-campaign-mappings/{email}", _mappings, "account_campaign_mappings:read"
    ),
)
