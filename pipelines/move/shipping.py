"""The way there: tables as a load of their own would have made them, rows by the loader's jobs.

    the loader's schema ── sync_schema ──> tables: types, keys, what may be null, `_dlt_version`
    batches of rows ────── append ───────> rows, by a pipeline of another name and schema
    the loader's own, the house's ── SQL ─> rows as they are, last: what the way left there goes

Two schemas, because to append is not how these tables load: a schema that said so would be what the
next run restores. The one that it does restore came along; only the form in which rows travel is
that of the target, which also decides about types (PostgreSQL has two for JSON).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
from dlt.common.schema import Schema
from dlt.extract import DltSource

from pipelines import destinations
from pipelines.destinations import Database
from pipelines.move.cargo import KEPT_SCHEMAS, Cargo, Table, batches, loads
from pipelines.progress import Progress
from pipelines.sync import PIPELINE
from pipelines.warehouse_file import quoted

if TYPE_CHECKING:
    import duckdb

WAY = "instantly_move"
"""The name of the pipeline and schema that only rows on their way have."""

TYPE = ("name", "data_type", "nullable", "precision", "scale", "timezone")
"""What a row needs of its column's hints; the others say how it loads at home."""


def ship(
    cargo: Cargo,
    home: duckdb.DuckDBPyConnection,
    target: Path | Database,
    dataset: str,
    workdir: Path,
    progress: Progress,
) -> None:
    """Makes the loaded tables in a dataset of the target and fills them."""
    form = destinations.file_format(target)
    _declare(cargo, destinations.pipeline(target, PIPELINE, dataset, workdir / "declare"), form)
    way = destinations.pipeline(target, WAY, dataset, workdir / "way")
    fill(cargo, home, way, form, progress)


def fill(
    cargo: Cargo,
    home: duckdb.DuckDBPyConnection,
    way: dlt.Pipeline,
    form: Any,
    progress: Progress,
) -> None:
    """Appends the rows of the loaded tables through a pipeline, in files of the given form."""
    for portion in loads(batches(home, cargo.loaded, progress)):
        way.run(_rows(cargo, portion), loader_file_format=form)


def put_others(cargo: Cargo, connection: duckdb.DuckDBPyConnection, home: str, there: str) -> None:
    """Makes what does not go through the loader the same there as at home.

    Args:
        cargo: what is moved.
        connection: to both, that may write there.
        home, there: catalog and schema of both, as SQL takes them.
    """
    connection.execute(f"delete from {there}.{KEPT_SCHEMAS} where schema_name = '{WAY}'")  # noqa: S608 names of this module
    for table in cargo.others:
        name = f"{there}.{quoted(table.name)}"
        connection.execute(f"create table if not exists {name}{table.body}")
        connection.execute(f"delete from {name}")  # noqa: S608 names of the catalog
        names = ", ".join(map(quoted, table.columns))
        connection.execute(
            f"insert into {name} ({names}) select {names} from {home}.{quoted(table.name)}"  # noqa: S608 names of the catalog
        )


def _declare(cargo: Cargo, pipeline: dlt.Pipeline, form: Any) -> None:
    for table in cargo.loaded:
        cargo.schema.tables[table.name]["file_format"] = form
    pipeline.extract(DltSource(cargo.schema, PIPELINE, []))
    pipeline.sync_schema()


def _rows(cargo: Cargo, portion: Iterator[tuple[Table, pa.Table]]) -> Any:
    """A portion as a dlt source, each batch with the table that it belongs to."""

    @dlt.resource(name=WAY)
    def rows() -> Iterator[Any]:
        for table, batch in portion:
            hints = dlt.mark.make_hints(
                table_name=table.name,
                write_disposition="append",
                columns=_types(cargo.schema, table),
            )
            yield dlt.mark.with_hints(batch, hints, create_table_variant=True)

    @dlt.source(name=WAY, max_table_nesting=0)
    def source() -> Any:
        return rows

    return source()


def _types(schema: Schema, table: Table) -> Any:
    """The columns of a table as the loader's schema has them, without how they load."""
    columns = schema.get_table_columns(table.name)
    return {
        name: {hint: value for hint, value in column.items() if hint in TYPE}
        for name, column in columns.items()
    }
