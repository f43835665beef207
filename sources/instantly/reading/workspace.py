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
    rate limited beyond patience   the same; twice in a row it is the workspace's limit and no
                                   table's: what was not read yet waits for the next run. With not
                                   one table read, the workspace
    refused, out of contract       in the operations the same; elsewhere the workspace, because the
                                   marts would be built on a hole
    no conversation (dead key,     what was not read yet; the workspace too, unless all of core and
    no answer, no network)         people had arrived

Other workspaces go on in any case.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sources.instantly.conversation import paging
from sources.instantly.conversation.client import Client
from sources.instantly.endpoint import Endpoint, Tier, Way
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import (
    Cancelled,
    InstantlyError,
    NotFound,
    OutOfContract,
    Paused,
    PlanRequired,
    RateLimited,
    RequestRefused,
    ScopeMissing,
    SuspiciouslyShort,
    Unfinished,
    WrongWorkspace,
)
from sources.instantly.reading import scopes
from sources.instantly.reading.batch import Batch, Put
from sources.instantly.reading.history import History
from sources.instantly.reading.listener import Listener
from sources.instantly.reading.quarantine import Line, Quarantine, said
from sources.instantly.reading.tables import Tables, Unit, units
from sources.instantly.reading.visit import REQUESTS_AT_ONCE, Visit
from sources.instantly.reading.window import Reads
from sources.instantly.shaping import columns

Status = Literal["ok", "skipped", "failed"]
Pause = Literal["before", "within"]
"""Where a reading paused: before its first request, or after something that was read whole."""

_SKIPS = (ScopeMissing, PlanRequired, NotFound, Unfinished)
"""What costs the table alone, wherever it happens."""

_ABOUT_A_TABLE = (OutOfContract, SuspiciouslyShort, RequestRefused)
"""What says nothing about the next table. All else says that the conversation is broken."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How reading one table of one workspace went.

    `quarantined` counts its rows that do not fit and have not been seen well since.
    """

    workspace_id: str
    workspace_name: str
    table_name: str
    status: Status
    requests: int
    seconds: float
    message: str = ""
    is_complete_walk: bool = False
    paused: Pause | None = None
    quarantined: int = 0


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
        readings: how each table went.
        lines: what is to be written of rows that do not fit.
    """

    name: str | None
    client: Client
    history: History
    listener: Listener
    workspace_id: str = ""
    error: InstantlyError | None = None
    readings: list[Reading] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    _itself: Mapping[str, Any] = field(default_factory=dict)
    _walked: set[str] = field(default_factory=set)
    _limited: RateLimited | None = None
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
            self.workspace_id = _name_of(self._itself)
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
            quarantine=Quarantine(reads.quarantine_share),
        )
        try:
            self._read_units(Tables(visit, self._itself, self._remembering(put)), beside)
        except InstantlyError as error:
            self.error = error
        finally:
            self.client.stop()  # what is still being asked is for a table that was given up
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
        has_begun = False
        for unit in units(tables.visit.reads.tables):
            if self._broken:
                break
            is_long = unit[0].way is not Way.LISTING
            if is_long and has_begun and tables.visit.reads.is_pause_due:
                self._pause(unit)
                continue
            has_begun |= is_long
            readable = self._readable(unit)
            if readable and unit[0].way is Way.EMAILS:
                waiting.append(beside.submit(self._read_unit, tables, readable))
            elif readable:
                self._read_unit(tables, readable)
        for work in waiting:
            work.result()
        if self._limited and not self._has_read:
            raise self._limited

    @property
    def _has_read(self) -> bool:
        """Whether anything was read but who the workspace is, which is known before."""
        return any(r.status == "ok" and r.table_name != "workspaces" for r in self.readings)

    def _pause(self, unit: Unit) -> None:
        """Leaves a unit for the next piece of the run; the lists, which are short and which others
        need, are read in every piece."""
        names = [endpoint.table for endpoint in unit]
        self._note(names, "skipped", time.monotonic(), "not read yet", paused="before")

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
            for endpoint in unit:
                tables.visit.quarantine.refuse_too_many(endpoint, self.label)
        except _SKIPS as refusal:
            paused: Pause | None = "within" if isinstance(refusal, Paused) else None
            self._note(names, "skipped", started, str(refusal), paused=paused)
        except RateLimited as limited:
            self._note(names, "failed", started, str(limited))
            if self._limited:
                self._broken = limited
            self._limited = limited
        except InstantlyError as error:
            self._note(names, "failed", started, str(error))
            if unit[0].tier is not Tier.OPERATIONS or isinstance(error, Cancelled):
                raise
            if not isinstance(error, _ABOUT_A_TABLE):
                self._broken = error
        else:
            self._limited = None
            self._note(names, "ok", started)
        finally:
            self._set_apart(tables.visit, unit)

    def _set_apart(self, visit: Visit, unit: Unit) -> None:
        """Writes down which rows of a unit do not fit, and which of earlier runs now do."""
        tables = {endpoint.table: endpoint for endpoint in unit}
        for place, reading in enumerate(self.readings):
            if endpoint := tables.get(reading.table_name):
                lines = visit.quarantine.lines(
                    endpoint,
                    visit.unread(endpoint),
                    visit.at,
                    asked_again=reading.status == "ok" and _asks_again(endpoint, visit.reads),
                )
                self.lines += lines
                unfit = [line for line in lines if line.resolved_at is None]
                self.readings[place] = replace(
                    reading,
                    quarantined=sum(line.rows for line in unfit),
                    message=reading.message or said(unfit),
                )

    def _remembering(self, put: Put) -> Put:
        """Hands on batches, and remembers which tables were walked."""

        def hand_on(batch: Batch) -> None:
            put(batch)
            if batch.is_complete:
                self._walked.add(batch.endpoint.table)

        return hand_on

    def _note(
        self,
        tables: Iterable[str],
        status: Status,
        started: float,
        message: str = "",
        *,
        paused: Pause | None = None,
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
                paused=paused,
            )
            self.readings.append(reading)


def _name_of(workspace: Mapping[str, Any]) -> str:
    """The id under which everything of a workspace is kept.

    Raises:
        OutOfContract: it is no text, so nobody can say whose data this is.
    """
    columns.table(BY_TABLE["workspaces"], [{"id": workspace.get("id")}])
    return workspace["id"]


def _asks_again(endpoint: Endpoint, reads: Reads) -> bool:
    """Whether a reading asks for all rows that did not fit before; of e-mails, nothing but a
    reading of everything does."""
    return not reads.is_backfill and (endpoint.way is not Way.EMAILS or reads.everything)
