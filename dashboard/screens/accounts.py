"""Accounts: which mailboxes are well, which bounce, which need somebody."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import charts, queries, tables
from dashboard.phrases import Phrase
from dashboard.screens.overview import judged_accounts
from dashboard.tables import Column, badge, short, with_note, words
from dashboard.view import View, part
from dashboard.words import count, day, interval, known, name, rate

COLUMNS = (
    short("", "act: do something; look: look into it; fine; quiet: nothing to see"),
    words("mailbox"),
    words("says"),
    short("warm-up"),
    short("provider"),
    Column("campaigns", "that it sends for now"),
    Column("sent", "over all days that are loaded, subsequences included"),
    Column("bounced", "leads that bounced ÷ mails sent, and its 95 % interval"),
    Column("last mail"),
)


def show(view: View) -> None:
    """The mailboxes, worst first, and what they sent by day."""
    view.header("Accounts", "Which mailboxes are well, and which need somebody?")
    if view.filters.campaign:
        st.caption("A mailbox sends for several campaigns: the campaign chooses nothing here.")
    with part("Mailboxes, worst first"):
        found = judged_accounts(view)
        if not found:
            st.info("No mailbox here: accounts are not loaded, or none fits the filters.")
            return
        rows = [_row(phrase, row) for phrase, row in found]
        tables.show(COLUMNS, rows, "Mailboxes", look="dense")
    with part("By day"):
        days = queries.account_days(view.warehouse, view.filters, view.days)
        if days.empty:
            st.info("Nothing sent on these days.")
            return
        columns = (("sent", "Sent", charts.GREY), ("bounced", "Bounced", charts.VERMILLION))
        for place, (column, title, colour) in zip(st.columns(2), columns, strict=True):
            with place:
                st.markdown(f"**{title}**")
                chart = charts.by_day(days, column, title.lower(), colour)
                st.altair_chart(chart, width="stretch", alt=f"{title} by day")


def _row(phrase: Phrase, row: dict[str, Any]) -> list[Any]:
    score = known(row["warmup_score"])
    bounds = interval(row["bounce_rate_low"], row["bounce_rate_high"])
    return [
        badge(phrase.level, phrase.level),
        name(row["account_email"]),
        phrase.text,
        with_note(name(row["warmup_status_name"]), "" if score is None else f"{score:.0f} of 100"),
        name(row["provider_name"]),
        count(row["campaigns"]),
        count(row["sent"]),
        with_note(rate(row["bounce_rate"]), bounds),
        day(row["last_sent_on"]),
    ]
