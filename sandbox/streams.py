"""Streams of events: flat columns in order of time, the one shape that everything is counted from.

A list of event objects was refused: a campaign has tens of thousands, and a report must cut a
window out of them and count distinct leads within a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KINDS = (
    "sent",
    "opened",
    "clicked",
    "replied",
    "automatic",
    "opportunity",
    "bounced",
    "unsubscribed",
    "booked",
    "won",
)
PER_MAIL = 16  # room for repeated events of one mail in an event's key


@dataclass(frozen=True)
class Stream:
    """Events of one kind, sorted by time; -1 in step or variant means unattributed.

    `key` identifies the event for good: (lead x steps + step) x 16 + its number on that mail.
    """

    at: Ints
    lead: Ints
    step: Ints
    variant: Ints
    key: Ints

    def __len__(self) -> int:
        return len(self.at)

    def take(self, index: Ints | Bools | slice) -> Stream:
        """The events at these positions."""
        return Stream(
            self.at[index], self.lead[index], self.step[index], self.variant[index], self.key[index]
        )

    def between(self, since: int, until: int) -> Stream:
        """The events with since <= at < until."""
        low, high = np.searchsorted(self.at, (since, until))
        return self.take(slice(low, high))


EMPTY = Stream(*(np.empty(0, np.int64) for _ in range(5)))


def joined(streams: Sequence[Stream]) -> Stream:
    """Several streams as one, in order of time."""
    if not streams:
        return EMPTY
    columns = zip(*((s.at, s.lead, s.step, s.variant, s.key) for s in streams), strict=True)
    merged = Stream(*(np.concatenate(column).astype(np.int64) for column in columns))
    return merged.take(np.lexsort((merged.key, merged.at)))
