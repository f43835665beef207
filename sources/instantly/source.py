"""The dlt source: batches of typed rows in, tables with their write rules out.

dlt is told per batch which table it feeds and how that table loads:

    versions      merge, scd2: `row_version` tells versions apart, `at` is when a new one begins.
                  Rows are closed only where the reading can tell that they are gone: in the closing
                  of a batch (`destination_scope`). A workspace that failed keeps its rows.
    observations  merge, delete-insert on key + observed_at: loading twice changes nothing.
    rows          merge, delete-insert on key: what was just read replaces what was there. Where
                  nothing can be there, because all of a load are first batches: append, which
                  spares the second copy in the staging table and the comparison.

What does not fit any of them goes to `quarantine`, last, by the same way.

`append` of anything else, and `upsert`, were refused: both double rows or wedge after a kill.

One resource hands out all tables, because they come out of one conversation in which the answer
to one request decides about the next; dlt resources per table would each have to ask alone. Tables
and columns that the warehouse lacks come along as empty batches, so that a young workspace has all
columns of an old one; those that it has are left alone, because every batch costs dlt a file, a
staging table and a merge, whether it holds rows or not.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltSource

from sources.instantly.endpoint import Endpoint, Load
from sources.instantly.endpoints import BY_TABLE, ENDPOINTS
from sources.instantly.reading import quarantine
from sources.instantly.reading.batch import Batch, Closing
from sources.instantly.reading.feed import Feed
from sources.instantly.shaping import columns

SOURCE = "instantly"
QUARANTINE = "quarantine"
APPEND = {"disposition": "append"}
NOTHING = "(1 = 0)"
"""The condition that no row meets."""


def instantly_source(feed: Feed) -> DltSource:
    """Everything that `feed` reads, as a dlt source.

    Args:
        feed: workspaces that have been contacted.

    Returns:
        A source with one resource that fills every raw table. Run it once; afterwards
        `feed.readings` says how each table of each workspace went.
    """

    @dlt.resource(name=SOURCE)
    def tables() -> Iterator[Any]:
        yield from _declared(feed.at)
        scopes: dict[str, list[str]] = {}
        firsts = _Firsts()
        known = _known_columns(dlt.current.pipeline())
        for batch in feed.batches():
            if new := _unheard_of(batch, known):
                feed.found_new(batch.endpoint, batch.workspace_id, new)
            if batch.closing:
                scope = _scope(batch.workspace_id, batch.closing)
                scopes.setdefault(batch.endpoint.table, []).append(scope)
            rule = APPEND if firsts.alone(batch) else None
            yield _dispatched(batch.endpoint, batch.rows, feed.at, rule=rule)
        for table, found in scopes.items():
            yield _scoped(BY_TABLE[table], found, feed.at)
        lines = feed.quarantined()
        if lines.num_rows or QUARANTINE not in known:
            yield _quarantined(lines)

    @dlt.source(name=SOURCE, max_table_nesting=0)
    def source() -> Any:
        return tables

    return source()


def declarations() -> DltSource:
    """The tables and columns that the warehouse lacks, without a row and without a request: for a
    file of an earlier version that is to be read by models of this one."""

    @dlt.resource(name=SOURCE)
    def tables() -> Iterator[Any]:
        yield from _declared(datetime.now(UTC))
        if QUARANTINE not in _known_columns(dlt.current.pipeline()):
            yield _quarantined(quarantine.SCHEMA.empty_table())

    @dlt.source(name=SOURCE, max_table_nesting=0)
    def source() -> Any:
        return tables

    return source()


def declared_columns() -> Mapping[str, Collection[str]]:
    """The columns that every warehouse of this version has, by table."""
    known = {endpoint.table: columns.declared(endpoint).keys() for endpoint in ENDPOINTS}
    return {**known, QUARANTINE: quarantine.SCHEMA.names}


def _declared(at: datetime) -> Iterator[Any]:
    for endpoint in _unknown(dlt.current.pipeline()):
        yield _dispatched(endpoint, columns.table(endpoint, []), at)


def _unknown(pipeline: dlt.Pipeline) -> Iterator[Endpoint]:
    """Endpoints whose table, or a column of it, is not yet in the warehouse."""
    known = pipeline.default_schema.tables if pipeline.default_schema_name else {}
    for endpoint in ENDPOINTS:
        held = known.get(endpoint.table, {}).get("columns", {})
        if not columns.declared(endpoint).keys() <= held.keys():
            yield endpoint


def _known_columns(pipeline: dlt.Pipeline) -> Mapping[str, Collection[str]]:
    """The columns of the warehouse by table, as they are before anything is written."""
    tables = pipeline.default_schema.tables if pipeline.default_schema_name else {}
    return {name: frozenset(table.get("columns", {})) for name, table in tables.items()}


def _unheard_of(batch: Batch, known: Mapping[str, Collection[str]]) -> list[str]:
    """Columns of a batch that neither a schema declares nor the warehouse has."""
    held = known.get(batch.endpoint.table, ())
    new = columns.new_columns(batch.endpoint, batch.rows.column_names)
    return [column for column in new if column not in held]


def _quarantined(lines: pa.Table) -> Any:
    """What does not fit, and what of it does by now: a line is replaced by its newer self."""
    hints = dlt.mark.make_hints(
        table_name=QUARANTINE,
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        primary_key=quarantine.KEY,
    )
    return dlt.mark.with_hints(lines, hints, create_table_variant=True)


class _Firsts:
    """Which tables get nothing but first batches. The rule of a load is that of its last batch, so
    an empty one follows those before it, and one batch that may meet its like ends it for all."""

    def __init__(self) -> None:
        self._alone: dict[str, bool] = {}

    def alone(self, batch: Batch) -> bool:
        """Whether this batch of a table, and all before it, can be added to what is there."""
        table = batch.endpoint.table
        if batch.rows.num_rows:
            self._alone[table] = batch.is_first and self._alone.get(table, True)
        return self._alone.get(table, False)


def _dispatched(
    endpoint: Endpoint,
    rows: Any,
    at: datetime,
    scope: str = NOTHING,
    rule: Any = None,
) -> Any:
    hints = dlt.mark.make_hints(
        table_name=endpoint.table,
        write_disposition=rule or _write_disposition(endpoint, at, scope),
        primary_key=_primary_key(endpoint),
        columns=_columns(endpoint, rows.column_names),
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)


def _scoped(endpoint: Endpoint, scopes: Sequence[str], at: datetime) -> Any:
    """An empty batch that says, last, which vanished rows may be closed."""
    scope = " OR ".join(f"({scope})" for scope in scopes) or NOTHING
    return _dispatched(endpoint, columns.table(endpoint, []), at, scope)


def _scope(workspace_id: str, closing: Closing) -> str:
    """A closing in SQL."""
    scope = f"{columns.WORKSPACE} = {_quoted(workspace_id)}"
    if closing.only is not None:
        scope += f" AND {_is_among(closing.column, closing.only)}"
    if closing.but:
        scope += f" AND NOT {_is_among(closing.column, closing.but)}"
    for key in closing.spared:
        scope += f" AND NOT ({' AND '.join(_equals(*part) for part in key.items())})"
    return scope


def _equals(column: str, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{column} = CAST({_quoted(value.isoformat())} AS TIMESTAMP WITH TIME ZONE)"
    return f"{column} = {value if isinstance(value, int) else _quoted(str(value))}"


def _is_among(column: str, values: Collection[str]) -> str:
    if not values:
        return NOTHING
    return f"{column} IN ({', '.join(map(_quoted, sorted(values)))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _write_disposition(endpoint: Endpoint, at: datetime, scope: str) -> Any:
    if endpoint.load is not Load.VERSIONS:
        return {"disposition": "merge", "strategy": "delete-insert"}
    return {
        "disposition": "merge",
        "strategy": "scd2",
        "row_version_column_name": columns.ROW_VERSION,
        "boundary_timestamp": at,
        "destination_scope": scope,
    }


def _primary_key(endpoint: Endpoint) -> Sequence[str]:
    """SCD2 tables are told apart by `row_version`; a key there would be an order to delete."""
    if endpoint.load is Load.VERSIONS:
        return ()
    seen = (columns.OBSERVED_AT,) if endpoint.load is Load.OBSERVATIONS else ()
    return (columns.WORKSPACE, *endpoint.key, *seen)


def _columns(endpoint: Endpoint, names: Sequence[str]) -> dict[str, Any]:
    return {name: {"data_type": "json"} for name in columns.json_columns(endpoint, names)}
