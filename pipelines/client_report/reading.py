"""One client's month, read from the marts into plain values in one short look.

    fct_campaign_engagement_daily ─> total, by day, by month, by campaign
    campaign_performance          ─> lifetime, campaign by campaign
    workspace_ | tag_performance  ─> lifetime of the client
    variant_verdicts, _arms       ─> what was judged on days of the month
    sync_status, restatements,
    reconciliation                ─> how far to trust it (`trust`)

Every question carries the client's condition, so that nothing of anybody else can come into the
values that the formats see; the formats ask nothing. What is not asked for cannot leak: no leads,
no mailboxes, no members, no bodies, and no message of a run, which may name any of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.client_report.client import Client, find_client, rows_of
from pipelines.client_report.measures import COUNTS, LIFETIME, Numbers
from pipelines.client_report.period import Days, Period, end_of, months_back, period_of
from pipelines.client_report.trust import Trust, read_trust
from pipelines.errors import RunFailedError
from pipelines.report import (
    CampaignLine,
    Report,
    Verdict,
    as_of,
    campaign_lines,
    lines_of,
    refuse_missing_marts,
)
from pipelines.warehouse_file import has_table, open_read_only, refuse_missing

if TYPE_CHECKING:
    import duckdb

    from pipelines.destinations import Place

DAYS = "fct_campaign_engagement_daily"
LIFETIMES = {"workspace": "workspace_performance", "tag": "tag_performance"}
NEEDED = ("warehouse_info", "dim_workspaces", "campaign_performance", DAYS)
MONTHS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class CampaignMonth:
    """A campaign of the client: its month, the one before, and its lifetime row."""

    line: CampaignLine
    this: Numbers
    previous: Numbers
    lifetime: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arm:
    """A text that a verdict compared, with its rate on the days of the comparison."""

    campaign_id: str
    step: int
    step_number: int
    variant_label: str
    subject: str | None
    rate: float | None
    rate_low: float | None
    rate_high: float | None


@dataclass(frozen=True, slots=True)
class ClientMonth:
    """All values of the report, unrounded.

    `judged` holds the verdicts and their campaigns; `begins` is the client's first day on record.
    """

    client: Client
    period: Period
    as_of: dt.datetime
    this: Numbers
    previous: Numbers
    days: dict[dt.date, Numbers]
    months: dict[Days, Numbers]
    campaigns: tuple[CampaignMonth, ...]
    lifetime: dict[str, Any]
    judged: Report
    arms: tuple[Arm, ...]
    trust: Trust
    comments: dict[str, str]
    begins: dt.date | None

    def name_of(self, campaign_id: str | None) -> str:
        """The name of one of the client's campaigns; empty for the client as a whole."""
        lines = (campaign.line for campaign in self.campaigns)
        found = (x.campaign_name or x.campaign_id for x in lines if x.campaign_id == campaign_id)
        return next(found, "")


def read_client_month(warehouse: Place, wanted: str, month: dt.date | None) -> ClientMonth:
    """The client called `wanted` in that month, None for the last one that was over.

    Raises:
        ConfigurationError: no such client, several of them, or a month that has not begun.
        RunFailedError: no warehouse, no marts, no run.
    """
    refuse_missing(warehouse)
    with open_read_only(warehouse) as connection:
        refuse_missing_marts(connection, warehouse, NEEDED)
        seen_at = as_of(connection)
        if seen_at is None:
            todo = "run `instantly-warehouse run`"
            raise RunFailedError("no run is recorded in it", where=str(warehouse), todo=todo)
        client = find_client(connection, wanted)
        return _read(connection, client, period_of(month, seen_at), seen_at)


def _read(
    connection: duckdb.DuckDBPyConnection, client: Client, period: Period, seen_at: dt.datetime
) -> ClientMonth:
    campaigns = _campaigns(connection, client, period)
    return ClientMonth(
        client=client,
        period=period,
        as_of=seen_at,
        this=_total(connection, client, period.this),
        previous=_total(connection, client, period.previous),
        days=_counted(connection, client, period.this, "date"),
        months=_months(connection, client, period),
        campaigns=campaigns,
        lifetime=_lifetime(connection, client),
        judged=_judged(connection, client, period, campaigns),
        arms=_arms(connection, client, period),
        trust=read_trust(connection, client, period),
        comments=_comments(connection),
        begins=_begins(connection, client),
    )


def _counted(
    connection: duckdb.DuckDBPyConnection, client: Client, days: Days, by: str
) -> dict[Any, Numbers]:
    """The counts of each group of `by`; a group without a day is not there."""
    sums = ", ".join(count.sql for count in COUNTS)
    found = connection.execute(
        f"""
        select {by} as of_what, {sums} from {DAYS}
        where {client.campaigns} and date between $first and $last
        group by of_what order by of_what
        """,  # noqa: S608 sums, condition and group are constants of this package
        {**client.values, "first": days.first, "last": days.last},
    )
    names = [count.name for count in COUNTS]
    return {row[0]: Numbers(dict(zip(names, row[1:], strict=True))) for row in found.fetchall()}


