"""Numbers as people read them, wherever this program writes for people.

An unknown number is `—` and never a zero. Rates are shown in percent with one decimal; the columns
they come from are not rounded.
"""

from __future__ import annotations

UNKNOWN = "—"


def count(value: int | None) -> str:
    """`12,345`."""
    return UNKNOWN if value is None else f"{value:,}"


def rate(value: float | None) -> str:
    """`4.3 %`, of a share between 0 and 1."""
    return UNKNOWN if value is None else f"{100 * value:.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """`3.4–5.5`: the bounds of a rate in percent; the sign stands in the head or at the rate."""
    if low is None or high is None:
        return UNKNOWN
    return f"{100 * low:.1f}–{100 * high:.1f}"
