"""What is promised of a lake, asked of a real one: DuckLake over a real PostgreSQL.

The lock, loads that are one snapshot or none, marts that are shown at once, and that a person who
goes is gone from the files and from the catalog, which keeps the least and greatest of each column.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import tenacity

from chaos.server import binaries, started
from pipelines.destinations import (
    begin,
    file_format,
    kept_together,
    open_for_writing,
    pipeline,
    place_of,
)
from pipelines.destinations.ducklake import LakeWarehouse
from pipelines.destinations.ducklake.looking import attached
from pipelines.destinations.ducklake.publishing import publish
from pipelines.discretion import enforce, kept_out, remember
from pipelines.erasure import Search
from pipelines.errors import ConfigurationError, LockHeldError, RunFailedError
from pipelines.retention import remove_old_texts
from pipelines.settings import quiet_dlt
from pipelines.unfinished import Stretch, forget_pieces, note_piece, tables_done
from pipelines.warehouse_file import open_read_only
from sources.instantly.shaping.privacy import Privacy
from tests.destinations.dying import load_elsewhere
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

GENERATIONS = 4
LEADS = 300
NOTES = 10
DIE_AT = 4
"""The state and both tables are loaded by then, and the first is merged."""

SNAPSHOTS = "select count(*) from instantly_lake.ducklake_snapshot"
SEEN = """
    select
        count(*), min(generation), max(generation),
        (select max(generation) from instantly_raw.one)
    from instantly_raw.{table}
"""
SCHEMAS = """
    select count(*) from instantly_lake.ducklake_schema where schema_name like '%_staging'
"""


@pytest.fixture
def server(postgres: PostgresServer) -> PostgresServer:
    pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake brings it")
    return postgres.database()


@pytest.fixture
def lake(server: PostgresServer, tmp_path: Path) -> LakeWarehouse:
    return lake_in(tmp_path, server.url)


def lake_in(folder: Path, url: str) -> LakeWarehouse:
    """A lake whose files are in a folder, with the catalog that the URL names."""
    place = place_of(folder / "any", url, folder / "rows")
    assert isinstance(place, LakeWarehouse)
    return place


def rows_of(generation: int) -> pa.Table:
    said = [f'{{"n": {number}, "odd": "a\\u0000b"}}' for number in range(LEADS)]
    return pa.table(
        {
            "id": list(range(LEADS)),
            "generation": [generation] * LEADS,
            "text": ['a\tb"c,\\d\n\0é'] * LEADS,
            "said": said,
        }
    )


def load(place: LakeWarehouse, generation: int, then: Callable[[], object] = lambda: None) -> None:
    """A run that replaces every row of two tables, in one load; `then` happens before its end."""
    import dlt

    tables = [
        dlt.resource(
            rows_of(generation),
            name=name,
            primary_key="id",
            write_disposition={"disposition": "merge", "strategy": strategy},
            columns={"said": {"data_type": "json"}},
        )
        for name, strategy in (("one", "delete-insert"), ("two", "upsert"))
    ]
    with begin(place, f"run-{generation}") as draft:
        quiet_dlt(draft.workdir)
        into = pipeline(draft.database, "instantly", "instantly_raw", draft.workdir)
        with kept_together(draft.database):
            into.run(tables, loader_file_format=file_format(draft.database))
            then()


def load_again(url: str, folder: Path, generation: int) -> None:
    """The same, in a process of its own (`dying`)."""
    load(lake_in(folder, url), generation)


class Reader(threading.Thread):
    """Asks in a loop, both tables in one transaction, and remembers what it saw."""

    def __init__(self, lake: LakeWarehouse) -> None:
        super().__init__(daemon=True)
        self.lake, self.stopping = lake, threading.Event()
        self.seen: set[tuple[int, ...]] = set()
        self.failures: list[BaseException] = []

    def run(self) -> None:
        try:
            with attached(self.lake.address, self.lake.rows) as connection:
                while not self.stopping.is_set():
                    connection.execute("begin")
                    for table in ("one", "two"):
                        self.seen |= set(connection.execute(SEEN.format(table=table)).fetchall())
                    connection.execute("commit")
        except BaseException as error:  # noqa: BLE001 the test tells it
            self.failures.append(error)


class Neighbour(threading.Thread):
    """Somebody else, who keeps tables of their own in the same lake: a snapshot for each row."""

    def __init__(self, lake: LakeWarehouse) -> None:
        super().__init__(daemon=True)
        self.lake = lake
        self.failures: list[BaseException] = []

    def run(self) -> None:
        try:
            with attached(self.lake.address, self.lake.rows, writes=True) as connection:
                connection.execute("create schema crm")
                connection.execute("create table crm.notes (n bigint)")
                for number in range(NOTES):
                    connection.execute("insert into crm.notes values (?)", [number])
        except BaseException as error:  # noqa: BLE001 the test tells it
            self.failures.append(error)


def wait_until_free(lake: LakeWarehouse) -> None:
    """The server lets go of a dead run's lock as soon as it sees that nobody is there any more."""
    held = tenacity.retry_if_exception_type(LockHeldError)
    give_up, apart = tenacity.stop_after_delay(30), tenacity.wait_fixed(0.1)
    for attempt in tenacity.Retrying(retry=held, stop=give_up, wait=apart, reraise=True):
        with attempt, begin(lake, "next"):
            pass


