"""What is promised of PostgreSQL, asked of a real one: the lock, whole loads, marts all at once."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pytest

from pipelines.destinations import (
    begin,
    file_format,
    kept_together,
    open_for_writing,
    pipeline,
    place_of,
)
from pipelines.destinations.postgres.publishing import publish
from pipelines.destinations.postgres.session import Session
from pipelines.discretion import enforce, kept_out, remember
from pipelines.erasure import Search
from pipelines.errors import ConfigurationError, LockHeldError, RunFailedError
from pipelines.retention import remove_old_texts
from pipelines.settings import quiet_dlt
from pipelines.unfinished import (
    Stretch,
    forget_pieces,
    note_piece,
    oldest_campaign,
    tables_done,
)
from pipelines.warehouse_file import open_read_only
from sources.instantly.shaping.privacy import Privacy
from tests.destinations.dying import load_elsewhere
from tests.postgres_server import PostgresServer


@pytest.fixture
def server(postgres: PostgresServer) -> PostgresServer:
    return postgres.database()


@pytest.fixture
def session(server: PostgresServer, tmp_path: Path) -> Iterator[Session]:
    with Session.of(place_of(tmp_path / "any", server.url).address, "test") as opened:  # ty: ignore
        yield opened


def load(url: str, folder: Path) -> None:
    """Two tables loaded in one load, with what is hard to store."""
    import dlt

    merge = {"disposition": "merge", "strategy": "delete-insert"}
    odd = 'a\tb"c,\\d\n\0é'
    said = ['{"a": "x\\u0000y", "b": "\\\\u0000"}']
    one = pa.table({"id": [1, 2], "said": ["", None], "n": [0.1, 1e-300]})
    two = pa.table({"id": [1], "said": [odd], "j": said})
    tables = [
        dlt.resource(one, name="one", primary_key="id", write_disposition=merge),
        dlt.resource(
            two,
            name="two",
            primary_key="id",
            write_disposition=merge,
            columns={"j": {"data_type": "json"}},
        ),
    ]
    with begin(place_of(folder / "any", url), "run") as draft:
        quiet_dlt(draft.workdir)
        into = pipeline(draft.database, "instantly", "instantly_raw", draft.workdir)
        with kept_together(draft.database):
            into.run(tables, loader_file_format=file_format(draft.database))


def test_one_run_at_a_time_and_the_other_is_told_who(
    server: PostgresServer, tmp_path: Path
) -> None:
    place = place_of(tmp_path / "any", server.url)
    held = r"instantly-warehouse@.*, process [0-9]+ of the"
    with begin(place, "first"), pytest.raises(LockHeldError, match=held):
        begin(place, "second").__enter__()
    with begin(place, "third") as draft:
        assert draft.workdir.is_dir()
    assert list(tmp_path.iterdir()) == []
    assert (
        server.execute("select nspname from pg_namespace where nspname = 'instantly_draft'") == ""
    )


def test_what_a_dead_run_left_is_removed(server: PostgresServer, tmp_path: Path) -> None:
    place: Any = place_of(tmp_path / "any", server.url)
    (tmp_path / f".postgres-{place.address.fingerprint}.run-dead" / "work").mkdir(parents=True)
    (tmp_path / ".postgres-of-another.run-alive").mkdir()
    server.execute("create schema instantly_draft; create table instantly_draft.half (x int)")
    with begin(place, "next"):
        assert server.execute("select to_regclass('instantly_draft.half') is null") == "t\n"
    assert [path.name for path in tmp_path.iterdir()] == [".postgres-of-another.run-alive"]


def test_a_load_is_there_whole_or_not_at_all(server: PostgresServer, tmp_path: Path) -> None:
    rows = (
        "select (select count(*) from instantly_raw.one), (select count(*) from instantly_raw.two)"
    )
    killed = load_elsewhere(server, load, tmp_path, into="postgres", die_at=5)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert server.execute(rows) == "0|0\n", "killed behind the first merge"
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left, "dlt's files of the load that died"
    assert not any(server.canary.encode() in path.read_bytes() for path in left)
    done = load_elsewhere(server, load, tmp_path, into="postgres")

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 5, "the state, two tables, and a merge of each"
    assert server.execute(rows) == "2|1\n"
    assert server.execute("select count(*) from instantly_raw._dlt_loads") == "1\n"
    found = "select id, said = '', said is null, n from instantly_raw.one order by id"
    assert server.execute(found) == "1|t|f|0.1\n2||t|1e-300\n"
    with open_read_only(place_of(tmp_path / "any", server.url)) as connection:
        said = connection.execute("select said, j from instantly_raw.two").fetchall()
    assert said == [('a\tb"c,\\d\n␀é', '{"a": "x␀y", "b": "\\\\u0000"}')]


def built(server: PostgresServer, columns: str, *rows: str) -> None:
    """A draft with one mart, as dbt would build it."""
    values = ", ".join(f"({row})" for row in rows)
    server.execute(
        "drop schema if exists instantly_draft cascade; create schema instantly_draft; "
        f"create table instantly_draft.mart ({columns}); "
        f"insert into instantly_draft.mart values {values}"
    )


def test_only_rows_that_differ_are_touched(server: PostgresServer, session: Session) -> None:
    built(server, "id int, n double precision", "1, 0.1", "2, null", "3, 'NaN'")
    publish(session, "instantly_draft", "instantly")
    before = server.execute("select id, xmin from instantly.mart order by id").splitlines()
    built(server, "n double precision, id int", "0.1, 1", "null, 2", "7, 4")
    publish(session, "instantly_draft", "instantly")

    after = server.execute("select id, xmin from instantly.mart order by id").splitlines()
    assert after[:2] == before[:2]
    assert server.execute("select id, n from instantly.mart order by id") == "1|0.1\n2|\n4|7\n"


def test_rows_that_are_there_twice_are_counted(server: PostgresServer, session: Session) -> None:
    built(server, "id int", "1", "1", "2")
    publish(session, "instantly_draft", "instantly")
    built(server, "id int", "1", "2", "2", "2")
    publish(session, "instantly_draft", "instantly")

    assert server.execute("select id from instantly.mart order by id") == "1\n2\n2\n2\n"


def test_other_columns_keep_rights_and_somebodys_view_is_not_dropped(
    server: PostgresServer, session: Session
) -> None:
    built(server, "id int", "1")
    publish(session, "instantly_draft", "instantly")
    server.execute(
        "create role reader_of_marts; grant select on instantly.mart to reader_of_marts; "
        "create view public.theirs as select id from instantly.mart"
    )
    built(server, "id int", "2")
    publish(session, "instantly_draft", "instantly")
    assert server.execute("select id from public.theirs") == "2\n"

    built(server, "id int, n int", "3, 4")
    with pytest.raises(RunFailedError, match=r"view theirs depends on table instantly\.mart"):
        publish(session, "instantly_draft", "instantly")
    assert server.execute("select * from instantly.mart") == "2\n"

    server.execute("drop view public.theirs")
    publish(session, "instantly_draft", "instantly")
    rights = "select has_table_privilege('reader_of_marts', 'instantly.mart', 'select')"
    assert server.execute(rights) == "t\n"
    assert server.execute("select * from instantly.mart") == "3|4\n"
    server.execute("drop owned by reader_of_marts; drop role reader_of_marts")


def test_a_reader_never_sees_marts_of_two_runs(server: PostgresServer, session: Session) -> None:
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def look() -> None:
        reader = psycopg2.connect(**session.address.connection)
        reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
        while not done.is_set():
            with reader, reader.cursor() as cursor:
                cursor.execute("select sum(run)::int from instantly.first")
                ((first,),) = cursor.fetchall()
                cursor.execute("select sum(run)::int from instantly.second")
                ((second,),) = cursor.fetchall()
                seen.append((first, second))
        reader.close()

    looking = threading.Thread(target=look)
    for run in range(12):
        server.execute(
            "drop schema if exists instantly_draft cascade; create schema instantly_draft;"
            f"create table instantly_draft.first as select {run} as run from {FIFTY};"
            f"create table instantly_draft.second as select {run} as run from {FIFTY}"
        )
        publish(session, "instantly_draft", "instantly")
        if run == 0:
            looking.start()
    done.set()
    looking.join()

    assert len(set(seen)) > 3, "runs were published while the reader looked"
    assert all(first == second and first % 50 == 0 for first, second in seen)


def test_nothing_built_shows_nothing(server: PostgresServer, session: Session) -> None:
    publish(session, "instantly_draft", "instantly")

    assert server.execute("select nspname from pg_namespace where nspname = 'instantly'") == ""


def test_a_reader_sees_one_moment(server: PostgresServer, tmp_path: Path) -> None:
    server.execute("create schema instantly; create table instantly.mart as select 1 as id")
    with open_read_only(place_of(tmp_path / "any", server.url)) as connection:
        assert connection.execute("select id from mart").fetchall() == [(1,)]
        server.execute("update instantly.mart set id = 2")
        assert connection.execute("from instantly.mart").fetchall() == [(1,)]
        with pytest.raises(Exception, match="read-only"):
            connection.execute("delete from instantly.mart")


def test_a_reader_without_rights_is_told_so(server: PostgresServer, tmp_path: Path) -> None:
    server.execute(
        "create schema instantly; create table instantly.mart as select 1 as id; "
        "drop role if exists stranger; create role stranger login password 'not-much-of-one'"
    )
    stranger = server.url.replace(server.user, "stranger", 1)
    own = stranger.partition("stranger:")[2].partition("@127")[0]
    place = place_of(tmp_path / "any", stranger.replace(own, "not-much-of-one"))
    with (
        pytest.raises(ConfigurationError, match="permission denied for schema instantly"),
        open_read_only(place) as connection,
    ):
        connection.execute("from instantly.mart").fetchall()
    server.execute("drop role stranger")


def test_a_wrong_password_and_a_silent_server_are_said(
    server: PostgresServer, tmp_path: Path
) -> None:
    address = place_of(tmp_path / "any", server.url).address  # ty: ignore
    wrong = server.url.replace(server.canary, "not-the-one")
    with pytest.raises(ConfigurationError, match="authentication failed") as refused:
        place_of(tmp_path / "any", wrong).exists()
    assert "not-the-one" not in str(refused.value)
    silent = server.url.replace(f":{address.port}/", ":1/")
    with pytest.raises(RunFailedError, match="cannot be reached"):
        place_of(tmp_path / "any", silent).exists()


FIFTY = "generate_series(1, 50)"
RAW = """
    create schema instantly_raw;
    create table instantly_raw.sync_runs (observed_at timestamptz);
    insert into instantly_raw.sync_runs values ('2026-11-17');
    create table instantly_raw.emails (id text, body jsonb, content_preview text, lead text,
        timestamp_created timestamptz, observed_at timestamptz);
    insert into instantly_raw.emails values
        ('old', '{"text": "x"}', 'x', 'jane@example.com', '2026-01-01', '2026-01-02'),
        ('new', '{"text": "ask Jane@Example.com"}', 'y', 'ben@example.com', '2026-11-16',
            '2026-11-16');
