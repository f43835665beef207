"""The side of the database: whether it lets us in, is free and may be written to, what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from pipelines.destinations.postgres import PostgresWarehouse
from pipelines.destinations.postgres.session import SIZE, WRITTEN_BY, Session, holder
from pipelines.doctor.finding import Finding, Level
from pipelines.errors import WarehouseError
from pipelines.warehouse_file import PRODUCT, RAW

OLDEST = 130000
"""The oldest PostgreSQL that its makers still mend, as `server_version_num` says it."""

RIGHTS = """
    select has_database_privilege(current_database(), 'create') or to_regnamespace(%s) is not null
"""
READABLE = """
    select to_regclass('instantly_raw.sync_runs') is not null
        and has_table_privilege('instantly_raw.sync_runs', 'select')
"""


def around(warehouse: PostgresWarehouse) -> Iterator[Finding]:
    """Everything about the database; of one that lets nobody in, that alone."""
    try:
        warehouse.refuse_missing_packages()
        with Session.of(warehouse.address, "instantly-warehouse doctor") as session:
            yield from _found(warehouse, session)
    except WarehouseError as refused:
        todo = refused.todo or "see docs/destinations/postgres.md"
        yield Finding("place", Level.WRONG, f"{warehouse}: {refused.what}", todo)


def _found(warehouse: PostgresWarehouse, session: Session) -> Iterator[Finding]:
    yield Finding("place", Level.OK, str(warehouse))
    yield from server(session, RAW)
    yield from _content(warehouse, session)


def server(session: Session, schema: str) -> Iterator[Finding]:
    """Whether the server is of an age that was meant, and free and open to a run.

    Args:
        session: of a connection to it.
        schema: that the first run makes, which needs the right to.
    """
    number, said = session.run(
        "select current_setting('server_version_num')::int, current_setting('server_version')"
    )[0]
    if number < OLDEST:
        yield Finding("server", Level.NOTE, f"PostgreSQL {said}", "13 is the oldest that was meant")
    else:
        yield Finding("server", Level.OK, f"PostgreSQL {said}")
    if session.value(RIGHTS, schema):
        yield Finding("rights", Level.OK, "this role may create what a run needs")
    else:
        what = "this role may not create schemas in the database"
        todo = "grant create on the database to it (docs/destinations/postgres.md)"
        yield Finding("rights", Level.WRONG, what, todo)
    if who := holder(session):
        yield Finding("lock", Level.NOTE, f"a run is at work ({who})", "wait until it has ended")
    else:
        yield Finding("lock", Level.OK, "nobody is at work")


def _content(warehouse: PostgresWarehouse, session: Session) -> Iterator[Finding]:
    """How much is there, and who wrote it."""
    if not session.value(READABLE):
        todo = "run: the first run makes it"
        yield Finding("warehouse", Level.NOTE, "there is no warehouse yet", todo)
        return
    size = int(session.value(SIZE, list(warehouse.schemas)) or 0) / 1024**2
    yield Finding("warehouse", Level.OK, f"{size:,.1f} MB with indexes")
    yield from of_another_version(session.value(WRITTEN_BY))


def of_another_version(written: str | None) -> Iterator[Finding]:
    """A note when another version than this one loaded last."""
    if written not in (None, version(PRODUCT)):
        todo = "nothing: the next run brings it up to this version"
        what = f"was last written by {PRODUCT} {written}"
        yield Finding("warehouse", Level.NOTE, what, todo)
