"""A warehouse file of marts with literal rows, in the shape that the contracts of the marts have.

The columns come from `dbt_project/models/marts/*.yml`, which dbt enforces: a column that is renamed
there breaks these tests and not somebody's page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
AS_OF = dt.datetime.fromisoformat("2026-11-22 12:00:00")
TODAY = AS_OF.date()
NASTY = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> '
    "![x](http://192.0.2.1/x.png) **b** `c` $d$ :red[e]"
)
Row = Mapping[str, Any]
Rows = Mapping[str, Iterable[Row]]


@cache
def shapes() -> dict[str, dict[str, str]]:
    """Every mart with its columns and their types."""
    models = [
        model
        for path in MODELS.glob("*.yml")
        for model in yaml.safe_load(path.read_text())["models"]
    ]
    return {
        model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
        for model in models
    }


def write(path: Path, rows: Rows, *, without: Collection[str] = ()) -> Path:
    """Puts a file with these rows at the path, as a run does: all at once."""
    draft = path.with_name(f"draft-{path.name}")
    draft.unlink(missing_ok=True)
    with duckdb.connect(str(draft)) as connection:
        connection.execute("create schema instantly")
        for mart, columns in shapes().items():
            if mart not in without:
                spelled = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                connection.execute(f"create table instantly.{mart} ({spelled})")
        for mart, given in rows.items():
            for row in given:
                _insert(connection, mart, row)
    return draft.replace(path)


def _insert(connection: duckdb.DuckDBPyConnection, mart: str, row: Row) -> None:
    unknown = row.keys() - shapes()[mart].keys()
    assert not unknown, f"{mart} has no {unknown}"
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    connection.execute(
        f"insert into instantly.{mart} ({columns}) values ({marks})", list(row.values())
    )


def rates(**counts: int | None) -> dict[str, Any]:
    """Counts of a `…_performance` row with rates and bounds that a test can tell apart."""
    sent = counts.get("sent") or 0
    pairs = {
        "open_rate": "unique_opened",
        "reply_rate": "unique_replies",
        "positive_rate": "unique_opportunities",
        "bounce_rate": "bounced",
    }
    row: dict[str, Any] = dict(counts)
    for rate, counted in pairs.items():
        if counted not in counts:
            continue
        value = counts[counted]
        known = bool(sent) and value is not None
        row[rate] = value / sent if known else None
        row[f"{rate}_low"] = max(0.0, value / sent - 0.01) if known else None
        row[f"{rate}_high"] = value / sent + 0.01 if known else None
    return row


def campaign(
    campaign_id: str, campaign_name: str | None, workspace_id: str = "w1", **more: Any
) -> dict[str, Any]:
    """A row of campaign_performance; `more` are counts and columns."""
    counted = {
        name: more.pop(name)
        for name in ("sent", "unique_opened", "unique_replies", "unique_opportunities", "bounced")
        if name in more
    }
    return {
        "workspace_id": workspace_id,
        "campaign_id": campaign_id,
        "campaign_name": campaign_name,
        "status_name": "active",
        "is_deleted": False,
        "has_rate_above_one": False,
        **rates(**counted),
        **more,
    }


def small_world() -> dict[str, list[dict[str, Any]]]:
    """Two workspaces: a winner under a nasty name, tracking off, a draft, a namesake, a mailbox."""
    performance = [
        campaign("c1", NASTY, sent=4000, unique_opened=1600, unique_replies=160,
                 unique_opportunities=44, bounced=40, owner_user_id="u1"),
        campaign("c2", "Quiet opens", sent=2000, unique_opened=None, unique_replies=60,
                 unique_opportunities=20, bounced=150, open_tracking=False, owner_user_id=None),
        campaign("c3", "Draft", sent=0, status_name="draft"),
        campaign("c4", "Quiet opens", "w2", sent=500, unique_opened=200, unique_replies=3,
                 unique_opportunities=0, bounced=1, status_name="completed"),
        campaign("c5", "Gone", "w2", sent=100, unique_opened=30, unique_replies=2,
                 unique_opportunities=1, bounced=0, is_deleted=True),
    ]  # fmt: skip
    campaigns = [
        {name: row[name] for name in ("workspace_id", "campaign_id", "campaign_name", "is_deleted")}
        for row in performance
    ]
    sums = rates(sent=6600, unique_opened=1830, unique_replies=225, unique_opportunities=65,
                 bounced=191)  # fmt: skip
    first = rates(sent=6000, unique_opened=1600, unique_replies=220, unique_opportunities=64,
                  bounced=190)  # fmt: skip
    second = rates(sent=600, unique_opened=230, unique_replies=5, unique_opportunities=1,
                   bounced=1)  # fmt: skip
    return {
        "warehouse_info": [{"run_id": "run-1", "as_of": AS_OF, "version": "0.1.0"}],
        "dim_workspaces": [
            {"workspace_id": "w1", "workspace_name": "Acme <b>", "is_deleted": False},
            {"workspace_id": "w2", "workspace_name": "Globex", "is_deleted": False},
        ],
        "dim_campaigns": campaigns,
        "campaign_performance": performance,
        "agency_performance": [{"workspaces": 2, "campaigns": 5, **sums}],
        "workspace_performance": [
            {"workspace_id": "w1", "workspace_name": "Acme <b>", "is_deleted": False, **first},
            {"workspace_id": "w2", "workspace_name": "Globex", "is_deleted": False, **second},
        ],
        "campaign_tags": [
            {"workspace_id": "w1", "campaign_id": "c1", "tag_id": "t1", "tag": "EMEA <i>"}
        ],
        "tag_performance": [
            {"workspace_id": "w1", "tag_id": "t1", "tag": "EMEA <i>", "campaigns": 1,
             **rates(sent=4000, unique_opened=1600, unique_replies=160, unique_opportunities=44,
                     bounced=40)}
        ],
        "fct_campaign_engagement_daily": [
            {"workspace_id": "w1", "campaign_id": id_, "date": TODAY - dt.timedelta(days=back),
             "open_tracking": id_ != "c2", "sent": 100 + back, "opened": 40, "replies": 5,
             "unique_replies": 4, "unique_opportunities": 1}
            for id_ in ("c1", "c2")
            for back in range(2, 40)
        ],
        "variant_verdicts": [_verdict()],
        "variant_arms": [_arm(0, 0.02), _arm(1, 0.05)],
        "dim_variants": [_variant(0, "Quick question"), _variant(1, NASTY)],
        "variant_performance": [
            {"workspace_id": "w1", "campaign_id": "c1", "campaign_name": NASTY, "step": 0,
             "variant": variant, "step_number": 1, "variant_label": "AB"[variant],
             "is_attributed": True, "is_deleted": False, "copy_versions": 1,
             **rates(sent=2000, unique_opened=800, unique_replies=replies)}
            for variant, replies in ((0, 40), (1, 100))
        ],
        "fct_variant_engagement_daily": [
            {"workspace_id": "w1", "campaign_id": "c1", "step": 0, "variant": variant,
             "date": TODAY - dt.timedelta(days=back), "copy_version": 1, "sent": 1000,
             "opened": 400, "replies": 30, "replies_automatic": 5, "clicks": 7}
            for variant in (0, 1)
            for back in (3, 60)
        ],
        "dim_accounts": [
            {"workspace_id": "w1", "account_email": "ada@acme.example", "warmup_score": 71,
             "error_message": "<script>window.hacked = 1</script>", "campaigns": 2}
        ],
        "account_performance": [
            {"workspace_id": "w1", "account_email": "ada@acme.example", "is_deleted": False,
             "status_name": "connection error", "warmup_status_name": "active",
             "provider_name": "Google", "last_sent_on": TODAY - dt.timedelta(days=2),
             **rates(sent=6000, bounced=190)}
        ],
        "fct_account_engagement_daily": [
            {"workspace_id": "w1", "account_email": "ada@acme.example", "sent": 100, "bounced": 3,
             "date": TODAY - dt.timedelta(days=2)}
        ],
        "member_performance": [
            {"workspace_id": "w1", "user_id": "u1", "member_id": "m1", "email": "eve@acme.example",
             "role": "owner", "is_deleted": False, "campaigns": 1,
             **rates(sent=4000, unique_replies=160, unique_opportunities=44, bounced=40)}
        ],
        "dim_members": [
            {"workspace_id": "w1", "member_id": "m1", "user_id": "u1", "first_name": "Eve",
             "last_name": "<script>", "lead_lists_owned": 3, "leads_assigned": 12,
             "accounts_added": 1, "is_deleted": False}
        ],
        "campaign_lead_funnel": [
            {"workspace_id": "w1", "campaign_id": "c1", "campaign_name": NASTY,
             "is_deleted": False, "leads": 5123, "leads_contacted": 4000, "leads_opened": 1600,
             "lead_open_rate": 0.4, "leads_replied": 190, "leads_interested": 44,
             "leads_meeting_booked": 12, "leads_won": 3, "leads_bounced": 40,
             "leads_unsubscribed": 6}
        ],
        "sync_status": [
            {"run_id": "run-1", "workspace_id": "w1", "workspace_name": "Acme <b>",
             "table_name": table, "status": status, "rows": 10, "changed": 1, "requests": 2,
             "seconds": 0.5, "message": message, "finished_at": AS_OF}
            for table, status, message in (
                ("campaigns", "ok", None), ("leads", "failed", "key lacks leads:read"),
            )
        ],
        "reconciliation": [
            {"workspace_id": "w1", "campaign_id": "c1", "check_name": "variants against totals",
             "metric": metric, "finer_value": 10, "coarser_value": 10 + residual,
             "residual": residual, "status": status, "reason": reason}
            for metric, residual, status, reason in (
                ("sent", 0, "equal", None), ("replies", 7, "differs", None),
                ("opened", 2, "explained", "null step"),
            )
        ],
        "restatements": [
            {"workspace_id": "w1", "campaign_id": "c1", "step": 0, "variant": 1,
             "date": TODAY - dt.timedelta(days=20), "metric": "sent", "old_value": 1234,
             "new_value": 1199, "seen_at": AS_OF, "kept": "old"}
        ],
        "metric_comparison": [
            {"workspace_id": "w1", "campaign_id": "c1", "campaign_name": NASTY,
             "is_deleted": False, "sent": 4000, "reply_rate": 0.04, "lead_reply_rate": 0.08,
             "console_reply_rate": 0.0512, "skill_reply_rate": -0.003, "blog_reply_rate": None}
        ],
    }  # fmt: skip


def _verdict() -> dict[str, Any]:
    flags = {
        name: False for name, kind in shapes()["variant_verdicts"].items() if kind == "boolean"
    }
    return {
        **flags,
        "workspace_id": "w1", "campaign_id": "c1", "step": 0, "campaign_name": NASTY,
        "step_number": 1, "metric": "reply", "status": "winner", "reason": "bound crossed",
        "sentence": "B beats A on replies: 5.0 % vs 2.0 %. Called.", "arms": 2, "arms_compared": 2,
        "winner_variant": 1, "winner_copy_version": 1, "winner_label": "B", "leader_variant": 1,
        "leader_copy_version": 1, "leader_label": "B", "rival_variant": 0,
        "rival_copy_version": 1, "rival_label": "A", "probability": 0.999, "effect": 0.5,
        "sends_floor": 2219, "window_from": TODAY - dt.timedelta(days=40), "window_to": TODAY,
        "basis": "windows", "has_edited_copy": True,
    }  # fmt: skip


def _arm(variant: int, rate: float) -> dict[str, Any]:
    return {
        "workspace_id": "w1", "campaign_id": "c1", "step": 0, "variant": variant,
        "copy_version": 1, "campaign_name": NASTY, "step_number": 1,
        "variant_label": "AB"[variant], "subject": "Quick question" if variant == 0 else NASTY,
        "is_deleted": False, "metric": "reply", "state": "active", "is_compared": True,
        "is_waiting": False, "is_leader": variant == 1, "sent": 1987 + variant,
        "mature_sent": 1900.0 + variant, "events": 1900 * rate, "rate": rate,
        "rate_low": rate - 0.008, "rate_high": rate + 0.009,
        "probability": 0.999 if variant else 0.001, "lift": 1.5 if variant else -0.6,
        "lift_low": 0.4 if variant else -0.8, "lift_high": 2.9 if variant else -0.3,
        "positive_rate": 0.011, "auto_reply_rate": 0.013, "total_sent": 2000,
    }  # fmt: skip


def _variant(variant: int, subject: str) -> dict[str, Any]:
    return {
        "workspace_id": "w1", "campaign_id": "c1", "step": 0, "variant": variant,
        "copy_version": 1, "step_number": 1, "variant_label": "AB"[variant],
        "copy_hash": f"hash-{variant}", "subject": subject,
        "body": f"<div>Hi {{{{firstName}}}},</div><p>text {variant}</p>"
        '<script>window.hacked = 1</script><a href="https://192.0.2.1/y">here</a>',
        "valid_from_at": AS_OF - dt.timedelta(days=50), "is_current": True, "is_disabled": False,
    }  # fmt: skip
