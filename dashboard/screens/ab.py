"""A/B: which variant of a step is better, how sure is that, how much longer does it take."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, queries, tables
from dashboard.copy_text import marked, text_of
from dashboard.phrases import METRICS
from dashboard.tables import Column, badge, linked, short, with_note, words
from dashboard.view import View, part
from dashboard.words import (
    count,
    day,
    escaped,
    interval,
    known,
    lift,
    likely,
    name,
    plural,
    rate,
)
from pipelines.verdict_lines import FLAGS, GROUPS, NOTHING_TO_COMPARE

LEVELS = {
    "winner": "won",
    "split is off": "look",
    "not comparable": "look",
    "leading": "fine",
    "no difference": "fine",
}
MORE_FLAGS = {
    "has_waiting_arm": "a late variant waits",
    "has_reversed_rates": "plain rates would say otherwise",
    "loses_on_positives": "loses on positive replies",
    "has_more_automatic_replies": "more automatic replies",
}
ARMS = (
    short("variant"),
    short("state"),
    Column("sent", "mails in the time that all compared variants shared"),
    Column("due", "of those, mails whose answers are due by now"),
    Column("events", "of the metric the step is judged by"),
    Column("rate", "events ÷ mails whose answers are due, weighed by week, and its 95 % interval"),
    Column("best", "probability of being the best; by itself it calls nothing"),
    Column("lift", "over the best other variant, with its 95 % interval"),
    Column("positive", "positive replies ÷ due"),
    Column("auto", "automatic replies ÷ due"),
)
VERDICTS = (short(""), words("campaign"), Column("step"), words("verdict"))
Record = dict[str, Any]


def show(view: View) -> None:
    """The verdicts in groups; the steps of the chosen campaign, or of the first, in full."""
    view.header("A/B", "Which text is better, how sure is that, how much longer?")
    with part():
        verdicts = queries.verdicts(view.warehouse, view.filters)
        if verdicts.empty:
            st.info("Nothing has been judged here yet: no campaign has sent.")
            return
        ranked = _ranked(verdicts.to_dict("records"))
        if view.filters.campaign is None:
            _groups(view, ranked)
        first = ranked[0]
        arms = queries.arms(view.warehouse, view.filters)
        title = name(first["campaign_name"], first["campaign_id"])
        st.html(f"<h2><bdi>{escaped(title)}</bdi></h2>")
        for verdict in sorted(ranked, key=lambda row: row["step"]):
            if verdict["campaign_id"] == first["campaign_id"]:
                _step(verdict, _of(arms, verdict))


def _of(rows: pd.DataFrame, verdict: Record) -> pd.DataFrame:
    same = (rows["campaign_id"] == verdict["campaign_id"]) & (rows["step"] == verdict["step"])
    return rows[same & (rows["workspace_id"] == verdict["workspace_id"])]


def _ranked(verdicts: list[Record]) -> list[Record]:
    """As the report ranks them: what can be called first, deleted campaigns last."""
    order = [status for statuses in GROUPS.values() for status in statuses]

    def usefulness(row: Record) -> tuple[bool, bool, int, float]:
        place = order.index(row["status"]) if row["status"] in order else len(order)
        nothing = row["reason"] in NOTHING_TO_COMPARE
        return nothing, bool(row["is_deleted"]), place, -(known(row["probability"]) or 0.0)

    return sorted(verdicts, key=usefulness)


def _groups(view: View, ranked: list[Record]) -> None:
    """The sentences in the report's groups; steps on which nothing can be compared are counted."""
    comparable = [row for row in ranked if row["reason"] not in NOTHING_TO_COMPARE]
    for title, statuses in GROUPS.items():
        rows = [
            [
                badge(LEVELS.get(row["status"], "quiet"), row["status"]),
                linked(name(row["campaign_name"], row["campaign_id"]), view.to("ab", row)),
                count(row["step_number"]),
                row["sentence"],
            ]
            for row in comparable
            if row["status"] in statuses
        ]
        if rows:
            st.header(title.capitalize())
            tables.show(VERDICTS, rows, title, look="aligned")
    if left := len(ranked) - len(comparable):
        st.caption(f"{plural(left, 'step')} with nothing to compare: one variant, or no mail.")


def _step(verdict: Record, arms: pd.DataFrame) -> None:
    """One step: the verdict, how far it is to one, the variants, their texts."""
    with st.container(border=True):
        status = badge(LEVELS.get(verdict["status"], "quiet"), verdict["status"]).html
        st.html(
            f"<h3>Step {int(verdict['step_number'])} {status}</h3>"
            f'<p class="verdict"><bdi>{escaped(verdict["sentence"])}</bdi></p>'
        )
        if flags := _flags(verdict):
            st.caption(f"Mind: {', '.join(flags)}.")
        if arms.empty:
            return
        compared = arms[arms["is_compared"]]
        if not compared.empty:
            _floor(verdict, compared)
            st.altair_chart(
                charts.intervals(_for_chart(verdict, compared)),
                width="stretch",
                alt="Rate of each variant with its 95 % interval",
            )
        rows = [_arm(row) for row in arms.to_dict("records")]
        label = f"Variants of step {int(verdict['step_number'])}"
        tables.show(ARMS, rows, label, look="dense")
        st.caption(_basis(verdict))
        _texts(verdict, arms)


