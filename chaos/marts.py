"""Marts against a fresh warehouse: what one clean run over the same source would say.

Most columns must be equal. Some remember what a fresh warehouse cannot know: when a thing was first
seen, an earlier text, a settled day that the source has taken back, a campaign that is gone. MARTS
says which; what is excused is held to rules of its own (`_settled`, `_own_rules`).

    told    columns that say when we looked, or may be late by the docs: never compared
    only    rows that a fresh warehouse can know of
    past    per kind of past, the columns that a campaign with such a past may have otherwise;
            ALL: its rows are only held to the rules of their own

A campaign has a past when the schedule gave it one: `copy` (text edited, variant taken away),
`tracking` (switched), `days` (a sweep took mails back, or an answer lied), `gone` (deleted).
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chaos.source import NOT_IN_TOTALS, Row
from chaos.tables import SHOWN, Finding
from chaos.warehouse import Warehouse

ALL = ("*",)
Pasts = Mapping[str, set[str]]
"""Campaign id → kinds of past. A workspace has the pasts of its campaigns."""

SETTLED_DAYS = 14
DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Mart:
    """How one mart is compared.

    `slow` columns hang on what is read again only now and then: compared after a full refresh.
    """

    name: str
    key: tuple[str, ...]
    told: tuple[str, ...] = ()
    only: str = ""
    past: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    slow: tuple[str, ...] = ()
    is_daily: bool = False


_CAMPAIGN = ("workspace_id", "campaign_id")
_POSITION = (*_CAMPAIGN, "step", "variant")
_GONE = {"gone": ALL}
_TRACKED = (
    "open_tracking",
    "link_tracking",
    "sent_open_tracked",
    "unique_opened_tracked",
    "sent_click_tracked",
    "unique_clicks_tracked",
    *(f"{rate}{end}" for rate in ("open_rate", "click_rate") for end in ("", "_low", "_high")),
    "has_rate_above_one",
)
_ACCOUNT = ("workspace_id", "account_email")
_LATE_IN_SUBSEQUENCES = (
    *NOT_IN_TOTALS,
    "sent_click_tracked",
    "unique_opened_tracked",
    "unique_clicks_tracked",
    "has_rate_above_one",
    *(
        f"{rate}{end}"
        for rate in ("open_rate", "click_rate", "reply_rate", "auto_reply_rate")
        for end in ("", "_low", "_high")
    ),
)
_EXPLAINED_LATE = ("account days against campaign days", ("reason", "status"))
"""A check whose differences are explained by steps of subsequences, which may be late."""

_JUDGED = {"copy": ALL, "tracking": ALL, "days": ALL, "gone": ALL}

MARTS = (
    Mart("dim_workspaces", ("workspace_id",), past={"gone": ("campaigns",)}),
    Mart(
        "dim_members",
        ("workspace_id", "member_id"),
        only="not is_deleted",
        past={"gone": ("campaigns_owned",)},
    ),
    Mart("dim_campaigns", _CAMPAIGN, told=("first_seen_at",), past=_GONE),
    Mart("dim_steps", (*_CAMPAIGN, "step"), only="is_current", past=_GONE),
    Mart(
        "dim_variants",
        _POSITION,
        told=("valid_from_at",),
        only="is_current",
        past=_GONE | {"copy": ("copy_version",)},
    ),
    Mart(
        "variant_performance",
        _POSITION,
        only="is_current",
        past=_GONE | {"copy": ("copy_version", "copy_versions")},
    ),
    Mart("step_performance", (*_CAMPAIGN, "step"), past=_GONE),
    Mart("campaign_performance", _CAMPAIGN, past=_GONE),
    Mart("metric_comparison", _CAMPAIGN, past=_GONE),
    Mart("member_performance", ("workspace_id", "user_id"), only="not is_deleted", past=_GONE),
    Mart("workspace_performance", ("workspace_id",), past=_GONE),
    Mart(
        "fct_campaign_engagement_daily",
        (*_CAMPAIGN, "date"),
        told=("observed_at",),
        past=_GONE | {"days": ALL, "tracking": _TRACKED},
        is_daily=True,
    ),
    Mart(
        "fct_variant_engagement_daily",
        (*_POSITION, "date"),
        told=("observed_at",),
        past=_GONE | {"days": ALL, "copy": ("copy_version",), "tracking": _TRACKED},
        is_daily=True,
    ),
    Mart("reconciliation", (*_CAMPAIGN, "check_name", "metric"), past=_GONE | {"days": ALL}),
    Mart("agency_performance", ("workspaces",), past=_GONE),
    Mart("tag_performance", ("workspace_id", "tag_id"), past=_GONE),
    Mart("campaign_tags", (*_CAMPAIGN, "tag_id"), past=_GONE),
    Mart("campaign_lead_funnel", _CAMPAIGN, past=_GONE),
    Mart("dim_leads", ("workspace_id", "lead_id"), only="not is_deleted"),
    Mart(
        "dim_accounts",
        _ACCOUNT,
        told=("first_seen_at",),
        only="not is_deleted",
        slow=("campaigns",),
    ),
    Mart("account_tags", (*_ACCOUNT, "tag_id")),
    Mart("account_performance", _ACCOUNT, past={"days": ALL}),
    Mart(
        "fct_account_engagement_daily",
        (*_ACCOUNT, "date"),
        told=("observed_at",),
        past={"days": ALL},
        is_daily=True,
    ),
    Mart(
        "subsequence_variant_performance",
        ("workspace_id", "subsequence_id", "step", "variant"),
        told=_LATE_IN_SUBSEQUENCES,
        past=_GONE,
    ),
    Mart("variant_verdicts", (*_CAMPAIGN, "step"), told=("judged_at",), past=_JUDGED),
    Mart("variant_arms", (*_POSITION, "copy_version"), told=("judged_at",), past=_JUDGED),
)
"""Every mart that a fresh warehouse can say too."""

NOT_COMPARED = {
    "quarantined_rows": "what did not fit when it came: a fresh warehouse met it well",
    "restatements": "what was seen to change: a fresh warehouse saw nothing",
    "sync_status": "the runs themselves",
    "warehouse_info": "the last run",
}
"""Marts that are history and nothing else, with what they are."""


def compare(
    ours: Warehouse, fresh: Warehouse, pasts: Pasts, *, is_full: bool = False
) -> Iterator[Finding]:
    """What our marts say otherwise than those of a fresh warehouse.

    `is_full`: the last run read everything, moved or not.
    """
    for mart in MARTS:
        if not is_full:
            mart = replace(mart, told=(*mart.told, *mart.slow))
        mine, theirs = (_rows(mart, warehouse) for warehouse in (ours, fresh))
        yield from _grain(mart, mine)
        yield from _differences(mart, mine, theirs, pasts)
        if mart.is_daily:
            yield from _settled(mart, mine, theirs, pasts, _today(ours))
    yield from _own_rules(ours)


def unknown(warehouse: Warehouse) -> list[str]:
    """Marts that nobody has said how to compare."""
    known = {mart.name for mart in MARTS} | NOT_COMPARED.keys()
    return [name for name in warehouse.tables("instantly") if name not in known]


def _rows(mart: Mart, warehouse: Warehouse) -> list[Row]:
    rows = warehouse.rows("instantly", mart.name)
    if mart.only:
        flag = mart.only.removeprefix("not ")
        rows = [row for row in rows if row[flag] is not mart.only.startswith("not ")]
    return rows


def _key(mart: Mart, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in mart.key)


def _grain(mart: Mart, rows: Sequence[Row]) -> Iterator[Finding]:
    times = Counter(_key(mart, row) for row in rows)
    if twice := [key for key, n in times.items() if n > 1]:
        yield Finding("doubled", f"{len(twice)} rows of the mart {mart.name}: {twice[:SHOWN]}")


def _past_of(row: Row, pasts: Pasts) -> set[str]:
    """The past of a row's campaign, of any campaign where the row is about more than one."""
    if row.get("campaign_id"):
        return pasts.get(row["campaign_id"], set())
    return set().union(*pasts.values())


