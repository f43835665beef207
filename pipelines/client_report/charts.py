"""One count per day as bars, drawn as SVG that stands in a page or on paper by itself.

A charting library was refused: Altair brings a megabyte of script into every report and needs it to
draw, and what a client is shown is thirty bars. Colours are attributes, so that paper has them, and
classes, so that a page can give them those of the dark. A day that nobody counted has no bar; a day
of nothing has a thin line. The numbers themselves stand in the table of the days.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Mapping

from markupsafe import Markup, escape

from pipelines.client_report.period import end_of

WIDTH, HEIGHT = 360, 128
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 8, 106
BLUE, GREY, LINE = "#0072B2", "#666666", "#D8D8D8"
ZERO = 0.8
TICKS = (1, 8, 15, 22, 29)


def by_day(counts: Mapping[dt.date, int | None], first: dt.date, description: str) -> Markup:
    """The days of a month from `first` on; `description` is what is read aloud instead."""
    days = end_of(first).day
    room = (WIDTH - LEFT - RIGHT) / days
    top = nice_above(max((value or 0 for value in counts.values()), default=0))
    parts = [_grid(top), *(_tick(first, day, room) for day in TICKS if day <= days)]
    parts += [
        _bar(day, value, top, LEFT + (day.day - 1) * room, room)
        for day, value in counts.items()
        if value is not None
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img" '
        'aria-label="{said}" font-family="sans-serif" font-size="10">{parts}</svg>'
    ).format(w=WIDTH, h=HEIGHT, said=description, parts=Markup("").join(parts))


def nice_above(value: float) -> int:
    """The end of a scale: the least of 2, 4, 10, 20, 40, 100 … that is not below the value.

    Half of it is a whole number, because a line stands there.
    """
    if value <= 2:
        return 2
    power = 10 ** math.floor(math.log10(value))
    steps = (1, 2, 4, 6, 8, 10)
    return next(step * power for step in steps if step * power >= value and step * power % 2 == 0)


def _grid(top: int) -> Markup:
    """The ground line, and lines at half and at the end of the scale with their numbers."""
    lines = Markup("").join(
        Markup(
            '<line class="line" x1="{x}" x2="{w}" y1="{y}" y2="{y}" stroke="{c}" '
            'stroke-width="0.6"/>'
        ).format(x=LEFT, w=WIDTH, y=_number(_height(value, top)), c=LINE)
        for value in (0, top // 2, top)
    )
    words = Markup("").join(
        Markup(
            '<text class="axis" x="{x}" y="{y}" text-anchor="end" fill="{c}">{value}</text>'
        ).format(x=LEFT - 5, y=_number(_height(value, top) + 3.5), c=GREY, value=f"{value:,}")
        for value in (0, top // 2, top)
    )
    return lines + words


def _tick(first: dt.date, day: int, room: float) -> Markup:
    middle = LEFT + (day - 0.5) * room
    month = calendar.month_abbr[first.month]
    return Markup(
        '<text class="axis" x="{x}" y="{y}" text-anchor="middle" fill="{c}">{day} {month}</text>'
    ).format(x=_number(middle), y=BOTTOM + 16, c=GREY, day=day, month=month)


def _bar(day: dt.date, value: int, top: int, x: float, room: float) -> Markup:
    y = min(_height(value, top), BOTTOM - ZERO)
    return Markup(
        '<rect class="bar" x="{x}" y="{y}" width="{w}" height="{h}" rx="1" fill="{c}">'
        "<title>{said}</title></rect>"
    ).format(
        x=_number(x + room * 0.15),
        y=_number(y),
        w=_number(room * 0.7),
        h=_number(BOTTOM - y),
        c=BLUE,
        said=f"{day.day} {calendar.month_abbr[day.month]}: {value:,}",
    )


def _height(value: float, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * max(value, 0) / top


def _number(value: float) -> Markup:
    """As short as it can be: thirty bars of fifteen digits are a kilobyte of nothing."""
    return escape(f"{value:.1f}".removesuffix(".0"))
