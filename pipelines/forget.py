"""`forget`: a person leaves the warehouse, every byte of them, and is kept out from then on.

    address ─> lock ─> draft ─> erase in raw tables ─> marts anew ─> nothing left? ─> a fresh file
                                └─> list of hashes that every later load looks at

It is the same draft and the same swap as of every run, so a kill or a failing check leaves the
warehouse as it was. The file is written anew, because DuckDB keeps the bytes of what is deleted.
Nothing here says the address: not a line of log, not the lock, not an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.destinations import Database, Draft, begin, open_for_writing
from pipelines.discretion import refuse_other_hashes, remember
from pipelines.erasure import JsonColumns, Search, Trace
from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.run import Job, build_marts, temporary_files_in
from pipelines.settings import quiet_dlt
from pipelines.warehouse_file import (
    MARTS,
    STAGING,
    Elsewhere,
    has_schema,
    open_read_only,
    quoted,
    refuse_missing,
)
from sources.instantly.shaping.addresses import is_address, normalised
from sources.instantly.shaping.privacy import Privacy

if TYPE_CHECKING:
    import duckdb
    from rich.console import Console

MADE_OF_RAW = (MARTS, STAGING)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What was removed, per table; empty when nothing was stored.

    `is_of_file`: no byte of it is left in the file; a database keeps what its own rules keep.
    """

    traces: tuple[Trace, ...]
    is_rehearsal: bool = False
    is_of_file: bool = True


def forget(job: Job, address: str) -> Forgetting:
    """Removes a person and keeps them out of later loads.

    Args:
        job: whose warehouse.
        address: the person's e-mail address, in any spelling.

    Raises:
        ConfigurationError: it is no address, or one of our own side; or hashes do not fit the key.
        RunFailedError: there is no warehouse, or something of the person would have stayed.
    """
    privacy = _ready(job, address)
    job.progress.stage("copy")
    begun = begin(job.settings.place, job.run_id)
    with begun as draft, temporary_files_in(draft.workdir):
        job.interruption.tidy_up = draft.discard
        quiet_dlt(draft.workdir)
        job.progress.stage("erase")
        traces, must_build = _erase(draft.database, address, privacy)
        if must_build:
            build_marts(job, draft)
        _refuse_rest(draft, address, privacy)
        job.progress.stage("publish")
        draft.publish(afresh=True)
    return Forgetting(traces, is_of_file=isinstance(job.settings.place, Path))


def rehearse(job: Job, address: str) -> Forgetting:
    """What `forget` would remove; looks only, and takes no lock."""
    privacy = _ready(job, address)
    place = job.settings.place
    with open_read_only(place) as connection:
        search = _search(connection, address, privacy, _schemas(place))
        return Forgetting(search.traces(raw=True), is_rehearsal=True)


def _ready(job: Job, address: str) -> Privacy:
    """Refuses what needs no look into the file."""
    if not is_address(normalised(address)):
        raise ConfigurationError(
            "that is not an e-mail address", where="forget", todo="write one, as name@example.com"
        )
    refuse_missing(job.settings.place)
    return job.settings.privacy(job.settings.lead_variables)


def _schemas(warehouse: Path | Elsewhere) -> tuple[str, ...] | None:
    """Where to look: a file is ours alone, in a database other schemas are somebody else's."""
    return None if isinstance(warehouse, Path) else warehouse.schemas


def _search(
    connection: duckdb.DuckDBPyConnection,
    address: str,
    privacy: Privacy,
    schemas: tuple[str, ...] | None,
    json: JsonColumns | None = None,
) -> Search:
    """A search for somebody who may be forgotten; ConfigurationError for our own side."""
    refuse_other_hashes(connection, privacy)
    search = Search(connection, address, privacy, schemas, json)
    if table := search.own_side():
        raise ConfigurationError(
            f"that address is on your own side: it stands in {table}",
            where="forget",
            todo="forget is for people who are written to; PRIVACY_HASH and PRIVACY_DROP hide "
            "members and mailboxes",
        )
    return search


def _erase(
    database: Path | Database, address: str, privacy: Privacy
) -> tuple[tuple[Trace, ...], bool]:
    """Takes the person out of a draft; what was removed, and whether marts must be built."""
    with open_for_writing(database) as connection:
        json = None if isinstance(database, Path) else database.json_columns(connection)
        search = _search(connection, address, privacy, _schemas(database), json)
        is_known = bool(search.traces(raw=True) or search.traces(raw=False))
        has_marts = has_schema(connection, MARTS)
        if is_known:
            _drop_marts(connection, database)
        traces = search.erase() if is_known else ()
        remember(connection, address)
    return traces, is_known and has_marts


def _drop_marts(connection: duckdb.DuckDBPyConnection, database: Path | Database) -> None:
    """Removes what is built from raw tables, in full names: a file may be called like the marts.

    Marts that readers look at stay until those of this run take their place.
    """
    (catalog,) = connection.execute("select current_database()").fetchall()[0]
    for schema in MADE_OF_RAW if isinstance(database, Path) else MADE_OF_RAW[1:]:
        connection.execute(f"drop schema if exists {quoted(catalog)}.{schema} cascade")


def _refuse_rest(draft: Draft, address: str, privacy: Privacy) -> None:
    """RunFailedError when the person still stands anywhere; nothing is published then."""
    schemas = _schemas(draft.database)
    if schemas:
        schemas = tuple(schema for schema in schemas if schema != MARTS)
    with open_read_only(draft.database) as connection:
        search = Search(connection, address, privacy, schemas)
        rest = (*search.traces(raw=True), *search.traces(raw=False))
    if rest:
        tables = ", ".join(trace.table for trace in rest)
        what = f"the person would still be found in {tables}; nothing was published"
        raise RunFailedError(what, where="forget", todo="report this as a bug")


def print_forgetting(done: Forgetting, console: Console) -> None:
    """What was removed, per table, and what happens from now on; never whom."""
    from rich.table import Table
    from rich.text import Text

    if done.traces:
        table = Table(box=None, pad_edge=False)
        table.add_column("table")
        table.add_column("rows removed", justify="right")
        table.add_column("rows that only mentioned them", justify="right")
        for trace in done.traces:
            table.add_row(Text(trace.table), f"{trace.rows:,}", f"{trace.mentions:,}")
        console.print(table)
    console.print(Text(_sentence(done)), soft_wrap=True)


def _sentence(done: Forgetting) -> str:
    if done.is_rehearsal:
        return "a rehearsal: nothing was changed" if done.traces else "nothing is stored"
    if not done.traces:
        return "nothing was stored; kept out from now on"
    if not done.is_of_file:
        return (
            "removed from every table, and cleared away; kept out from now on. Logs and backups of "
            "the server keep what they hold (docs/destinations)"
        )
    return "removed from every table and every byte of the file; kept out from now on"
