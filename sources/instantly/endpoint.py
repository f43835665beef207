"""What THE TABLE is made of: the type of its rows. A row that cannot be right cannot be built.

    an answer          rows under     how it is kept
    ----------------   ------------   ---------------------------------------------------------
    {items, cursor}    items          versions      every content a row ever had (SCD2)
    [ ... ]            the array      observations  every distinct answer of a report
    { ... }            the object     rows          the content as last read, with its deletion

A request may be made once, once per row of a *parent* (its id goes out in the path, the query or
the body, one at a time or in batches), or for a window of days. What an endpoint is asked for in a
run is its *way*: the rooms of `reading/` are one per way, and none is about one endpoint.

Refused: subclasses per kind of endpoint. What is common to all (key, load, scope, columns) is what
most of the program looks at, and a field that is empty reads better in a table than a class name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sources.instantly.shaping import rows as shape

Row = dict[str, Any]

PAGE_SIZE = 100
"""Rows a page; the default is 10 (quirk B6), more than 100 is refused or empty (quirk B7)."""


class Tier(Enum):
    """What a table is for; the unit in which tables are selected."""

    CORE = "core"
    PEOPLE = "people"
    OPERATIONS = "operations"


class Method(Enum):
    """How it is asked. A POST only reads, too: its question is too long for an address."""

    GET = "GET"
    POST = "POST"


class Answer(Enum):
    """The envelope in which the rows arrive (quirk B1)."""

    PAGES = "an object with `items` and a cursor"
    ARRAY = "a bare array"
    OBJECT = "one object"


class Load(Enum):
    """How a table keeps its history."""

    VERSIONS = "every version of a row, from when to when (SCD2); a vanished row is closed"
    OBSERVATIONS = "every distinct observation of a number, with the time it was seen"
    ROWS = "one row per key as last read; a vanished row is marked, not removed"


class Place(Enum):
    """Where the id of a parent stands in a request."""

    PATH = "in the path, under its name in braces"
    QUERY = "in the query"
    BODY = "in the body"


class Way(Enum):
    """How a table is read; one room of `reading/` each."""

    LISTING = "listed from end to end"
    REPORTS = "with the other reports of campaigns, for what moved"
    CHILDREN = "for rows of its parent"
    ACCOUNT_DAYS = "for batches of accounts and windows of days"
    EVENTS = "the days since the newest stored one, and some before it"
    LEADS = "by campaign and list, for what moved"
    EMAILS = "by storage time, in a lane of its own"


class When(Enum):
    """Which of the rows, or of the parents' rows, are asked for in a run."""

    EVERY_RUN = "all of them"
    MOVED = "those of which another table says that something is new"
    SLOW_CLOCK = "new ones at once, all of them every FULL_WALK_DAYS"


@dataclass(frozen=True, slots=True)
class Parent:
    """The entity a request is made for.

    Attributes:
        table: whose rows are asked for.
        param: name under which the id goes out.
        column: column of our table that holds the id.
        member: member of the parent's row that is the id.
        place: where in the request it stands.
        batch: most ids in one request; more than one only where the answer says whose a row is.
        may_lack: 404 says that this parent has no such row, not that the parent is gone.
    """

    table: str
    param: str
    column: str
    member: str = "id"
    place: Place = Place.QUERY
    batch: int = 1
    may_lack: bool = False

    def __post_init__(self) -> None:
        if self.batch < 1 or (self.batch > 1 and self.place is Place.PATH):
            raise ValueError(f"{self.param}: a path has room for one id")


