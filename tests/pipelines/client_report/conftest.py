"""A hand-written agency: two clients by workspace, two by tag, and everybody's oddities."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.client_report import Brand, ClientMonth, read_client_month
from pipelines.client_report.content import document_of
from pipelines.client_report.document import Document
from pipelines.client_report.trust import READ_FROM
from tests.dashboard.marts import AS_OF, NASTY, TODAY, campaign, rates, shapes, write

OCTOBER, NOVEMBER = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
DAILY = "campaign_analytics_daily"
JANE = "jane.doe@lead.example"
COMMENTS = {"sent": "Mails sent, by the contract.", "reply_rate": "`unique_replies` ÷ `sent`."}
Row = dict[str, Any]


def days(workspace_id: str, campaign_id: str, first: dt.date, last: dt.date, **more: Any) -> list:
    """A row of fct_campaign_engagement_daily for each day."""
    counted = {
        "sent": 10, "new_leads_contacted": 4, "replies": 3, "replies_automatic": 1, "opened": 6,
        "clicks": 2, "open_tracking": True, "link_tracking": True, **more,
    }  # fmt: skip
    key = {"workspace_id": workspace_id, "campaign_id": campaign_id}
    count = (last - first).days + 1
    return [{**key, "date": first + dt.timedelta(days=n), **counted} for n in range(count)]


def verdict(workspace_id: str, campaign_id: str, sentence: str, *window: dt.date) -> Row:
    """A row of variant_verdicts about the first step."""
    flags = {n: False for n, kind in shapes()["variant_verdicts"].items() if kind == "boolean"}
    return {
        **flags, "workspace_id": workspace_id, "campaign_id": campaign_id, "step": 0,
        "step_number": 1, "metric": "reply", "status": "winner", "reason": "bound crossed",
        "sentence": sentence, "basis": "windows", "window_from": window[0],
        "window_to": window[1],
    }  # fmt: skip


def arm(workspace_id: str, campaign_id: str, variant: int, subject: str) -> Row:
    return {
        "workspace_id": workspace_id, "campaign_id": campaign_id, "step": 0, "variant": variant,
        "copy_version": 1, "step_number": 1, "variant_label": "AB"[variant], "subject": subject,
        "is_compared": True, "rate": 0.05, "rate_low": 0.04, "rate_high": 0.06,
    }  # fmt: skip


def world() -> dict[str, list[Row]]:
    """Acme (w1) and Globex (w2), whose tags are clients; two workspaces of one name; a namesake."""
    lifetime = {"sent": 700, "unique_replies": 35, "unique_opportunities": 14, "bounced": 7}
    foreign = {"sent": 77777, "unique_replies": 7771, "unique_opportunities": 7772, "bounced": 7773}
    last = TODAY
    return {
        "warehouse_info": [{"run_id": "run-1", "as_of": AS_OF, "version": "0.1.0"}],
        "dim_workspaces": [
            {"workspace_id": id_, "workspace_name": name, "is_deleted": False}
            for id_, name in (("w1", "Acme"), ("w2", "Globex"), ("w3", "Twin"), ("w4", "Twin"))
        ],
        "campaign_performance": [
            campaign("c1", NASTY, **lifetime),
            campaign("c2", f"Write to {JANE}", sent=90, open_tracking=False),
            campaign("c3", "Silent", sent=50),
            campaign("c4", "Umbrella one", "w2", **foreign),
            campaign("c5", "Hooli two", "w2", **foreign),
            campaign("c6", "Draft", sent=0),
        ],
        "workspace_performance": [
            {"workspace_id": "w1", "workspace_name": "Acme", **rates(**lifetime)},
            {"workspace_id": "w2", "workspace_name": "Globex", **rates(**foreign)},
        ],
        "campaign_tags": [
            {"workspace_id": "w2", "campaign_id": "c4", "tag_id": "t4", "tag": "Umbrella"},
            {"workspace_id": "w2", "campaign_id": "c5", "tag_id": "t5", "tag": "Hooli"},
            {"workspace_id": "w2", "campaign_id": "c4", "tag_id": "t6", "tag": "EMEA"},
            {"workspace_id": "w1", "campaign_id": "c1", "tag_id": "t7", "tag": "EMEA"},
            {"workspace_id": "w2", "campaign_id": "c5", "tag_id": "t8", "tag": "ACME"},
        ],
        "tag_performance": [
            {"workspace_id": "w2", "tag_id": "t4", "tag": "Umbrella", **rates(**foreign)}
        ],
        "fct_campaign_engagement_daily": [
            *days("w1", "c1", OCTOBER, dt.date(2026, 10, 31)),
            *days("w1", "c1", NOVEMBER, last, sent=20),
            *days("w1", "c2", dt.date(2026, 11, 20), last, open_tracking=False, opened=0),
            *days("w1", "c3", dt.date(2026, 10, 5), dt.date(2026, 10, 5), replies_automatic=None),
            *days("w2", "c4", OCTOBER, last, sent=7777, replies=888, replies_automatic=111),
            *days("w2", "c5", OCTOBER, last, sent=6666, replies=555, replies_automatic=222),
        ],
        "variant_verdicts": [
            verdict("w1", "c1", "B beats A: 5.0 % vs 2.0 %.", OCTOBER, dt.date(2026, 10, 20)),
            verdict("w1", "c2", "Only in November.", dt.date(2026, 11, 20), last),
            verdict("w2", "c4", "Foreign verdict 7774.", OCTOBER, last),
        ],
        "variant_arms": [
            arm("w1", "c1", 0, f"Ask {JANE}"),
            arm("w1", "c1", 1, NASTY),
            arm("w2", "c4", 0, "Foreign subject"),
        ],
        "restatements": [
            {"workspace_id": "w1", "campaign_id": "c1", "date": dt.date(2026, 10, 7),
             "metric": "sent", "old_value": 1234, "new_value": 10, "seen_at": AS_OF, "kept": "old"},
            {"workspace_id": "w1", "account_email": JANE, "date": dt.date(2026, 10, 8),
             "metric": "sent", "old_value": 4321, "new_value": 1, "seen_at": AS_OF, "kept": "new"},
            {"workspace_id": "w2", "campaign_id": "c4", "date": dt.date(2026, 10, 7),
             "metric": "sent", "old_value": 7775, "new_value": 1, "seen_at": AS_OF, "kept": "new"},
        ],
        "reconciliation": [
            {"workspace_id": workspace, "campaign_id": campaign_id, "check_name": "days",
             "metric": "sent", "finer_value": finer, "coarser_value": 10, "residual": 1,
             "status": "differs"}
            for workspace, campaign_id, finer in (("w1", "c1", 2222), ("w2", "c4", 7776))
        ],
        "sync_status": [
            {"run_id": "run-1", "workspace_id": "w1", "workspace_name": "Acme",
             "table_name": table, "status": status, "finished_at": AS_OF,
             "message": f"refused for {JANE}"}
            for table, status in (
                *((table, "ok") for table in READ_FROM[1:] if table != DAILY),
                (DAILY, "failed"), ("leads", "failed"),
            )
        ],
    }  # fmt: skip


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write(tmp_path_factory.mktemp("clients") / "warehouse.duckdb", world())
    with duckdb.connect(str(path)) as connection:
        for column, words in COMMENTS.items():
            table = 'warehouse.instantly."campaign_performance"'
            connection.execute(f"comment on column {table}.{column} is '{words}'")
    return path


@pytest.fixture(scope="session")
def october(warehouse: Path) -> ClientMonth:
    return read_client_month(warehouse, "Acme", OCTOBER)


@pytest.fixture(scope="session")
def november(warehouse: Path) -> ClientMonth:
    return read_client_month(warehouse, "Acme", NOVEMBER)


@pytest.fixture(scope="session")
def document(october: ClientMonth) -> Document:
    return document_of(october, Brand("Northlight"), 14)
