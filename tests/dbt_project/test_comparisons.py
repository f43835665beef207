"""Reports held against each other, and our rates beside those met elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

Query = Callable[[str], list[dict[str, Any]]]


def test_every_residual_is_the_difference_of_its_sides(query: Query) -> None:
    found = query("from reconciliation")
    assert {row["status"] for row in found} == {"equal", "explained", "differs"}
    for row in found:
        finer, coarser = row["finer_value"] or 0, row["coarser_value"] or 0
        assert row["residual"] == finer - coarser
        assert (row["status"] == "equal") == (finer == coarser)
        assert (row["status"] == "explained") == (row["reason"] is not None)


@pytest.mark.parametrize(
    ("campaign", "check", "metric", "expected"),
    [
        ("spring", "variants against totals", "sent", (500, 500, "equal", None)),
        (
            "spring",
            "variant days against campaign days",
            "sent",
            (150, 150, "equal", None),
        ),
        (
            "spring",
            "variant days against campaign days",
            "clicks",
            (4, 2, "explained", "settled day kept"),
        ),
        (
            "gone",
            "variant days against variants",
            "sent",
            (20, 50, "explained", "deleted campaign"),
        ),
        ("spring", "campaign days against totals", "sent", (150, 500, "differs", None)),
        ("unsaid", "variants against totals", "sent", (30, None, "differs", None)),
        (
            "spring",
            "subsequence variants against subsequence totals",
            "sent",
            (57, 57, "equal", None),
        ),
        (
            "untracked",
            "subsequence variants against subsequence totals",
            "sent",
            (10, 12, "differs", None),
        ),
    ],
)
def test_a_difference_is_explained_or_shown(
    query: Query, campaign: str, check: str, metric: str, expected: tuple[Any, ...]
) -> None:
    found = query(
        "select finer_value, coarser_value, status, reason from reconciliation"
        f" where campaign_id = '{campaign}' and check_name = '{check}' and metric = '{metric}'"
    )
    assert [tuple(row.values()) for row in found] == [expected]


def test_workspaces_are_the_sum_of_their_campaigns(query: Query) -> None:
    found = query("from reconciliation where check_name = 'campaigns against workspace'")
    assert [row["status"] for row in found] == ["equal"] * 3


def test_days_of_mailboxes_are_held_against_the_same_days_of_campaigns(query: Query) -> None:
    found = query(
        "select metric, finer_value, coarser_value, status, reason from reconciliation"
        " where check_name = 'account days against campaign days' and workspace_id = 'w-1'"
        " order by metric"
    )
    assert [tuple(row.values()) for row in found] == [
        ("clicks", 2, 2, "equal", None),
        ("opened", 91, 90, "explained", "subsequences"),
        ("replies", 6, 2, "explained", "subsequences"),
        ("replies_automatic", 2, 2, "equal", None),
        ("sent", 162, 150, "explained", "subsequences"),
    ]


def test_four_reply_rates_of_one_campaign(query: Query) -> None:
    row = query("from metric_comparison where campaign_id = 'spring'")[0]
    assert row["reply_rate"] == float(Fraction(19, 500))
    assert row["lead_reply_rate"] == float(Fraction(19, 200))
    assert row["console_reply_rate"] == float(Fraction(40, 500))
    assert row["skill_reply_rate"] == float(Fraction(19 - 8, 190))
    assert row["blog_reply_rate"] == float(Fraction(19, 496))
