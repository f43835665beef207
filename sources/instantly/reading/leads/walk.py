"""Lists of leads walked from cursor to cursor, several side by side, and what comes of them.

    campaign A ──page──page──end ┐
    campaign B ──page──end       ├──→ some thousand leads ──→ the sieve ──→ one table ──→ written
    in lists   ──page──page──end ┘

One list is walked one page after the other, because a page holds the cursor of the next; ten lists
side by side use the request rate that the API allows. dlt is fastest with tables of some thousand
rows, and memory stays flat, so pages of all lists are gathered up to that and handed on.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pyarrow as pa

from sources.instantly.conversation import paging
from sources.instantly.conversation.client import Client
from sources.instantly.endpoint import Endpoint
from sources.instantly.errors import OutOfContract
from sources.instantly.reading.batch import Batch, Put
from sources.instantly.reading.leads.pages import Item, LeadTables, glance, page
from sources.instantly.reading.leads.sieve import Sieve

LEADS_AT_ONCE = 5_000
"""Leads gathered before they are handed on."""

Job = TypeVar("Job")


@dataclass(frozen=True, slots=True)
class Chain:
    """One list of leads.

    Attributes:
        asks: members of the request that say which leads.
        after: id behind which it begins; None for the first.
    """

    asks: Mapping[str, Any] = field(default_factory=dict)
    after: str | None = None

    @classmethod
    def of_campaign(cls, campaign: str) -> "Chain":
        """The leads of one campaign."""
        return cls({"campaign": campaign})

    @classmethod
    def in_lists(cls) -> "Chain":
        """The leads of all lead lists, some of which are in campaigns, too."""
        return cls({"in_list": True})

    @property
    def campaign(self) -> str | None:
        """The campaign whose leads these are."""
        return self.asks.get("campaign")

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[list[Item]]:
        """The leads as they came, a list per page.

        Raises:
            OutOfContract: the envelope is wrong, the cursor repeats, or the campaign was ignored.
        """
        start = {"starting_after": self.after} if self.after else {}
        walked = paging.elements(client, endpoint, {**self.asks, **start}, decode=page)
        for number, items in enumerate(walked):
            if number == 0 and self.campaign:
                self._refuse_others(endpoint, items)
            yield items

    def own(self, items: list[Item], walked: Collection[str]) -> list[Item]:
        """The leads that no other of the lists walked beside this one has.

        Args:
            items: a page of this list.
            walked: campaigns that have a list of their own.
        """
        if self.campaign:
            return items
        return [item for item in items if glance(item).campaign not in walked]

    def _refuse_others(self, endpoint: Endpoint, items: Sequence[Item]) -> None:
        """Members of a request that the API does not know it ignores (quirk A9); the leads of the
        whole workspace would come once per campaign."""
        named = {glance(item).campaign for item in items} - {None}
        if named and self.campaign not in named:
            raise OutOfContract(
                f"{endpoint.operation}: asked for campaign {self.campaign}, got leads of others; "
                "nothing of it was loaded"
            )


def side_by_side(
    executor: Executor, work: Callable[[Job, threading.Event], None], jobs: Iterable[Job]
) -> None:
    """Walks lists side by side, and ends when all of them have ended.

    Args:
        executor: its threads are the open requests.
        work: walks one list; is to end early when the event is set, because another one failed.
        jobs: what to walk.

    Raises:
        Exception: what the first list that failed raised.
    """
    failed = threading.Event()

    def one(job: Job) -> None:
        if failed.is_set():
            return
        try:
            work(job, failed)
        except BaseException:
            failed.set()
            raise

    running = [executor.submit(one, job) for job in jobs]
    wait(running)
    for task in running:
        task.result()


@dataclass(slots=True)
class Collector:
    """Gathers pages of leads from several threads and hands on what is worth writing.

    Attributes:
        tables: types the leads.
        sieve: knows what is held.
        put: takes the rows.
        typist: types the leads, in one thread. Allocators keep for every thread what it once had:
            twelve threads that typed by turns held 130 MB more.
        is_first: the warehouse holds none of this workspace.
        is_distinct: no lead comes twice.
        met: leads that were taken.
    """

    tables: LeadTables
    sieve: Sieve
    put: Put
    typist: Executor
    is_first: bool = False
    is_distinct: bool = True
    met: int = 0
    _waiting: list[Item] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _handing_on: threading.Lock = field(default_factory=threading.Lock)

    def add(self, items: Sequence[Item], ids: Sequence[str] | None = None) -> None:
        """Takes a page, and the ids of its leads from whoever has looked at them before."""
        ids = [glance(item).id for item in items] if ids is None else ids
        with self._lock:
            self._waiting += items
            self._ids += ids
            self.met += len(items)
            is_full = len(self._waiting) >= LEADS_AT_ONCE
        if is_full:
            self.flush()

    def flush(self) -> None:
        """Hands on what was gathered, and waits until it is: leads being typed take room."""
        with self._handing_on:
            with self._lock:
                items, self._waiting = self._waiting, []
                ids, self._ids = self._ids, []
            if items:
                self.typist.submit(self._hand_on, items, ids).result()

    def _hand_on(self, items: Sequence[Item], ids: Sequence[str]) -> None:
        versions = self.tables.versions(items)
        self.tables.quarantine.take(self.tables.endpoint, (), read=len(items))
        fresh = self.sieve.worth_writing(ids, versions)
        if not len(fresh):
            return
        rows = self.tables.table([items[place] for place in fresh], versions[fresh])
        if rows.num_rows:
            self.put(self._batch(rows))

    def _batch(self, rows: pa.Table) -> Batch:
        endpoint, workspace_id = self.tables.endpoint, self.tables.workspace_id
        is_first = self.is_first and self.is_distinct
        return Batch(endpoint, rows, workspace_id, is_first=is_first, is_distinct=self.is_distinct)
