"""A world in which every table has rows, synced once, and what its readers do after that.

Readers run against what the sync stored, over real HTTP, without the loader: a fault of the API is
seen in what they hand on and in how they say that they fared.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import dlt
import pytest

from pipelines.history import WarehouseHistory
from pipelines.progress import SilentProgress
from sandbox import Sandbox
from sandbox.specs import Effect, KeySpec, WorldSpec
from sandbox.worlds import small
from sources.instantly import Client, Endpoint, Patience, Reads, WorkspaceReader, select_tables
from sources.instantly.conversation import paging
from sources.instantly.endpoint import Place
from sources.instantly.reading.batch import Batch
from sources.instantly.reading.listener import Listener
from tests.end_to_end.conftest import Warehouse

TODAY = date(2026, 11, 17)


def furnished() -> WorldSpec:
    """An agency of two small workspaces; people reply a lot, so that few leads make all rows."""
    world = small(campaigns=2, days=6, leads_per_day=8)
    (workspace,) = world.workspaces
    eager = Effect(open=0.9, click=0.4, reply=0.5, automatic=0.2, positive=0.9)
    campaigns = tuple(
        replace(
            campaign,
            leads=60,
            steps=tuple(
                replace(step, variants=tuple(replace(v, effect=eager) for v in step.variants))
                for step in campaign.steps
            ),
            subsequences=2 * (not number),
            tags=(number,),
        )
        for number, campaign in enumerate(workspace.campaigns)
    )
    main = replace(workspace, campaigns=campaigns, admin_of=(("sub", "accepted"),))
    sub = replace(workspace, key="sub", name="Sub", keys=(KeySpec("main"),))
    return WorldSpec("furnished", (main, sub))


@dataclass
class Read:
    """What one reading of one table brought."""

    endpoint: Endpoint
    status: str
    message: str
    error: Exception | None
    batches: list[Batch] = field(default_factory=list)
    set_apart: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows on their way to the table, whether the warehouse holds them or not."""
        mine = [b for b in self.batches if b.endpoint.table == self.endpoint.table]
        return [row for batch in mine for row in batch.rows.to_pylist()]

    @property
    def new(self) -> int:
        """Rows that would be written."""
        mine = [b for b in self.batches if b.endpoint.table == self.endpoint.table]
        return sum(batch.rows.num_rows for batch in mine if not batch.is_known)


@dataclass(frozen=True)
class Synced:
    """A world, the warehouse it was synced to, and what was asked meanwhile."""

    api: Sandbox
    warehouse: Warehouse
    history: WarehouseHistory
    log: list[dict[str, Any]]

    def client(self) -> Client:
        patience = Patience(requests_per_minute=6000, retry_seconds=2, lanes=())
        return Client(self.api.url, self.api.key, user_agent="sweep/1", patience=patience)

    def read(self, endpoint: Endpoint, listener: Listener | None = None, **reads: Any) -> Read:
        """Everything of one table once more, and of the tables that it needs."""
        client, batches = self.client(), []
        reader = WorkspaceReader(None, client, self.history, listener or SilentProgress())
        at = reader.contact()
        assert at is not None
        asked = {"tables": select_tables(endpoint.table), "everything": True} | reads
        reader.read(Reads(**asked), at, batches.append)
        client.close()
        (mine,) = [r for r in reader.account(asked["tables"]) if r.table_name == endpoint.table]
        set_apart = {r.table_name: r.quarantined for r in reader.readings if r.quarantined}
        return Read(endpoint, mine.status, mine.message, reader.error, batches, set_apart)

    def elements(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        """One list, page by page, as a reader asks for it."""
        client, (params, values) = self.client(), self.question(endpoint)
        try:
            pages = paging.elements(client, endpoint, params, values)
            return list(chain.from_iterable(pages))
        finally:
            client.close()

    def question(self, endpoint: Endpoint) -> tuple[dict[str, str], dict[str, str]]:
        """The members that name a parent that has rows."""
        parent = endpoint.parent
        if parent is None:
            return {}, {}
        (row,) = self.warehouse.rows(
            f"select {parent.column} as id from instantly_raw.{endpoint.table} limit 1"
        )
        named = {parent.param: row["id"]}
        return ({}, named) if parent.place is Place.PATH else (named, {})


@contextmanager
def synced_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """The furnished world after its first sync."""
    with no_lanes(), Sandbox(furnished(), date=TODAY, rate_limit=None) as api:
        warehouse = Warehouse(tmp_path_factory.mktemp("everything"))
        report = warehouse.sync(api, tables="all")
        assert not report.is_partial, report.incomplete
        log = api.log()
        with _history(warehouse, tmp_path_factory.mktemp("known")) as history:
            yield Synced(api, warehouse, history, log)


@contextmanager
def no_lanes() -> Iterator[None]:
    """E-mails as fast as everything else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.connections.Patience", partial(Patience, lanes=()))
        yield


def _history(warehouse: Warehouse, folder: Path) -> WarehouseHistory:
    """What readers look into: a copy, because DuckDB opens a file in one way per process."""
    file = shutil.copy(warehouse.file, folder / "known.duckdb")
    pipeline = dlt.pipeline(
        "looking",
        pipelines_dir=str(folder),
        destination=dlt.destinations.duckdb(str(file)),
        dataset_name="instantly_raw",
    )
    return WarehouseHistory(pipeline)
