"""The list of all leads, walked in ranges of ids side by side, and proven to be one list.

    ids     0 ────────────── a ────────────── b ────────────── f
    walked  page page page ──┤ page page ─────┤ page page ─────┤ end
                      first lead beyond a  =  first lead of the range behind a: a seam

The list comes in order of id, and its cursor is the id of the last lead (quirk B12), so a walk may
begin behind an id that nobody has. One list cut into ranges needs no request per campaign, and a
campaign with a third of all leads takes no longer than its share; one list per campaign, the way
before, left most of the rate unused where one campaign is large. A worker without work cuts the
range with most pages left in two, so all of them end together.

No document promises any of this, so it is checked while it is done. Ids must rise on every page,
above the cursor. Every range is walked until a lead beyond its end was seen, by cursors that the
API gave; that lead must be the first that the next range got for its invented cursor. No page may
be empty and lead on to one that is not: it might stand for leads. A list that passes is complete
and holds no lead twice. One that does not is `Disordered`, and the caller walks campaign by
campaign.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sources.instantly.endpoint import PAGE_SIZE
from sources.instantly.errors import NotFound, OutOfContract, RequestRefused
from sources.instantly.reading.leads import plan
from sources.instantly.reading.leads.pages import Item, glance
from sources.instantly.reading.leads.walk import Chain

PAGES_A_CUT = 20
"""Pages that are read for every cut: where leads came in bursts, most cuts find nothing behind."""

_DIGITS = 32
_NUMBERS = 16**_DIGITS


class Disordered(Exception):
    """Ids do not rise, say nothing, or ranges of them do not make one list."""


@dataclass(slots=True)
class Range:
    """Leads behind one id, up to another.

    Attributes:
        after: where it begins; None for the first of all.
        until: where it ends; None for the last of all. A cut brings it nearer.
        at: id of the last lead that was read.
        read: leads that were read.
        first: id of the first lead that the API gave.
        beyond: id of the first lead behind the end; None when the list ended before.
        is_over: walked to its end.
        had_gap: the last page was empty, and the list went on behind it.
    """

    after: str | None = None
    until: str | None = None
    at: str | None = None
    read: int = 0
    first: str | None = None
    beyond: str | None = None
    is_over: bool = False
    had_gap: bool = False

    @property
    def pages_left(self) -> float:
        """About how many pages, if the rest is as dense as what was read."""
        if self.is_over or not self.read or self.at is None:
            return 0
        start, at, end = as_number(self.first or ""), as_number(self.at), _end(self.until)
        return self.read / PAGE_SIZE * (end - at) / max(1, at - start)

    def take(self, ids: Sequence[str]) -> int:
        """Notes a page; how many of its leads are inside."""
        if not plan.ascends(ids, self.at or self.after) or (ids and self.had_gap):
            raise Disordered
        self.had_gap = not ids
        if ids and self.first is None:
            self.first = ids[0]
        until = self.until
        inside = len(ids) if until is None else sum(each <= until for each in ids)
        if inside:
            self.at = ids[inside - 1]
            self.read += inside
        if inside < len(ids):
            self.beyond, self.is_over = ids[inside], True
        return inside


@dataclass(slots=True)
class Ranges:
    """One list of leads, for several workers.

    Attributes:
        cuts: ids at which it is cut from the beginning, in any order.
        pages: the pages of a chain.
        add: takes the leads of a page, and their ids.
    """

    cuts: Iterable[str]
    pages: Callable[[Chain], Iterator[Sequence[Item]]]
    add: Callable[[Sequence[Item], Sequence[str]], None]
    _all: list[Range] = field(init=False)
    _waiting: list[Range] = field(init=False)
    _begun: int = field(init=False)
    _moved: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        inner = sorted(set(self.cuts))
        starts: list[str | None] = [None, *inner]
        ends: list[str | None] = [*inner, None]
        self._all = [Range(*bounds) for bounds in zip(starts, ends, strict=True)]
        self._waiting = self._all[::-1]
        self._begun = len(self._all)

    def work(self, failed: threading.Event) -> None:
        """Walks ranges until none is left; one of several workers.

        Raises:
            Disordered: this is not one list in order of id.
        """
        while not failed.is_set():
            found = self._next()
            if found is not None:
                self._walk(found, failed)
            elif self._is_over:
                return
            else:
                with self._moved:
                    self._moved.wait(timeout=0.02)

    def check(self) -> None:
        """Raises Disordered unless every range ends where the next one begins."""
        for left, right in zip(self._all, self._all[1:], strict=False):
            if left.beyond != right.first:
                raise Disordered

    @property
    def _is_over(self) -> bool:
        with self._moved:
            return all(each.is_over for each in self._all)

    def _next(self) -> Range | None:
        with self._moved:
            if self._waiting:
                return self._waiting.pop()
            read = sum(each.read for each in self._all) / PAGE_SIZE
            if read < PAGES_A_CUT * (len(self._all) - self._begun):
                return None
            longest = max(self._all, key=lambda each: each.pages_left)
            if longest.pages_left < plan.FEWEST_PAGES or longest.at is None:
                return None
            middle = as_id((as_number(longest.at) + _end(longest.until)) // 2)
            if not longest.at < middle < (longest.until or "g"):
                return None  # the form of an id leaves no room between them
            cut = Range(after=middle, until=longest.until)
            longest.until = middle
            self._all.insert(self._all.index(longest) + 1, cut)
            return cut

    def _walk(self, walked: Range, failed: threading.Event) -> None:
        try:
            for items in self.pages(Chain(after=walked.after)):
                ids = [glance(item).id for item in items]
                with self._moved:
                    inside = walked.take(ids)
                self.add(items[:inside], ids[:inside])
                if walked.is_over or failed.is_set():
                    break
        except (RequestRefused, NotFound, OutOfContract) as refused:
            if walked.after is None:
                raise
            raise Disordered from refused  # an id that nobody has may be no cursor here
        with self._moved:
            walked.is_over = True
            self._moved.notify_all()


def as_number(identifier: str) -> int:
    """An id as a number; of such ids the order is the same.

    Raises:
        Disordered: it is no id of that kind.
    """
    digits = identifier.replace("-", "")
    if len(identifier) != _DIGITS + 4 or len(digits) != _DIGITS or digits != digits.lower():
        raise Disordered
    try:
        return int(digits, 16)
    except ValueError:
        raise Disordered from None


def as_id(value: int) -> str:
    """The id that a number stands for, in the form of one that carries its time."""
    digits = f"{value:032x}"
    parts = (digits[:8], digits[8:12], "7" + digits[13:16], "8" + digits[17:20], digits[20:])
    return "-".join(parts)


def _end(until: str | None) -> int:
    return _NUMBERS if until is None else as_number(until)
