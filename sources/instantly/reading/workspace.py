"""Reading one workspace: who it is, then its tables in order, each failure in its place.

    contact    /workspaces/current → id and the server's time; a name that used to stand for
               another workspace stops here, before anything is read
    read       listings one after the other, then the reports of campaigns
    reading    per table: what was read, how many requests, and why not where it was not

A missing scope or plan costs the table that needs it. Anything else that does not heal (a dead
key, an unreachable host, an answer out of contract) ends the workspace: what a broken
conversation says next is not worth loading. Other workspaces go on.
"""

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any, Literal

import pyarrow as pa

from sources.instantly.conversation import paging
from sources.instantly.conversation.client import Client
from sources.instantly.conversation.paging import Element
from sources.instantly.endpoints import BY_TABLE, Endpoint, Row
from sources.instantly.errors import (
    InstantlyError,
    NotFound,
    PlanRequired,
    ScopeMissing,
    SuspiciouslyShort,
    WrongWorkspace,
)
from sources.instantly.reading.history import History
from sources.instantly.reading.listener import Listener
from sources.instantly.reading.plan import REPORTS, Past
from sources.instantly.reading.reports import CampaignReports
from sources.instantly.reading.window import Reads, Window
from sources.instantly.shaping import columns
from sources.instantly.shaping.observations import changes
from sources.instantly.shaping.rows import last_by_key

REQUESTS_AT_ONCE = 10
"""Open requests per workspace: 100 a second at 80 ms need 8, more only buy 429s."""

FEW_ROWS = 20
SMALL_SHARE = 0.1
SOME_ROWS = 3
"""A listing is suspicious when it lost more than FEW_ROWS and SMALL_SHARE of its rows at once, or
all of more than SOME_ROWS."""

