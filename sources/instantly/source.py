"""The dlt source: batches of typed rows in, tables with their write rules out.

dlt is told per batch which table it feeds and how that table loads:

    versions      merge, scd2: `row_version` tells versions apart, `at` is when a new one begins.
                  Rows are closed only in workspaces that were walked from end to end
                  (`destination_scope`), so a workspace that failed keeps its rows as they were.
    observations  merge, delete-insert on key + observed_at: loading twice changes nothing.

`append` and `upsert` were refused: both double rows or wedge after a kill.

One resource hands out all tables, because they come out of one conversation in which the answer
to one request decides about the next; dlt resources per table would each have to ask alone. Empty
batches of every declared table come along, so that a young workspace has all columns of an old one.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import dlt
from dlt.extract import DltSource

from sources.instantly.endpoints import ENDPOINTS, Endpoint, Load
from sources.instantly.reading.feed import Feed
from sources.instantly.shaping import columns

SOURCE = "instantly"


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
        for endpoint in ENDPOINTS:
            yield _dispatched(endpoint, columns.table(endpoint, []), feed.at)
        walked: dict[str, set[str]] = {}
        for batch in feed.batches():
            if batch.is_complete:
                walked.setdefault(batch.endpoint.table, set()).add(batch.workspace_id)
            yield _dispatched(batch.endpoint, batch.rows, feed.at)
        for endpoint in ENDPOINTS:
            if endpoint.load is Load.VERSIONS:
                yield _scoped(endpoint, walked.get(endpoint.table, set()), feed.at)

    @dlt.source(name=SOURCE, max_table_nesting=0)
    def source() -> Any:
        return tables

    return source()


def _dispatched(endpoint: Endpoint, rows: Any, at: datetime, scope: str = "1 = 0") -> Any:
    hints = dlt.mark.make_hints(
        table_name=endpoint.table,
        write_disposition=_write_disposition(endpoint, at, scope),
        primary_key=_primary_key(endpoint),
        columns=_columns(endpoint, rows.column_names),
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)


def _scoped(endpoint: Endpoint, workspaces: Collection[str], at: datetime) -> Any:
    """An empty batch that says, last, in which workspaces a vanished row may be closed."""
    quoted = ", ".join("'" + workspace.replace("'", "''") + "'" for workspace in sorted(workspaces))
    scope = f"{columns.WORKSPACE} IN ({quoted})" if quoted else "1 = 0"
    return _dispatched(endpoint, columns.table(endpoint, []), at, scope)


def _write_disposition(endpoint: Endpoint, at: datetime, scope: str) -> Any:
    if endpoint.load is Load.OBSERVATIONS:
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
    return (columns.WORKSPACE, *endpoint.key, columns.OBSERVED_AT)


def _columns(endpoint: Endpoint, names: Sequence[str]) -> dict[str, Any]:
    return {name: {"data_type": "json"} for name in columns.json_columns(endpoint, names)}
