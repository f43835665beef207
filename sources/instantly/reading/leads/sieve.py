"""Which of the leads just read are worth writing, and which were not met again.

    read      id a, version 1     id b, version 7     id c, version 4
    held      id a, version 1     id b, version 5                          id d, version 2
    worth it                      b                   c                    (d was not met)

A lead that says what it said before is neither typed nor written again: typing is what reading
spends its time on, and a merge what writing does. For a walk of everything the ids and versions of
all leads are held as two sorted arrays, some fifty bytes a lead; for a run that reads few leads,
what is held is asked batch by batch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sources.instantly.reading.leads.pages import Versions
from sources.instantly.shaping import columns

ID = "id"

Bools = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.bytes_]
Places = npt.NDArray[np.intp]


class Sieve(Protocol):
    """Lets through what is new or says something new, each lead once."""

    def worth_writing(self, ids: Sequence[str], versions: Versions) -> Places:
        """Places of the leads that the warehouse does not hold with this content.

        Args:
            ids: of the leads that were read; an empty one names none, and is let through.
            versions: fingerprints of their content.
        """
        ...


@dataclass(slots=True)
class Held:
    """Ids and versions of leads that the warehouse holds, in order of id."""

    ids: Ids
    versions: Versions
    met: Bools = field(init=False)
    written: Bools = field(init=False)

    def __post_init__(self) -> None:
        order = np.argsort(self.ids, kind="stable")
        self.ids, self.versions = self.ids[order], self.versions[order]
        self.met = np.zeros(len(order), np.bool_)
        self.written = np.zeros(len(order), np.bool_)

    @classmethod
    def of(cls, stored: pa.Table) -> "Held":
        """From the columns `id` and `row_version` of stored leads."""
        chunks = [_bytes(chunk.to_pylist()) for chunk in stored[ID].chunks if len(chunk)]
        ids = np.concatenate([np.array([], "S1"), *chunks])
        return cls(ids, stored[columns.ROW_VERSION].to_numpy().astype(np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def worth_writing(self, ids: Sequence[str], versions: Versions) -> Places:
        """As `Sieve.worth_writing`; what was let through once is not again."""
        found = _bytes(ids)
        first = _first_of_each(found)
        if not len(self):
            return first
        found, versions = found[first], versions[first]
        place = np.minimum(np.searchsorted(self.ids, found), len(self) - 1)
        is_held = self.ids[place] == found
        is_new = ~is_held | ((self.versions[place] != versions) & ~self.written[place])
        self.met[place[is_held]] = True
        self.written[place[is_held & is_new]] = True
        return first[is_new]

    def not_met(self, at_once: int) -> Iterator[list[str]]:
        """Ids that no row that was read had, some at a time."""
        missing = self.ids[~self.met]
        for start in range(0, len(missing), at_once):
            yield [identifier.decode() for identifier in missing[start : start + at_once]]

    def cuts(self, parts: int) -> list[str]:
        """Ids that cut what is held into so many equal parts; none where it is too little."""
        if len(self) < parts:
            return []
        places = [len(self) * part // parts for part in range(1, parts)]
        return [self.ids[place].decode() for place in places]

    @property
    def missing(self) -> int:
        """How many were not met."""
        return int(len(self) - self.met.sum())


@dataclass(slots=True)
class Asking:
    """What is held is looked up for each batch; fits when few of many leads are read.

    Attributes:
        look_up: `id` and `row_version` of those of the given leads that are held.
    """

    look_up: Callable[[list[str]], pa.Table]
    _written: set[str] = field(default_factory=set)

    def worth_writing(self, ids: Sequence[str], versions: Versions) -> Places:
        """As `Sieve.worth_writing`."""
        known = [identifier for identifier in ids if identifier]
        fresh = Held.of(self.look_up(known)).worth_writing(ids, versions)
        found = [place for place in fresh if ids[place] not in self._written]
        self._written.update(ids[place] for place in found if ids[place])
        return np.array(found, np.intp)


def _first_of_each(ids: Ids) -> Places:
    """Places without a second one of a lead, which shifting pages and overlapping chains bring."""
    _, first = np.unique(ids, return_index=True)
    if len(first) == len(ids):
        return np.arange(len(ids))
    return np.union1d(first, np.flatnonzero(ids == b""))


def _bytes(ids: Sequence[str]) -> Ids:
    """The ids as bytes of one width, which numpy searches without an object for each."""
    return np.array([identifier.encode() for identifier in ids], np.bytes_)
