"""Lifetime marts against the oracle: counts, rates as fractions, intervals by statsmodels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.dbt_project.oracle import Counts, assert_rate, campaign_counts, newest, total
from tests.dbt_project.raw_rows import STEP_COUNTS, SUBSEQUENCE_COUNTS
from tests.dbt_project.world import rows

Query = Callable[[str], list[dict[str, Any]]]

CAMPAIGN = ("workspace_id", "campaign_id")
POSITION = (*CAMPAIGN, "step", "variant")
SUBSEQUENCE_POSITION = ("workspace_id", "subsequence_id", "step", "variant")
COARSE_COUNTS = (*STEP_COUNTS, "contacted", "new_leads_contacted", "bounced")
RATES = {
    "reply_rate": ("unique_replies", "sent"),
    "auto_reply_rate": ("unique_replies_automatic", "sent"),
    "positive_rate": ("unique_opportunities", "sent"),
    "bounce_rate": ("bounced", "sent"),
    "lead_reply_rate": ("unique_replies", "contacted"),
}
TRACKED = {
    "open_rate": ("open_tracking", "unique_opened", "unique_opened_tracked", "sent_open_tracked"),
    "click_rate": ("link_tracking", "unique_clicks", "unique_clicks_tracked", "sent_click_tracked"),
}
PERFORMANCE_MARTS = (
    "variant_performance",
    "step_performance",
    "campaign_performance",
    "subsequence_variant_performance",
    "member_performance",
    "tag_performance",
    "workspace_performance",
    "agency_performance",
)


@pytest.fixture(scope="module")
def variants() -> dict[tuple[Any, ...], Counts]:
    """Expected counts per position: the newest report row, zeros for what is listed only."""
    world = rows()
    expected: dict[tuple[Any, ...], Counts] = {
        tuple(row[c] for c in POSITION): dict.fromkeys(STEP_COUNTS, 0)
        for row in world["campaign_variants"]
    }
    for key, row in newest(world["step_analytics"], POSITION).items():
        expected[key] = {name: row[name] for name in STEP_COUNTS}
    return expected


@pytest.fixture(scope="module")
def campaigns() -> dict[tuple[Any, ...], Counts]:
    """Expected counts per campaign, listed or only reported."""
    world = rows()
    totals = newest(world["campaign_analytics"], CAMPAIGN)
    steps = defaultdict(list)
    for key, row in newest(world["step_analytics"], POSITION).items():
        steps[key[:2]].append(row)
    known = {(row["workspace_id"], row["id"]) for row in world["campaigns"]} | set(totals)
    return {key: campaign_counts(totals.get(key), steps[key]) for key in known | set(steps)}


def shown(query: Query, mart: str, key: Iterable[str], counts: Iterable[str]) -> dict[Any, Counts]:
    found = query(f"from {mart}")
    return {tuple(row[k] for k in key): {c: row[c] for c in counts} for row in found}


def test_variants_show_the_newest_lifetime_report(
    query: Query, variants: dict[Any, Counts]
) -> None:
    assert shown(query, "variant_performance", POSITION, STEP_COUNTS) == variants


def test_a_step_is_the_sum_of_its_variants(query: Query, variants: dict[Any, Counts]) -> None:
    steps = defaultdict(list)
    for key, counts in variants.items():
        steps[key[:3]].append(counts)
    expected = {
        key: {name: total(part[name] for part in parts) for name in STEP_COUNTS}
        for key, parts in steps.items()
    }
    assert shown(query, "step_performance", POSITION[:3], STEP_COUNTS) == expected


def test_campaigns_take_leads_from_totals_and_events_from_steps(
    query: Query, campaigns: dict[Any, Counts]
) -> None:
    assert shown(query, "campaign_performance", CAMPAIGN, COARSE_COUNTS) == campaigns


def test_distinct_leads_are_not_summed_over_steps(query: Query) -> None:
    of_spring = "where campaign_id = 'spring'"
    steps = query(f"select sum(unique_replies) n from step_performance {of_spring}")
    campaign = query(f"select unique_replies n from campaign_performance {of_spring}")
    assert (steps[0]["n"], campaign[0]["n"]) == (23, 19)


def test_members_and_workspaces_sum_their_campaigns(
    query: Query, campaigns: dict[Any, Counts]
) -> None:
    owners = {(r["workspace_id"], r["id"]): r["owned_by"] for r in rows()["campaigns"]}
    groups: dict[Any, list[Counts]] = defaultdict(list)
    for key, counts in campaigns.items():
        groups[(key[0],)].append(counts)
        groups[key[0], owners.get(key) or "unowned"].append(counts)
    expected = {
        group: {name: total(part[name] for part in parts) for name in COARSE_COUNTS}
        for group, parts in groups.items()
    }
    found = shown(query, "workspace_performance", CAMPAIGN[:1], COARSE_COUNTS)
    found |= shown(query, "member_performance", ("workspace_id", "user_id"), COARSE_COUNTS)
    assert found == expected


def test_subsequences_show_their_own_newest_report(query: Query) -> None:
    world = rows()
    expected: dict[Any, Counts] = {
        tuple(row[c] for c in SUBSEQUENCE_POSITION): dict.fromkeys(SUBSEQUENCE_COUNTS, 0)
        for row in world["subsequence_variants"]
    }
    for key, row in newest(world["subsequence_step_analytics"], SUBSEQUENCE_POSITION).items():
        expected[key] = {name: row[name] for name in SUBSEQUENCE_COUNTS}
    mart = "subsequence_variant_performance"
    assert shown(query, mart, SUBSEQUENCE_POSITION, SUBSEQUENCE_COUNTS) == expected
    unknown = ("contacted", "new_leads_contacted", "bounced", "unique_opportunities")
    assert {row[name] for row in query(f"from {mart}") for name in unknown} == {None}


def test_subsequences_carry_their_campaign_and_their_copy(query: Query) -> None:
    found = query(
        "select subsequence_id, campaign_id, subsequence_name, variant_label, subject,"
        " copy_version, is_current, is_deleted, open_tracking, open_rate is null as is_blind"
        " from subsequence_variant_performance where workspace_id = 'w-1' and step = 0 order by all"
    )
    assert [tuple(row.values()) for row in found] == [
        ("gone-sub", "spring", "Gone", "A", "Bye", 1, False, True, True, False),
        ("late-sub", None, None, "A", None, None, False, True, None, False),
        ("nudge", "spring", "Nudge again", "A", "Hello again", 2, True, False, True, False),
        ("nudge", "spring", "Nudge again", "B", None, None, False, False, True, False),
        ("quiet", "untracked", "Quiet", "A", None, None, False, False, False, True),
    ]


def test_tags_sum_their_campaigns_and_the_agency_everything(
    query: Query, campaigns: dict[Any, Counts]
) -> None:
    groups: dict[Any, list[Counts]] = defaultdict(list)
    for row in query("from campaign_tags"):
        key = (row["workspace_id"], row["campaign_id"])
        groups[row["workspace_id"], row["tag_id"]].append(campaigns[key])
    found = shown(query, "tag_performance", ("workspace_id", "tag_id"), COARSE_COUNTS)
    assert found.keys() - groups.keys() == {("w-1", "t-idle"), *_idle_tags(groups)}
    for key, counts in found.items():
        parts = groups[key]
        assert counts == {name: total(part[name] for part in parts) for name in COARSE_COUNTS}
    (agency,) = query("from agency_performance")
    for name in COARSE_COUNTS:
        assert agency[name] == total(counts[name] for counts in campaigns.values())
    assert (agency["workspaces"], agency["campaigns"]) == (3, len(campaigns))


def _idle_tags(groups: Mapping[Any, Any]) -> set[tuple[str, str]]:
    drawn = {(row["workspace_id"], row["id"]) for row in rows()["custom_tags"]}
    return {key for key in drawn if key[0] == "w-drawn"} - groups.keys()


@pytest.mark.parametrize("mart", PERFORMANCE_MARTS)
def test_rates_are_fractions_of_the_counts_beside_them(query: Query, mart: str) -> None:
    for row in query(f"from {mart}"):
        for rate, (numerator, denominator) in RATES.items():
            assert_rate(row, rate, row[numerator], row[denominator])


@pytest.mark.parametrize("mart", PERFORMANCE_MARTS[:4])
def test_opens_and_clicks_are_unknown_where_tracking_is_off(query: Query, mart: str) -> None:
    for row in query(f"from {mart}"):
        for rate, (flag, events, _, _) in TRACKED.items():
            sent = 0 if row[flag] is False else row["sent"]
            assert_rate(row, rate, row[events], sent)


@pytest.mark.parametrize(
    ("mart", "key"),
    [
        ("agency_performance", ()),
        ("workspace_performance", ("workspace_id",)),
        ("member_performance", ("workspace_id", "user_id")),
        ("tag_performance", ("workspace_id", "tag_id")),
    ],
)
def test_untracked_campaigns_stay_out_of_open_and_click_rates(
    query: Query, mart: str, key: tuple[str, ...]
) -> None:
    tagged = "join campaign_tags using (workspace_id, campaign_id)" if "tag_id" in key else ""
    campaigns = query(
        f"select *, coalesce(owner_user_id, 'unowned') user_id from campaign_performance {tagged}"
    )
    for row in query(f"from {mart}"):
        mine = [c for c in campaigns if all(c[k] == row[k] for k in key)]
        for rate, (flag, events, numerator, denominator) in TRACKED.items():
            tracked = [c for c in mine if c[flag] is not False and c[events] is not None]
            assert row[denominator] == sum(c["sent"] for c in tracked)
            assert row[numerator] == sum(c[events] for c in tracked)
            assert_rate(row, rate, row[numerator], row[denominator])


def test_a_rate_above_one_is_flagged_and_has_no_interval(query: Query) -> None:
    found = query("from variant_performance where campaign_id = 'unlisted'")[0]
    assert (found["reply_rate"], found["has_rate_above_one"]) == (pytest.approx(1.1), True)
    assert found["reply_rate_low"] is None
    assert found["open_rate_low"] is not None
