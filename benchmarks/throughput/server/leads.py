"""The leads of one workspace, written before anybody asks.

    rows     lead,lead,lead,…      one text, campaign by campaign, each in order of its ids
    starts   0    1998 3990 …      where each begins: a page of one campaign is one slice
    order    7, 0, 3, …            the same leads in order of their ids, over all campaigns

A lead has about 2 kB and 50 members, 9 to 15 of them variables in `payload`. Ids are UUIDv7 and
rise with the time of creation; they are what lists are ordered by, and their cursors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.throughput.server.text import INDUSTRIES, lead

DAY = 86_400_000
_LOADED_OVER, _QUIET = 150 * DAY, 20 * DAY
"""Leads were loaded over so many days, and nothing has happened to any for so many: what filters
on activity find is what `change` did."""

_HAPPENS = frozenset({"last-contacted", "email-open"})
"""Filters of `queries` for what ever happens here. Replies, clicks and interests never change."""

Numbers = npt.NDArray[np.int64]
Part = bytes | memoryview


@dataclass(slots=True)
class Leads:
    """Leads of some campaigns.

    Attributes:
        workspace: id of the workspace.
        campaigns: their ids.
        sizes: how many leads each has.
        now: the moment at which the API begins, in milliseconds since 1970.
        seed: of everything that is drawn.
        checksum: over what all leads say now; `digest` says how to compute it elsewhere.
        ids: of all leads, campaign by campaign.
    """

    workspace: str
    campaigns: Sequence[str]
    sizes: Sequence[int]
    now: int
    seed: int
    checksum: int = 0
    ids: npt.NDArray[np.bytes_] = field(init=False)
    _ends: Numbers = field(init=False)
    _span: dict[str, tuple[int, int]] = field(init=False)
    _order: Numbers = field(init=False)
    _in_order: npt.NDArray[np.bytes_] = field(init=False)
    _created: Numbers = field(init=False)
    _contacted: Numbers = field(init=False)
    _changes: Numbers = field(init=False)
    _rows: bytearray = field(default_factory=bytearray)
    _starts: Numbers = field(init=False)
    _newer: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self._ends = np.cumsum([0, *self.sizes])
        spans = pairwise(self._ends.tolist())
        self._span = dict(zip(self.campaigns, spans, strict=True))
        first, last = self.now - _LOADED_OVER, self.now - _QUIET - DAY
        times = [np.sort(rng.integers(first, last, size)) for size in self.sizes]
        self._created = np.concatenate(times)
        self._contacted = self._created + rng.integers(0, DAY, len(self._created))
        self._changes = np.zeros(len(self._created), np.int64)
        self.ids = _uuid7(self._created, rng)
        for start, end in self._span.values():
            self.ids[start:end].sort()  # those of one millisecond
        self._order = np.argsort(self.ids, kind="stable")
        self._in_order = self.ids[self._order]
        self._write()

    def __len__(self) -> int:
        return len(self.ids)

    def page(self, asked: Mapping[str, Any]) -> tuple[Part, str | None]:
        """The asked leads as the inside of a JSON list, and the cursor behind them.

        The last page that holds leads still has a cursor, an empty one has none.
        """
        size = min(max(int(asked.get("limit") or 10), 1), 100)
        after = str(asked.get("starting_after") or "").encode()
        if asked.get("in_list") or asked.get("list_id"):
            return b"", None
        if asked.get("ids") or asked.get("queries"):
            return self._among(self._chosen(asked), after, size)
        if campaign := asked.get("campaign"):
            start, end = self._span.get(campaign, (0, 0))
            start += int(np.searchsorted(self.ids[start:end], np.bytes_(after), "right"))
            return self._neighbours(start, min(start + size, end))
        start = int(np.searchsorted(self._in_order, np.bytes_(after), "right"))
        return self._joined(self._order[start : start + size].tolist())

    def change(self, share: float, seed: int, now: int) -> dict[str, int]:
        """So many leads are mailed and open it; how many of each campaign that has any."""
        rng = np.random.default_rng((self.seed, seed))
        places = np.sort(rng.choice(len(self), round(share * len(self)), replace=False))
        for place in places.tolist():
            self.checksum ^= self._digest(place)
            self._changes[place] += 1
            self._contacted[place] = now
            self.checksum ^= self._digest(place)
            created, contacted = _stamps(np.array([self._created[place], now]))
            self._newer[place] = self._row(place, created, contacted)
        counts = np.histogram(places, self._ends)[0].tolist()
        return {name: count for name, count in zip(self.campaigns, counts, strict=True) if count}

    # Pages ------------------------------------------------------------------------------------

    def _neighbours(self, start: int, end: int) -> tuple[Part, str | None]:
        if start >= end:
            return b"", None
        if self._changes[start:end].any():
            return self._joined(range(start, end))
        rows = memoryview(self._rows)[self._starts[start] : self._starts[end] - 1]
        return rows, self.ids[end - 1].decode()

    def _joined(self, places: Sequence[int]) -> tuple[bytes, str | None]:
        if not len(places):
            return b"", None
        return b",".join(map(self._at, places)), self.ids[places[-1]].decode()

    def _at(self, place: int) -> Part:
        newer = self._newer.get(place)
        return newer or memoryview(self._rows)[self._starts[place] : self._starts[place + 1] - 1]

    def _among(self, places: Numbers, after: bytes, size: int) -> tuple[bytes, str | None]:
        """Of leads all over the workspace those behind the cursor."""
        places = places[np.argsort(self.ids[places], kind="stable")]
        start = int(np.searchsorted(self.ids[places], np.bytes_(after), "right"))
        return self._joined(places[start : start + size].tolist())

    def _chosen(self, asked: Mapping[str, Any]) -> Numbers:
        start, end = 0, len(self)
        if campaign := asked.get("campaign"):
            start, end = self._span.get(campaign, (0, 0))
        chosen = np.ones(end - start, bool)
        if wanted := asked.get("ids"):
            chosen &= np.isin(self.ids[start:end], np.array([*wanted], "S36"))
        for query in asked.get("queries") or ():
            days = int((query.get("values") or {}).get("occurrence-days", 30))
            newest = max(self.now, int(self._contacted.max(initial=0)))
            since = newest - days * DAY if query.get("actionType") in _HAPPENS else newest + 1
            chosen &= self._contacted[start:end] >= since
        return np.flatnonzero(chosen) + start

    # What a lead says -------------------------------------------------------------------------

    def _write(self) -> None:
        created, contacted = _stamps(self._created), _stamps(self._contacted)
        lengths = [0]
        for place in range(len(self)):
            row = self._row(place, created[place], contacted[place])
            self._rows += row
            self._rows += b","
            lengths.append(len(row) + 1)
            self.checksum ^= self._digest(place)
        self._starts = np.cumsum(lengths)

    def _row(self, place: int, created: str, contacted: str) -> bytes:
        return lead(
            place,
            identifier=self.ids[place].decode(),
            workspace=self.workspace,
            campaign=self._campaign(place),
            created=created,
            contacted=contacted,
            opens=self._opens(place),
        ).encode()

    def _campaign(self, place: int) -> str:
        return self.campaigns[int(np.searchsorted(self._ends, place, "right")) - 1]

    def _opens(self, place: int) -> int:
        return place % 4 + int(self._changes[place])

    def _digest(self, place: int) -> int:
        """128 bits of what a lead says, as DuckDB's `md5_number` gives them for the same text."""
        said = (
            f"{self.ids[place].decode()}|{self._campaign(place)}|{self._opens(place)}"
            f"|{self._contacted[place]}|{INDUSTRIES[place % len(INDUSTRIES)]}"
        )
        return int.from_bytes(md5(said.encode(), usedforsecurity=False).digest(), "little")


def _uuid7(milliseconds: Numbers, rng: np.random.Generator) -> npt.NDArray[np.bytes_]:
    high, low = (rng.integers(0, 1 << 48, len(milliseconds)).tolist() for _ in range(2))
    texts = [
        f"{(time := f'{at:012x}')[:8]}-{time[8:]}-7{a & 0xFFF:03x}-8{b & 0xFFF:03x}-{a ^ b:012x}"
        for at, a, b in zip(milliseconds.tolist(), high, low, strict=True)
    ]
    return np.array(texts, "S36")


def _stamps(milliseconds: Numbers) -> list[str]:
    """ISO 8601 in UTC with milliseconds."""
    return [f"{text}Z" for text in np.datetime_as_string(milliseconds.astype("datetime64[ms]"))]
