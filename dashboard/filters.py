"""What a person chose to see, and how that stands in the address bar.

    address ──> Filters ──> widgets ──> Filters ──> address

What the address names wins over what was chosen before; what it does not name stays as it was,
because the menu's links name nothing. Streamlit can bind a widget to the address by itself
(`bind="query-params"`): it writes the labels there, and of two campaigns of one name it then
chooses the wrong one; and it drops in silence what it does not know. A link to something that is
not here must say so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.words import name

PERIODS = {"7d": "Last 7 days", "28d": "Last 28 days", "90d": "Last 90 days"}
DAYS = re.compile(r"([0-9]+)d")
RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
OWN = "own"
EVERYTHING = ""
"""The first choice of every box; Streamlit shows None as a box in which nothing is chosen."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Ids of a workspace and a campaign, the label of a tag, a period; None is everything.

    `period` is `28d` (up to the day of the newest run) or `2026-10-01..2026-10-31`, both included.
    It chooses days; lifetime numbers are not cut by it.
    """

    workspace: str | None = None
    campaign: str | None = None
    tag: str | None = None
    period: str | None = None

    def address(self) -> dict[str, str]:
        """What stands behind the question mark."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {key: value for key, value in named if value is not None}

    def days(self, newest: dt.date | None) -> tuple[dt.date, dt.date] | None:
        """First and last day of the period; None is all of them."""
        if self.period is None:
            return None
        if found := RANGE.fullmatch(self.period):
            return dt.date.fromisoformat(found[1]), dt.date.fromisoformat(found[2])
        if (found := DAYS.fullmatch(self.period)) and newest:
            return newest - dt.timedelta(days=int(found[1]) - 1), newest
        return None


def read_address(address: Mapping[str, str]) -> Filters:
    """The filters that an address names; a period that cannot be read is none."""
    named = {f.name: address[f.name] for f in fields(Filters) if address.get(f.name)}
    chosen = Filters(**named)
    return chosen if _is_period(chosen.period) else replace(chosen, period=None)


