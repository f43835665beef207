"""Counts as they arrive: two frames in, one checked value out.

    days   workspace_id, campaign_id, step, variant, copy_version, date + counts of that day
    arms   workspace_id, campaign_id, step, variant, copy_version + what is known of the arm

An arm is a (variant, copy version) pair of a step; a *position* is the variant alone, which is all
that the API counts by. An arm without days is kept (it has sent nothing yet), days without an arm
are kept too (a variant that the campaign no longer lists). Unattributed rows (step or variant
below 0) take no part.

Distinct counts do not add over days: a lead that replies on Monday and on Tuesday is two daily
repliers and one replier. So each position's daily counts are scaled by its lifetime distinct count
over their sum. Where the shared window is the arm's whole life this gives the exact distinct count,
elsewhere it assumes that leads come back as often inside the window as outside. Adding the days up
instead was refused: it counts talkative leads twice and makes every interval too narrow.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.judgement.cube import AUTOMATIC, Array, Index
from transforms.judgement.statuses import ArmState, Basis, Metric

STEP = ["workspace_id", "campaign_id", "step"]
POSITION = [*STEP, "variant"]
ARM = [*POSITION, "copy_version"]

EVENTS: dict[str, str] = {
    Metric.REPLY: "unique_replies",
    Metric.POSITIVE: "unique_opportunities",
    Metric.CLICK: "unique_clicks",
    Metric.OPEN: "unique_opened",
    AUTOMATIC: "unique_replies_automatic",
}
"""Name of each count inside the judgement, and its column in the frames."""

FLAGS = ["auto_selected_from", "auto_selected_until", "open_tracking", "link_tracking"]
STEP_DEFAULTS: dict[str, object] = {
    "is_tracking_switched": False,
    "is_accounts_changed": False,
}
POSITION_DEFAULTS: dict[str, object] = {f"lifetime_{c}": np.nan for c in EVENTS.values()}
"""Columns of `arms` that may be missing, per step and per position, and what is taken instead."""

EPOCH = date(1970, 1, 1)
NEVER = np.iinfo(np.int64).max
"""A day that does not come."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that was counted up to the last whole day.

    arms: one row per arm, sorted by `ARM`; `step_code` and `position` number steps and positions,
        `first_day`, `last_day` (days since 1970; -1: never) bound its sends, `sent` and the event
        columns are its own totals, `state` is its `ArmState`, `basis` its step's `Basis`.
    arm, position, day, sent, events: the days; entries of the same arm and day add up.
    missing: per name and step code, whether the step's counts were never delivered (all null).
    today: the first day that is not over, in days since 1970.
    """

    arms: pd.DataFrame
    arm: Index
    position: Index
    day: Index
    sent: Array
    events: dict[str, Array]
    missing: dict[str, NDArray[np.bool_]]
    today: int


def observe(days: pd.DataFrame, arms: pd.DataFrame, today: date) -> Observed:
    """Return the checked counts of all days before `today` (UTC).

    Raises ValueError with one line: which frame, which column, what to do.
    """
    require("days", days, [*ARM, "date", "sent", *EVENTS.values()], [*ARM, "date"])
    require("arms", arms, [*ARM, "is_current", "is_disabled", *FLAGS], ARM)
    defaults = STEP_DEFAULTS | POSITION_DEFAULTS
    known = arms.assign(**{c: v for c, v in defaults.items() if c not in arms.columns})
    known = known[(known["step"] >= 0) & (known["variant"] >= 0)]
    counted = days[(days["step"] >= 0) & (days["variant"] >= 0)]
    on = day_numbers(counted["date"])
    last = (today - EPOCH).days
    counted, on = counted[on < last], on[on < last]
    table = _all_arms(known, counted)
    arm = rows_of(counted, table, ARM)
    position = table["position"].to_numpy()[arm]
    sent = numbers(counted["sent"])
    events = {name: numbers(counted[column]) for name, column in EVENTS.items()}
    missing = _never_delivered(counted, table["step_code"].to_numpy()[arm], table)
    events = {n: v * _distinct_share(v, position, table, n)[position] for n, v in events.items()}
    table = with_totals(table, arm, on, sent, events)
    return Observed(table, arm, position, on, sent, events, missing, last)


def require(frame: str, given: pd.DataFrame, columns: Iterable[str], key: list[str]) -> None:
    """Raise ValueError unless the frame has the columns, and a key without nulls or doubles."""
    absent = [column for column in columns if column not in given.columns]
    if absent:
        raise ValueError(f"{frame} lacks the column(s) {', '.join(absent)}: add them")
    empty = [column for column in key if given[column].isna().any()]
    if empty:
        raise ValueError(f"{frame} has nulls in {', '.join(empty)}: every row needs its key")
    twice = given.duplicated(key)
    if twice.any():
        example = given.loc[twice, key].iloc[0].to_dict()
        raise ValueError(f"{frame} has a row twice, for instance {example}: make the key unique")


def day_numbers(dates: pd.Series, missing: int = NEVER) -> NDArray[np.int64]:
    """Return days since 1970; `missing` where there is no date."""
    days = pd.to_datetime(dates).to_numpy("datetime64[D]")
    return np.where(np.isnat(days), missing, days.astype(np.int64))


def numbers(column: pd.Series) -> Array:
    """Return counts as floats; null and negative (counters fall at times, quirk C18) become 0."""
    values = pd.to_numeric(column).to_numpy(np.float64, na_value=0.0)
    return np.maximum(np.nan_to_num(values), 0.0)


def _all_arms(known: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    table = pd.concat([known, counted[ARM]], ignore_index=True).drop_duplicates(ARM)
    table = table.sort_values(ARM, ignore_index=True)
    table["step_code"] = table.groupby(STEP, sort=False).ngroup()
    table["position"] = table.groupby(POSITION, sort=False).ngroup()
    flags = [*FLAGS, *STEP_DEFAULTS]
    table[flags] = table.groupby(STEP, sort=False)[flags].transform("first")
    for column, value in STEP_DEFAULTS.items():
        table[column] = table[column].where(table[column].notna(), value)
    table["state"] = _states(table)
    table["auto_from"] = day_numbers(table["auto_selected_from"])
    table["auto_until"] = day_numbers(table["auto_selected_until"])
    return table.assign(basis=str(Basis.WINDOWS), mail_coverage=np.nan)


def _states(table: pd.DataFrame) -> NDArray[np.object_]:
    current = table["is_current"].eq(True).to_numpy()
    disabled = table["is_disabled"].eq(True).to_numpy()
    newest = ~table.duplicated("position", keep="last").to_numpy()
    names = np.array([ArmState.ACTIVE, ArmState.PAUSED, ArmState.VANISHED, ArmState.REPLACED])
    which = np.select([current & ~disabled, current, newest], [0, 1, 2], default=3)
    return names.astype(object)[which]


def _never_delivered(
    counted: pd.DataFrame, step: Index, table: pd.DataFrame
) -> dict[str, NDArray[np.bool_]]:
    steps = int(table["step_code"].max() + 1) if len(table) else 0
    delivered = {
        name: np.bincount(step, weights=counted[column].notna(), minlength=steps) > 0
        for name, column in EVENTS.items()
    }
    return {name: ~some for name, some in delivered.items()}


def rows_of(sought: pd.DataFrame, table: pd.DataFrame, key: list[str]) -> Index:
    """Return where in `table`, whose key is unique, every sought key stands; -1: nowhere.

    Numbering the keys of both together, and no merge: pandas cannot merge empty arrow texts.
    """
    both = pd.concat([table[key], sought[key]], ignore_index=True)
    number = both.groupby(key, sort=False).ngroup().to_numpy(np.int64)[len(table) :]
    return np.where(number < len(table), number, -1)


def _distinct_share(values: Array, position: Index, table: pd.DataFrame, name: str) -> Array:
    """Return per position by what its daily distinct counts must be scaled, at most 1."""
    positions = int(table["position"].max() + 1) if len(table) else 0
    daily = np.bincount(position, weights=values, minlength=positions)
    column = table[f"lifetime_{EVENTS[name]}"].astype(np.float64)
    lifetime = column.groupby(table["position"]).max().to_numpy()
    known = np.isfinite(lifetime) & (lifetime > 0) & (daily > 0)
    return np.where(known, np.minimum(lifetime / np.where(daily > 0, daily, 1.0), 1.0), 1.0)


def with_totals(
    table: pd.DataFrame, arm: Index, day: Index, sent: Array, events: dict[str, Array]
) -> pd.DataFrame:
    """Return the arms with what their days add up to, and the days that bound their sends."""
    count = len(table)
    sending = sent > 0
    first, last = np.full(count, NEVER), np.full(count, -1)
    np.minimum.at(first, arm[sending], day[sending])
    np.maximum.at(last, arm[sending], day[sending])
    totals = {name: np.bincount(arm, weights=v, minlength=count) for name, v in events.items()}
    return table.assign(
        first_day=np.where(last < 0, -1, first),
        last_day=last,
        sent=np.bincount(arm, weights=sent, minlength=count),
        **totals,
    )
