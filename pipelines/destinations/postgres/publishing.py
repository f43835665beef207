"""The marts of a run put in the place of those of the run before, in one transaction.

    instantly_draft.x ─┬─ instantly.x is missing          the table moves over
                       ├─ instantly.x has its columns     rows that are gone are deleted, new ones
                       │                                  inserted; equal ones are not touched
                       └─ instantly.x has other columns   the table is replaced, its rights kept

Renaming the schema would be one statement, and was refused: it waits for every reader and lets
none in meanwhile, and a reader whose transaction is older finds the new tables empty. Rows are
versioned, names are not. So a reader in REPEATABLE READ sees all marts of one run, whenever they
are read. Touching only what changed keeps a quiet night from rewriting everything; rows are
compared as texts, in which PostgreSQL writes every value so that it can be read back exactly.

A view of somebody's own on a mart goes on working. Where the columns change it would have to be
dropped, and that is not ours to do: the run says which it is, and publishes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg2 import Error, sql
from psycopg2.errorcodes import DEPENDENT_OBJECTS_STILL_EXIST

from pipelines.destinations.postgres.session import Session
from pipelines.errors import RunFailedError
from pipelines.housekeeping import tidying

TABLES = """
    select c.relname, c.relkind::text from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname = %s and c.relkind in ('r', 'v', 'm', 'p')
    order by c.relname
"""
SHAPE = """
    select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a
    where a.attrelid = format('%%I.%%I', %s, %s)::regclass and a.attnum > 0 and not a.attisdropped
    order by a.attnum
"""
RIGHTS = """
    select coalesce(r.rolname, 'public'), x.privilege_type, x.is_grantable, r.rolname is null
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    cross join lateral aclexplode(c.relacl) as x
    left join pg_roles as r on x.grantee = r.oid
    where n.nspname = %s and c.relname = %s and x.grantee <> c.relowner
"""
COMMENTS = """
    select d.objsubid, a.attname, d.description from pg_description as d
    left join pg_attribute as a on d.objoid = a.attrelid and d.objsubid = a.attnum and a.attnum > 0
    where d.objoid = format('%%I.%%I', %s, %s)::regclass and d.classoid = 'pg_class'::regclass
    order by d.objsubid
"""
GONE = """
    delete from {old} as row_shown using (
        select row_shown::text as line from {old} as row_shown
        except select row_built::text from {new} as row_built
    ) as gone
    where row_shown::text = gone.line
"""
NEW = """
    insert into {old} ({columns}) select {of_new} from {new} as row_built inner join (
        select row_built::text as line from {new} as row_built
        except select row_shown::text from {old} as row_shown
    ) as fresh on row_built::text = fresh.line
"""
"""No mart has a column with the name of these rows, which would be taken for it."""


def publish(session: Session, draft: str, marts: str) -> None:
    """Shows every table of the draft's schema as a mart, all at once; an empty draft shows nothing.

    Raises:
        RunFailedError: somebody's view stands on a mart whose columns change; nothing is shown.
    """
    built = session.run(TABLES, draft)
    if not built:
        return
    with session.transaction():
        session.run(sql.SQL("create schema if not exists {}").format(sql.Identifier(marts)))
        known = dict(session.run(TABLES, marts))
        for table, _ in built:
            _show(session, table, draft, marts, is_known=known.get(table) == "r")


def tidy(session: Session) -> None:
    """Removes what no reader and no later run needs: rows on their way, and the loader's past."""

    def has(schema: str, table: str) -> bool:
        return session.value("select to_regclass(%s) is not null", f"{schema}.{table}")

    for statement in tidying(has):
        session.run(statement)


def vacuum(session: Session, schemas: Sequence[str]) -> None:
    """Takes deleted rows out of the tables of these schemas, as far as readers let it."""
    for schema in schemas:
        for table, kind in session.run(TABLES, schema):
            if kind == "r":
                name = sql.Identifier(schema, table)
                session.run(sql.SQL("vacuum {}").format(name))


def _show(session: Session, table: str, draft: str, marts: str, *, is_known: bool) -> None:
    """One mart, of whose table the columns are what they were, or not."""
    shape = session.run(SHAPE, marts, table) if is_known else []
    if sorted(shape) != sorted(session.run(SHAPE, draft, table)):
        _replace(session, table, draft, marts)
    else:
        _bring_up(session, table, draft, marts, [name for name, _ in shape])


def _bring_up(session: Session, table: str, draft: str, marts: str, columns: Sequence[str]) -> None:
    """Deletes and inserts what differs; where rows are there more than once, all of them.

    Both tables are compared in one order of columns: a table that was built long ago may have
    another than today's.
    """
    old = sql.Identifier(marts, table)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    new = sql.SQL("(select {} from {})").format(names, sql.Identifier(draft, table))
    of_new = sql.SQL(", ").join(sql.Identifier("row_built", name) for name in columns)
    parts: dict[str, Any] = {"old": old, "new": new, "columns": names, "of_new": of_new}
    session.run(sql.SQL(GONE).format(**parts))
    session.run(sql.SQL(NEW).format(**parts))
    counts = session.run(
        sql.SQL(
            "select (select count(*) from {old}), (select count(*) from {new} as row_built)"
        ).format(**parts)
    )
    if counts[0][0] != counts[0][1]:
        session.run(sql.SQL("delete from {old}").format(**parts))
        session.run(
            sql.SQL("insert into {old} ({columns}) select * from {new} as row_built").format(
                **parts
            )
        )
    _describe(session, table, draft, marts)


def _replace(session: Session, table: str, draft: str, marts: str) -> None:
    """Moves the draft's table over, with the rights that the former one had."""
    rights = []
    if session.value("select to_regclass(format('%%I.%%I', %s, %s)) is not null", marts, table):
        rights = session.run(RIGHTS, marts, table)
        _drop(session, table, marts)
    new = sql.Identifier(draft, table)
    session.run(sql.SQL("alter table {} set schema {}").format(new, sql.Identifier(marts)))
    for role, right, may_pass_on, is_public in rights:
        session.run(
            sql.SQL("grant {} on {} to {}{}").format(
                sql.SQL(right),
                sql.Identifier(marts, table),
                sql.SQL("public") if is_public else sql.Identifier(role),
                sql.SQL(" with grant option" if may_pass_on else ""),
            )
        )


def _drop(session: Session, table: str, marts: str) -> None:
    try:
        session.run(sql.SQL("drop table {}").format(sql.Identifier(marts, table)))
    except Error as error:
        if error.pgcode != DEPENDENT_OBJECTS_STILL_EXIST:
            raise
        detail = (error.diag.message_detail or "").splitlines()
        what = f"the columns of {marts}.{table} change, and {'; '.join(detail[:3])}"
        raise RunFailedError(
            f"{what}; nothing was published",
            todo="drop what depends on it, run `instantly-warehouse transform`, create it again",
        ) from None


def _describe(session: Session, table: str, draft: str, marts: str) -> None:
    """What the draft says about table and columns, where the mart says something else."""
    said = set(session.run(COMMENTS, draft, table))
    known = set(session.run(COMMENTS, marts, table))
    by_name = {(name, text) for _, name, text in known}
    for _, column, text in said:
        if (column, text) not in by_name:
            what = (
                sql.SQL("table {}").format(sql.Identifier(marts, table))
                if column is None
                else sql.SQL("column {}").format(sql.Identifier(marts, table, column))
            )
            session.run(sql.SQL("comment on {} is %s").format(what), text)
