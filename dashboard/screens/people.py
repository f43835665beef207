"""People: who owns what, and how it goes for them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import queries, tables
from dashboard.phrases import LEVELS
from dashboard.screens.overview import judged
from dashboard.tables import Column, badge, linked, short, with_note, words
from dashboard.view import View, part
from dashboard.words import count, interval, known, name, rate

COLUMNS = (
    words("person"),
    short("role"),
    Column("campaigns", "owned"),
    Column("lists", "lead lists owned"),
    Column("leads", "assigned"),
    Column("mailboxes", "added"),
    Column("sent", "in the campaigns owned, lifetime"),
    Column("replied", "distinct people ÷ mails sent, and its 95 % interval"),
    Column("positive"),
    Column("bounced"),
)
OWNED = (words("person"), words("campaign"), short(""), words("says"))
UNOWNED = "unowned"
NOBODY = "(no owner)"
"""How the mart spells the owner of campaigns without one, and how the page does."""
Record = dict[str, Any]


def show(view: View) -> None:
    """Members and departed owners with their numbers, then their campaigns."""
    view.header("People", "Who owns what, and how does it go?")
    with part("Members"):
        people = queries.people(view.warehouse, view.filters).to_dict("records")
        if not people:
            st.info("No member here yet.")
            return
        tables.show(COLUMNS, [_person(row) for row in people], "Members")
        st.caption("A campaign's numbers count for who owns it today; past owners are not known.")
    with part("What they own"):
        names = {(row["workspace_id"], row["user_id"]): _name(row) for row in people}
        campaigns = judged(view, queries.campaigns(view.warehouse, view.filters))
        rows = [
            (names.get((row["workspace_id"], known(row["owner_user_id"])), NOBODY), phrase, row)
            for phrase, row in campaigns
        ]
        rows.sort(key=lambda line: (line[0].casefold(), LEVELS.index(line[1].level)))
        tables.show(OWNED, [_owned(view, *line) for line in rows], "Campaigns by owner")


def _name(row: Record) -> str:
    """Name, else address, else what is left of a departed owner."""
    if row["user_id"] == UNOWNED:
        return NOBODY
    full = " ".join(name(row[part], "") for part in ("first_name", "last_name")).strip()
    return full or name(row["email"], "") or (name(row["user_id"], "")[:8] or NOBODY)


def _person(row: Record) -> list[Any]:
    bounds = interval(row["reply_rate_low"], row["reply_rate_high"])
    email = name(row["email"], "")
    who = _name(row)
    return [
        with_note(who, email if email != who else ""),
        "departed" if row["is_deleted"] is True else name(row["role"]),
        count(row["campaigns"]),
        count(row["lead_lists_owned"]),
        count(row["leads_assigned"]),
        count(row["accounts_added"]),
        count(row["sent"]),
        with_note(rate(row["reply_rate"]), bounds),
        rate(row["positive_rate"]),
        rate(row["bounce_rate"]),
    ]


def _owned(view: View, owner: str, phrase: Any, row: Record) -> list[Any]:
    title = name(row["campaign_name"], row["campaign_id"])
    return [
        owner,
        linked(title, view.to("campaigns", row)),
        badge(phrase.level, phrase.level),
        phrase.text,
    ]
