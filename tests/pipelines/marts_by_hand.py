"""Marts written by hand: two workspaces, odd names, unknown rates, in the shape of the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
RAGE = "=cmd|' /C calc'!A0"
ODD = 'Q4 | "quoted" \U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u0631\u062d\u0628\u0627\n<b>'

CAMPAIGNS = """
    create table instantly.campaign_performance as
    select * replace (reply_rate::double as reply_rate, open_rate::double as open_rate),
        null::bigint as contacted, 0.03::double as lead_reply_rate, 0.01::double as bounce_rate,
        reply_rate::double - 0.01 as reply_rate_low, reply_rate::double + 0.01 as reply_rate_high,
        null::double as click_rate, 0.004::double as positive_rate
    from (values
        ('w1', 'c1', 'Autumn [bold]', 'Active', false, 2000, 60, 0.03, 0.5),
        ('w1', 'c2', $odd, 'Paused', false, 5000, 50, 0.01, null),
        ('w1', 'c3', 'Gone', 'Active', true, 9000, 90, 0.01, 0.4),
        ('w2', 'c4', 'Draft', 'Draft', false, 0, 0, null, null)
    ) as t (workspace_id, campaign_id, campaign_name, status_name, is_deleted, sent,
        unique_replies, reply_rate, open_rate)
"""
STEPS = """
    create table instantly.step_performance as
    select * replace (reply_rate::double as reply_rate),
        step + 1 as step_number, step >= 0 as is_attributed,
        reply_rate::double - 0.01 as reply_rate_low, reply_rate::double + 0.01 as reply_rate_high
    from (values ('w1', 'c1', 0, 2000, 60, 0.03), ('w1', 'c1', -1, 0, 3, null),
        ('w1', 'c2', 0, 5000, 50, 0.01), ('w1', 'c3', 0, 9000, 90, 0.01),
        ('w1', 'c3', 1, 70, 0, 0)
    ) as t (workspace_id, campaign_id, step, sent, unique_replies, reply_rate)
"""
VARIANTS = """
    create table instantly.variant_performance as
    select * replace (reply_rate::double as reply_rate, open_rate::double as open_rate),
        step + 1 as step_number, step >= 0 as is_attributed, true as is_current,
        variant = 1 as is_disabled, 1 + variant as copy_versions, 'text' as body,
        reply_rate::double - 0.01 as reply_rate_low, reply_rate::double + 0.01 as reply_rate_high,
        null::double as click_rate, 0.004::double as positive_rate
    from (values
        ('w1', 'c1', 0, 0, 'A', 1000, 20, 0.02, 0.5, 'Quick question, {{firstName}}'),
        ('w1', 'c1', 0, 1, 'B', 1000, 40, 0.04, 0.6, $rage),
        ('w1', 'c1', -1, -1, 'unattributed', 0, 3, null, null, null),
        ('w1', 'c2', 0, 0, 'A', 5000, 50, 0.01, null, $odd),
        ('w1', 'c3', 0, 0, 'A', 9000, 90, 0.01, 0.4, ''),
        ('w1', 'c3', 1, 0, 'A', 70, 0, 0, 0.4, '')
    ) as t (workspace_id, campaign_id, step, variant, variant_label, sent, unique_replies,
        reply_rate, open_rate, subject)
"""
VERDICTS = """
    create table instantly.variant_verdicts as
    select *, step + 1 as step_number, 'reply' as metric, 2 as winner_copy_version,
        1.0::double as lift, 0.2::double as lift_low, 2.4::double as lift_high,
        0.001::double as p_value, null::bigint as sends_needed, null::bigint as days_to_go,
        case when step = 3 then 'cohorts' else 'windows' end as basis,
        status = 'split is off' as has_auto_selection, false as has_paused_arm,
        false as has_vanished_arm, step = 0 as has_edited_copy, false as has_switched_tracking,
        false as has_changed_accounts
    from (values
        ('w1', 'c2', 0, 'leading', 'below the floor', null, 0.94::double, 'A leads B.'),
        ('w1', 'c2', 1, 'split is off', 'uneven split', null, null, 'The split is off.'),
        ('w1', 'c2', 2, 'not comparable', 'one arm', null, null, 'Only one arm.'),
        ('w1', 'c3', 0, 'leading', 'below the floor', null, 0.99, 'B leads A.'),
        ('w1', 'c2', 3, 'leading', 'below the floor', null, 0.97, 'C leads B.'),
        ('w1', 'c1', 0, 'winner', 'bound crossed', 'B', 0.99, 'B beats A: 4.0 % vs 2.0 %.'),
        ('w2', 'c4', 0, 'no data', 'nothing sent', null, null, 'Nothing sent yet.')
    ) as t (workspace_id, campaign_id, step, status, reason, winner_label, probability, sentence)
"""
TAGS = """
    create table instantly.campaign_tags as
    from (values ('w1', 'c1', 't1', 'Europe'), ('w1', 'c3', 't1', 'Europe'),
        ('w2', 'c4', 't2', 'Étage')
    ) as t (workspace_id, campaign_id, tag_id, tag)
"""
RUNS = """
    create table instantly_raw.sync_runs as
    select run_id, workspace_id, 'Workspace ' || workspace_id as workspace_name, table_name, status,
        held as "rows", changed, requests, 1.5::double as seconds, message,
        ended as started_at, ended as finished_at, ended as observed_at, '0.1.0' as version
    from (values
        ('r0', 'w1', 'campaigns', 'ok', 4, 4, 700, '', $now - interval 40 day),
        ('r1', 'w1', 'campaigns', 'ok', 4, 4, 20, '', $now - interval 5 day),
        ('r1', 'w1', 'leads', 'ok', 1000, 1000, 30, '', $now - interval 5 day),
        ('r2', 'w1', 'campaigns', 'ok', 5, 1, 2, '', $now - interval 3 hour),
        ('r2', 'w1', 'leads', 'failed', 0, 0, 1, 'key lacks leads:read', $now - interval 3 hour)
    ) as t (run_id, workspace_id, table_name, status, held, changed, requests, message, ended)
"""
RESTATEMENTS = """
    create table instantly.restatements as
    from (values ('w1', $now - interval 2 day), ('w1', $now - interval 9 day),
        ('w1', $now - interval 50 day)) as t (workspace_id, seen_at)
"""


INFO = "create table instantly.warehouse_info as select 'r2' as run_id, $now as as_of"


def build(path: Path, *, marts: bool = True, verdicts: bool = False, runs: bool = True) -> Path:
    """Writes a warehouse file with what was asked for and returns its path."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'; create schema instantly_raw")
        catalog = path.stem
        if runs:
            connection.execute(RUNS, {"now": NOW})
        if marts:
            connection.execute(
                f'create schema "{catalog}".instantly; use "{catalog}".instantly_raw'
            )
            _marts(connection, catalog, verdicts=verdicts)
    return path


def _marts(connection: duckdb.DuckDBPyConnection, catalog: str, *, verdicts: bool) -> None:
    names = {"rage": RAGE, "odd": ODD, "now": NOW}
    workspaces = """
        create table instantly.dim_workspaces as
        from (values ('w1', 'Acme'), ('w2', null)) as t (workspace_id, workspace_name)
    """
    built = [
        workspaces,
        CAMPAIGNS,
        STEPS,
        VARIANTS,
        RESTATEMENTS,
        TAGS,
        INFO,
        *([VERDICTS] if verdicts else []),
    ]
    for sql in built:
        values = {name: value for name, value in names.items() if f"${name}" in sql}
        full = sql.replace("create table instantly.", f'create table "{catalog}".instantly.')
        connection.execute(full, values)
