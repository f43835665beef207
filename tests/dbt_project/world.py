"""Two literal workspaces that hold every case a rule speaks of, and one drawn from a seed.

Literal rows are for people to read: each campaign is one case, and its name says which.
"""

from __future__ import annotations

from tests.dbt_project import around
from tests.dbt_project.drawn import drawn
from tests.dbt_project.raw_rows import (
    DELETED_AT,
    LAST_RUN,
    Rows,
    at,
    campaign_day_row,
    copy_rows,
    counts,
    day_row,
    member_row,
    run_row,
    step_row,
    totals_row,
    version,
)


def workspaces() -> Rows:
    return {
        "workspaces": [
            {"workspace_id": w, "id": w, "name": name, "owner": "u-ada", **version(at(1))}
            for w, name in (("w-1", "First"), ("w-2", "Second"), ("w-drawn", "Drawn"))
        ],
        "workspace_members": [
            member_row("w-1", "m-1", "u-ada", "ada@example.com", version(at(1))),
            member_row("w-1", "m-2", "u-ben", "ben@example.com", version(at(1), at(9))),
            member_row("w-2", "m-3", "u-cem", "cem@example.com", version(at(1))),
        ],
    }


def campaigns() -> Rows:
    """One campaign per case; the name says which."""
    listed = [
        ("w-1", "spring", "Spring", "u-ada", True, True, version(at(1))),
        ("w-1", "untracked", "No opens", "u-ben", False, True, version(at(1))),
        ("w-1", "draft", "Draft", "u-ada", None, None, version(at(1))),
        ("w-1", "gone", "Gone", "u-ada", True, True, version(at(1), DELETED_AT["gone"])),
        ("w-1", "unsaid", "Flag unsaid", None, None, None, version(at(1))),
        ("w-2", "spring-2", "Spring", "u-cem", True, False, version(at(1))),
        ("w-2", "switched", "Switched", "u-gone", True, True, version(at(1), at(10))),
        ("w-2", "switched", "Switched", "u-gone", False, True, version(at(10))),
    ]
    rows: Rows = {
        "campaigns": [
            {
                "workspace_id": workspace,
                "id": campaign,
                "name": name,
                "status": 0 if campaign == "draft" else 1,
                "owned_by": owner,
                "open_tracking": opens,
                "link_tracking": links,
                "auto_variant_select": {"trigger": "reply_rate"} if campaign == "spring" else None,
                **validity,
            }
            for workspace, campaign, name, owner, opens, links, validity in listed
        ],
        "campaign_variants": [
            *copy_rows("w-1", "spring", 0, 0, ("Hi", 1, 5), ("Hello", 5, 9), ("Hi", 9, None)),
            *copy_rows("w-1", "spring", 0, 1, ("Quick “question” 🚀", 1, None)),
            *copy_rows("w-1", "spring", 1, 0, ("", 1, None)),
            *copy_rows("w-1", "spring", 2, 0, ("Later", 3, None)),
            *copy_rows("w-1", "untracked", 0, 0, ("Hi", 1, None)),
            *copy_rows("w-1", "gone", 0, 0, ("Bye", 1, 20)),
            *copy_rows("w-2", "spring-2", 0, 0, ("مرحبا", 1, None)),
        ],
    }
    return rows


