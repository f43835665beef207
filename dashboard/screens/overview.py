"""Overview: is it working, what needs me, what do I do."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import phrases, queries, tables
from dashboard.links import link
from dashboard.phrases import LEVELS, Phrase
from dashboard.tables import Column, badge, linked, short, with_note, words
from dashboard.view import View, part
from dashboard.words import count, interval, known, name, rate

CAMPAIGN_COLUMNS = (
    short("", "act: do something; look: look into it; fine; quiet: nothing to see"),
    words("campaign"),
    words("says"),
    Column("sent", "mails sent, lifetime"),
    Column("replied", "distinct people who replied ÷ mails sent, and its 95 % interval"),
    Column("positive", "distinct people with a positive outcome ÷ mails sent"),
    Column("bounced", "leads that bounced ÷ mails sent"),
)
WORKSPACE_COLUMNS = (CAMPAIGN_COLUMNS[0], words("workspace"), *CAMPAIGN_COLUMNS[2:])
Judged = list[tuple[Phrase, dict[str, Any]]]


def show(view: View) -> None:
    """Totals, what needs somebody, workspaces and campaigns, worst first."""
    view.header("Overview", "Is it working, and what needs you?")
    with part():
        _totals(queries.total(view.warehouse, view.filters))
    campaigns = judged(view, queries.campaigns(view.warehouse, view.filters))
    if not campaigns:
        st.info("No campaign here yet. The next run brings what Instantly has.")
        return
    accounts: Judged = []
    with part("What needs you"):
        unread: Judged = []
        try:
            unread = judged_readings(view)
            if not view.filters.campaign:
                accounts = judged_accounts(view)
        finally:
            _urgent(view, campaigns, accounts, unread)
    if len(view.choices.workspaces) > 1:
        with part("Workspaces, worst first"):
            _workspaces(view, campaigns, accounts)
    with part("Campaigns, worst first"):
        rows = [_campaign(view, phrase, row) for phrase, row in campaigns]
        tables.show(CAMPAIGN_COLUMNS, rows, "Campaigns, worst first")
        st.caption(
            "Lifetime numbers. Replies are people, without automatic answers. – is unknown: "
            "nothing sent, or tracking is off."
        )


def judged(view: View, campaigns: pd.DataFrame) -> Judged:
    """The campaigns with their phrases, worst first, and within that the fewest replies first."""
    rows = campaigns.to_dict("records")
    found = [(phrases.of_campaign(row, view.today), row) for row in rows]
    return sorted(found, key=_by_urgency)


def judged_accounts(view: View) -> Judged:
    """The mailboxes with their phrases, worst first."""
    rows = queries.accounts(view.warehouse, view.filters).to_dict("records")
    return sorted(
        ((phrases.of_account(row, view.today), row) for row in rows),
        key=lambda pair: (pair[0].rank, -(pair[1]["bounce_rate_low"] or 0)),
    )


def judged_readings(view: View) -> Judged:
    """The workspaces of which the newest run could not read every table."""
    runs = queries.runs(view.warehouse, view.filters)
    return [
        (phrases.of_unread(rows), rows[0])
        for _, found in runs[runs["status"] != "ok"].groupby("workspace_id", dropna=False)
        if (rows := found.to_dict("records"))
    ]


def _by_urgency(pair: tuple[Phrase, dict[str, Any]]) -> tuple[int, bool, float]:
    phrase, row = pair
    unknown = pd.isna(row["reply_rate"])
    return phrase.rank, unknown, 0.0 if unknown else row["reply_rate"]


def _totals(found: pd.DataFrame) -> None:
    """The five numbers of the row that is exactly what is chosen."""
    if found.empty:
        return
    row = found.iloc[0]
    with st.container(horizontal=True):
        st.metric("Sent", count(row["sent"]))
        st.metric("Opened", rate(row["open_rate"]), help="Distinct leads ÷ mails tracked.")
        st.metric("Replied", rate(row["reply_rate"]), help="Distinct people ÷ mails sent.")
        st.metric("Positive", rate(row["positive_rate"]), help="Distinct people ÷ mails sent.")
        st.metric("Bounced", rate(row["bounce_rate"]), help="Leads that bounced ÷ mails sent.")


def _urgent(view: View, campaigns: Judged, accounts: Judged, unread: Judged) -> None:
    """What was not read, then campaigns and mailboxes to act on or to look into, as one list."""
    rows = []
    for phrase, row in unread:
        who = name(row["workspace_name"], row["workspace_id"])
        where = link(phrase.page, workspace=known(row["workspace_id"]))
        rows.append([badge(phrase.level, phrase.level), linked(who, where), phrase.text])
    for level in LEVELS[:2]:
        for phrase, row in campaigns:
            if phrase.level == level:
                title = name(row["campaign_name"], row["campaign_id"])
                who = linked(title, view.to(phrase.page, row))
                rows.append([badge(level, level), who, phrase.text])
        for phrase, row in accounts:
            if phrase.level == level:
                address = view.to_workspace("accounts", row["workspace_id"])
                rows.append(
                    [badge(level, level), linked(row["account_email"], address), phrase.text]
                )
    if rows:
        heads = (short(""), words("what"), words("says"))
        tables.show(heads, rows, "What needs you")
    else:
        st.success("Nothing needs you.")


def _workspaces(view: View, campaigns: Judged, accounts: Judged) -> None:
    found: list[tuple[Phrase, dict[str, Any]]] = []
    for row in queries.workspaces(view.warehouse, view.filters).to_dict("records"):
        inside = [p for p, r in campaigns + accounts if r["workspace_id"] == row["workspace_id"]]
        found.append((phrases.of_workspace(row, inside), row))
    rows = [
        [
            badge(phrase.level, phrase.level),
            linked(
                name(row["workspace_name"], row["workspace_id"]),
                view.to_workspace("", row["workspace_id"]),
            ),
            phrase.text,
            *_numbers(row),
        ]
        for phrase, row in sorted(found, key=_by_urgency)
    ]
    tables.show(WORKSPACE_COLUMNS, rows, "Workspaces, worst first")


def _campaign(view: View, phrase: Phrase, row: dict[str, Any]) -> list[Any]:
    title = linked(name(row["campaign_name"], row["campaign_id"]), view.to("campaigns", row))
    return [badge(phrase.level, phrase.level), title, phrase.text, *_numbers(row)]


def _numbers(row: dict[str, Any]) -> list[Any]:
    bounds = interval(row["reply_rate_low"], row["reply_rate_high"])
    return [
        count(row["sent"]),
        with_note(rate(row["reply_rate"]), bounds),
        rate(row["positive_rate"]),
        rate(row["bounce_rate"]),
    ]