Status = Literal["ok", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How reading one table of one workspace went."""

    workspace_id: str
    workspace_name: str
    table_name: str
    status: Status
    requests: int
    seconds: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way to a table. A complete batch holds every row the workspace has there."""

    endpoint: Endpoint
    rows: pa.Table
    workspace_id: str
    is_complete: bool = False


Put = Callable[[Batch], None]


@dataclass(slots=True)
class WorkspaceReader:
    """Reads one workspace.

    Attributes:
        name: what the user calls it; the workspace's own name where the user gave none.
        client: the conversation.
        history: what the warehouse knows.
        listener: told how work goes on.
        workspace_id: known after `contact`.
        error: what ended the reading before its time.
    """

    name: str | None
    client: Client
    history: History
    listener: Listener
    workspace_id: str = ""
    error: InstantlyError | None = None
    readings: list[Reading] = field(default_factory=list)
    _itself: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name or self.workspace_id or "workspace"

    def contact(self) -> datetime | None:
        """Asks who the workspace is; the server's time, None when it could not be reached.

        Sets `error` to WrongWorkspace when the name stands for another id in the warehouse.
        """
        try:
            (self._itself,) = next(paging.elements(self.client, BY_TABLE["workspaces"]))
            self.workspace_id = str(self._itself["id"])
            self.name = self.name or str(self._itself.get("name") or self.workspace_id)
            self._refuse_another_workspace()
        except InstantlyError as error:
            self.error = error
            return None
        return self.client.server_time

    def _refuse_another_workspace(self) -> None:
        known = self.history.workspace_of(self.name or "")
        if known not in (None, self.workspace_id):
            raise WrongWorkspace(
                f"the key of {self.name!r} opens workspace {self.workspace_id}, but the warehouse "
                f"holds {known} under that name; check the key, or use another WAREHOUSE_PATH"
            )

    def read(self, reads: Reads, at: datetime, put: Put) -> None:
        """Reads the tables; what went wrong stands in `readings` and `error`.

        Args:
            reads: which tables and days.
            at: when all of this counts as observed.
            put: takes the rows.
        """
        tables = reads.tables
        reports = [table for table in tables if is_report(BY_TABLE[table])]
        created: dict[str, date] = {}
        try:
            for endpoint in _listings(tables):
                cut = [table for table in tables if BY_TABLE[table].source == endpoint.table]
                with self._noted(endpoint.table, *cut):
                    elements = self._walk(endpoint)
                    created |= _created(endpoint, elements)
                    batches = [
                        self._complete(BY_TABLE[table], elements)
                        for table in (endpoint.table, *cut)
                    ]
                    if not reads.allow_shrink:
                        self._refuse_short(batches)
                    for batch in batches:
                        put(batch)
            if reports:
                with self._noted(*reports):
                    self._read_reports(
                        frozenset(reports), created, Window(reads, at.date()), at, put
                    )
        except InstantlyError as error:
            self.error = error

    def account(self, tables: Sequence[str]) -> list[Reading]:
        """How each of the tables fared; those never reached share the fate of the workspace."""
        noted = {reading.table_name: reading for reading in self.readings}
        why = f"not read: {self.error}" if self.error else "not read"
        return [
            noted.get(table) or Reading(self.workspace_id, self.label, table, "failed", 0, 0.0, why)
            for table in tables
        ]

    def _walk(self, endpoint: Endpoint) -> list[Element]:
        if endpoint.table == "workspaces":
            return [self._itself]
        self.listener.table_started(self.label, endpoint.table)
        elements: list[Element] = []
        for page in paging.elements(self.client, endpoint):
            elements += page
            self.listener.advance(self.label, endpoint.table)
        return elements

    def _complete(self, endpoint: Endpoint, elements: Iterable[Element]) -> Batch:
        rows = chain.from_iterable(endpoint.rows(element) for element in elements)
        same = {columns.WORKSPACE: self.workspace_id}
        table = columns.table(endpoint, last_by_key(rows, endpoint.key), **same)
        return Batch(endpoint, table, self.workspace_id, is_complete=True)

    def _refuse_short(self, batches: Iterable[Batch]) -> None:
        """Only a listing closes rows; losing many at once is more likely a fault."""
        for batch in batches:
            table = batch.endpoint.table
            held, read = self.history.current_rows(table, self.workspace_id), batch.rows.num_rows
            gone = held - read
            if gone > max(FEW_ROWS, SMALL_SHARE * held) or (read == 0 and held > SOME_ROWS):
                raise SuspiciouslyShort(
                    f"{batch.endpoint.operation} listed {read} rows for {table} of {self.label!r} "
                    f"where the warehouse holds {held}; if they were really deleted, run again "
                    "with --allow-shrink"
                )

    def _read_reports(
        self,
        tables: frozenset[str],
        created: Mapping[str, date],
        window: Window,
        at: datetime,
        put: Put,
    ) -> None:
        def emit(endpoint: Endpoint, rows: Sequence[Row], known: Sequence[Row]) -> None:
            new = changes(endpoint, rows, known, workspace_id=self.workspace_id, at=at)
            put(Batch(endpoint, new, self.workspace_id))

        executor = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="reports")
        try:
            CampaignReports(
                client=self.client,
                past=Past(self.history, self.workspace_id),
                window=window,
                tables=tables,
                created=created,
                executor=executor,
                listener=self.listener,
                name=self.label,
            ).read(emit)
        except BaseException:
            self.client.stop()
            raise
        finally:
            executor.shutdown(cancel_futures=True)

    @contextmanager
    def _noted(self, *tables: str) -> Generator[None]:
        """Writes down how tables fared; a refusal of these tables alone goes no further."""
        started = time.monotonic()
        try:
            yield
        except (ScopeMissing, PlanRequired, NotFound) as refusal:
            self._note(tables, "skipped", started, str(refusal))
        except InstantlyError as error:
            self._note(tables, "failed", started, str(error))
            raise
        else:
            self._note(tables, "ok", started)

    def _note(
        self, tables: Sequence[str], status: Status, started: float, message: str = ""
    ) -> None:
        seconds = time.monotonic() - started
        for table in tables:
            requests = self.client.attempts[table]
            self.readings.append(
                Reading(self.workspace_id, self.label, table, status, requests, seconds, message)
            )


def is_report(endpoint: Endpoint) -> bool:
    """Whether a table is one of the reports of campaigns, which are read together."""
    return endpoint in REPORTS


def _listings(tables: Iterable[str]) -> list[Endpoint]:
    """The endpoints that are walked from end to end, in the order of the endpoint table."""
    chosen = [BY_TABLE[table] for table in tables]
    return [endpoint for endpoint in chosen if not endpoint.source and not is_report(endpoint)]


def _created(endpoint: Endpoint, elements: Iterable[Element]) -> dict[str, date]:
    """The day each campaign was created."""
    if endpoint.table != "campaigns":
        return {}
    days = {str(element["id"]): element.get("timestamp_created") for element in elements}
    return {campaign: date.fromisoformat(str(day)[:10]) for campaign, day in days.items() if day}
