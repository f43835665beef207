"""One run at work in a lake: where it loads, builds, and what it shows at the end.

    work/dbt/draft.duckdb    dbt's models of this run, marts in the schema `instantly_draft`
    work/dbt/extensions      where dbt's DuckDB finds what reads the lake

The counterpart of `pipelines.destinations.postgres.draft`, with the same promises; what PostgreSQL
keeps in a schema that nobody looks at is here a file that nobody knows, and goes with the folder.
So the two have their methods in common and hardly a line of what these do: a base for both would
hold the working folder and nothing else.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.destinations.ducklake.catalog import CATALOG, LAKE, SIZE, is_there
from pipelines.destinations.ducklake.looking import DRAFT_FILE, looking, mending
from pipelines.destinations.ducklake.publishing import publish, rewrite
from pipelines.destinations.ducklake.session import LakeSession
from pipelines.destinations.packages import lay_out_extension
from pipelines.destinations.postgres import DRAFT
from pipelines.warehouse_file import MARTS, SCHEMAS

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class LakeDatabase:
    """What a run works on (`pipelines.destinations.Database`); `built` is dbt's file."""

    session: LakeSession
    built: Path

    schemas: ClassVar[tuple[str, ...]] = (*SCHEMAS, DRAFT)
    """Those of the warehouse, and the one in which this run builds."""

    @property
    def file_format(self) -> str:
        """Parquet, which is what a lake is made of."""
        return "parquet"

    def __str__(self) -> str:
        return f"{self.session.address.shown} with {self.session.rows}"

    def exists(self) -> bool:
        """Whether a run has ever begun to load into it."""
        return is_there(self.session.address)

    def size_bytes(self) -> int:
        """The files that today's tables are made of."""
        return int(self.session.held.value(SIZE) or 0)

    def look(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A read-only connection; names without a schema are marts of this run.

        Within a load it is the load's own, which alone sees what is not yet kept.
        """
        if self.session.is_open:
            return nullcontext(self.session.connection)
        return looking(self.session.address, self.session.rows, DRAFT, self.built)

    def mend(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection that may write, in one snapshot; within a load, in that of the load."""
        if self.session.is_open:
            return nullcontext(self.session.connection)
        return mending(self.session.address, self.session.rows)

    def write(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        """A statement, over a connection of `mend`: DuckDB itself is the engine."""
        connection.execute(sql)

    def json_columns(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing: DuckDB writes JSON of a lake itself."""

    def destination(self) -> Any:
        """dlt's destination, working through the run's one connection."""
        from pipelines.destinations.ducklake.loading import destination

        if self.built.exists():
            self.session.see(self.built)
        return destination(self.session)

    def kept_together(self) -> AbstractContextManager[None]:
        """What dlt loads within is one snapshot."""
        return self.session.kept_together()


@dataclass(slots=True)
class LakeDraft:
    """A run's hold on the lake; `folder` is the working folder on this machine."""

    session: LakeSession
    folder: Path

    @property
    def database(self) -> LakeDatabase:
        """What is loaded and asked."""
        return LakeDatabase(self.session, self._built)

    @property
    def workdir(self) -> Path:
        """For dlt's working directory, dbt's target and logs, and the models of this run."""
        return self.folder / "work"

    @property
    def _built(self) -> Path:
        return self.workdir / "dbt" / f"{DRAFT_FILE}.duckdb"

    @property
    def dbt_environment(self) -> Mapping[str, str]:
        """The account, as libpq reads it, and the run's file; dbt's folder is where it works."""
        return {
            **self.session.address.libpq,
            "DBT_TARGET": "ducklake",
            "DBT_WAREHOUSE_FILE": self._built.name,
            "DBT_MARTS_SCHEMA": DRAFT,
            "DBT_DUCKLAKE_NAME": LAKE,
            "DBT_DUCKLAKE_CATALOG": CATALOG,
        }

    def prepare(self) -> None:
        """A folder for what is thrown away."""
        self.folder.mkdir(mode=0o700)  # dlt's packages and dbt's models hold people in clear
        self._built.parent.mkdir(parents=True)
        for name in ("postgres_scanner", "ducklake"):
            lay_out_extension(self._built.parent / "extensions", self.session.connection, name)

    def publish_and_go_on(self) -> None:
        """Nothing: a load is kept when it ends."""

    def publish(self, *, afresh: bool = False) -> None:
        """Shows the marts that were built, all in one snapshot; nothing built, nothing shown.

        Args:
            afresh: rows that were deleted are also taken out of the files and the catalog, and
                with them the past: no snapshot but the last one is left.
        """
        if self._built.exists():
            self.session.see(self._built)
            publish(self.session, DRAFT, MARTS)
        if afresh:
            rewrite(self.session, SCHEMAS)

    def discard(self) -> None:
        """Removes the run folder, published or not."""
        self.session.end()
        shutil.rmtree(self.folder, ignore_errors=True)
