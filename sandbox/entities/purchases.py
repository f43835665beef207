"""What the workspace pays for: plan, subscriptions, ordered mailboxes, phone numbers.

Ordered mailboxes come with their passwords when `with_passwords` is asked (quirk D34), as the API
does it, so that a test can prove that nobody asks.
"""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call, Operation
from sandbox.clock import DAY, day_text, iso
from sandbox.ids import digest, uuid7
from sandbox.paging import page

_MONTH = 30 * DAY


def _plan(call: Call) -> dict[str, Any]:
    period_end = (call.now // _MONTH + 1) * _MONTH
    stored = sum(campaign.leads_total() for campaign in call.workspace.listed())
    outreach = {
        "plan_name": "Hypergrowth",
        "total_lead_limit": 25_000,
        "base_lead_limit": 25_000,
        "addons_qty": 0,
        "current_lead_count": stored,
        "interval": "month",
        "current_period_end": period_end,
        "cancel_at_time": None,
        "price_in_dollars": 97,
        "product_id": call.workspace.spec.plan,
    }
    return {
        "organization_id": call.workspace.id,
        "organization_name": call.workspace.name,
        "subscriptions": {"outreach": outreach},
    }


def _subscriptions(call: Call) -> dict[str, Any]:
    item = {
        "workspace_id": call.workspace.id,
        "interval": "month",
        "quantity": 1,
        "product_id": call.workspace.spec.plan,
        "product_type": "prt_outreach",
        "plan_type": "plt_primary",
        "current_period_end": (call.now // _MONTH + 1) * _MONTH,
        "cancel_at_time": None,
        "price_in_dollars": 97,
        "price_id": "price_" + digest("price", call.workspace.id, size=6).hex(),
    }
    return {"subscriptions": [item], "all_subs_cancelled": False}


def _domains(call: Call) -> list[tuple[str, int]]:
    if not call.workspace.spec.furnished:
        return []
    names = (f"get-{call.workspace.spec.key}.example", f"{call.workspace.spec.key}-hq.example")
    return [(name, call.workspace.created_at + (3 + n) * DAY) for n, name in enumerate(names)]


def _orders(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "workspace_id": call.workspace.id,
            "domain": domain,
            "forwarding_domain": f"{call.workspace.spec.key}.example",
            "forwarding_mode": "redirect",
            "is_pre_warmed_up": False,
            "timestamp_created": iso(at),
            "timestamp_cancelled": None,
        }
        for domain, at in _domains(call)
    ]


def _ordered(call: Call) -> list[dict[str, Any]]:
    rows = []
    for domain, at in _domains(call):
        for number, name in enumerate(("sam", "kim")):
            row = {
                "id": uuid7(at + number, "ordered", domain, name),
                "domain": domain,
                "email": f"{name}@{domain}",
                "email_provider": 1,
                "first_name": name.title(),
                "last_name": "Sender",
                "is_pre_warmed_up": False,
                "timestamp_cancelled": None,
                "timestamp_created": iso(at + number),
            }
            if call.flag("with_passwords"):
                row["password"] = "mailbox-password-" + digest("password", row["id"]).hex()
            rows.append(row)
    return rows


def _order_list(call: Call) -> dict[str, Any]:
    """There is no id: workspace, domain and time name a row."""
    return page(
        call,
        _orders(call),
        cursor=lambda row: f"{row['domain']}:{row['timestamp_created']}",
        render=dict,
    )


def _ordered_list(call: Call) -> dict[str, Any]:
    """The cursor is `id:timestamp` (quirk B9)."""
    return page(
        call,
        _ordered(call),
        cursor=lambda row: f"{row['id']}:{row['timestamp_created']}",
        render=dict,
        sticky=False,
    )


def _phones(call: Call) -> list[dict[str, Any]]:
    if not call.workspace.spec.furnished:
        return []
    at = call.workspace.created_at + 9 * DAY
    number = int.from_bytes(digest("phone", call.workspace.id, size=3)) % 10_000
    return [
        {
            "id": uuid7(at, "phone", call.workspace.id),
            "timestamp_created": iso(at),
            "organization_id": call.workspace.id,
            "phone_number": f"+1555010{number:04d}",
            "country": "US",
            "locality": "Austin",
            "renewal_date": day_text(call.now // DAY + 12),
            "price": 3.5,
        }
    ]


def _white_label(_call: Call) -> dict[str, Any]:
    return {"verified": False, "name": "", "verification": []}


_ORDERS = "dfy_email_account_orders:read"
OPERATIONS = (
    Operation("GET", "/workspaces/current/whitelabel-domain", _white_label, "workspaces:read"),
    Operation("GET", "/workspace-billing/plan-details", _plan, "workspace_billing:read"),
    Operation(
        "GET", "/workspace-billing/subscription-details", _subscriptions, "workspace_billing:read"
    ),
    Operation("GET", "/dfy-email-account-orders", _order_list, _ORDERS),
    Operation("GET", "/dfy-email-account-orders/accounts", _ordered_list, _ORDERS),
    Operation("GET", "/crm-actions/phone-numbers", _phones, "crm_actions:read"),
)
