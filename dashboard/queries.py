"""The questions of the pages, in SQL over the marts.

    Filters ──> `conditions` ──> one function per question ──> a frame with the mart's own columns

Nothing is divided here. What is added up are counts that docs/metrics.md lets one add up: mails and
events over everything, distinct leads over the campaigns of one day, never over days.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from dashboard.conditions import carrying, where, within
from dashboard.filters import Choices, Filters
from dashboard.warehouse import MissingMart, Warehouse


def info(warehouse: Warehouse) -> pd.DataFrame:
    """run_id, as_of, version of the newest run; no row before the first."""
    return warehouse.ask("select run_id, as_of, version from warehouse_info")


def choices(warehouse: Warehouse) -> Choices:
    """Everything one can filter by; tags may be missing, days may be none."""
    try:
        tags = warehouse.ask("select workspace_id, campaign_id, tag from campaign_tags")
    except MissingMart:
        tags = pd.DataFrame(columns=["workspace_id", "campaign_id", "tag"])
    newest = warehouse.ask("select max(date) as newest from fct_campaign_engagement_daily")
    day = newest["newest"].iloc[0]
    return Choices(
        warehouse.ask("select workspace_id, workspace_name from dim_workspaces"),
        warehouse.ask(
            "select workspace_id, campaign_id, campaign_name, is_deleted from dim_campaigns"
        ),
        tags,
        None if pd.isna(day) else day.date(),
    )


def total(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """The one row of a mart that is exactly what is chosen; none where no mart has such a row.

    A tag may stand in several workspaces, and campaigns of a tag in one are a row of
    `tag_performance` only together; no page adds rates of several rows up.
    """
    if filters.campaign:
        chosen = where(filters, alias="c")
        return warehouse.ask(f"from campaign_performance as c where {chosen.sql}", chosen.values)
    if filters.tag:
        chosen = where(filters, alias="t", campaigns=False)
        sql = f"from tag_performance as t where {chosen.sql} and tag = ?"
        found = warehouse.ask(sql, [*chosen.values, filters.tag])
        return found if len(found) == 1 else found.head(0)
    if filters.workspace:
        chosen = where(filters, alias="w")
        return warehouse.ask(f"from workspace_performance as w where {chosen.sql}", chosen.values)
    return warehouse.ask("from agency_performance")


CAMPAIGNS = """
    with last_days as (
        select workspace_id, campaign_id, max(date) filter (where sent > 0) as last_sent_on
        from fct_campaign_engagement_daily
        group by all
    )
    select c.*, w.workspace_name, d.last_sent_on
    from campaign_performance as c
    left join dim_workspaces as w using (workspace_id)
    left join last_days as d using (workspace_id, campaign_id)
    where {where}
    order by c.is_deleted, c.sent desc nulls last, c.campaign_id
"""
VERDICTS = """
    select
        workspace_id, campaign_id,
        list({'step': step_number, 'status': status, 'winner': winner_label,
            'leader': leader_label, 'metric': metric, 'days': days_to_go,
            'auto': has_auto_selection} order by step) as found
    from variant_verdicts
    group by all
"""
DIFFERING = """
    select workspace_id, campaign_id, count(*) as found
    from reconciliation
    where status = 'differs'
    group by all