def _begins(connection: duckdb.DuckDBPyConnection, client: Client) -> dt.date | None:
    sql = f"select min(date) from {DAYS} where {client.campaigns}"  # noqa: S608 constants
    found = connection.execute(sql, client.values).fetchone()
    return found[0] if found else None


def _total(connection: duckdb.DuckDBPyConnection, client: Client, days: Days) -> Numbers:
    return _counted(connection, client, days, "1").get(1, Numbers({}))


def _months(
    connection: duckdb.DuckDBPyConnection, client: Client, period: Period
) -> dict[Days, Numbers]:
    """The last months up to this one, from the first that has any day on; oldest first."""
    firsts = months_back(period.this.first, MONTHS_SHOWN)
    span = Days(firsts[0], period.this.last)
    found = _counted(connection, client, span, "cast(date_trunc('month', date) as date)")
    begun = [first for first in firsts if first >= min(found, default=period.this.first)]
    ends = [period.this.last if f == period.this.first else end_of(f) for f in begun]
    spans = [Days(first, last) for first, last in zip(begun, ends, strict=True)]
    return {span: found.get(span.first, Numbers({})) for span in spans}


def _campaigns(
    connection: duckdb.DuckDBPyConnection, client: Client, period: Period
) -> tuple[CampaignMonth, ...]:
    """Busiest of the month first; a campaign that never sent stays out."""
    this = _counted(connection, client, period.this, "campaign_id")
    previous = _counted(connection, client, period.previous, "campaign_id")
    lifetimes = rows_of(connection, client, f"from campaign_performance where {client.campaigns}")
    by_id = {row["campaign_id"]: row for row in lifetimes}
    found = [
        CampaignMonth(
            line,
            this.get(line.campaign_id, Numbers({})),
            previous.get(line.campaign_id, Numbers({})),
            by_id[line.campaign_id],
        )
        for line in campaign_lines(connection)
        if line.workspace_id == client.workspace_id
        and line.campaign_id in by_id
        and (line.sent or line.campaign_id in this)
    ]
    return tuple(sorted(found, key=lambda campaign: -(campaign.this.counted.get("sent") or 0)))


def _lifetime(connection: duckdb.DuckDBPyConnection, client: Client) -> dict[str, Any]:
    """The client's own row; nothing where that mart is missing."""
    mart = LIFETIMES[client.kind]
    if not has_table(connection, "instantly", mart):
        return {}
    key = "tag_id" if client.kind == "tag" else "workspace_id"
    sql = f"from {mart} where workspace_id = $workspace_id and {key} = $identity"
    rows = rows_of(connection, client, sql)
    return rows[0] if rows else {}


def _judged(
    connection: duckdb.DuckDBPyConnection,
    client: Client,
    period: Period,
    campaigns: tuple[CampaignMonth, ...],
) -> Report:
    """The verdicts that were reached on days of the month, in the shape of the A/B report."""
    lines = tuple(campaign.line for campaign in campaigns)
    if not has_table(connection, "instantly", "variant_verdicts"):
        return Report(lines, (), (), ())
    keys = _judged_steps(connection, client, period)
    ids = [line.campaign_id for line in lines]
    verdicts = lines_of(connection, Verdict, "variant_verdicts", ids, "step")
    return Report(lines, (), (), tuple(v for v in verdicts if (v.campaign_id, v.step) in keys))


def _judged_steps(
    connection: duckdb.DuckDBPyConnection, client: Client, period: Period
) -> set[tuple[str, int]]:
    """Campaign and step of verdicts whose days meet the month; those without days not."""
    found = connection.execute(
        f"""
        select campaign_id, step from variant_verdicts
        where {client.campaigns} and window_from <= $last and window_to >= $first
        """,  # noqa: S608 the condition is a constant
        {**client.values, "first": period.this.first, "last": period.this.last},
    )
    return set(found.fetchall())


def _arms(connection: duckdb.DuckDBPyConnection, client: Client, period: Period) -> tuple[Arm, ...]:
    """What those verdicts compared."""
    marts = ("variant_verdicts", "variant_arms")
    if not all(has_table(connection, "instantly", mart) for mart in marts):
        return ()
    keys = _judged_steps(connection, client, period)
    rows = rows_of(
        connection,
        client,
        f"from variant_arms where {client.campaigns} and is_compared "
        "order by campaign_id, step, variant, copy_version",
    )
    names = list(Arm.__dataclass_fields__)
    return tuple(
        Arm(*(row[name] for name in names))
        for row in rows
        if (row["campaign_id"], row["step"]) in keys
    )


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What each column of a number means: the words of the metric contract, kept in the file."""
    found = connection.execute(
        """
        select column_name, comment from duckdb_columns()
        where schema_name = 'instantly' and comment is not null
            and table_name in ('campaign_performance', $days)
        order by table_name = 'campaign_performance'
        """,
        {"days": DAYS},
    )
    wanted = {count.name for count in COUNTS} | {column.name for column in LIFETIME}
    return {name: comment for name, comment in found.fetchall() if name in wanted}