def reports() -> Rows:
    """Lifetime and day reports of the literal campaigns."""
    return {
        "campaign_analytics": [
            totals_row("w-1", "spring", at(4), 300, 120, 110, 2, 80, 20, 9, 5, 4, 6, 5, 2),
            totals_row("w-1", "spring", at(29), 500, 200, 190, 4, 150, 40, 19, 9, 8, 12, 10, 5),
            totals_row("w-1", "untracked", at(29), 100, 60, 60, 1, 0, 5, 5, 0, 0, 3, 3, 1),
            totals_row("w-1", "gone", at(15), 50, 50, 50, 0, 20, 3, 2, 1, 1, 0, 0, 0),
            totals_row("w-1", "gone", at(20), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            totals_row("w-2", "spring-2", at(29), 80, 40, 40, 0, 30, 8, 6, 2, 2, 0, 0, 1),
            totals_row("w-2", "switched", at(29), 40, 40, 40, 0, 9, 1, 1, 0, 0, 2, 1, 0),
            totals_row("w-2", "unlisted", at(29), 10, 10, 10, 1, 5, 1, 1, 0, 0, 0, 0, 1),
        ],
        "step_analytics": [
            step_row("w-1", "spring", 0, 0, at(4), counts(100, 60, 40, 9, 5, 2, 2, 3, 2, 1)),
            step_row("w-1", "spring", 0, 0, at(29), counts(150, 90, 70, 12, 8, 3, 3, 4, 3, 2)),
            step_row("w-1", "spring", 0, 1, at(29), counts(150, 70, 60, 9, 7, 1, 1, 5, 5, 3)),
            step_row("w-1", "spring", 1, 0, at(29), counts(200, 80, 60, 11, 8, 2, 2, 3, 2, 2)),
            step_row("w-1", "spring", 1, -1, at(29), counts(0, 0, 0, 3, 0, 3, 2, 0, 0, 0)),
            step_row("w-1", "spring", 5, 2, at(29), counts(0, 1, 1, 0, 0, 0, 0, 0, 0, 0)),
            step_row("w-1", "spring", -1, -1, at(29), counts(0, 0, 0, 5, 0, 5, 4, 0, 0, 0)),
            step_row("w-1", "untracked", 0, 0, at(29), counts(100, 0, 0, 5, 5, 0, 0, 3, 3, None)),
            step_row("w-1", "gone", 0, 0, at(15), counts(50, 30, 20, 3, 2, 1, 1, 0, 0, 0)),
            step_row("w-1", "gone", 0, 0, at(20), counts(*[0] * 10)),
            step_row("w-1", "unsaid", 0, 0, at(29), counts(30, 10, 9, 2, 1, 1, 1, 0, 0, 0)),
            step_row("w-2", "spring-2", 0, 0, at(29), counts(80, 40, 30, 8, 6, 2, 2, 0, 0, 1)),
            step_row("w-2", "switched", 0, 0, at(29), counts(40, 9, 9, 1, 1, 0, 0, 2, 1, 0)),
            step_row("w-2", "unlisted", 0, 0, at(29), counts(10, 5, 5, 12, 11, 0, 0, 0, 0, 1)),
        ],
        "step_analytics_daily": [
            day_row("w-1", "spring", 0, 0, 1, at(1, 20), counts(10, 5, 4, 0, 0, 0, 0, 0, 0, 0)),
            day_row("w-1", "spring", 0, 0, 1, at(2), counts(100, 50, 40, 1, 1, 0, 0, 3, 2, 0)),
            day_row("w-1", "spring", 0, 0, 1, at(29), counts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
            day_row("w-1", "spring", 0, 0, 6, at(7), counts(50, 40, 30, 11, 7, 3, 3, 1, 1, 2)),
            day_row("w-1", "spring", 0, 0, 12, at(13), counts(0, 0, 0, 1, 1, 0, 0, 0, 0, 0)),
            day_row("w-1", "spring", -1, -1, 12, at(13), counts(0, 0, 0, 5, 0, 5, 4, 0, 0, 0)),
            day_row("w-1", "gone", 0, 0, 14, at(15), counts(20, 9, 8, 1, 1, 0, 0, 0, 0, 0)),
            day_row("w-1", "gone", 0, 0, 14, at(20), counts(*[0] * 10)),
            day_row("w-2", "spring-2", 0, 0, 3, at(4), counts(80, 40, 30, 8, 6, 2, 2, 0, 0, 1)),
        ],
        "campaign_analytics_daily": [
            campaign_day_row("w-1", "spring", 1, at(2), 90, 90, counts(100, 50, 40, *[1] * 7)),
            campaign_day_row("w-1", "spring", 1, at(29), 0, 0, counts(*[0] * 10)),
            campaign_day_row("w-1", "spring", 6, at(7), 50, 50, counts(50, 40, 30, *[1] * 7)),
            campaign_day_row("w-2", "switched", 5, at(6), 20, 20, counts(20, 9, 9, *[0] * 7)),
            campaign_day_row("w-2", "switched", 15, at(16), 20, 20, counts(20, 0, 0, *[0] * 7)),
        ],
        "sync_runs": [
            # by a machine whose clock was two days fast
            run_row("run-1", at(29), "campaigns", "ok") | {"finished_at": at(31)},
            run_row("run-2", LAST_RUN, "campaigns", "ok"),
            run_row("run-2", LAST_RUN, "step_analytics", "failed"),
        ],
    }


def rows() -> Rows:
    """The whole world."""
    merged: Rows = {}
    for part in (workspaces(), campaigns(), reports(), *around.everything(), drawn()):
        for table, some in part.items():
            merged.setdefault(table, []).extend(some)
    return merged