"""


def test_old_texts_go_from_columns_of_json_too(server: PostgresServer, tmp_path: Path) -> None:
    server.execute(RAW)
    with begin(place_of(tmp_path / "any", server.url), "run") as draft:
        assert remove_old_texts(draft.database, 90)
        assert not remove_old_texts(draft.database, 90)

    found = "select id, body is null, content_preview is null from instantly_raw.emails order by id"
    assert server.execute(found) == "new|f|f\nold|t|t\n"


def test_columns_are_hidden_and_the_choice_is_kept(server: PostgresServer, tmp_path: Path) -> None:
    server.execute(RAW)
    privacy = Privacy.of(["emails.body"], ["emails.lead"], "a-key-of-sixteen-signs")
    with begin(place_of(tmp_path / "any", server.url), "run") as draft:
        assert enforce(draft.database, privacy)
        assert not enforce(draft.database, privacy)
        with pytest.raises(ConfigurationError, match=r"no longer names emails\.lead"):
            enforce(draft.database, Privacy())

    hidden = "select count(body), count(*) filter (where lead like '%@%') from instantly_raw.emails"
    assert server.execute(hidden) == "0|0\n"
    assert server.execute("select count(*) from instantly_raw.privacy") == "2\n"


def test_a_person_goes_from_texts_and_json_and_nowhere_else(
    server: PostgresServer, tmp_path: Path
) -> None:
    server.execute(RAW)
    server.execute(
        "create schema crm; create table crm.theirs as select 'jane@example.com' as mail"
    )
    with begin(place_of(tmp_path / "any", server.url), "run") as draft:
        for _ in range(2):
            with open_for_writing(draft.database) as connection:
                json = draft.database.json_columns(connection)  # ty: ignore
                schemas = draft.database.schemas  # ty: ignore
                Search(connection, "jane@example.com", Privacy(), schemas, json).erase()
                remember(connection, "jane@example.com")
        assert kept_out(draft.database).names("ask JANE@example.com first")

    found = "select id, body, lead from instantly_raw.emails"
    assert server.execute(found) == 'new|{"text": "ask [forgotten]"}|ben@example.com\n'
    assert server.execute("select mail from crm.theirs") == "jane@example.com\n"
    assert server.execute("select count(*) from instantly_raw.forgotten") == "1\n"


def test_pieces_of_a_backfill_are_noted(server: PostgresServer, tmp_path: Path) -> None:
    days = Stretch(date(2026, 1, 1), date(2026, 1, 31))
    with begin(place_of(tmp_path / "any", server.url), "run") as draft:
        assert tables_done(draft.database, "asked") == {}
        assert oldest_campaign(draft.database) is None
        note_piece(draft.database, "asked", days, {"emails", "campaigns"})
        assert tables_done(draft.database, "asked") == {days: {"emails", "campaigns"}}
        forget_pieces(draft.database, "asked")
        assert tables_done(draft.database, "asked") == {}


@pytest.mark.parametrize("asks_again", [True, False])
def test_a_reader_whose_server_went_away_says_so_and_lives(
    server: PostgresServer, tmp_path: Path, asks_again: bool
) -> None:
    """DuckDB's reader ends the process where its own roll-back fails: hence one of its own."""
    read = """
import sys
from pathlib import Path
from pipelines.destinations import place_of
from pipelines.errors import RunFailedError
place = place_of(Path(sys.argv[1]) / "any", sys.stdin.readline().strip())
try:
    with place.look() as connection:
        connection.execute("select count(*) from instantly.one").fetchone()
        print("asked", flush=True)
        sys.stdin.readline()
        if sys.argv[2] == "True":
            connection.execute("select count(*) from instantly.one").fetchone()
except RunFailedError as error:
    print(error)
print("lives")
"""
    server.execute("create schema instantly; create table instantly.one as select 1 as n")
    words = [sys.executable, "-c", read, str(tmp_path), str(asks_again)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        reader.stdin.write(f"{server.url}\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "asked\n"
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        said, _ = reader.communicate("\n", timeout=60)

    assert said.endswith("lives\n"), reader.returncode
    assert ("the connection was lost while it was read" in said) is asks_again
    assert server.canary not in said


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_for_the_run_folder_is_a_sentence_and_the_servers_own_disk_another(
    server: PostgresServer, tmp_path: Path, number: int
) -> None:
    place = place_of(tmp_path / "any", server.url)
    with (
        pytest.raises(RunFailedError, match=r"^/.*(no room on this disk|would have grown).*"),
        begin(place, "run"),
    ):
        raise RuntimeError("a library") from OSError(number, os.strerror(number))

    full = "do $$ begin raise 'No space left on device' using errcode = '53100'; end $$"
    with (
        pytest.raises(RunFailedError, match=r"^postgresql://.*PostgreSQL has no room"),
        begin(place, "run") as draft,
    ):
        draft.database.session.run(full)  # ty: ignore
    assert not list(tmp_path.iterdir())