def _excused(mart: Mart, row: Row, pasts: Pasts) -> set[str]:
    """Columns of this row that may differ."""
    names = set(mart.told)
    check, late = _EXPLAINED_LATE
    if row.get("check_name") == check and row["metric"] in NOT_IN_TOTALS:
        names |= set(late)
    for kind in _past_of(row, pasts) & mart.past.keys():
        names |= set(mart.past[kind])
    return names


def _differences(
    mart: Mart, mine: Sequence[Row], theirs: Sequence[Row], pasts: Pasts
) -> Iterator[Finding]:
    held, wanted = ({_key(mart, row): row for row in rows} for rows in (mine, theirs))
    wrong: dict[str, list[str]] = {"lost": [], "stale": []}
    for key in sorted(held.keys() | wanted.keys(), key=repr):
        row = held.get(key) or wanted[key]
        excused = _excused(mart, row, pasts)
        if "*" in excused or (mart.is_daily and _is_quiet(row) and key not in wanted):
            continue
        if key not in held:
            wrong["lost"].append(str(key))
        elif key not in wanted:
            wrong["stale"].append(f"{key}: a fresh warehouse has no such row")
        elif said := _said_otherwise(held[key], wanted[key], excused):
            wrong["stale"].append(f"{key}: {said}")
    for kind, rows in wrong.items():
        if rows:
            yield Finding(kind, f"{len(rows)} rows of the mart {mart.name}: {rows[:SHOWN]}")


