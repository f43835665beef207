"""The marts of a run put in the place of those of the run before, in one snapshot.

    draft.instantly_draft.x ─┬─ lake.instantly.x has the same rows   nothing is touched
                             └─ otherwise                            the table is made anew

A table of a lake is files, so bringing one up row by row, as in PostgreSQL, would write a file of
deletions beside every file and read both ever after. A reader's transaction goes on with the files
of its snapshot; a view of somebody's own names the table, and finds the new one.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.destinations.ducklake.catalog import LAKE
from pipelines.destinations.ducklake.looking import DRAFT_FILE
from pipelines.destinations.ducklake.session import LakeSession
from pipelines.warehouse_file import quoted, text

TABLES = """
    select table_name, comment from duckdb_tables()
    where database_name = ? and schema_name = ? order by table_name
"""
COLUMNS = """
    select column_name, data_type, not is_nullable, comment from duckdb_columns()
    where database_name = ? and schema_name = ? and table_name = ? order by column_index
"""
DIFFERENT = """
    select 1 from (
        (select {columns} from {new} except all select {columns} from {old})
        union all
        (select {columns} from {old} except all select {columns} from {new})
    ) as differing limit 1
"""

KEPT = "rows_of_a_table"
"""A table of the session, for the rows of one that is made anew."""

Column = tuple[str, str, bool, str | None]
"""Name, type, whether it is never null, and what is said of it."""


def publish(session: LakeSession, draft: str, marts: str) -> None:
    """Shows every table of the draft's schema as a mart, all at once."""
    with session.transaction():
        run = session.connection.execute
        run(f"create schema if not exists {LAKE}.{marts}")
        for table, comment in run(TABLES, [DRAFT_FILE, draft]).fetchall():
            new = f"{DRAFT_FILE}.{draft}.{quoted(table)}"
            columns = run(COLUMNS, [DRAFT_FILE, draft, table]).fetchall()
            if _differs(session, table, marts, new, columns):
                _make(session, f"{LAKE}.{marts}.{quoted(table)}", new, comment, columns)


def rewrite(session: LakeSession, schemas: Sequence[str]) -> None:
    """Makes every table anew and drops the past, so that nothing of what was deleted is left.

    Neither its files nor its least and greatest values, which the catalog keeps of each column of
    a file and of a table. Readers of an older snapshot lose it.
    """
    run = session.connection.execute
    with session.transaction():
        for schema in schemas:
            for table, comment in run(TABLES, [LAKE, schema]).fetchall():
                name = f"{LAKE}.{schema}.{quoted(table)}"
                columns = run(COLUMNS, [LAKE, schema, table]).fetchall()
                run(f"create or replace temporary table {KEPT} as from {name}")
                _make(session, name, f"temp.{KEPT}", comment, columns)
        run(f"drop table if exists temp.{KEPT}")
    run(f"call ducklake_expire_snapshots('{LAKE}', older_than => now())")
    run(f"call ducklake_cleanup_old_files('{LAKE}', cleanup_all => true)")


def _differs(
    session: LakeSession, table: str, marts: str, new: str, columns: Sequence[Column]
) -> bool:
    """Whether readers have not this table with these rows, whatever its order of columns."""
    run = session.connection.execute
    known = run(COLUMNS, [LAKE, marts, table]).fetchall()
    if sorted(known, key=_name) != sorted(columns, key=_name):
        return True
    names = ", ".join(quoted(_name(column)) for column in columns)
    sql = DIFFERENT.format(columns=names, new=new, old=f"{LAKE}.{marts}.{quoted(table)}")
    return run(sql).fetchone() is not None


def _make(
    session: LakeSession, name: str, source: str, comment: str | None, columns: Sequence[Column]
) -> None:
    """Replaces a table by the rows of another, with its comments and what is never null.

    That is said when the table is made: of an empty one DuckLake does not believe it later.
    """
    run = session.connection.execute
    shape = (f"{quoted(n)} {kind}{' not null' * never}" for n, kind, never, _ in columns)
    run(f"create or replace table {name} ({', '.join(shape)})")
    names = ", ".join(quoted(_name(column)) for column in columns)
    run(f"insert into {name} ({names}) select {names} from {source}")  # noqa: S608 names of the catalog
    if comment:
        run(f"comment on table {name} is {text(comment)}")
    for column, _, _, said in columns:
        if said:
            run(f"comment on column {name}.{quoted(column)} is {text(said)}")


def _name(column: Column) -> str:
    return column[0]