def _is_period(text: str | None) -> bool:
    if text is None or (DAYS.fullmatch(text) and 0 < int(text[:-1]) < 36_500):
        return True
    found = RANGE.fullmatch(text)
    try:
        return bool(found) and dt.date.fromisoformat(found[1]) <= dt.date.fromisoformat(found[2])
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from.

    `campaigns`: workspace_id, campaign_id, campaign_name, is_deleted; `workspaces`: workspace_id,
    workspace_name; `tags`: workspace_id, campaign_id, tag.
    """

    workspaces: pd.DataFrame
    campaigns: pd.DataFrame
    tags: pd.DataFrame
    newest: dt.date | None

    def workspace_names(self) -> dict[str, str]:
        """Id to name, by name; a short piece of the id tells two of one name apart."""
        return _names(self.workspaces, "workspace")

    def campaign_names(self, chosen: Filters) -> dict[str, str]:
        """The campaigns of the chosen workspace and tag, deleted ones marked and last."""
        rows = self.campaigns
        if chosen.workspace:
            rows = rows[rows["workspace_id"] == chosen.workspace]
        if chosen.tag:
            tagged = self.tags.loc[self.tags["tag"] == chosen.tag, "campaign_id"]
            rows = rows[rows["campaign_id"].isin(tagged)]
        deleted = set(rows.loc[rows["is_deleted"], "campaign_id"])
        names = _names(rows, "campaign")
        kept = {key: text for key, text in names.items() if key not in deleted}
        return kept | {key: f"{text} (deleted)" for key, text in names.items() if key in deleted}

    def tag_names(self, chosen: Filters) -> dict[str, str]:
        """The tags of the campaigns of the chosen workspace."""
        rows = self.tags
        if chosen.workspace:
            rows = rows[rows["workspace_id"] == chosen.workspace]
        return {tag: name(tag) for tag in sorted(rows["tag"].dropna().unique())}


def _names(rows: pd.DataFrame, kind: str) -> dict[str, str]:
    ids = [str(value) for value in rows[f"{kind}_id"]]
    named = [name(text, id_) for text, id_ in zip(rows[f"{kind}_name"], ids, strict=True)]
    double = {text for text in named if named.count(text) > 1} if len(named) < 2_000 else set()
    full = {
        id_: f"{text} ({id_[-6:]})" if text in double else text
        for id_, text in zip(ids, named, strict=True)
    }
    return dict(sorted(full.items(), key=lambda pair: pair[1].casefold()))


def choose(choices: Choices) -> Filters:
    """Shows the filters, as the address and what was chosen before want them, and reads them.

    The address is written again at the end, so that it always says what is shown.
    """
    wanted = read_address(st.query_params.to_dict())
    before = Filters(
        **{f.name: st.session_state.get(_key(f.name)) or None for f in fields(Filters)}
    )
    named = wanted.address()
    chosen = replace(before, **named)
    workspaces = choices.workspace_names()
    chosen = _known(chosen, "workspace", workspaces, named)
    chosen = _known(chosen, "tag", choices.tag_names(chosen), named)
    chosen = _known(chosen, "campaign", choices.campaign_names(chosen), named)
    if len(workspaces) > 1:
        _select("Workspace", "workspace", chosen.workspace, workspaces)
    if tags := choices.tag_names(chosen):
        _select("Tag", "tag", chosen.tag, tags)
    _select("Campaign", "campaign", chosen.campaign, choices.campaign_names(chosen))
    _period(chosen, choices.newest)
    _write_address(chosen)
    if chosen != Filters():
        st.button("Clear all filters", on_click=_clear, width="stretch")
    return chosen


def _known(
    chosen: Filters, field: str, names: Mapping[str, str], named: Mapping[str, str]
) -> Filters:
    """Without a value that is not there; one that the address names is said."""
    value = getattr(chosen, field)
    if value is None or value in names:
        return chosen
    if field in named:
        st.warning(f"The link names a {field} that is not in this warehouse; all are shown.")
    return replace(chosen, **{field: None})


def _select(label: str, field: str, value: str | None, names: Mapping[str, str]) -> None:
    st.session_state[_key(field)] = value or EVERYTHING
    st.selectbox(
        label,
        [EVERYTHING, *names],
        format_func=lambda choice: names.get(choice, f"All {label.lower()}s"),
        key=_key(field),
        on_change=_remember,
        args=(field,),
    )


def _period(chosen: Filters, newest: dt.date | None) -> None:
    """Named periods, and two days of one's own."""
    is_own = bool(chosen.period and chosen.period not in PERIODS)
    shown = "period_kind"
    st.session_state[shown] = OWN if is_own else chosen.period or EVERYTHING
    labels = {EVERYTHING: "All days", **PERIODS, OWN: "From … to …"}
    st.selectbox(
        "Days",
        list(labels),
        format_func=lambda kind: labels[kind],
        key=shown,
        on_change=_remember_period,
        args=(newest,),
        help="Days are the API's, midnight to midnight UTC. Lifetime numbers are not cut.",
    )
    st.session_state[_key("period")] = chosen.period
    if is_own:
        st.session_state["period_days"] = chosen.days(newest) or ()
        st.date_input(
            "From … to …", key="period_days", on_change=_remember_days, format="YYYY-MM-DD"
        )


def _remember(field: str) -> None:
    _name(field, st.session_state[_key(field)])


def _remember_period(newest: dt.date | None) -> None:
    kind = st.session_state["period_kind"]
    if kind == OWN:
        last = newest or dt.datetime.now(dt.UTC).date()
        kind = f"{last - dt.timedelta(days=27)}..{last}"
    _name("period", kind)


def _remember_days() -> None:
    days = st.session_state["period_days"]
    if len(days) == 2:
        _name("period", f"{days[0]}..{days[1]}")


def _clear() -> None:
    for field in fields(Filters):
        _name(field.name, None)


def _name(field: str, value: Any) -> None:
    """Writes a choice down in both places that are read at the next run."""
    st.session_state[_key(field)] = value
    if value:
        st.query_params[field] = value
    else:
        st.query_params.pop(field, None)


def _write_address(chosen: Filters) -> None:
    """The filters into the address; what else stands there (a step, two arms) is the page's."""
    address = chosen.address()
    for field in fields(Filters):
        if field.name in address:
            if st.query_params.get(field.name) != address[field.name]:
                st.query_params[field.name] = address[field.name]
        elif field.name in st.query_params:
            del st.query_params[field.name]


def in_words(chosen: Filters, choices: Choices) -> str:
    """`Acme · tag EMEA · 2026-10-26 to 2026-11-22`: what is shown."""
    parts = []
    if chosen.workspace:
        parts.append(choices.workspace_names()[chosen.workspace])
    if chosen.campaign:
        parts.append(choices.campaign_names(Filters())[chosen.campaign])
    if chosen.tag:
        parts.append(f"tag {name(chosen.tag)}")
    if days := chosen.days(choices.newest):
        parts.append(f"days {days[0]} to {days[1]}")
    return " · ".join(parts) or "everything"


def _key(field: str) -> str:
    return f"filter_{field}"