def _said_otherwise(mine: Row, theirs: Row, excused: set[str]) -> str:
    return "; ".join(
        f"{name} is {str(mine.get(name))[:60]}, not {str(theirs.get(name))[:60]}"
        for name in sorted(mine.keys() | theirs.keys())
        if name not in excused and not _is_same(mine.get(name), theirs.get(name))
    )


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def _is_quiet(row: Row) -> bool:
    return not any(row[name] for name in ("sent", "opened", "replies", "clicks"))


def _settled(
    mart: Mart, mine: Sequence[Row], theirs: Sequence[Row], pasts: Pasts, today: int
) -> Iterator[Finding]:
    """Days of campaigns that were swept: young ones as the source says, settled ones not less.

    The standing observation of a settled day is the newest of those with the most mails. So where
    our `sent` is the source's, every other count is the source's too.
    """
    wanted = {_key(mart, row): row for row in theirs}
    wrong = []
    for row in mine:
        past = _past_of(row, pasts)
        if "days" not in past or "gone" in past:
            continue
        fresh = wanted.get(_key(mart, row))
        excused = set(mart.told) | {n for kind in past for n in mart.past.get(kind, ())}
        is_settled = today - _day(row["date"]) > SETTLED_DAYS
        sent = fresh["sent"] if fresh else 0
        if row["sent"] < sent or (row["sent"] > sent and not is_settled):
            wrong.append(f"{_key(mart, row)}: {row['sent']} sent, the source says {sent}")
        elif fresh and row["sent"] == sent and (said := _said_otherwise(row, fresh, excused)):
            wrong.append(f"{_key(mart, row)}: {said}")
    if wrong:
        yield Finding("stale", f"{len(wrong)} swept rows of {mart.name}: {wrong[:SHOWN]}")


def _today(warehouse: Warehouse) -> int:
    (info,) = warehouse.rows("instantly", "warehouse_info")
    return info["as_of"] // DAY_MICROSECONDS


def _day(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def _own_rules(ours: Warehouse) -> Iterator[Finding]:
    """What marts that nobody else can say must be in themselves, deleted campaigns included."""
    runs = ours.rows("instantly_raw", "sync_runs")
    last = max(runs, key=lambda row: row["observed_at"])
    infos = ours.rows("instantly", "warehouse_info")
    if [info["run_id"] for info in infos] != [last["run_id"]]:
        yield Finding("stale", f"warehouse_info names {infos}, the last run was {last['run_id']}")
    if len(ours.rows("instantly", "sync_status")) != len(runs):
        yield Finding("lost", "sync_status does not list every table of every run")
    restated = ours.rows("instantly", "restatements")
    if same := [row for row in restated if row["old_value"] == row["new_value"]]:
        yield Finding("stale", f"{len(same)} restatements that changed nothing")
    yield from _sums(ours)


def _sums(ours: Warehouse) -> Iterator[Finding]:
    campaigns = ours.rows("instantly", "campaign_performance")
    coarse = {r["workspace_id"]: r["sent"] for r in ours.rows("instantly", "workspace_performance")}
    fine: Counter[str] = Counter()
    for row in campaigns:
        fine[row["workspace_id"]] += row["sent"] or 0
    for workspace, sent in coarse.items():
        if sent != fine[workspace]:
            text = f"{sent} mails of workspace {workspace}, {fine[workspace]} of its campaigns"
            yield Finding("stale", text)
