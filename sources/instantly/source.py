"""The dlt source: batches of typed rows in, tables with their write rules out.

dlt is told per batch which table it feeds and how that table loads:

    versions      merge, scd2: `row_version` tells versions apart, `at` is when a new one begins.
                  Rows are closed only where the reading can tell that they are gone: in the closing
                  of a batch (`destination_scope`). A workspace that failed keeps its rows.
    observations  merge, delete-insert on key + observed_at: loading twice changes nothing.
    rows          merge, delete-insert on key: what was just read replaces what was there. Where
                  nothing can be there, because all of a load are first batches: append, which
                  spares the second copy in the staging table and the comparison. Where no key can
                  come twice, dlt is told so: to look for copies, DuckDB sorts whole rows, and of
                  300,000 leads they did not fit into the memory that it is given.

What does not fit any of them goes to `quarantine`, last, by the same way.

`append` of anything else, and `upsert`, were refused: both double rows or wedge after a kill.

One resource hands out all tables, because they come out of one conversation in which the answer
to one request decides about the next; dlt resources per table would each have to ask alone. Tables
that are read and columns of theirs that the warehouse lacks come along as empty batches, so that a
young workspace has all columns of an old one; what it has is left alone, and so is what nobody
reads, because every batch costs dlt a file, a staging table and a merge, with rows or without.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
APPEND: Any = {"disposition": "append"}
REPLACE = {"disposition": "merge", "strategy": "delete-insert"}
IS_DISTINCT = "x-stage-data-deduplicated"
"""dlt's own name for it in a schema. As an option of the rule it could be set and never taken back:
dlt writes down no option that is false, and keeps what a former load has written."""
NOTHING = "(1 = 0)"
"""The condition that no row meets."""


def instantly_source(
    feed: Feed,
    batches: Iterable[Batch] | None = None,
    *,
    declares: Collection[str] | None = None,
    beside: Sequence[Any] = (),
) -> DltSource:
    """Everything that `feed` reads, as a dlt source.

    Args:
        feed: workspaces that have been contacted.
        batches: those of the feed, where somebody has begun to take them.
        declares: raw tables that are to exist afterwards, whether a row came or not; by default
            those that are read.
        beside: empty tables with dlt's hints that come first, so that the warehouse has them.

    Returns:
        A source with one resource that fills every raw table. Run it once; afterwards
        `feed.readings` says how each table of each workspace went.
    """

    @dlt.resource(name=SOURCE)
    def tables() -> Iterator[Any]:
        yield from beside
        yield from _declared(feed.at, feed.reads.tables if declares is None else declares)
        scopes: dict[str, list[str]] = {}
        rules = _Rules()
        known = _known_columns(dlt.current.pipeline())
        for batch in batches or feed.batches():
            if new := _unheard_of(batch, known):
                feed.found_new(batch.endpoint, batch.workspace_id, new)
            if batch.closing:
                scope = _scope(batch.workspace_id, batch.closing)
                scopes.setdefault(batch.endpoint.table, []).append(scope)
            is_first, is_distinct = rules.of(batch)
            yield _dispatched(
                batch.endpoint, batch.rows, feed.at, is_first=is_first, is_distinct=is_distinct
            )
        for table, found in scopes.items():
            yield _scoped(BY_TABLE[table], found, feed.at)
        lines = feed.quarantined()
        if lines.num_rows or QUARANTINE not in known:
            yield _quarantined(lines)

    @dlt.source(name=SOURCE, max_table_nesting=0)
    def source() -> Any:
        return tables

    return source()


def declarations(*, beside: Sequence[Any] = ()) -> DltSource:
    """The tables and columns that the warehouse lacks, without a row and without a request: models
    read all of them, and the loads before may have read a few. `beside` as in `instantly_source`.
    """

    @dlt.resource(name=SOURCE)
    def tables() -> Iterator[Any]:
        yield from beside
        yield from _declared(datetime.now(UTC), BY_TABLE)
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


def _declared(at: datetime, tables: Collection[str]) -> Iterator[Any]:
    for endpoint in _unknown(dlt.current.pipeline()):
        if endpoint.table in tables:
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


class _Rules:
    """What is true of all batches of a table until now, and the rule that follows. The rule of a
    load is that of its last batch, so an empty one follows those before it, and one batch that may
    meet its like ends it for all."""

    def __init__(self) -> None:
        self._first: dict[str, bool] = {}
        self._distinct: dict[str, bool] = {}

    def of(self, batch: Batch) -> tuple[bool, bool]:
        """Whether this batch of a table, and all before it, are first ones and distinct."""
        is_first = self._hold(self._first, batch, batch.is_first)
        return is_first, self._hold(self._distinct, batch, batch.is_distinct)

    @staticmethod
    def _hold(so_far: dict[str, bool], batch: Batch, is_said: bool) -> bool:
        table = batch.endpoint.table
        if not batch.rows.num_rows:
            return so_far.get(table, is_said)
        so_far[table] = is_said and so_far.get(table, True)
        return so_far[table]


def _dispatched(
    endpoint: Endpoint,
    rows: Any,
    at: datetime,
    scope: str = NOTHING,
    *,
    is_first: bool = False,
    is_distinct: bool = False,
) -> Any:
    noted: dict[str, Any] = {IS_DISTINCT: is_distinct} if endpoint.load is Load.ROWS else {}
    hints = dlt.mark.make_hints(
        table_name=endpoint.table,
        write_disposition=APPEND if is_first else _write_disposition(endpoint, at, scope),
        primary_key=_primary_key(endpoint),
        columns=_columns(endpoint, rows.column_names),
        additional_table_hints=noted,
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
        return REPLACE
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
