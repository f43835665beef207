"""Trust: as of when, from which run, does it add up, what was rewritten."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import phrases, queries, tables
from dashboard.tables import Column, badge, short, words
from dashboard.view import View, part
from dashboard.words import count, day, known, moment, name, plain, plural, rate

RUNS = (
    short(""),
    words("workspace"),
    short("table"),
    words("says"),
    short("read at"),
    Column("rows", "in the table after the run"),
    Column("requests"),
    Column("seconds"),
)
CHECKS = (
    short(""),
    words("check"),
    words("because"),
    Column("compared", "numbers"),
    Column("off by", "sum of the differences, whatever their sign"),
)
DIFFERENCES = (
    words("check"),
    words("campaign"),
    words("number"),
    Column("parts", "the sum of the finer numbers"),
    Column("whole", "the coarser number"),
    Column("off by"),
)
RESTATED = (
    short("seen"),
    short("day"),
    words("what"),
    short("position"),
    short("number"),
    Column("was"),
    Column("became"),
    words("kept", "which of both the marts show"),
)
COMPARED = (
    words("campaign"),
    Column("reply rate", "here: distinct people ÷ mails sent"),
    Column("per lead", "distinct people ÷ leads contacted"),
    Column("console", "all replies ÷ mails sent, as Instantly's own page shows it"),
    Column("skill", "as Instantly's published skill computes it: ÷ new leads contacted"),
    Column("blog", "as Instantly's blog computes it: ÷ delivered"),
)
LEVEL_OF_CHECK = {"differs": "act", "explained": "fine", "equal": "fine"}
Record = dict[str, Any]


def show(view: View) -> None:
    """The run, its tables, the checks, what was rewritten, and how others would count."""
    view.header("Trust", "As of when is this, and does it add up?")
    with part():
        _run(view)
    with part("Was everything read?"):
        _readings(queries.runs(view.warehouse, view.filters).to_dict("records"))
    with part("Does it add up?"):
        _checks(view)
    with part("What was rewritten?"):
        _restatements(view)
    with part("How would others count the same mail?"):
        rows = queries.comparisons(view.warehouse, view.filters).to_dict("records")
        tables.show(COMPARED, [_compared(row) for row in rows], "Reply rates by other formulas")


def _run(view: View) -> None:
    info = queries.info(view.warehouse)
    if info.empty:
        st.info("No run has been written down yet.")
        return
    row = info.iloc[0]
    with st.container(horizontal=True):
        st.metric("As of", moment(row["as_of"]), help="The source's clock at the newest run.")
        st.metric("Version", name(row["version"]))
    st.caption(plain(f"Run {name(row['run_id'])}"))


def _readings(runs: list[Record]) -> None:
    """What was not read in the open, what was read folded away."""
    if not runs:
        st.info("No run has been written down yet.")
        return
    failed = sum(row["status"] != "ok" for row in runs)
    last = moment(max(row["finished_at"] for row in runs))
    if failed:
        st.warning(f"{plural(failed, 'table')} of {len(runs)} not read; the newest was at {last}.")
    else:
        st.success(f"{plural(len(runs), 'table')} read, the newest at {last}.")
    rows = [_table(row) for row in runs]
    tables.show(RUNS, rows, "Newest reading of each table", at_first=failed)


def _table(row: Record) -> list[Any]:
    phrase = phrases.of_run(row)
    return [
        badge(phrase.level, name(row["status"])),
        name(row["workspace_name"], row["workspace_id"]),
        name(row["table_name"]),
        phrase.text,
        moment(row["finished_at"]),
        count(row["rows"]),
        count(row["requests"]),
        "–" if known(row["seconds"]) is None else f"{row['seconds']:.1f}",
    ]


def _checks(view: View) -> None:
    checks = queries.checks(view.warehouse, view.filters).to_dict("records")
    if not checks:
        st.info("Nothing to compare yet.")
        return
    rows = [
        [
            badge(LEVEL_OF_CHECK.get(row["status"], "look"), row["status"]),
            name(row["check_name"]),
            name(row["reason"], ""),
            count(row["compared"]),
            count(row["residual"]),
        ]
        for row in checks
    ]
    tables.show(CHECKS, rows, "Reconciliation")
    differences = queries.differences(view.warehouse, view.filters).to_dict("records")
    if differences:
        st.markdown("**What differs**")
        tables.show(DIFFERENCES, [_difference(row) for row in differences], "What differs")


def _difference(row: Record) -> list[Any]:
    return [
        name(row["check_name"]),
        name(row["campaign_name"], row["campaign_id"]),
        name(row["metric"]),
        count(row["finer_value"]),
        count(row["coarser_value"]),
        count(row["residual"]),
    ]


def _restatements(view: View) -> None:
    found = queries.restatements(view.warehouse, view.filters, view.days).to_dict("records")
    if not found:
        st.success("No past day was rewritten.")
        return
    kept = sum(row["kept"] == "old" for row in found)
    st.caption(
        f"{plural(len(found), 'number')} of past days came back otherwise than before; of "
        f"{count(kept)} the old value was kept, because a settled day had lost mails."
    )
    tables.show(RESTATED, [_restated(row) for row in found], "Restatements", at_first=12)


def _restated(row: Record) -> list[Any]:
    if known(row["step"]) is None:
        position = ""
    elif row["step"] < 0:
        position = "no step"
    else:
        position = f"step {int(row['step']) + 1}"
        if known(row["variant"]) is not None and row["variant"] >= 0:
            position += f" {chr(ord('A') + int(row['variant']) % 26)}"
    return [
        moment(row["seen_at"]),
        day(row["date"]),
        name(row["campaign_name"], row["account_email"]),
        position,
        name(row["metric"]),
        count(row["old_value"]),
        count(row["new_value"]),
        name(row["kept"]),
    ]


def _compared(row: Record) -> list[Any]:
    return [
        name(row["campaign_name"], row["campaign_id"]),
        rate(row["reply_rate"]),
        rate(row["lead_reply_rate"]),
        rate(row["console_reply_rate"]),
        rate(row["skill_reply_rate"]),
        rate(row["blog_reply_rate"]),
    ]
