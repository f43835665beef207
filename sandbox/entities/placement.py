"""Inbox placement: tests, one row per seed mail, reports on senders, and counts over the rows.

Every count is made from the rows that the list serves. All of it needs the plan of the feature:
402 without it (quirk A4).
"""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call, Operation, invalid
from sandbox.clock import DAY, HOUR, day_text, iso
from sandbox.ids import chance, uuid7
from sandbox.paging import by_id, one

_SEEDS = (
    ("seed1@gmail-seeds.example", 1, 1, 1),
    ("seed2@gmail-seeds.example", 1, 1, 2),
    ("seed3@outlook-seeds.example", 2, 1, 1),
    ("seed4@webde-seeds.example", 12, 3, 2),
    ("seed5@libero-seeds.example", 13, 2, 2),
)
_GEO = {1: "US", 2: "Italy", 3: "Germany"}
_FEATURE = "inbox_placement"


def _tests(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    if not workspace.spec.furnished or not workspace.mailboxes:
        return []
    rows = []
    for number, (name, kind) in enumerate((("First look", 1), ("Weekly watch", 2))):
        at = call.world.today - (40 - 12 * number) * DAY + 9 * HOUR
        rows.append(
            {
                "id": uuid7(at, "test", workspace.id, number),
                "organization_id": workspace.id,
                "name": name,
                "delivery_mode": 1,
                "type": kind,
                "sending_method": 1,
                "email_subject": "A question",
                "email_body": "<p>Hello</p>",
                "emails": [box.email for box in workspace.mailboxes[:3]],
                "recipients": [seed[0] for seed in _SEEDS],
                "recipients_labels": _labels(),
                "timestamp_created": iso(at),
                "status": 3 if kind == 1 else 1,
                "not_sending_status": "",
            }
        )
    return rows


def _labels() -> list[dict[str, Any]]:
    names = {1: "Google", 2: "Microsoft", 12: "Web.de", 13: "Libero.it"}
    kinds = {1: "Professional", 2: "Personal"}
    found = {(_GEO[geo], kinds[kind], names[esp]) for _, esp, geo, kind in _SEEDS}
    return [
        {"region": "Europe" if geo != "US" else "North America", "sub_region": geo} | rest
        for geo, rest in ((g, {"type": k, "esp": e}) for g, k, e in sorted(found))
    ]


def _runs(call: Call, test: dict[str, Any]) -> list[int]:
    """When a test ran: once, or every week until now."""
    tests = _tests(call)
    at = call.world.today - (40 - 12 * tests.index(test)) * DAY + 10 * HOUR
    moments = [at] if test["type"] == 1 else list(range(at, call.now, 7 * DAY))
    return [moment for moment in moments if moment <= call.now]


def _analytics(call: Call) -> list[dict[str, Any]]:
    rows = []
    for test in _tests(call):
        for at in _runs(call, test):
            for sender in test["emails"]:
                for seed in _SEEDS:
                    rows += _pair(call, test, at, sender, seed)
    return rows


def _pair(
    call: Call, test: dict[str, Any], at: int, sender: str, seed: tuple[str, int, int, int]
) -> list[dict[str, Any]]:
    """The sent row and, mostly, the received row of one seed mail."""
    address, esp, geo, kind = seed
    luck = chance(test["id"], at, sender, address)
    common = {
        "organization_id": call.workspace.id,
        "test_id": test["id"],
        "sender_email": sender,
        "sender_esp": 1,
        "recipient_email": address,
        "recipient_esp": esp,
        "recipient_geo": geo,
        "recipient_type": kind,
    }
    received = {
        "is_spam": luck < 0.15,
        "has_category": 0.15 <= luck < 0.3,
        "spf_pass": luck > 0.02,
        "dkim_pass": True,
        "dmarc_pass": luck > 0.02,
        "record_type": 2,
    }
    rows = [_stamped(at, (sender, address, 1), common | {"record_type": 1})]
    if luck < 0.96:
        rows.append(_stamped(at + 90, (sender, address, 2), common | received))
    return rows


def _stamped(at: int, path: tuple[Any, ...], members: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": uuid7(at, "placement", members["test_id"], *path),
        "timestamp_created": iso(at),
        "timestamp_created_date": day_text(at // DAY),
        **members,
    }


def _reports(call: Call) -> list[dict[str, Any]]:
    rows = []
    for test in _tests(call):
        for at in _runs(call, test):
            domain = test["emails"][0].split("@")[1]
            listed = int(chance(test["id"], at, "listed") < 0.2)
            members = {
                "organization_id": call.workspace.id,
                "test_id": test["id"],
                "domain": domain,
                "domain_ip": "192.0.2.17",
                "domain_blacklist_count": listed,
                "domain_ip_blacklist_count": 0,
                "spam_assassin_score": round(3 * chance(test["id"], at, "score"), 1),
                "spam_assassin_report": _assassin(),
                "blacklist_report": _blacklist(domain, listed),
            }
            rows.append(_stamped(at + 300, ("report",), members))
    return rows


def _assassin() -> dict[str, Any]:
    """Scores of rules are texts (quirk D5)."""
    rule = {"name": "HTML_MESSAGE", "score": "0.001", "description": "HTML included"}
    return {"is_spam": False, "spam_score": 1, "report": [rule]}


def _blacklist(domain: str, listed: int) -> dict[str, Any]:
    detail = {"blacklist": "dnsbl.example", "is_listed": bool(listed), "test_type": "domain"}
    return {
        "address": domain,
        "ip": "192.0.2.17",
        "is_domain": True,
        "is_blacklisted": bool(listed),
        "blacklisted_count": listed,
        "details": [detail],
    }


def _filtered(rows: list[dict[str, Any]], asked: Any) -> list[dict[str, Any]]:
    """Rows of the asked test, days and sender; `asked` is the query or the body."""
    if test := asked.get("test_id"):
        rows = [row for row in rows if row["test_id"] == test]
    if since := asked.get("date_from"):
        rows = [row for row in rows if row["timestamp_created_date"] >= since[:10]]
    if until := asked.get("date_to"):
        rows = [row for row in rows if row["timestamp_created_date"] <= until[:10]]
    if sender := asked.get("sender_email"):
        rows = [row for row in rows if row.get("sender_email") == sender]
    return rows


def _report_list(call: Call) -> dict[str, Any]:
    rows = _filtered(_reports(call), call.query)
    for name in ("spam_assassin_report", "blacklist_report"):
        if call.flag(f"skip_{name}"):
            rows = [{k: v for k, v in row.items() if k != name} for row in rows]
    return by_id(call, rows)


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    received = [row for row in rows if row["record_type"] == 2]
    spam = sum(row["is_spam"] for row in received)
    category = sum(row["has_category"] for row in received)
    return {
        "sent": sum(row["record_type"] == 1 for row in rows),
        "received": len(received),
        "spam": spam,
        "category": category,
        "inbox": len(received) - spam - category,
    }


def _by_test(call: Call) -> list[dict[str, Any]]:
    wanted = call.body.get("test_ids")
    if not isinstance(wanted, list):
        raise invalid("body must have required property 'test_ids'")
    rows = _filtered(_analytics(call), call.body)
    answer = []
    for test in wanted:
        found = _counts([row for row in rows if row["test_id"] == test])
        total = found["received"]
        if total:
            shares = {
                f"{name}_{what}": found[name] if what == "count" else 100 * found[name] / total
                for name in ("spam", "inbox", "category")
                for what in ("count", "percent")
            }
            answer.append({"test_id": test, "count": total, **shares})
    return answer


def _needed(call: Call) -> None:
    if not call.body.get("test_id"):
        raise invalid("body must have required property 'test_id'")


def _by_date(call: Call) -> list[dict[str, Any]]:
    _needed(call)
    rows = _filtered(_analytics(call), call.body)
    answer = []
    for day in sorted({row["timestamp_created_date"] for row in rows}):
        found = _counts([row for row in rows if row["timestamp_created_date"] == day])
        counts = {f"{name}_count": count for name, count in found.items()}
        answer.append({"timestamp_created_date": day, **counts})
    return answer


def _insights(call: Call) -> list[dict[str, Any]]:
    _needed(call)
    rows = _filtered(_analytics(call), call.body)
    answer = []
    for esp in sorted({row["recipient_esp"] for row in rows}):
        found = _counts([row for row in rows if row["recipient_esp"] == esp])
        total = max(1, found["received"])
        shares = {
            f"{name}_percentage": 100 * found[name] / total
            for name in ("spam", "inbox", "category")
        }
        pair = {"test_id": call.body["test_id"], "sender_esp": 1, "recipient_esp": esp}
        answer.append(pair | shares)
    return answer


def _list_tests(call: Call) -> dict[str, Any]:
    descending = call.query.get("sort_order") != "asc"
    return by_id(call, _tests(call), descending=descending)


def _list_analytics(call: Call) -> dict[str, Any]:
    return by_id(call, _filtered(_analytics(call), call.query))


def _operation(method: str, path: str, handler: Any, resource: str) -> Operation:
    scope = f"{resource}:read"
    return Operation(method, path, handler, scope, feature=_FEATURE)


_TESTS, _ROWS, _REPORTS = (
    "inbox_placement_tests",
    "inbox_placement_analytics",
    "inbox_placement_reports",
)
OPERATIONS = (
    _operation("GET", "/inbox-placement-tests", _list_tests, _TESTS),
    Operation(
        "GET",
        "/inbox-placement-tests/email-service-provider-options",
        lambda _call: _labels(),
        feature=_FEATURE,
    ),
    _operation(
        "GET", "/inbox-placement-tests/{id}", lambda c: one(_tests(c), c.path["id"]), _TESTS
    ),
    _operation("GET", "/inbox-placement-analytics", _list_analytics, _ROWS),
    _operation("POST", "/inbox-placement-analytics/stats-by-test-id", _by_test, _ROWS),
    _operation("POST", "/inbox-placement-analytics/stats-by-date", _by_date, _ROWS),
    _operation("POST", "/inbox-placement-analytics/deliverability-insights", _insights, _ROWS),
    _operation(
        "GET", "/inbox-placement-analytics/{id}", lambda c: one(_analytics(c), c.path["id"]), _ROWS
    ),
    _operation("GET", "/inbox-placement-reports", _report_list, _REPORTS),
    _operation(
        "GET", "/inbox-placement-reports/{id}", lambda c: one(_reports(c), c.path["id"]), _REPORTS
    ),
)