@dataclass(frozen=True, slots=True)
class Days:
    """A window of whole days, both ends included.

    Attributes:
        first: name of the member that holds the first day.
        last: name of the member that holds the last day, None where there is none.
        column: column of our table that says on which day a row belongs.
        again: days before the newest stored one that are read again, because their rows change.
        most: most days in one request.
    """

    first: str
    last: str | None
    column: str
    again: int
    most: int | None = None

    def __post_init__(self) -> None:
        if self.again < 0 or (self.most is not None and self.most < 1):
            raise ValueError(f"{self.first}: a window holds at least a day")


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One table of the warehouse and the request that fills it.

    Equal to itself alone: what is known of an endpoint is looked up for every answer, and a hash
    over all of its fields was a sixth of the work on a report.

    Attributes:
        table: name of the raw table.
        path: API path without the prefix `/api/v2`; a parent's id stands in braces.
        entity: name of the schema in `schemas/`, the source of the column types.
        grain: what one row is, for people.
        key: columns that identify a row inside a workspace.
        tier: selection group.
        answer: envelope of the rows.
        load: how history is kept.
        way: how it is read.
        when: which of its rows or parents are asked for in a run.
        scope: narrowest scope of the key, None where the API lists none.
        method: GET, or a POST that only reads.
        params: fixed members of query or body.
        page_size: rows a page.
        parent: asked for rows of another table.
        instead: parent to ask for where the API refuses to list all at once.
        by_day: asked with start = end = one day, which becomes the column `date`.
        days: asked for a window of days.
        newest_first: column in whose falling order the list comes; its walk may stop early.
        rows: turns one element of the answer into rows; by default the element is the row.
        unique: makes the rows of one answer unique by key; by default the last one stands.
        holds: members that an answer of one object must have; by default the required ones of
            the entity.
        added: columns that `rows` or the request add to the entity, with their JSON types.
        source: table whose answers this one is cut from, instead of requests of its own.
        moved_by: table whose change says that this one must be asked again.
        after: further tables whose rows decide what is asked.
        left_out: members that are not stored here, each with its reason.
    """

    table: str
    path: str
    entity: str
    grain: str
    key: tuple[str, ...]
    tier: Tier
    answer: Answer
    load: Load
    way: Way = Way.LISTING
    when: When = When.EVERY_RUN
    scope: str | None = None
    method: Method = Method.GET
    params: tuple[tuple[str, str], ...] = ()
    page_size: int = PAGE_SIZE
    parent: Parent | None = None
    instead: Parent | None = None
    by_day: bool = False
    days: Days | None = None
    newest_first: str | None = None
    rows: Callable[[Mapping[str, Any]], Iterator[Row]] = shape.as_it_is
    unique: Callable[[Iterable[Row], Sequence[str]], list[Row]] = shape.last_by_key
    holds: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    source: str | None = None
    moved_by: str | None = None
    after: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for is_wrong, why in (*self._wrong_requests(), *self._wrong_reading()):
            if is_wrong:
                raise ValueError(f"{self.table}: {why}")

    def _wrong_requests(self) -> Iterator[tuple[bool, str]]:
        in_path = self.parent is not None and self.parent.place is Place.PATH
        in_body = self.parent is not None and self.parent.place is Place.BODY
        placeholder = f"{{{self.parent.param}}}" if self.parent else "{"
        yield not self.key, "a table needs a key"
        yield not self.path.startswith("/"), f"the path {self.path!r} must start with /"
        yield in_path != ("{" in self.path), "an id in the path stands there in braces"
        yield in_path and placeholder not in self.path, f"the path lacks {placeholder}"
        yield in_body and self.method is not Method.POST, "only a POST has a body"
        yield self.page_size < 1 or self.page_size > 1000, "a page holds 1 to 1000 rows"
        yield bool(self.holds) and self.answer is not Answer.OBJECT, "only one object holds members"

    def _wrong_reading(self) -> Iterator[tuple[bool, str]]:
        is_child = self.way in (Way.CHILDREN, Way.ACCOUNT_DAYS)
        is_dated = self.way in (Way.EVENTS, Way.ACCOUNT_DAYS)
        is_moved = self.when is When.MOVED
        keeps_rows = self.way in (Way.EVENTS, Way.LEADS, Way.EMAILS)
        yield is_child and self.parent is None, "say whose children these are"
        yield self.way is Way.LISTING and self.parent is not None, "a listing has no parent"
        yield is_dated != (self.days is not None), "windows of days, and those alone, need `days`"
        yield is_moved != (self.moved_by is not None), "say which table's change makes it moved"
        yield keeps_rows != (self.load is Load.ROWS), "single rows are what events load as"
        yield bool(self.by_day) and "date" not in self.key, "one-day reports need `date` in the key"
        yield bool(self.by_day) and self.way is not Way.REPORTS, "only reports are asked by day"
        yield (
            self.newest_first is not None
            and not (self.way is Way.LISTING and self.when is When.SLOW_CLOCK),
            "stopping early is for listings on the slow clock",
        )
        yield (
            self.when is When.SLOW_CLOCK and self.load is not Load.VERSIONS,
            "the slow clock is for tables of versions",
        )

    @property
    def operation(self) -> str:
        """The request as a person would name it, for messages and counts."""
        return f"{self.method.value} {self.path}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables without which this one cannot be read economically, or at all."""
        parents = [parent.table for parent in (self.parent, self.instead) if parent]
        named = (self.source, *parents, self.moved_by, *self.after)
        return tuple(dict.fromkeys(table for table in named if table))