def test_readers_see_whole_loads_while_writers_write_and_die(
    server: PostgresServer, lake: LakeWarehouse, tmp_path: Path
) -> None:
    load(lake, 0)
    before = int(server.execute(SNAPSHOTS))
    load(lake, 1)
    assert int(server.execute(SNAPSHOTS)) == before + 1, "a load is one snapshot"
    assert server.execute(SCHEMAS) == "0\n", "rows on their way were in none of them"
    readers, neighbour = [Reader(lake) for _ in range(2)], Neighbour(lake)
    for thread in (*readers, neighbour):
        thread.start()
    for generation in range(2, GENERATIONS):
        killed = load_elsewhere(server, load_again, tmp_path, 99, into="ducklake", die_at=DIE_AT)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        wait_until_free(lake)
        with begin(lake, "other"), pytest.raises(LockHeldError, match="another run is at work"):
            load(lake, 98)
        done = load_elsewhere(server, load_again, tmp_path, generation, into="ducklake")
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) >= DIE_AT
    for reader in readers:
        reader.stopping.set()
    for thread in (*readers, neighbour):
        thread.join()

    assert neighbour.failures == []
    for reader in readers:
        assert reader.failures == []
        assert reader.seen <= {(LEADS, g, g, g) for g in range(1, GENERATIONS)}
        assert len(reader.seen) > 1, "it read while loads went on"
    with open_read_only(lake) as connection:
        assert connection.execute("select count(*), sum(n) from crm.notes").fetchall() == [
            (NOTES, sum(range(NOTES)))
        ]
        text, said = connection.execute("select text, said from one limit 1").fetchall()[0]
    assert text == 'a\tb"c,\\d\n\0é'
    assert '"a\\u0000b"' in said
    assert not list(tmp_path.glob(".ducklake-*")), "folders of the dead are gone"


def test_a_run_that_loses_the_lock_keeps_nothing(
    server: PostgresServer, lake: LakeWarehouse
) -> None:
    ends = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
    load(lake, 0)
    with pytest.raises(RunFailedError, match="the connection was lost"):
        load(lake, 1, then=lambda: server.execute(ends))
    with open_read_only(lake) as connection:
        assert connection.execute("select distinct generation from one").fetchall() == [(0,)]


