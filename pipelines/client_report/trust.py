"""How far a client's month can be trusted: what was not read, said otherwise later, does not agree.

    sync_status    ─> unread      the newest run of each raw table that the report is made of
    restatements   ─> restated    days of the month that the API has rewritten
    reconciliation ─> differing   numbers that ought to be equal

Under the same rule as the numbers: each question carries the client's condition, and none asks for
the message of a run.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.client_report.client import Client, rows_of
from pipelines.client_report.measures import COUNTS
from pipelines.client_report.period import Period
from pipelines.warehouse_file import has_table

if TYPE_CHECKING:
    import duckdb

READ_FROM = (
    "campaigns",
    "campaign_variants",
    "campaign_analytics",
    "campaign_analytics_daily",
    "step_analytics",
    "step_analytics_daily",
)
"""Raw tables whose failure would make a number of the report stale; a tag needs two more."""
OF_TAGS = ("custom_tags", "custom_tag_mappings")


@dataclass(frozen=True, slots=True)
class Restated:
    """A number of a campaign's day in the month that the API said otherwise later."""

    campaign_id: str
    date: dt.date
    metric: str
    old_value: int | None
    new_value: int | None
    kept: str


@dataclass(frozen=True, slots=True)
class Differing:
    """Two numbers of a campaign, or of the client as a whole, that ought to be equal."""

    campaign_id: str | None
    check_name: str
    metric: str
    finer_value: int | None
    coarser_value: int | None


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known against the numbers; None where the warehouse has no such mart."""

    unread: tuple[tuple[str, str], ...] | None
    restated: tuple[Restated, ...] | None
    compared: int | None
    differing: tuple[Differing, ...]


def read_trust(connection: duckdb.DuckDBPyConnection, client: Client, period: Period) -> Trust:
    """What each of the three marts says that the warehouse has."""
    known = {
        mart: has_table(connection, "instantly", mart)
        for mart in ("sync_status", "restatements", "reconciliation")
    }
    trust = Trust(None, None, None, ())
    if known["sync_status"]:
        trust = replace(trust, unread=_unread(connection, client))
    if known["restatements"]:
        trust = replace(trust, restated=_restated(connection, client, period))
    if known["reconciliation"]:
        compared, differing = _reconciled(connection, client)
        trust = replace(trust, compared=compared, differing=differing)
    return trust


def _unread(
    connection: duckdb.DuckDBPyConnection, client: Client
) -> tuple[tuple[str, str], ...] | None:
    """Table and status of what the newest run of each table did not read.

    None when nothing is recorded of the client's workspace at all.
    """
    tables = [*READ_FROM, *(OF_TAGS if client.kind == "tag" else ())]
    found = connection.execute(
        """
        select table_name, arg_max(status, (finished_at, run_id)) from sync_status
        where workspace_id = $workspace_id and list_contains($tables, table_name)
        group by table_name
        """,
        {"workspace_id": client.workspace_id, "tables": tables},
    )
    status = dict(found.fetchall())
    if not status:
        return None
    unread = ((table, status.get(table, "never read")) for table in tables)
    return tuple((table, state) for table, state in unread if state != "ok")


def _restated(
    connection: duckdb.DuckDBPyConnection, client: Client, period: Period
) -> tuple[Restated, ...]:
    """Campaigns' days only: a mailbox's day names its address and belongs to no campaign."""
    metrics = [count.of for count in COUNTS if count.of.isidentifier()]
    rows = rows_of(
        connection,
        client,
        f"""
        from restatements
        where {client.campaigns} and date between $first and $last
            and campaign_id is not null and account_email is null
            and step is null and variant is null and list_contains($metrics, metric)
        order by date, campaign_id, metric, seen_at
        """,
        first=period.this.first,
        last=period.this.last,
        metrics=[*metrics, "replies"],
    )
    names = list(Restated.__dataclass_fields__)
    return tuple(Restated(*(row[name] for name in names)) for row in rows)


def _reconciled(
    connection: duckdb.DuckDBPyConnection, client: Client
) -> tuple[int, tuple[Differing, ...]]:
    """How many numbers were compared, and those that differ; a tag has no numbers as a whole."""
    rows = rows_of(
        connection,
        client,
        f"from reconciliation where {client.campaigns} order by campaign_id, check_name, metric",
    )
    names = list(Differing.__dataclass_fields__)
    differing = (row for row in rows if row["status"] == "differs")
    return len(rows), tuple(Differing(*(row[name] for name in names)) for row in differing)