"""


def campaigns(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """campaign_performance with what a phrase is made of.

    `last_sent_on`; `verdicts`, a list of step, status, winner, leader, metric, days, auto;
    `differing`, how many numbers do not add up. The last two are empty in a warehouse without.
    """
    chosen = where(filters, alias="c")
    found = warehouse.ask(CAMPAIGNS.format(where=chosen.sql), chosen.values)
    verdicts, differing = _by_campaign(warehouse, VERDICTS), _by_campaign(warehouse, DIFFERING)
    keys = list(zip(found["workspace_id"], found["campaign_id"], strict=True))
    return found.assign(
        verdicts=pd.Series([verdicts.get(key, ()) for key in keys], dtype=object),
        differing=pd.Series([differing.get(key, 0) for key in keys], dtype="int64"),
    )


def _by_campaign(warehouse: Warehouse, sql: str) -> dict[tuple[str, str], Any]:
    """What was `found` for each campaign; nothing where the mart is missing."""
    try:
        rows = warehouse.ask(sql).to_dict("records")
    except MissingMart:
        return {}
    return {(row["workspace_id"], row["campaign_id"]): row["found"] for row in rows}


def workspaces(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """workspace_performance."""
    chosen = where(filters, alias="w", campaigns=False)
    return warehouse.ask(f"from workspace_performance as w where {chosen.sql}", chosen.values)


def days(
    warehouse: Warehouse, filters: Filters, period: tuple[dt.date, dt.date] | None
) -> pd.DataFrame:
    """date and what happened on it in the chosen campaigns; a count nobody has is null.

    Opens and clicks are those of campaigns that track them; positives are null where no campaign
    of that day has them.
    """
    chosen, cut = where(filters, alias="f"), within(period, "f.date")
    return warehouse.ask(
        f"""
        select
            f.date,
            sum(f.sent)::bigint as sent,
            (sum(f.opened) filter (where f.open_tracking is distinct from false))::bigint as opened,
            sum(f.replies)::bigint as replies,
            sum(f.unique_replies)::bigint as unique_replies,
            sum(f.unique_opportunities)::bigint as unique_opportunities
        from fct_campaign_engagement_daily as f
        where {chosen.sql} and {cut.sql}
        group by f.date
        order by f.date
        """,
        [*chosen.values, *cut.values],
    )


def funnels(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """campaign_lead_funnel, where leads are loaded."""
    chosen = where(filters, alias="f")
    return warehouse.ask(
        f"""
        from campaign_lead_funnel as f
        where {chosen.sql} and f.leads is not null
        order by f.is_deleted, f.leads desc nulls last, f.campaign_id
        """,
        chosen.values,
    )


def verdicts(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """variant_verdicts in the order of the campaigns' steps."""
    chosen = where(filters, alias="v")
    sql = f"from variant_verdicts as v where {chosen.sql} order by v.campaign_id, v.step"
    return warehouse.ask(sql, chosen.values)