def test_a_run_over_which_somebody_changed_a_table_keeps_nothing(lake: LakeWarehouse) -> None:
    def meddle() -> None:
        with attached(lake.address, lake.rows, writes=True) as connection:
            connection.execute("delete from instantly_raw.one where id = 1")

    load(lake, 0)
    with pytest.raises(RunFailedError, match="another program changed the same tables"):
        load(lake, 1, then=meddle)
    with open_read_only(lake) as connection:
        found = "select count(*), max(generation) from {}"
        assert connection.execute(found.format("one")).fetchall() == [(LEADS - 1, 0)]
        assert connection.execute(found.format("two")).fetchall() == [(LEADS, 0)]


def test_a_server_that_restarts_or_crashes_ends_run_and_reader_in_a_line(tmp_path: Path) -> None:
    pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake brings it")
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server here (Debian: apt install postgresql)")
    with started(programs) as cluster:
        place = lake_in(tmp_path, cluster.server.url)
        load(place, 0)
        for as_crash in (False, True):
            with pytest.raises(RunFailedError, match="the catalog was lost") as lost:
                load(place, 1, then=partial(cluster.restart, as_crash=as_crash))
            assert "select" not in str(lost.value).lower()
        looking = place.look()
        reader = looking.__enter__()
        cluster.restart()
        with pytest.raises(duckdb.Error) as gone:
            reader.execute("from one")
        with pytest.raises(RunFailedError, match="the catalog was lost"):
            looking.__exit__(duckdb.Error, gone.value, None)
        with place.look() as connection:
            found = connection.execute("select distinct generation from one").fetchall()
        assert found == [(0,)]


def built(draft: Any, *statements: str) -> None:
    """Marts as dbt would build them, in the run's file."""
    with duckdb.connect(str(draft.database.built)) as connection:
        connection.execute("create schema if not exists instantly_draft")
        for statement in statements:
            connection.execute(statement)


def test_marts_are_shown_at_once_and_only_where_they_differ(
    server: PostgresServer, lake: LakeWarehouse
) -> None:
    with begin(lake, "run") as draft:
        built(
            draft,
            "create table instantly_draft.a (id int not null, n double)",
            "insert into instantly_draft.a values (1, 0.1), (1, 0.1), (2, 'nan'), (3, null)",
            "create table instantly_draft.b as select 1 as run",
            "create table instantly_draft.empty (id int not null)",
            "comment on table instantly_draft.a is 'it''s one'",
            "comment on column instantly_draft.a.n is 'a number'",
        )
        draft.publish()
        before = server.execute(SNAPSHOTS)
        publish(draft.session, "instantly_draft", "instantly")  # ty: ignore
        assert server.execute(SNAPSHOTS) == before, "the same marts are no snapshot"
        with open_read_only(lake) as reader:
            built(
                draft,
                "delete from instantly_draft.a where n = 0.1",
                "insert into instantly_draft.a values (1, 0.1)",
                "update instantly_draft.b set run = 2",
            )
            draft.publish()
            assert reader.execute("select run, (select count(*) from a) from b").fetchall() == [
                (1, 4)
            ]
    with open_read_only(lake) as reader:
        assert reader.execute("select run, (select count(*) from a) from b").fetchall() == [(2, 3)]
        assert reader.execute(
            "select comment from duckdb_tables() where table_name = 'a' union all "
            "select comment || is_nullable from duckdb_columns() "
            "where table_name = 'a' and comment is not null"
        ).fetchall() == [("it's one",), ("a numbertrue",)]
        with pytest.raises(duckdb.Error, match="read-only"):
            reader.execute("delete from a")
    with (
        attached(lake.address, lake.rows, writes=True) as somebody,
        pytest.raises(duckdb.Error, match="NOT NULL"),
    ):
        somebody.execute("insert into instantly.a values (null, 1)")


