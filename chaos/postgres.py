"""A night in a PostgreSQL database, in a server of the night's own, so that it may crash.

    the product ─ psycopg2, dlt, dbt, DuckDB's reader ─> database <─ chaos reader, chaos judge

The judge reads with DuckDB's reader of PostgreSQL, so that a row is compared by the same words as
one of a file; what changed, and what lies about, is asked of the server itself. `state` leaves out
what a load may declare before it begins to write: the loader's own tables, tables and columns that
are empty.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import make_dsn

from chaos.places import READER, State, fill_with_garbage, lose
from chaos.schedule import Blow
from chaos.server import Cluster, PostgresServer
from chaos.warehouse import Warehouse

OURS = "chaos"
"""How whoever does not belong to the product calls itself at the server."""

SCHEMAS = ("instantly", "instantly_judged", "instantly_raw", "instantly_staging", "public")
SECONDS_TO_SETTLE = 60.0
AT_WORK = f"""
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name not like '{OURS}%'
"""  # noqa: S608 our own words
END_THE_RUN = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'instantly-warehouse@%'
"""
TABLES = """
    select n.nspname, c.relname from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname = %s and c.relkind = 'r' and c.relname not like '\\_dlt%%' order by c.relname
"""
SUM = """
    select {name}, count(*), sum(hashtextextended(
        jsonb_strip_nulls(to_jsonb(t) - array['_dlt_id', '_dlt_load_id'])::text, 0
    )::numeric)::text from {table} as t
"""
OTHER_SCHEMAS = """
    select nspname from pg_namespace
    where nspname not like 'pg\\_%%' and nspname <> 'information_schema' and nspname <> all(%s)
"""
JSON_COLUMNS = """
    select * from postgres_query('warehouse', '
        select table_schema, table_name, column_name from information_schema.columns
        where data_type in (''json'', ''jsonb'')
    ')
"""
GARBAGE = """
    create schema if not exists instantly_draft;
    create table instantly_draft.variant_performance (nothing text);
    create view instantly_draft.looks_at_it as select * from instantly_draft.variant_performance
"""


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A database of the night's server; `folder` is where runs put what they throw away."""

    cluster: Cluster
    folder: Path

    @property
    def server(self) -> PostgresServer:
        """The server, and the database in it."""
        return self.cluster.server

    @property
    def settings(self) -> Mapping[str, str]:
        """Where it is, and who comes in."""
        return {"DESTINATION": "postgres", "DESTINATION_POSTGRES_URL": self.server.url}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of the password reads the same in every spelling."""
        return (self.server.canary,)

    @property
    def may_stay(self) -> tuple[Path, ...]:
        """Nothing."""
        return ()

    @property
    def reader(self) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Of the database; its address is handed over where no list of processes shows it."""
        return READER, {"CHAOS_READS": make_dsn(**self.server.connection)}

    def open(self) -> Warehouse:
        """The tables at one moment."""
        return _Attached(self.server)

    def state(self) -> State:
        """A sum over all rows of either part, whatever their order."""
        with self.asked() as ask:
            return State(self._sum(ask, "instantly_raw"), self._sum(ask, "instantly"))

    def _sum(self, ask: _Ask, schema: str) -> str:
        parts = [
            sql.SQL(SUM).format(name=sql.Literal(table), table=sql.Identifier(schema, table))
            for schema, table in ask(TABLES, schema)
        ]
        sums = ask(sql.SQL(" union all ").join(parts)) if parts else []
        told = [f"{table} {rows} {summed}" for table, rows, summed in sums if rows]
        return sha256("\n".join(told).encode()).hexdigest() if told else ""

    def settled(self) -> float:
        """Waits until the server has noticed that nobody is there any more."""
        began = time.monotonic()
        with self.asked() as ask:
            while ask(AT_WORK) != [(0,)] and time.monotonic() < began + SECONDS_TO_SETTLE:
                time.sleep(0.05)
        return time.monotonic() - began

    def keep(self) -> Callable[[], None]:
        """Another database is made of this one; put back by making this one of it."""
        own = sql.Identifier(self.server.dbname)
        copy = sql.Identifier(f"{self.server.dbname}_{time.monotonic_ns()}")
        self._administer(sql.SQL("create database {} template {}").format(copy, own))

        def put_back() -> None:
            self._administer(
                sql.SQL("drop database {} with (force)").format(own),
                sql.SQL("create database {} template {}").format(own, copy),
            )

        return put_back

    def _administer(self, *statements: Any) -> None:
        with self.asked(replace(self.server, dbname="postgres")) as ask:
            for statement in statements:
                ask(statement)

    @contextmanager
    def strewn(self, what: str) -> Generator[frozenset[int] | None]:
        """Garbage where a run would put its folder, or in the schema where it builds."""
        if what == "a run folder full of garbage":
            fill_with_garbage(self.folder / f".postgres-{self._fingerprint}.run-of-old")
        elif what == "a draft of a run that died":
            with self.asked() as ask:
                ask(GARBAGE)
        else:
            raise ValueError(f"nothing of a database is called {what!r}")
        yield None

    @property
    def _fingerprint(self) -> str:
        """As the product tells databases apart in names of folders."""
        where = f"{self.server.host}:{self.server.port}/{self.server.dbname}"
        return sha256(where.encode()).hexdigest()[:12]

    def lose_run_folders(self) -> None:
        """Those on this machine."""
        lose(self.folder)

    def suffer(self, blow: Blow) -> None:
        """Ends the connection that holds the lock, or the server for a moment."""
        if blow.how == "terminate":
            with self.asked() as ask:
                ask(END_THE_RUN)
        else:
            self.cluster.restart(as_crash=blow.how == "crash")

    def names(self, process: int) -> str:  # noqa: ARG002 the server knows processes of its own alone
        """By its machine."""
        return f"instantly-warehouse@{socket.gethostname()}"

    def leftovers(self) -> Iterator[str]:
        """Schemas that are not of the warehouse."""
        with self.asked() as ask:
            for (schema,) in ask(OTHER_SCHEMAS, list(SCHEMAS)):
                yield f"the schema {schema}"

    @contextmanager
    def asked(self, server: PostgresServer | None = None) -> Generator[_Ask]:
        """A connection of our own, each statement by itself."""
        where = (server or self.server).connection
        with closing(psycopg2.connect(**where, application_name=OURS)) as connection:
            connection.autocommit = True
            yield _Ask(connection)


@dataclass(frozen=True, slots=True)
class _Ask:
    connection: Any

    def __call__(self, statement: Any, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


class _Attached(Warehouse):
    """The database in DuckDB's words, at one moment."""

    def __init__(self, server: PostgresServer) -> None:
        connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
        version = f"v{duckdb.__version__}"
        folder = files("duckdb_extension_postgres_scanner") / "extensions" / version
        with as_file(folder / "postgres_scanner.duckdb_extension") as file:
            connection.execute(f"load '{file}'")
        dsn = make_dsn(**server.connection, application_name=OURS).replace("'", "''")
        connection.execute(f"attach '{dsn}' as warehouse (type postgres, read_only)")
        connection.execute("use warehouse")
        connection.execute("begin")
        super().__init__(connection)

    @cached_property
    def _types(self) -> dict[tuple[str, str], dict[str, str]]:
        """As DuckDB takes them, but for JSON, which it takes for text."""
        types = super()._types
        for schema, table, name in self._connection.execute(JSON_COLUMNS).fetchall():
            types[schema, table][name] = "JSON"
        return types
