"""What a mart may say otherwise than a fresh one, and what it may not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from chaos.marts import MARTS, NOT_COMPARED, Pasts, compare
from chaos.warehouse import Warehouse

ROOT = Path(__file__).parents[2]

TABLES = """
    create schema instantly_raw; create schema instantly;
    create table instantly_raw.sync_runs as
        select 'r1' as run_id, timestamptz '2026-11-17 12:00:00Z' as observed_at;
    create table instantly.warehouse_info as
        select 'r1' as run_id, timestamp '2026-11-17 12:00' as as_of;
    create table instantly.sync_status as select 'r1' as run_id;
    create table instantly.restatements (old_value bigint, new_value bigint);
    create table instantly.workspace_performance as
        select 'w' as workspace_id, 5 as sent, 5 as replies;
    create table instantly.campaign_performance as
        select 'w' as workspace_id, 'c' as campaign_id, 5 as sent, 1 as replies;
    create table instantly.dim_campaigns as
        select 'w' as workspace_id, 'c' as campaign_id, 'Spring' as campaign_name,
            timestamp '2026-11-01' as first_seen_at;
    create table instantly.reconciliation as
        select 'w' as workspace_id, null::varchar as campaign_id, metric, 3 as finer_value,
            'account days against campaign days' as check_name, 'explained' as status
        from unnest(['sent', 'replies']) as metrics (metric);
    create table instantly.fct_campaign_engagement_daily as
        select 'w' as workspace_id, 'c' as campaign_id, date '2026-11-16' as date, 5 as sent,
            1 as opened, 0 as replies, 0 as clicks, true as open_tracking,
            timestamp '2026-11-17' as observed_at
        union all
        select 'w', 'c', date '2026-10-20', 3, 0, 0, 0, true, timestamp '2026-11-17';
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.duckdb"
    duckdb.connect(str(path)).execute(TABLES).close()
    return path


def said(ours: Path, change: str = "", pasts: Pasts | None = None) -> list[tuple[str, str]]:
    """Kinds and marts of what differs when `change` was made to our file alone."""
    fresh = ours.with_name("fresh.duckdb")
    fresh.unlink(missing_ok=True)
    duckdb.connect(str(fresh)).execute(TABLES).close()
    if change:
        duckdb.connect(str(ours)).execute(change).close()
    with Warehouse.of_file(ours) as one, Warehouse.of_file(fresh) as other:
        findings = list(compare(one, other, pasts or {}))
    names = [*(mart.name for mart in MARTS), *NOT_COMPARED, "workspace w"]
    return [(f.kind, next(n for n in names if n in f.text)) for f in findings]


def test_equal_marts_are_equal(file: Path) -> None:
    assert said(file) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("update instantly.dim_campaigns set campaign_name = 'Autumn'", ("stale", "dim_campaigns")),
        ("delete from instantly.dim_campaigns", ("lost", "dim_campaigns")),
        ("update instantly.restatements set new_value = 1", None),
        (
            "update instantly.reconciliation set status = 'differs' where metric = 'sent'",
            ("stale", "reconciliation"),
        ),
        ("update instantly.reconciliation set status = 'differs' where metric = 'replies'", None),
        (
            "update instantly.reconciliation set finer_value = 4 where metric = 'replies'",
            ("stale", "reconciliation"),
        ),
        ("insert into instantly.restatements values (1, 1)", ("stale", "restatements")),
        ("update instantly.warehouse_info set run_id = 'r0'", ("stale", "warehouse_info")),
        ("update instantly.dim_campaigns set first_seen_at = timestamp '2026-01-01'", None),
        (
            "update instantly.fct_campaign_engagement_daily set opened = 2 where sent = 5",
            ("stale", "fct_campaign_engagement_daily"),
        ),
    ],
)
def test_what_differs_is_found_and_what_a_fresh_one_cannot_know_is_not(
    file: Path, change: str, found: tuple[str, str] | None
) -> None:
    assert said(file, change) == ([found] if found else [])


def test_rows_that_stand_twice_are_found(file: Path) -> None:
    again = "insert into instantly.dim_campaigns from instantly.dim_campaigns"

    assert ("doubled", "dim_campaigns") in said(file, again)


SWEPT = {"c": {"days"}}


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ("set sent = 4, opened = 2 where date = '2026-10-20'", True),
        ("set sent = 2 where date = '2026-10-20'", False),
        ("set opened = 1 where date = '2026-10-20'", False),
        ("set sent = 6 where date = '2026-11-16'", False),
    ],
)
def test_swept_days_have_a_rule_of_their_own(file: Path, change: str, is_right: bool) -> None:
    """A settled day may say more mails than the source, not fewer; a young one says the same."""
    found = said(file, f"update instantly.fct_campaign_engagement_daily {change}", SWEPT)

    assert found == ([] if is_right else [("stale", "fct_campaign_engagement_daily")])


def test_switched_tracking_excuses_tracking_alone(file: Path) -> None:
    switched = {"c": {"tracking"}}
    off = "update instantly.fct_campaign_engagement_daily set open_tracking = false"

    assert said(file, off, switched) == []
    assert said(file, off.replace("open_tracking = false", "sent = sent + 1"), switched) != []


def test_deleted_campaigns_must_still_add_up(file: Path) -> None:
    gone = {"c": {"gone"}}
    more = "update instantly.campaign_performance set sent = 7"

    assert said(file, more, gone) == [("stale", "workspace w")]


def test_every_mart_is_compared_or_named_as_history() -> None:
    built = {path.stem for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")}
    core = {mart.name for mart in MARTS} | NOT_COMPARED.keys()

    assert core <= built
