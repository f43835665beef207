"""A night in a database: what the judge and a reader see of it, and two nights that are played.

The nights take some minutes and are slow tests; the long form is
`make chaos N=200 DESTINATION=postgres` (docs/reliability.md).
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from chaos.command import INSIDE
from chaos.play import Result, play
from chaos.postgres import PostgresDatabase
from chaos.reading import DatabaseReader
from chaos.schedule import (
    Backup,
    Blow,
    Change,
    Death,
    Debris,
    Overlap,
    Pass,
    Restore,
    Run,
    Schedule,
    Step,
    World,
)
from chaos.server import Cluster, binaries, started
from chaos.warm import Warm

WORLD = World(seed=5, date=dt.date(2026, 11, 17), days=5, pace=4.0)
MEMBERS = """
    create schema instantly_raw;
    create table instantly_raw.members (id text, seen timestamptz, name jsonb, sent bigint);
    insert into instantly_raw.members values
        ('a', '2026-11-17 12:00+00', '{"last": "é", "first": "A"}', 3),
        ('b', null, null, 0)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server here (Debian: apt install postgresql)")
    with started(programs) as cluster:
        yield cluster


@pytest.fixture
def place(cluster: Cluster, tmp_path: Path) -> PostgresDatabase:
    cluster.server = cluster.server.database()
    return PostgresDatabase(cluster, tmp_path)


def done(place: PostgresDatabase, sql: str) -> None:
    with place.asked() as ask:
        ask(sql)


def test_any_row_changes_the_state_and_what_is_only_declared_does_not(
    place: PostgresDatabase,
) -> None:
    empty = place.state()
    assert (empty.raw, empty.marts) == ("", "")

    done(place, MEMBERS)
    was = place.state()
    assert was.raw
    assert not was.marts
    done(place, "alter table instantly_raw.members add column email text")
    done(place, "create table instantly_raw.accounts (id text)")
    done(place, "create table instantly_raw._dlt_version as select 1 as version")
    assert place.state() == was

    done(place, "update instantly_raw.members set sent = 4 where id = 'a'")
    assert place.state().raw != was.raw
    done(place, "update instantly_raw.members set sent = 3 where id = 'a'")
    assert place.state() == was, "rows have no order"


def test_the_judge_reads_rows_as_those_of_a_file(place: PostgresDatabase) -> None:
    done(place, MEMBERS)
    with place.open() as warehouse:
        assert warehouse.tables("instantly_raw") == ["members"]
        first, _ = sorted(warehouse.rows("instantly_raw", "members"), key=lambda row: row["id"])

    assert first == {
        "id": "a",
        "seen": 1_794_916_800_000_000,
        "name": '{"first": "A", "last": "é"}',
        "sent": 3,
    }


def test_a_backup_puts_back_every_row(place: PostgresDatabase) -> None:
    done(place, MEMBERS)
    was = place.state()
    put_back = place.keep()
    done(place, "delete from instantly_raw.members")
    assert place.state() != was

    put_back()
    assert place.state() == was


def test_a_draft_that_lies_about_is_named(place: PostgresDatabase) -> None:
    assert not list(place.leftovers())
    with place.strewn("a draft of a run that died"):
        assert list(place.leftovers()) == ["the schema instantly_draft"]


def test_a_reader_sees_half_a_load_and_outlives_the_server(
    place: PostgresDatabase, cluster: Cluster
) -> None:
    done(
        place,
        """
        create schema instantly_raw;
        create table instantly_raw.sync_runs as select timestamptz '2026-11-17' as observed_at;
        create table instantly_raw.campaigns as select 'w' as workspace_id, 'c' as id,
            timestamptz '2026-11-17' as _dlt_valid_from, null::timestamptz as _dlt_valid_to
        """,
    )
    reader = DatabaseReader(make_dsn(**place.server.connection))
    assert reader.look() == []

    done(place, "insert into instantly_raw.campaigns values ('w', 'c', '2026-11-18', null)")
    wrong = ["a campaign is open twice", "rows are there of a load that is not noted"]
    assert reader.look() == wrong
    cluster.restart(as_crash=True)
    assert reader.look() == [], "nobody is to blame for a connection that is gone"
    assert reader.look() == wrong, "what was committed has outlived the crash"


def test_it_waits_for_those_who_are_at_work_but_not_for_chaos(place: PostgresDatabase) -> None:
    with closing(psycopg2.connect(**place.server.connection, application_name="chaos reader")):
        assert place.settled() < 5
    assert place.names(1) == f"instantly-warehouse@{socket.gethostname()}"


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with closing(Warm(INSIDE)) as warm:
        yield warm


def night(warm: Warm, *steps: Step, finale: str = "sync", readers: int = 0) -> Result:
    schedule = Schedule(
        *(1, 0, "by hand", WORLD, steps, finale), readers=readers, destination="postgres"
    )
    return play(schedule, warm=warm)


@pytest.mark.chaos
@pytest.mark.slow
def test_a_load_survives_kills_its_server_and_a_backup(warm: Warm) -> None:
    result = night(
        warm,
        Run(death=Death(effect=150)),
        Run(),
        Backup(),
        Pass(24),
        Run(blow=Blow("terminate", "load", 0.3)),
        Run(blow=Blow("crash", "load", 0.2)),
        Overlap(),
        Restore(),
        Debris("the run folder vanishes at load"),
    )
    assert result.findings == [], "\n".join(result.events)
    assert result.tally["kills"] == 1
    assert result.tally["blows"] == 2


@pytest.mark.chaos
@pytest.mark.slow
def test_marts_survive_it_too_and_equal_those_of_a_file(warm: Warm) -> None:
    result = night(
        warm,
        Run("run"),
        Change("late_reply", {"campaign": 1, "days_ago": 2}),
        Pass(24),
        Debris("a draft of a run that died"),
        Run("run", blow=Blow("restart", "transform", 3.0)),
        Run("run", death=Death("SIGKILL", "publish", 0.05)),
        finale="run",
        readers=1,
    )
    assert result.findings == [], "\n".join(result.events)
