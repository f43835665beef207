"""Workspaces read side by side, their rows in one stream.

    workspace A ──thread──┐
    workspace B ──thread──┼──→ a short queue ──→ one iterator for dlt
    workspace C ──thread──┘

The queue is short on purpose: reading waits when loading is behind, so memory stays flat. dlt's
own `parallelized` resources were refused: their pool polls and is shared by all tables, so one
slow workspace starves the rest, and a failure anywhere ends everything.
"""

import queue
import threading
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from sources.instantly.endpoint import Endpoint
from sources.instantly.errors import WrongWorkspace
from sources.instantly.reading.batch import Batch
from sources.instantly.reading.discretion import Discretion
from sources.instantly.reading.history import History
from sources.instantly.reading.quarantine import SCHEMA, key_text
from sources.instantly.reading.window import Reads
from sources.instantly.reading.workspace import Reading, WorkspaceReader

WORKSPACES_AT_ONCE = 8
BATCHES_WAITING = 2
_TICK = timedelta(microseconds=1)


@dataclass(slots=True)
class Feed:
    """The rows of several workspaces.

    Attributes:
        readers: one per workspace.
        reads: what to read.
        history: what the warehouse knows.
        discretion: what of people is written; every batch passes it.
        at: when everything of this sync counts as observed; set by `contact`.
        new_columns: by workspace and table, columns that nobody declared and that came first in
            this sync.
    """

    readers: Sequence[WorkspaceReader]
    reads: Reads
    history: History
    discretion: Discretion = field(default_factory=Discretion)
    at: datetime = field(init=False)
    new_columns: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _queue: "queue.Queue[Batch]" = field(init=False)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._queue = queue.Queue(BATCHES_WAITING)

    def contact(self) -> None:
        """Asks every key which workspace it opens, and fixes the time of this sync.

        The time is the server's, and always later than any earlier observation, so that the order
        of observations does not depend on a clock.

        Raises:
            InstantlyError: no workspace can be read; the first one's reason.
        """
        with ThreadPoolExecutor(WORKSPACES_AT_ONCE, thread_name_prefix="contact") as executor:
            times = [time for time in executor.map(lambda r: r.contact(), self.readers) if time]
        self._refuse_twins()
        if not self._reachable():
            raise next(reader.error for reader in self.readers if reader.error)
        newest = self.history.newest_observation()
        self.at = max([max(times), *([newest + _TICK] if newest else [])])

    def _reachable(self) -> list[WorkspaceReader]:
        return [reader for reader in self.readers if reader.error is None]

    def _refuse_twins(self) -> None:
        """Two keys of one workspace would load every row twice."""
        first: dict[str, WorkspaceReader] = {}
        for reader in self._reachable():
            twin = first.setdefault(reader.workspace_id, reader)
            if twin is not reader:
                reader.error = WrongWorkspace(
                    f"{reader.label!r} and {twin.label!r} open the same workspace "
                    f"{reader.workspace_id}; remove one of them"
                )

    def batches(self) -> Generator[Batch]:
        """Every batch, as it comes.

        Raises:
            InstantlyError: every workspace ended before its time; the first one's reason.
        """
        executor = ThreadPoolExecutor(WORKSPACES_AT_ONCE, thread_name_prefix="workspace")
        work = [
            executor.submit(reader.read, self.reads, self.at, self._put)
            for reader in self._reachable()
        ]
        try:
            while not all(task.done() for task in work) or not self._queue.empty():
                try:
                    yield self._queue.get(timeout=0.05)
                except queue.Empty:
                    continue
            for task in work:
                task.result()
        finally:
            self.stop()
            wait(work)
            executor.shutdown()
        if not self._reachable():
            raise next(reader.error for reader in self.readers if reader.error)

    def _put(self, batch: Batch) -> None:
        batch = self.discretion.written(batch)
        if batch.is_known:
            return None
        while not self._stopped.is_set():
            try:
                return self._queue.put(batch, timeout=0.5)
            except queue.Full:
                continue
        return None

    def stop(self) -> None:
        """Ends all reading; requests that wait give up at once."""
        self._stopped.set()
        for reader in self.readers:
            reader.client.stop()

    def quarantined(self) -> pa.Table:
        """The lines of the table `quarantine` that this sync writes, once the batches are out."""
        lines = [
            {
                "workspace_id": reader.workspace_id,
                "table_name": line.endpoint.table,
                "row_key": key_text(self.discretion.row_key(line.endpoint, line.key)),
                "column_name": line.column,
                "reason": line.reason,
                "rows": line.rows,
                "first_seen_at": line.first_seen_at,
                "last_seen_at": line.last_seen_at,
                "resolved_at": line.resolved_at,
            }
            for reader in self.readers
            for line in reader.lines
        ]
        return pa.Table.from_pylist(lines, schema=SCHEMA)

    def found_new(self, endpoint: Endpoint, workspace_id: str, columns: Iterable[str]) -> None:
        """Notes columns of a table that nobody declared and the warehouse does not have yet."""
        found = self.new_columns.setdefault((workspace_id, endpoint.table), set())
        found.update(columns)

    @property
    def readings(self) -> list[Reading]:
        """How every table of every workspace went, those of unreachable workspaces included."""
        return [reading for reader in self.readers for reading in reader.account(self.reads.tables)]
