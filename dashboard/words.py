"""Numbers and other people's text as a page shows them.

An unknown number is `–`, never a zero. Rates are shown in percent with one decimal; the columns
themselves are not rounded.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

import pandas as pd

from pipelines.text import one_line

UNKNOWN = "–"
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&^=@])")


def is_unknown(value: Any) -> bool:
    """True for what a mart has as null: pandas spells it None, NaN, NaT or NA."""
    return bool(pd.isna(value))


def known(value: Any) -> Any:
    """The value, or None for whatever means null."""
    return None if is_unknown(value) else value


def count(value: Any) -> str:
    """`12,345`."""
    return UNKNOWN if is_unknown(value) else f"{round(value):,}"


def rate(value: Any) -> str:
    """`4.3 %`: mostly a share between 0 and 1; other people's formulas go below."""
    return UNKNOWN if is_unknown(value) else f"{value * 100:.1f} %".replace("-", "−")


def interval(low: Any, high: Any) -> str:
    """`3.4–5.5 %`: the 95 % interval of a rate."""
    if is_unknown(low) or is_unknown(high):
        return UNKNOWN
    return f"{low * 100:.1f}–{high * 100:.1f} %"


def lift(value: Any) -> str:
    """`+43 %`: with its sign, and a proper minus."""
    if is_unknown(value):
        return UNKNOWN
    return f"{value * 100:+,.0f} %".replace("-", "−")


def likely(value: Any) -> str:
    """A probability; never `0 %` or `100 %`, which no finite number of mails can show."""
    if is_unknown(value):
        return UNKNOWN
    if value > 0.99:
        return "over 99 %"
    return "under 1 %" if value < 0.01 else f"{value * 100:.0f} %"


def day(value: Any) -> str:
    """`2026-11-22`."""
    return UNKNOWN if is_unknown(value) else f"{value:%Y-%m-%d}"


def moment(value: datetime | Any) -> str:
    """`2026-11-22 12:00 UTC`."""
    return UNKNOWN if is_unknown(value) else f"{value:%Y-%m-%d %H:%M} UTC"


def name(value: Any, instead: Any = UNKNOWN) -> str:
    """A name of the source on one line; `instead` where there is none."""
    return one_line(str(instead if is_unknown(value) or not str(value).strip() else value))


def plural(number: int, word: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def plain(text: str) -> str:
    """Text for a place that reads Markdown, where nothing of it is Markdown."""
    return MARKDOWN.sub(r"\\\1", one_line(text))


def escaped(text: str) -> str:
    """Text for HTML: direction marks and breaks stay where they are put."""
    return html.escape(one_line(text), quote=True)