RAW = """
    create schema instantly_raw;
    create table instantly_raw.sync_runs (
        observed_at timestamptz, version varchar, finished_at timestamptz
    );
    insert into instantly_raw.sync_runs values ('2026-11-17', '0.0.1', '2026-11-17');
    create table instantly_raw.empty (id varchar not null);
    create table instantly_raw.emails (
        id varchar not null, body json, content_preview varchar, lead varchar,
        timestamp_created timestamptz, observed_at timestamptz
    );
    insert into instantly_raw.emails values
        ('old', '{"text": "x"}', 'x', 'jane@example.com', '2026-01-01', '2026-01-02'),
        ('new', '{"text": "ask Jane@Example.com"}', 'y', 'ben@example.com', '2026-11-16',
            '2026-11-16');
"""


@pytest.fixture
def filled(lake: LakeWarehouse) -> LakeWarehouse:
    with attached(lake.address, lake.rows, writes=True) as connection:
        connection.execute(RAW)
    return lake


def test_a_person_is_gone_from_files_and_catalog(
    server: PostgresServer, filled: LakeWarehouse
) -> None:
    with begin(filled, "run") as draft:
        for _ in range(2):
            with open_for_writing(draft.database) as connection:
                schemas = draft.database.schemas  # ty: ignore
                Search(connection, "jane@example.com", Privacy(), schemas).erase()
                remember(connection, "jane@example.com")
        assert kept_out(draft.database).names("ask JANE@example.com first")
        draft.publish(afresh=True)

    with open_read_only(filled) as connection:
        assert connection.execute("select id, body, lead from emails").fetchall() == [
            ("new", '{"text": "ask [forgotten]"}', "ben@example.com")
        ]
        assert connection.execute("select count(*) from forgotten").fetchall() == [(1,)]
    for path in filled.rows.rglob("*.parquet"):
        rows = duckdb.sql(f"select to_json(r)::varchar from read_parquet('{path}') as r").fetchall()
        assert "jane" not in str(rows).lower(), path
    tables = server.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname = 'instantly_lake'"
    ).split()
    for table in tables:
        sql = f"select count(*) from {table} as t where t::text ilike '%jane%'"
        assert server.execute(sql) == "0\n", table


def test_what_is_noted_and_hidden_in_a_file_is_in_a_lake(filled: LakeWarehouse) -> None:
    days = Stretch(date(2026, 1, 1), date(2026, 1, 31))
    privacy = Privacy.of(["emails.body"], ["emails.lead"], "a-key-of-sixteen-signs")
    with begin(filled, "run") as draft:
        assert remove_old_texts(draft.database, 90)
        assert not remove_old_texts(draft.database, 90)
        assert tables_done(draft.database, "asked") == {}
        note_piece(draft.database, "asked", days, {"emails", "campaigns"})
        assert tables_done(draft.database, "asked") == {days: {"emails", "campaigns"}}
        forget_pieces(draft.database, "asked")
        assert tables_done(draft.database, "asked") == {}
        assert enforce(draft.database, privacy)
        assert not enforce(draft.database, privacy)
        with pytest.raises(ConfigurationError, match=r"no longer names emails\.lead"):
            enforce(draft.database, Privacy())

    with open_read_only(filled) as connection:
        found = connection.execute(
            "select id, body is null, content_preview is null, contains(lead, '@') from emails "
            "order by id"
        ).fetchall()
    assert found == [("new", True, False, False), ("old", True, True, False)]


def test_what_cannot_be_opened_is_said_in_a_line(
    server: PostgresServer, filled: LakeWarehouse, tmp_path: Path
) -> None:
    elsewhere = place_of(tmp_path / "any", server.url, tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="the files of this lake are elsewhere"):
        begin(elsewhere, "run").__enter__()
    wrong = lake_in(tmp_path, server.url.replace(server.canary, "not-the-one"))
    with pytest.raises(ConfigurationError, match="authentication failed") as refused:
        wrong.exists()
    assert "not-the-one" not in str(refused.value)
    server.execute("drop schema instantly_lake cascade")
    assert not filled.exists()
    with pytest.raises(RunFailedError, match="the lake cannot be opened") as gone:
        filled.look().__enter__()
    assert server.canary not in str(gone.value)
