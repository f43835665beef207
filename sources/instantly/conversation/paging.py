"""Walking a list: every page once, to a proven end.

    GET /campaigns?limit=100            → {"items": [100 rows], "next_starting_after": "c1"}
    GET /campaigns?limit=100&…after=c1  → {"items": [ 37 rows], "next_starting_after": "c2"}
    GET /campaigns?limit=100&…after=c2  → {"items": []}                               the end

The cursor is opaque (quirk B9). The end is a page without a cursor (missing, null or empty,
quirk B4), or an empty page that leads nowhere new. A short page is not the end, and a cursor is
no proof of more rows: the last page that holds rows can carry one (quirk B3). Rows under a cursor
that was seen before would be walked for ever: that is an answer out of contract, as is a page
without its list, because taking either for the end would lose the rest in silence.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sources.instantly.conversation.client import Client
from sources.instantly.endpoints import Answer, Endpoint
from sources.instantly.errors import OutOfContract

PAGE_SIZE = 100
"""Rows a page; the default is 10 (quirk B6), more than 100 is refused or empty (quirk B7)."""

MOST_EMPTY_PAGES = 10
"""Empty pages in a row that are followed because they carry a new cursor."""

Element = Mapping[str, Any]


def elements(
    client: Client, endpoint: Endpoint, params: Mapping[str, str] | None = None
) -> Iterator[list[Element]]:
    """The answer's elements, a list per page; an empty list for an empty answer.

    Args:
        client: the conversation with one workspace.
        endpoint: what to ask.
        params: query members besides the endpoint's own.

    Raises:
        OutOfContract: the envelope is wrong, or the cursor repeats.
    """
    query = {**dict(endpoint.params), **(params or {})}
    if endpoint.answer is Answer.PAGES:
        yield from _pages(client, endpoint, query)
        return
    check = _is_object if endpoint.answer is Answer.OBJECT else _is_rows
    answer = client.get(endpoint.path, query, table=endpoint.table, check=check)
    yield [answer] if endpoint.answer is Answer.OBJECT else answer


def _pages(client: Client, endpoint: Endpoint, query: dict[str, str]) -> Iterator[list[Element]]:
    seen: set[str] = set()
    empty_pages = 0
    query = {"limit": str(PAGE_SIZE), **query}
    while True:
        page = client.get(endpoint.path, query, table=endpoint.table, check=_is_page)
        yield page["items"]
        cursor = page.get("next_starting_after")
        empty_pages = 0 if page["items"] else empty_pages + 1
        if not cursor or (empty_pages and cursor in seen):
            return
        if cursor in seen or empty_pages > MOST_EMPTY_PAGES:
            raise OutOfContract(
                f"{endpoint.operation}: the cursor repeats after {len(seen)} pages, so the list "
                "has no end; nothing of it was loaded"
            )
        seen.add(cursor)
        query = {**query, "starting_after": cursor}


def _is_page(answer: Any) -> str | None:
    if not isinstance(answer, dict):
        return f"{_name(answer)} instead of a page"
    if "items" not in answer:
        return "a page without `items`"
    if wrong := _is_rows(answer["items"]):
        return f"`items` is {wrong}"
    cursor = answer.get("next_starting_after")
    if cursor is not None and not isinstance(cursor, str):
        return f"the cursor is {_name(cursor)}"
    return None


def _is_rows(answer: Any) -> str | None:
    if not isinstance(answer, list):
        return f"{_name(answer)} instead of a list"
    strange = next((row for row in answer if not isinstance(row, dict)), None)
    return None if strange is None else f"a list that holds {_name(strange)}"


def _is_object(answer: Any) -> str | None:
    if not isinstance(answer, dict):
        return f"{_name(answer)} instead of an object"
    return None if answer.get("id") else "an object without `id`"


def _name(value: Any) -> str:
    kinds = {type(None): "null", dict: "an object", list: "a list", str: "a text"}
    return kinds.get(type(value), "a number")
