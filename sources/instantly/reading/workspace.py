"""Reading one workspace: who it is, then its tables tier by tier, each failure in its place.

    contact    /workspaces/current → id and the server's time; a name that used to stand for
               another workspace stops here, before anything is read
    scopes     what the key may not read of tables that were never read (`scopes`)
    read       core        lists, reports of campaigns and subsequences, account days, tags
               people      e-mails (beside all that follows, in their slow lane), lists, leads
               operations  the rest
    account    per table: how it fared, how many requests, and why not where it was not

What a failure costs depends on what it says:

    no scope, no plan, not found   the table, and the tables that need it
    refused, out of contract       in the operations the same; elsewhere the workspace, because the
                                   marts would be built on a hole
    no conversation (dead key,     what was not read yet; the workspace too, unless all of core and
    no answer, no network)         people had arrived

Other workspaces go on in any case.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sources.instantly.conversation import paging
from sources.instantly.conversation.client import Client
from sources.instantly.endpoint import Tier, Way
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import (
    Cancelled,
    InstantlyError,
    NotFound,
    OutOfContract,
    PlanRequired,
    RequestRefused,
    ScopeMissing,
    SuspiciouslyShort,
    Unfinished,
    WrongWorkspace,
)
from sources.instantly.reading import scopes
from sources.instantly.reading.batch import Batch, Put, refuse_keyless
from sources.instantly.reading.history import History
from sources.instantly.reading.listener import Listener
from sources.instantly.reading.tables import Tables, Unit, units
from sources.instantly.reading.visit import REQUESTS_AT_ONCE, Visit
from sources.instantly.reading.window import Reads

Status = Literal["ok", "skipped", "failed"]

_SKIPS = (ScopeMissing, PlanRequired, NotFound, Unfinished)
"""What costs the table alone, wherever it happens."""

_ABOUT_A_TABLE = (OutOfContract, SuspiciouslyShort, RequestRefused)
"""What says nothing about the next table. All else says that the conversation is broken."""


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
    is_complete_walk: bool = False


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
    _walked: set[str] = field(default_factory=set)
    _broken: InstantlyError | None = None

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
        pool = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="requests")
        beside = ThreadPoolExecutor(1, thread_name_prefix="beside")
        visit = Visit(
            client=self.client,
            history=self.history,
            workspace_id=self.workspace_id,
            name=self.label,
            reads=reads,
            at=at,
            executor=pool,
            listener=self.listener,
        )
        try:
            self._read_units(Tables(visit, self._itself, self._checking(put)), beside)
        except InstantlyError as error:
            self.error = error
        finally:
            if self.error:
                self.client.stop()
            for executor in (pool, beside):
                executor.shutdown(cancel_futures=True)

    def account(self, tables: Sequence[str]) -> list[Reading]:
        """How each of the tables fared; those never reached share the fate of the workspace."""
        noted = {reading.table_name: reading for reading in self.readings}
        ended_by = self.error or self._broken
        why = f"not read: {ended_by}" if ended_by else "not read"
        return [
            noted.get(table) or Reading(self.workspace_id, self.label, table, "failed", 0, 0.0, why)
            for table in tables
        ]

    def _read_units(self, tables: Tables, beside: ThreadPoolExecutor) -> None:
        self._skip_unreadable(tables.visit.reads.tables)
        waiting: list[Future[None]] = []
        for unit in units(tables.visit.reads.tables):
            if self._broken:
                break
            readable = self._readable(unit)
            if readable and unit[0].way is Way.EMAILS:
                waiting.append(beside.submit(self._read_unit, tables, readable))
            elif readable:
                self._read_unit(tables, readable)
        for work in waiting:
            work.result()

    def _skip_unreadable(self, tables: Iterable[str]) -> None:
        """Notes what the key may not read, so that it is known before the first long walk.

        Only tables that were never read are asked about: an unchanged run costs no request more.
        """
        started = time.monotonic()
        never_read = [
            table
            for table in tables
            if table != "workspaces"
            and self.history.last_complete(table, self.workspace_id) is None
        ]
        for table, reason in scopes.missing(self.client, never_read).items():
            self._note([table], "skipped", started, str(reason))

    def _readable(self, unit: Unit) -> Unit:
        """Those tables of a unit that lack nothing; the others are skipped by name."""
        lost = {reading.table_name for reading in self.readings if reading.status != "ok"}
        readable = []
        for endpoint in unit:
            if endpoint.table in lost:
                continue
            if missing := [table for table in endpoint.needs if table in lost]:
                message = f"needs {missing[0]}, which could not be read"
                self._note([endpoint.table], "skipped", time.monotonic(), message)
            else:
                readable.append(endpoint)
        return tuple(readable)

    def _read_unit(self, tables: Tables, unit: Unit) -> None:
        """Reads a unit and writes down how it fared.

        Raises:
            InstantlyError: it ends the workspace.
        """
        names, started = [endpoint.table for endpoint in unit], time.monotonic()
        try:
            tables.read(unit)
        except _SKIPS as refusal:
            self._note(names, "skipped", started, str(refusal))
        except InstantlyError as error:
            self._note(names, "failed", started, str(error))
            if unit[0].tier is not Tier.OPERATIONS or isinstance(error, Cancelled):
                raise
            if not isinstance(error, _ABOUT_A_TABLE):
                self._broken = error
        else:
            self._note(names, "ok", started)

    def _checking(self, put: Put) -> Put:
        """Hands on batches whose rows have a key, and remembers which tables were walked."""

        def hand_on(batch: Batch) -> None:
            refuse_keyless(batch)
            put(batch)
            if batch.is_complete:
                self._walked.add(batch.endpoint.table)

        return hand_on

    def _note(
        self, tables: Iterable[str], status: Status, started: float, message: str = ""
    ) -> None:
        seconds = time.monotonic() - started
        for table in tables:
            reading = Reading(
                workspace_id=self.workspace_id,
                workspace_name=self.label,
                table_name=table,
                status=status,
                requests=self.client.attempts[table],
                seconds=seconds,
                message=message,
                is_complete_walk=status == "ok" and table in self._walked,
            )
            self.readings.append(reading)