def _flags(verdict: Record) -> list[str]:
    said = [text for flag, text in (FLAGS | MORE_FLAGS).items() if verdict[flag] is True]
    return [*said, "campaign deleted"] if verdict["is_deleted"] else said


def _basis(verdict: Record) -> str:
    metric = METRICS.get(verdict["metric"], verdict["metric"])
    how = "by week" if verdict["basis"] == "windows" else "each reply credited to its own mail"
    if known(verdict["window_from"]) is None:
        return f"Judged by {metric}."
    window = f"{day(verdict['window_from'])} to {day(verdict['window_to'])}"
    return f"Judged by {metric}, {how}, over the days that all compared variants shared: {window}."


def _floor(verdict: Record, arms: pd.DataFrame) -> None:
    """How far each variant is to the least number of mails a verdict takes."""
    floor = known(verdict["sends_floor"])
    if not floor:
        return
    lines = "".join(
        f"<span><bdi>{escaped(_label(row))}</bdi></span>"
        f'<progress value="{min(row["mature_sent"], floor):.0f}" max="{int(floor)}" '
        f'aria-label="mails of {escaped(_label(row))} on the way to the floor"></progress>'
        f"<span>{count(row['mature_sent'])} of {count(floor)}</span>"
        for row in arms.to_dict("records")
    )
    effect = lift(verdict["effect"])
    st.html(
        f'<div class="floor">{lines}</div><p class="small">Mails whose answers are due, on the way '
        f"to the floor: the fewest with which a lift of {effect} would be found.</p>"
    )


def _label(row: Record) -> str:
    """`B`, or `B (text 2)` once the position has had another text."""
    version = int(row["copy_version"])
    label = name(row["variant_label"])
    return label if version == 1 else f"{label} (text {version})"


def _role(verdict: Record, row: Record) -> str:
    for role in ("leader", "rival"):
        key = (known(verdict[f"{role}_variant"]), known(verdict[f"{role}_copy_version"]))
        if key == (row["variant"], row["copy_version"]):
            return role
    return "other"


def _for_chart(verdict: Record, arms: pd.DataFrame) -> pd.DataFrame:
    rows = arms.to_dict("records")
    shown = arms[["rate", "rate_low", "rate_high"]].copy()
    shown["arm"] = [_label(row) for row in rows]
    shown["role"] = [_role(verdict, row) for row in rows]
    return shown


def _arm(row: Record) -> list[Any]:
    is_compared = row["is_compared"] is True
    total = "" if row["total_sent"] == row["sent"] else f"{count(row['total_sent'])} in all"
    state = name(row["state"]) + (", waits" if row["is_waiting"] is True else "")
    return [
        _label(row),
        state,
        with_note(count(row["sent"]), total) if is_compared else with_note("–", total),
        count(row["mature_sent"]),
        count(row["events"]),
        with_note(rate(row["rate"]), interval(row["rate_low"], row["rate_high"])),
        likely(row["probability"]),
        with_note(lift(row["lift"]), _lifts(row)) if known(row["lift"]) is not None else "–",
        rate(row["positive_rate"]),
        rate(row["auto_reply_rate"]),
    ]


def _lifts(row: Record) -> str:
    return f"{lift(row['lift_low'])} to {lift(row['lift_high'])}"


def _texts(verdict: Record, arms: pd.DataFrame) -> None:
    """Two texts side by side: leader and best other, or whichever two are chosen."""
    rows = arms.to_dict("records")
    if len(rows) == 1:
        with st.expander("The text"):
            st.html(_mail(*_read(rows[0])))
        return
    labels = [_label(row) for row in rows]
    roles = [_role(verdict, row) for row in rows]
    one = roles.index("leader") if "leader" in roles else 0
    other = roles.index("rival") if "rival" in roles else next(i for i in (0, 1) if i != one)
    left, right = st.columns(2)
    key = f"{verdict['campaign_id']}-{verdict['step']}"
    with right:
        two = st.selectbox("Text", range(len(rows)), one, labels.__getitem__, key=f"right-{key}")
    with left:
        base = st.selectbox(
            "Compared with", range(len(rows)), other, labels.__getitem__, key=f"left-{key}"
        )
    subjects = marked(*(_read(rows[index])[0] for index in (base, two)))
    bodies = marked(*(_read(rows[index])[1] for index in (base, two)))
    with left:
        st.html(_mail(subjects[0], bodies[0]))
    with right:
        st.html(_mail(subjects[1], bodies[1]))


def _read(row: Record) -> tuple[str, str]:
    """Subject and body as text; an empty subject continues the thread of the step before."""
    subject = known(row["subject"])
    thread = "(same thread)" if row["step"] > 0 else "(no subject)"
    return (name(subject, thread), text_of(known(row["body"]) or ""))


def _mail(subject: str, body: str) -> str:
    """A mail from parts that are HTML already."""
    return (
        f'<div class="mail"><span class="subject"><bdi>{subject}</bdi></span>'
        f'<div dir="auto">{body}</div></div>'
    )
