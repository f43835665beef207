"""What is chosen on a page as conditions of SQL; values stay values and never become text of it.

workspace ─┐
campaign  ─┼─ where()     rows of campaigns, or of workspaces and mailboxes without the two
tag       ─┤
           ├─ carrying()  mailboxes, by tags of their own
period    ─┴─ within()    days
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from dashboard.filters import Filters


class Where(NamedTuple):
    """A condition and its values."""

    sql: str
    values: list[object]


def where(filters: Filters, *, alias: str, campaigns: bool = True) -> Where:
    """What is chosen as a condition on the rows of `alias`; days are not part of it."""
    conditions: list[str] = ["true"]
    values: list[object] = []
    if filters.workspace:
        conditions.append(f"{alias}.workspace_id = ?")
        values.append(filters.workspace)
    if campaigns and filters.campaign:
        conditions.append(f"{alias}.campaign_id = ?")
        values.append(filters.campaign)
    if campaigns and filters.tag:
        tagged = "select workspace_id, campaign_id from campaign_tags where tag = ?"
        conditions.append(f"({alias}.workspace_id, {alias}.campaign_id) in ({tagged})")
        values.append(filters.tag)
    return Where(" and ".join(conditions), values)


def within(days: tuple[dt.date, dt.date] | None, column: str) -> Where:
    """The chosen days as a condition."""
    return Where("true", []) if days is None else Where(f"{column} between ? and ?", [*days])


def carrying(filters: Filters) -> Where:
    """The chosen tag as a condition on the mailboxes of `a`, which carry tags of their own."""
    if not filters.tag:
        return Where("true", [])
    found = "select workspace_id, account_email from account_tags where tag = ?"
    return Where(f"(a.workspace_id, a.account_email) in ({found})", [filters.tag])
