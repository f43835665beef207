"""Copy: which texts are there, where are they used, what came of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import queries, tables
from dashboard.copy_text import text_of
from dashboard.tables import Column, linked, short, with_note, words
from dashboard.view import View, part
from dashboard.words import count, day, escaped, interval, known, name, plural, rate

TEXTS = (
    words("subject"),
    words("used in"),
    short("now", "whether a campaign sends it today"),
    Column("sent", "mails with this text, on the chosen days"),
    Column("opened", "events; – where open tracking is off"),
    Column("replies", "events, automatic ones included"),
    Column("automatic", "replies that were automatic"),
    Column("clicks", "events; – where link tracking is off"),
)
PLACES = (
    words("campaign"),
    short("position"),
    words("subject"),
    short("from", "when a run first saw the text there"),
    short("until"),
    Column("sent", "lifetime of the position"),
    Column("replied", "distinct people ÷ mails sent, lifetime of the position"),
    Column("opened"),
    Column("positive"),
)
Record = dict[str, Any]


def show(view: View) -> None:
    """Every text once, over all campaigns; then every version where it stands."""
    view.header("Copy", "Which texts are there, and what came of them?")
    with part("Texts, over all campaigns"):
        texts = queries.texts(view.warehouse, view.filters, view.days).to_dict("records")
        if not texts:
            st.info("No text here yet.")
            return
        tables.show(TEXTS, [_text(row) for row in texts], "Texts", at_first=20)
        st.caption(
            "Mails and events add up over campaigns and days; distinct people do not, so there is "
            "no rate here. Which text is better says the page A/B, step by step."
        )
        _read(texts)
    with part("Versions, where they stand"):
        places = queries.places(view.warehouse, view.filters).to_dict("records")
        rows = [_place(view, row) for row in places]
        tables.show(PLACES, rows, "Versions", at_first=20)
        st.caption(
            "Lifetime numbers are a position's. Where it has had several texts they speak of none "
            "of them alone, and stand as –."
        )


def _text(row: Record) -> list[Any]:
    return [
        _subject(row),
        f"{plural(int(row['campaigns']), 'campaign')}, {plural(int(row['positions']), 'place')}",
        "in use" if row["is_sending"] is True else "not in use",
        count(row["sent"]),
        count(row["opened"]),
        count(row["replies"]),
        count(row["replies_automatic"]),
        count(row["clicks"]),
    ]


def _subject(row: Record) -> str:
    """An empty subject continues a thread; its text is told apart by how it begins."""
    if subject := name(row["subject"], ""):
        return subject
    begins = name(text_of(known(row["body"]) or ""), "")[:40]
    return f"(same thread) {begins}…"


def _read(texts: list[Record]) -> None:
    """The chosen text in full, and as it came."""
    chosen = st.selectbox(
        "Read a text", range(len(texts)), None, lambda index: _subject(texts[index])
    )
    if chosen is None:
        return
    body = known(texts[chosen]["body"]) or ""
    subject = escaped(_subject(texts[chosen]))
    st.html(
        f'<div class="mail"><span class="subject"><bdi>{subject}</bdi></span>'
        f'<div dir="auto">{escaped_lines(body)}</div></div>'
    )
    with st.expander("As it came"):
        st.code(body, language=None, wrap_lines=True)


def escaped_lines(body: str) -> str:
    """A body as escaped text, its lines kept."""
    return "\n".join(escaped(line) for line in text_of(body).splitlines())


def _place(view: View, row: Record) -> list[Any]:
    is_alone = known(row["copy_versions"]) == 1
    bounds = interval(row["reply_rate_low"], row["reply_rate_high"])
    version = "" if is_alone else f", text {int(row['copy_version'])}"
    return [
        linked(name(row["campaign_name"], row["campaign_id"]), view.to("ab", row)),
        f"step {int(row['step_number'])} {name(row['variant_label'])}{version}",
        _subject(row),
        day(row["valid_from_at"]),
        "now" if row["is_current"] is True else day(row["valid_to_at"]),
        count(row["sent"]) if is_alone else "–",
        with_note(rate(row["reply_rate"]), bounds) if is_alone else "–",
        rate(row["open_rate"]) if is_alone else "–",
        rate(row["positive_rate"]) if is_alone else "–",
    ]
