"""The charts: few marks, one scale each, colours that colour-blind people tell apart.

Colours are Okabe and Ito's, of which blue, vermillion and green stand out on white and on black;
text and grid are Streamlit's, so that dark and light need nothing here. What is unknown is a gap.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6E6E6E"
PERCENT = ".1%"


def by_day(days: pd.DataFrame, column: str, title: str, colour: str) -> alt.Chart:
    """One count per day as bars; `days` has a `date` and that column."""
    bar = alt.MarkDef(type="bar", color=colour, width=_width(days))
    return (
        alt.Chart(days[["date", column]].dropna(), mark=bar)
        .encode(
            x=alt.X(
                "date:T",
                title=None,
                scale=alt.Scale(domain=_first_and_last(days), nice=False),
                axis=alt.Axis(format="%-d %b", grid=False, tickCount=6, labelBound=True),
            ),
            y=alt.Y(f"{column}:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3)),
            tooltip=[
                alt.Tooltip("date:T", title="day", format="%Y-%m-%d"),
                alt.Tooltip(f"{column}:Q", title=title, format=","),
            ],
        )
        .properties(height=110)
    )


def _first_and_last(days: pd.DataFrame) -> list[str]:
    """The same days under every chart of a page, a day's room at both ends."""
    room = pd.Timedelta(days=1)
    return [f"{days['date'].min() - room:%Y-%m-%d}", f"{days['date'].max() + room:%Y-%m-%d}"]


def _width(days: pd.DataFrame) -> float:
    """Bars as wide as a phone has room for, whatever the number of days."""
    span = (days["date"].max() - days["date"].min()).days + 2
    return max(1.0, min(8.0, 240 / span))


def intervals(arms: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Rates with their 95 % intervals, one line per arm.

    `arms`: arm, rate, rate_low, rate_high, role (`leader`, `rival` or `other`).
    """
    shared: dict[str, Any] = {
        "y": alt.Y("arm:N", title=None, sort=None, axis=alt.Axis(labelLimit=140, labelFontSize=14)),
        "color": alt.Color("role:N", scale=_by_role(BLUE, VERMILLION, GREY), legend=None),
        "tooltip": [
            alt.Tooltip("arm:N"),
            alt.Tooltip("rate:Q", format=PERCENT),
            alt.Tooltip("rate_low:Q", title="low (95 %)", format=PERCENT),
            alt.Tooltip("rate_high:Q", title="high (95 %)", format=PERCENT),
        ],
    }
    rule = alt.MarkDef(type="rule", strokeWidth=4, opacity=0.6)
    axis = alt.X("rate_low:Q", title="rate and 95 % interval", axis=alt.Axis(format=PERCENT))
    bounds = alt.Chart(arms, mark=rule).encode(x=axis, x2="rate_high:Q", **shared)
    shape = alt.Shape("role:N", scale=_by_role("circle", "diamond", "square"), legend=None)
    point = alt.MarkDef(type="point", size=130, filled=True, opacity=1)
    rates = alt.Chart(arms, mark=point).encode(x="rate:Q", shape=shape, **shared)
    return alt.layer(bounds, rates).properties(height=52 * max(len(arms), 2) + 60)


def _by_role(*looks: str) -> alt.Scale:
    """Leader, best other and the rest, each with its look."""
    return alt.Scale(domain=["leader", "rival", "other"], range=list(looks))
