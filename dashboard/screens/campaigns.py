"""Campaigns: how it goes day by day, and how far the mails got."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, queries, tables
from dashboard.tables import Column, linked, short, with_note, words
from dashboard.view import View, part
from dashboard.words import count, day, interval, name, rate

DAYS = (
    ("sent", "Sent", charts.GREY),
    ("opened", "Opened", charts.BLUE),
    ("unique_replies", "Replied", charts.VERMILLION),
    ("unique_opportunities", "Positive", charts.GREEN),
)
COLUMNS = (
    words("campaign"),
    short("state"),
    Column("sent", "mails sent"),
    Column("opened", "distinct leads who opened, and ÷ mails sent; – where tracking is off"),
    Column("replied", "distinct people who replied, and ÷ mails sent"),
    Column("95 %", "interval of the reply rate"),
    Column("positive", "distinct people with a positive outcome, and ÷ mails sent"),
    Column("bounced", "leads that bounced, and ÷ mails sent"),
    Column("last mail", "newest day with mails"),
)
FUNNEL = (
    words("campaign"),
    Column("leads", "ever seen in the campaign, deleted ones included"),
    Column("contacted"),
    Column("opened", "– where open tracking is off"),
    Column("replied", "automatic answers included: a lead does not say which kind it was"),
    Column("interested", "interest is positive now"),
    Column("meeting", "booked, completed, or won since"),
    Column("won"),
    Column("bounced"),
    Column("unsubscribed"),
)


def show(view: View) -> None:
    """The days of what is chosen, then each campaign, lifetime."""
    view.header("Campaigns", "How does it go, day by day?")
    found = queries.campaigns(view.warehouse, view.filters)
    if found.empty:
        st.info("No campaign here yet.")
        return
    with part("By day"):
        _days(queries.days(view.warehouse, view.filters, view.days))
    with part("Sent, opened, replied, positive, bounced"):
        tables.show(COLUMNS, [_row(view, r) for r in found.to_dict("records")], "Campaigns")
        st.caption(
            "Lifetime, whatever the days above: distinct people do not add up over days. A bounce "
            "is known for a campaign as a whole and for a mailbox's day, not for a campaign's."
        )
    with part("Leads"):
        _leads(view, queries.funnels(view.warehouse, view.filters))


def _days(days: pd.DataFrame) -> None:
    if days.empty or not days["sent"].sum():
        st.info("Nothing sent on these days.")
        return
    places = [place for _ in range(0, len(DAYS), 2) for place in st.columns(2)]
    for place, (column, title, colour) in zip(places, DAYS, strict=True):
        with place:
            st.markdown(f"**{title}**")
            if days[column].notna().any():
                chart = charts.by_day(days, column, title.lower(), colour)
                st.altair_chart(chart, width="stretch", alt=f"{title} by day")
            else:
                st.caption("– unknown: tracking is off")
    st.caption(
        "Events land on the day they happen, not on the day of their mail. Replied and positive "
        "count people per day. The newest days still grow."
    )


def _row(view: View, row: dict[str, Any]) -> list[Any]:
    state = "deleted" if row["is_deleted"] else name(row["status_name"])
    return [
        linked(name(row["campaign_name"], row["campaign_id"]), view.to("ab", row)),
        state,
        count(row["sent"]),
        _both(row, "unique_opened", "open_rate"),
        _both(row, "unique_replies", "reply_rate"),
        interval(row["reply_rate_low"], row["reply_rate_high"]),
        _both(row, "unique_opportunities", "positive_rate"),
        _both(row, "bounced", "bounce_rate"),
        day(row["last_sent_on"]),
    ]


def _both(row: dict[str, Any], counted: str, rated: str) -> Any:
    """`43.5 % 1,190`; a count without a rate is as unknown as the rate."""
    if pd.isna(row[rated]):
        return rate(None)
    return with_note(rate(row[rated]), count(row[counted]))


def _leads(view: View, funnels: pd.DataFrame) -> None:
    if funnels.empty:
        st.info("Leads are not loaded here: `INSTANTLY_TABLES` names what is.")
        return
    rows = [
        [
            linked(name(row["campaign_name"], row["campaign_id"]), view.to("campaigns", row)),
            count(row["leads"]),
            count(row["leads_contacted"]),
            rate(None) if pd.isna(row["lead_open_rate"]) else count(row["leads_opened"]),
            *(
                count(row[f"leads_{what}"])
                for what in ("replied", "interested", "meeting_booked", "won", "bounced")
            ),
            count(row["leads_unsubscribed"]),
        ]
        for row in funnels.to_dict("records")
    ]
    tables.show(FUNNEL, rows, "Leads by campaign")
