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
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from sources.instantly.conversation.client import Check, Client, Decode
from sources.instantly.endpoint import PAGE_SIZE, Answer, Endpoint, Method
from sources.instantly.errors import OutOfContract, RequestRefused
from sources.instantly.shaping.columns import schema_of

MOST_EMPTY_PAGES = 10
"""Empty pages in a row that are followed because they carry a new cursor."""

Element = Mapping[str, Any]


Asked = Mapping[str, Any]
"""Members of the query, or of the body of a POST."""


def elements(
    client: Client,
    endpoint: Endpoint,
    params: Asked | None = None,
    values: Mapping[str, str] | None = None,
    give_up_seconds: float | None = None,
    decode: Decode | None = None,
) -> Iterator[list[Any]]:
    """The answer's elements, a list per page; an empty list for an empty answer.

    Args:
        client: the conversation with one workspace.
        endpoint: what to ask.
        params: members of query or body besides the endpoint's own.
        values: what stands in the braces of the path.
        give_up_seconds: as in `Client.get`, for each page of a GET.
        decode: as in `Client.get`; the items of a page are then what it makes of them.

    Raises:
        OutOfContract: the envelope is wrong, or the cursor repeats.
    """
    question = _Question(client, endpoint, values or {}, give_up_seconds, decode)
    asked = {**dict(endpoint.params), **(params or {})}
    if endpoint.answer is Answer.PAGES:
        yield from _pages(question, asked)
    elif endpoint.answer is Answer.OBJECT:
        yield [question.ask(asked, partial(_is_object, endpoint))]
    else:
        yield question.ask(asked, _is_rows)


@dataclass(frozen=True, slots=True)
class _Question:
    """An endpoint that is asked once or page by page."""

    client: Client
    endpoint: Endpoint
    values: Mapping[str, str]
    give_up_seconds: float | None = None
    decode: Decode | None = None

    def ask(self, asked: Asked, check: Check) -> Any:
        path, table = self.endpoint.path, self.endpoint.table
        if self.endpoint.method is Method.POST:
            return self.client.post(path, asked, table=table, check=check, decode=self.decode)
        return self.client.get(
            path,
            asked,
            table=table,
            check=check,
            decode=self.decode,
            values=self.values,
            give_up_seconds=self.give_up_seconds,
        )

    def first_page(self, asked: Asked) -> tuple[Any, Asked]:
        """The first page, and what to go on asking.

        More rows a page than usual are a recent permission (quirk B8): refused, they are given up.
        """
        size = self.endpoint.page_size
        asked = {"limit": size if self.endpoint.method is Method.POST else str(size), **asked}
        try:
            return self.ask(asked, _is_page), asked
        except RequestRefused:
            if size <= PAGE_SIZE:
                raise
        asked = {**asked, "limit": str(PAGE_SIZE)}
        return self.ask(asked, _is_page), asked


def _pages(question: _Question, asked: Asked) -> Iterator[list[Element]]:
    seen: set[str] = set()
    empty_pages = 0
    page, asked = question.first_page(asked)
    while True:
        yield page["items"]
        cursor = page.get("next_starting_after")
        empty_pages = 0 if page["items"] else empty_pages + 1
        if not cursor or (empty_pages and cursor in seen):
            return
        if cursor in seen or empty_pages > MOST_EMPTY_PAGES:
            raise OutOfContract(
                f"{question.endpoint.operation}: the cursor repeats after {len(seen)} pages, so "
                "the list has no end; nothing of it was loaded"
            )
        seen.add(cursor)
        page = question.ask({**asked, "starting_after": cursor}, _is_page)


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


def _is_object(endpoint: Endpoint, answer: Any) -> str | None:
    if not isinstance(answer, dict):
        return f"{_name(answer)} instead of an object"
    needed, known = _members(endpoint)
    if missing := [name for name in needed if name not in answer]:
        return f"an object without `{missing[0]}`"
    if answer and not known & answer.keys():
        return "an object without any member that is documented"
    return None


@cache
def _members(endpoint: Endpoint) -> tuple[tuple[str, ...], frozenset[str]]:
    """Members that an answer must hold, and those of which it must hold one unless it is empty.

    An error can come as an object with status 200, and half an object would be a row with holes
    that ends the one before it. Where the API requires nothing, the key is required; what is asked
    for an id may have nothing to say (quirk D31).
    """
    schema = schema_of(endpoint.entity)
    own = schema["properties"].keys()
    needed = endpoint.holds or (
        *schema.get("required", ()),
        *(column for column in endpoint.key if column in own),
    )
    return tuple(dict.fromkeys(needed)), frozenset(own) | frozenset(endpoint.holds)


def _name(value: Any) -> str:
    kinds = {type(None): "null", dict: "an object", list: "a list", str: "a text"}
    return kinds.get(type(value), "a number")
