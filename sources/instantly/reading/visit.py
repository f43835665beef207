"""One reading of one workspace: what every reader of it needs, and how it asks.

    Visit ── client, history, listener, executor     shared by all readers of the workspace
      ├─ ask            every page of one question
      ├─ side_by_side   many questions at once, their answers in order
      └─ is_walk_due    whether the slow clock has struck for a table

Requests of one workspace run side by side in one pool: its width is what the limit of the workspace
can use, whichever reader is at work. Work is handed to the pool in portions, so that the first
answer that ends a table leaves little behind that is still being asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any, TypeVar

from sources.instantly.conversation import paging
from sources.instantly.conversation.client import Client
from sources.instantly.conversation.paging import Element
from sources.instantly.endpoint import Endpoint
from sources.instantly.reading.history import History
from sources.instantly.reading.listener import Listener
from sources.instantly.reading.quarantine import Quarantine
from sources.instantly.reading.window import Reads, Window
from sources.instantly.shaping.misfits import Kept

REQUESTS_AT_ONCE = 12
"""Open requests per workspace: 100 a second at 80 ms need 8, and reading an answer takes time, too.
More would wait for their turns."""

PORTION = 200
"""Questions that are handed to the pool at once."""

Work = TypeVar("Work")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Visit:
    """One reading of one workspace.

    Attributes:
        client: the conversation.
        history: what the warehouse knows.
        workspace_id: whose rows.
        name: the workspace, for people.
        reads: which tables and days.
        at: when all of this counts as observed.
        executor: runs requests side by side.
        listener: told how work goes on.
        quarantine: takes the rows that do not fit.
    """

    client: Client
    history: History
    workspace_id: str
    name: str
    reads: Reads
    at: datetime
    executor: Executor
    listener: Listener
    quarantine: Quarantine = field(default_factory=Quarantine)

    @property
    def window(self) -> Window:
        """The days of this reading."""
        return Window(self.reads, self.at.date())

    def ask(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> list[Element]:
        """Every element of an answer, over all its pages."""
        return list(
            chain.from_iterable(paging.elements(self.client, endpoint, params, values=values))
        )

    def walk(
        self, endpoint: Endpoint, params: Mapping[str, Any] | None = None
    ) -> Iterator[list[Element]]:
        """The pages of one list, each of them told to the listener."""
        self.listener.table_started(self.name, endpoint.table)
        for page in paging.elements(self.client, endpoint, params):
            self.listener.advance(self.name, endpoint.table)
            yield page

    def side_by_side(
        self, endpoint: Endpoint, ask: Callable[[Work], Answer], work: Sequence[Work]
    ) -> Iterator[Answer]:
        """The answers to many questions, in order; the first that fails for good ends the rest."""
        self.listener.table_started(self.name, endpoint.table, len(work))
        waiting = iter(work)
        while portion := list(islice(waiting, PORTION)):
            for answer in self.executor.map(ask, portion):
                self.listener.advance(self.name, endpoint.table)
                yield answer

    def unread(self, endpoint: Endpoint) -> list[Kept]:
        """Rows of a table that did not fit when they were last met, and so are not known."""
        return self.history.quarantined(endpoint.table, self.workspace_id)

    def is_walk_due(self, endpoint: Endpoint) -> bool:
        """Whether a table that is not read in every run is to be walked from end to end.

        Whole days count, so that a run every morning is not a minute short of a week.
        """
        if self.reads.is_backfill:
            return False
        last = self.history.last_walk(endpoint.table, self.workspace_id)
        if last is None or self.reads.everything:
            return True
        return (self.at.date() - last.date()).days >= self.reads.full_walk_days
