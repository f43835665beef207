"""Which of the leads just read are worth writing, and which were not met again.

    read      id a, version 1     id b, version 7     id c, version 4
    held      id a, version 1     id b, version 5                          id d, version 2
    worth it                      b                   c                    (d was not met)

A lead that says what it said before is not written again: writing is what a merge spends its time
on. For a walk of everything the ids and versions of all leads are held as two sorted arrays, some
fifty bytes a lead; for a run that reads few leads, what is held is asked batch by batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sources.instantly.shaping import columns

ID = "id"

Bools = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.bytes_]


class Sieve(Protocol):
    """Lets through what is new or says something new, each lead once."""

    def worth_writing(self, leads: pa.Table) -> pa.Table:
        """The rows that the warehouse does not hold with this content."""
        ...


@dataclass(slots=True)
class Held:
    """Ids and versions of leads that the warehouse holds, in order of id."""

    ids: Ids
    versions: npt.NDArray[np.int64]
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
        return cls(_ids(stored), stored[columns.ROW_VERSION].to_numpy().astype(np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def worth_writing(self, leads: pa.Table) -> pa.Table:
        """Rows that are not held, or held otherwise; what was let through once is not again."""
        if not len(self):
            return _first_of_each(leads)
        leads = _first_of_each(leads)
        ids = _ids(leads)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        is_held = self.ids[place] == ids
        versions = leads[columns.ROW_VERSION].to_numpy()
        is_new = ~is_held | ((self.versions[place] != versions) & ~self.written[place])
        self.met[place[is_held]] = True
        self.written[place[is_held & is_new]] = True
        return leads.filter(pa.array(is_new))

    def not_met(self, at_once: int) -> Iterator[list[str]]:
        """Ids that no row that was read had, some at a time."""
        missing = self.ids[~self.met]
        for start in range(0, len(missing), at_once):
            yield [identifier.decode() for identifier in missing[start : start + at_once]]

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

    def worth_writing(self, leads: pa.Table) -> pa.Table:
        """As `Held.worth_writing`."""
        fresh = Held.of(self.look_up(leads[ID].to_pylist())).worth_writing(leads)
        ids = fresh[ID].to_pylist()
        rows = fresh.filter(pa.array([each not in self._written for each in ids], pa.bool_()))
        self._written.update(ids)
        return rows


def _first_of_each(leads: pa.Table) -> pa.Table:
    """Without a second row of a lead, which shifting pages and overlapping chains bring."""
    _, first = np.unique(_ids(leads), return_index=True)
    return leads if len(first) == leads.num_rows else leads.take(pa.array(np.sort(first)))


def _ids(leads: pa.Table) -> Ids:
    """The ids as bytes of one width, which numpy searches without an object for each."""
    chunks = [np.array(chunk.cast(pa.binary()).to_pylist()) for chunk in leads[ID].chunks]
    return np.concatenate([np.array([], "S1"), *(chunk for chunk in chunks if len(chunk))])
