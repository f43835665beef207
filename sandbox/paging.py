"""Pages and cursors.

A page holds 10 rows unless asked, 100 at most (quirks B6, B7). A cursor is compared, not looked up,
so a row that was deleted between two pages ends nothing. The last page with rows still carries a
cursor on most lists (quirk B3); at the end it is null on some and missing on others (quirk B4).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sandbox.answers import Call, invalid, not_found

MOST = 100
T = TypeVar("T")


def limit(call: Call, most: int = MOST, source: str = "querystring") -> int:
    """The asked page size, or less if the world has less, or the validation error of the API."""
    raw = call.query.get("limit") if source == "querystring" else call.body.get("limit")
    if raw is None or raw == "":
        return 10
    try:
        size = int(raw)
    except (TypeError, ValueError):
        raise invalid(f"{source}/limit must be integer") from None
    if size < 1:
        raise invalid(f"{source}/limit must be >= 1")
    if size > most:
        raise invalid(f"{source}/limit must be <= {most}")
    return min(size, call.world.most_rows or size)


def page(
    call: Call,
    rows: Iterable[T],
    cursor: Callable[[T], str],
    render: Callable[[T], dict[str, Any]],
    descending: bool = False,
    sticky: bool = True,
    null_at_end: bool = False,
    most: int = MOST,
) -> dict[str, Any]:
    """The page after the asked cursor, in order of the cursor."""
    size = limit(call, most)
    if gone := call.world.hidden.get(call.template):
        rows = [row for row in rows if identity(render(row)) not in gone]
    ordered = sorted(rows, key=cursor, reverse=descending)
    after = call.query.get("starting_after")
    if after:
        further = operator.lt if descending else operator.gt
        ordered = [row for row in ordered if further(cursor(row), after)]
    return answer(call, ordered[: size + 1], size, cursor, render, sticky, null_at_end)


def identity(item: dict[str, Any]) -> str:
    """What names a row to `overlay` and `hide`: its id, or its address."""
    return str(item.get("id", item.get("email")))


def one(rows: Iterable[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """The row with this id, or the API's 404."""
    for row in rows:
        if identity(row) == wanted:
            return row
    raise not_found()


def by_id(call: Call, rows: Sequence[dict[str, Any]], **how: Any) -> dict[str, Any]:
    """A page of ready rows in order of their ids."""
    return page(call, rows, cursor=lambda row: str(row["id"]), render=dict, **how)


def answer(
    call: Call,
    rows: Sequence[T],
    size: int,
    cursor: Callable[[T], str],
    render: Callable[[T], dict[str, Any]],
    sticky: bool = True,
    null_at_end: bool = False,
) -> dict[str, Any]:
    """The envelope around at most `size` rows; one row more than that proves a next page."""
    shown = rows[:size]
    overlay = call.world.overlays.get(call.template, {})
    items = [render(row) for row in shown]
    if overlay:
        items = [item | overlay.get("*", {}) | overlay.get(identity(item), {}) for item in items]
    body: dict[str, Any] = {"items": items}
    if shown and (sticky or len(rows) > size):
        body["next_starting_after"] = cursor(shown[-1])
    elif null_at_end:
        body["next_starting_after"] = None
    return body