def arms(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """variant_arms, each with its text."""
    chosen = where(filters, alias="a")
    return warehouse.ask(
        f"""
        select a.*, t.body
        from variant_arms as a
        left join dim_variants as t
            using (workspace_id, campaign_id, step, variant, copy_version)
        where {chosen.sql}
        order by a.campaign_id, a.step, a.variant, a.copy_version
        """,
        chosen.values,
    )


def positions(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """variant_performance: lifetime numbers of each position."""
    chosen = where(filters, alias="p")
    return warehouse.ask(
        f"""
        from variant_performance as p
        where {chosen.sql} and p.is_attributed
        order by p.is_deleted, p.campaign_name, p.campaign_id, p.step, p.variant
        """,
        chosen.values,
    )


def texts(
    warehouse: Warehouse, filters: Filters, period: tuple[dt.date, dt.date] | None
) -> pd.DataFrame:
    """One row per text, wherever it is used: mails and events, which add up over everything."""
    chosen, cut = where(filters, alias="v"), within(period, "f.date")
    return warehouse.ask(
        f"""
        with counted as (
            select
                f.workspace_id, f.campaign_id, f.step, f.variant, f.copy_version,
                sum(f.sent) as sent,
                sum(f.opened) filter (where f.open_tracking is distinct from false) as opened,
                sum(f.replies) as replies,
                sum(f.replies_automatic) as replies_automatic,
                sum(f.clicks) filter (where f.link_tracking is distinct from false) as clicks
            from fct_variant_engagement_daily as f
            where {cut.sql}
            group by all
        )
        select
            v.copy_hash,
            any_value(v.subject) as subject,
            any_value(v.body) as body,
            count(distinct v.campaign_id) as campaigns,
            count(*) as positions,
            bool_or(v.is_current and not coalesce(v.is_disabled, false)) as is_sending,
            min(v.valid_from_at) as first_seen_at,
            sum(c.sent)::bigint as sent,
            sum(c.opened)::bigint as opened,
            sum(c.replies)::bigint as replies,
            sum(c.replies_automatic)::bigint as replies_automatic,
            sum(c.clicks)::bigint as clicks
        from dim_variants as v
        left join counted as c using (workspace_id, campaign_id, step, variant, copy_version)
        where {chosen.sql}
        group by v.copy_hash
        order by sent desc nulls last, subject, v.copy_hash
        """,
        [*cut.values, *chosen.values],
    )


def places(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """Every version of every text where it stood, with the lifetime numbers of its position.

    Those speak of one text only while the position had no other (`copy_versions` is 1).
    """
    chosen = where(filters, alias="v")
    return warehouse.ask(
        f"""
        select
            v.*, p.campaign_name, p.is_deleted, p.copy_versions, p.sent, p.unique_replies,
            p.reply_rate, p.reply_rate_low, p.reply_rate_high, p.open_rate, p.positive_rate
        from dim_variants as v
        left join variant_performance as p using (workspace_id, campaign_id, step, variant)
        where {chosen.sql}
        order by p.is_deleted, p.campaign_name, v.campaign_id, v.step, v.variant, v.copy_version
        """,
        chosen.values,
    )


def accounts(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """account_performance with what a mailbox says of itself."""
    chosen, tagged = where(filters, alias="a", campaigns=False), carrying(filters)
    return warehouse.ask(
        f"""
        select
            a.*, d.error_message, d.warmup_score, d.daily_limit, d.tags, d.campaigns,
            w.workspace_name
        from account_performance as a
        left join dim_accounts as d using (workspace_id, account_email)
        left join dim_workspaces as w using (workspace_id)
        where {chosen.sql} and {tagged.sql}
        order by a.is_deleted, a.sent desc nulls last, a.account_email
        """,
        [*chosen.values, *tagged.values],
    )


def account_days(
    warehouse: Warehouse, filters: Filters, period: tuple[dt.date, dt.date] | None
) -> pd.DataFrame:
    """date, sent and bounced of the chosen mailboxes."""
    chosen, tagged = where(filters, alias="a", campaigns=False), carrying(filters)
    cut = within(period, "a.date")
    return warehouse.ask(
        f"""
        select a.date, sum(a.sent)::bigint as sent, sum(a.bounced)::bigint as bounced
        from fct_account_engagement_daily as a
        where {chosen.sql} and {tagged.sql} and {cut.sql}
        group by a.date
        order by a.date
        """,
        [*chosen.values, *tagged.values, *cut.values],
    )


def people(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """member_performance with the rest of what a member owns; departed owners too."""
    chosen = where(filters, alias="p", campaigns=False)
    return warehouse.ask(
        f"""
        select
            p.*, m.first_name, m.last_name, m.lead_lists_owned, m.leads_assigned,
            m.accounts_added, w.workspace_name
        from member_performance as p
        left join dim_members as m using (workspace_id, member_id)
        left join dim_workspaces as w using (workspace_id)
        where {chosen.sql}
        order by p.is_deleted, p.sent desc nulls last, p.email
        """,
        chosen.values,
    )


def runs(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """sync_status of the newest run of each table, what failed first."""
    chosen = where(filters, alias="s", campaigns=False)
    return warehouse.ask(
        f"""
        from sync_status as s
        where {chosen.sql}
        qualify row_number() over (
            partition by s.workspace_id, s.table_name order by s.finished_at desc, s.run_id desc
        ) = 1
        order by s.status = 'ok', s.workspace_name, s.workspace_id, s.table_name
        """,
        chosen.values,
    )


def checks(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """How often each check of the reconciliation came out how, the worst first."""
    chosen = where(filters, alias="r")
    return warehouse.ask(
        f"""
        select r.check_name, r.status, r.reason, count(*) as compared,
            sum(abs(r.residual))::bigint as residual
        from reconciliation as r
        where {chosen.sql}
        group by r.check_name, r.status, r.reason
        order by list_position(['differs', 'explained', 'equal'], r.status), r.check_name, r.reason
        """,
        chosen.values,
    )


def differences(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """What does not add up, the greatest first."""
    chosen = where(filters, alias="r")
    return warehouse.ask(
        f"""
        select r.*, c.campaign_name
        from reconciliation as r
        left join dim_campaigns as c using (workspace_id, campaign_id)
        where {chosen.sql} and r.status = 'differs'
        order by abs(r.residual) desc, r.check_name
        """,
        chosen.values,
    )


def restatements(
    warehouse: Warehouse, filters: Filters, period: tuple[dt.date, dt.date] | None
) -> pd.DataFrame:
    """Past days that the API has rewritten, the newest first."""
    chosen, cut = where(filters, alias="r"), within(period, "r.date")
    return warehouse.ask(
        f"""
        select r.*, c.campaign_name
        from restatements as r
        left join dim_campaigns as c using (workspace_id, campaign_id)
        where {chosen.sql} and {cut.sql}
        order by r.seen_at desc, r.date desc, c.campaign_name, r.step, r.variant, r.metric
        """,
        [*chosen.values, *cut.values],
    )


def comparisons(warehouse: Warehouse, filters: Filters) -> pd.DataFrame:
    """metric_comparison: this reply rate beside those of other pages."""
    chosen = where(filters, alias="m")
    return warehouse.ask(
        f"""
        from metric_comparison as m where {chosen.sql}
        order by m.is_deleted, m.sent desc nulls last, m.campaign_id
        """,
        chosen.values,
    )
