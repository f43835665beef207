"""What the marts of a file were made of, noted in the file: the same once more is not built again.

    raw tables ─┐
    settings ───┼─> causes ─> instantly_staging.built_from ─ the next run: equal? ─┬─ no: build
    versions ───┤                                                                  │
    SQL, day ───┘                  sync_status, warehouse_info <── written anew <──┴─ yes

Most runs of a night find nothing new, and building marts is most of what a run costs. *Equal* has
to be exact, so it is asked of the tables themselves: a fingerprint over every row of every raw
table, whoever wrote it and however. What a run says of its changes was refused as the answer: it
knows nothing of a load without a build before it, nor of a row that somebody mended by hand. A list
beside the file would speak of another file as soon as a backup is restored.

The day of the newest observation counts too: some models, and the judgement, ask what day it is.
Of `sync_runs` count the lines up to the newest that was there when the marts were built: models
look for runs before a moment of their own, and what is newer is before none of them.

Two marts are about the runs themselves and change with each. Their SQL, as dbt compiled it, and the
checks of theirs are noted as well; so they are written anew without dbt, and by no other words.

Only marts in a file are compared. In a database the rows would have to travel to be looked at.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.warehouse_file import MARTS, PRODUCT, RAW, quoted, text
from transforms.dbt import PROJECT

if TYPE_CHECKING:
    import duckdb

    from transforms.dbt import BuildResult, Node

OF_THE_RUNS = ("sync_status", "warehouse_info")
"""Marts that a run without any change changes."""

JUDGEMENT = PROJECT.parent / "transforms" / "judgement"
AT_WORK = (PRODUCT, "dbt-core", "dbt-duckdb", "duckdb", "numpy", "pandas", "pyarrow", "scipy")
"""Packages of which another version might build other marts."""

CAUSE, MART, CHECK = "cause", "mart", "check"
AS_OF = "as of"
DAY = "day"

NOTED = "select kind, name, value from instantly_staging.built_from"
CREATE = """
    create or replace table instantly_staging.built_from (
        kind varchar not null, name varchar not null, value varchar not null
    )
"""
COLUMNS = """
    select table_name, sql from duckdb_tables()
    where schema_name = 'instantly_raw' and not starts_with(table_name, '_dlt_')
    order by table_name
"""
"""Each table in the words that would make it; to list columns DuckDB reads every view first."""
NEWEST = "select max(observed_at)::varchar, max(observed_at)::date::varchar from {runs}"
FINGERPRINT = """
    select {name} as name, count(*) || ' rows, ' || coalesce(sum(hash(kept)), 0) as value
    from instantly_raw.{table} as kept where {which}
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """What the last build left: its causes, and the SQL of marts and checks by name."""

    causes: Mapping[str, str]
    marts: Mapping[str, str]
    checks: Mapping[str, str]
    """Each finds no row while all is well."""


def note(database: Path, settings: Mapping[str, object], built: BuildResult) -> None:
    """Writes down what the marts of a draft have just been built from.

    Args:
        database: the draft's file, its marts built and checked.
        settings: everything that dbt and the judgement were told.
        built: dbt's account of the build that made the marts of the runs.
    """
    with _opened(database) as connection:
        (as_of, _) = _newest(connection)
        rows = [(CAUSE, *cause) for cause in _causes(connection, settings, as_of).items()]
        rows += [(MART, node.name, node.sql) for node in built.models if node.name in OF_THE_RUNS]
        rows += [(CHECK, node.name, node.sql) for node in built.tests if _is_of_the_runs(node)]
        connection.execute(CREATE)
        lines = ", ".join(f"({', '.join(map(text, row))})" for row in rows)
        connection.execute(f"insert into instantly_staging.built_from values {lines}")  # noqa: S608 literals


def stand(database: Path, settings: Mapping[str, object]) -> bool:
    """Whether building would give the marts that a draft holds; then those of the runs are anew.

    False leaves everything as it was: then the marts have to be built.
    """
    import duckdb

    with _opened(database) as connection:
        try:
            noted = _noted(connection)
            as_of = noted.causes.get(AS_OF, "")
            if noted.causes != _causes(connection, settings, as_of):
                return False
            return _name_last_run(connection, noted)
        except (duckdb.CatalogException, duckdb.BinderException):
            return False  # never built, or under another name: compiled SQL may carry the file's


@contextmanager
def _opened(database: Path) -> Generator[duckdb.DuckDBPyConnection]:
    import duckdb

    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def _noted(connection: duckdb.DuckDBPyConnection) -> Noted:
    kinds: dict[str, dict[str, str]] = {CAUSE: {}, MART: {}, CHECK: {}}
    for kind, name, value in connection.execute(NOTED).fetchall():
        kinds[kind][name] = value
    return Noted(kinds[CAUSE], kinds[MART], kinds[CHECK])


def _causes(
    connection: duckdb.DuckDBPyConnection, settings: Mapping[str, object], as_of: str
) -> dict[str, str]:
    """Everything that marts depend on, by name; of the runs, those up to `as_of`."""
    columns = dict(connection.execute(COLUMNS).fetchall())
    return {
        AS_OF: as_of,
        DAY: _newest(connection)[1],
        "settings": json.dumps(settings, sort_keys=True, default=str),
        "versions": json.dumps({name: version(name) for name in AT_WORK}),
        "code": _digest_of(PROJECT, JUDGEMENT),
        "columns": hashlib.sha256(json.dumps(columns).encode()).hexdigest(),
        **_fingerprints(connection, columns, as_of),
    }


def _newest(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The newest observation and its day, as text; empty where nothing was ever observed."""
    found = connection.execute(NEWEST.format(runs=f"{RAW}.sync_runs")).fetchall()
    as_of, day = found[0]
    return as_of or "", day or ""


def _fingerprints(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Any], as_of: str
) -> dict[str, str]:
    """Per raw table its rows and the sum of their hashes, in whatever order they lie."""
    if not tables:
        return {}
    before = f"observed_at <= {text(as_of)}::timestamptz" if as_of else "false"
    questions = [
        FINGERPRINT.format(
            name=text(table),
            table=quoted(table),
            which=before if table == "sync_runs" else "true",
        )
        for table in tables
    ]
    return dict(connection.execute(" union all ".join(questions)).fetchall())


@functools.cache
def _digest_of(*folders: Path) -> str:
    """Of every source file below, names included; they do not change while we work."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(str(file.relative_to(folder)).encode() + b"\0")
                digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def _is_of_the_runs(node: Node) -> bool:
    """Whether a check reads a mart of the runs; it may read others too, which are as they were."""
    return any(f'"{MARTS}"."{mart}"' in node.sql for mart in OF_THE_RUNS)


def _name_last_run(connection: duckdb.DuckDBPyConnection, noted: Noted) -> bool:
    """Writes the marts of the runs anew, all or none; False where a check then fails."""
    if noted.marts.keys() != set(OF_THE_RUNS):
        return False
    ((catalog,),) = connection.execute("select current_database()").fetchall()
    connection.execute("begin")
    for mart, sql in noted.marts.items():
        relation = f"{quoted(catalog)}.{MARTS}.{mart}"
        connection.execute(f"delete from {relation}")  # noqa: S608 names of this module
        connection.execute(f"insert into {relation} by name from (\n{sql}\n)")
    checks = noted.checks.values()
    if any(connection.execute(f"from (\n{sql}\n) limit 1").fetchall() for sql in checks):
        connection.execute("rollback")
        return False
    connection.execute("commit")
    return True
