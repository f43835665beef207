"""The installed command against one sandbox, into a file and into a real PostgreSQL: the same rows.

In this order, because each test goes on where the one before ended, as nights do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pipelines.destinations import place_of
from pipelines.destinations.postgres import PostgresWarehouse
from pipelines.destinations.postgres.address import PostgresAddress
from sandbox import Sandbox
from sandbox.worlds import small
from tests.destinations import whole_runs
from tests.destinations.whole_runs import OF_ONE_RUN, TODAY, Both, Look, two_looks
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow


class FileAndPostgres(Both):
    """One sandbox, and a file and a database that load it."""

    @property
    def other(self) -> PostgresWarehouse:
        place = place_of(self.folder / "any", self.server.url)
        assert isinstance(place, PostgresWarehouse)
        return place

    @property
    def variables(self) -> dict[str, str]:
        return {"INSTANTLY_TABLES": "core,leads,lead_lists,lead_labels,emails"}

    @property
    def variables_of_other(self) -> dict[str, str]:
        return {"DESTINATION": "postgres"}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        address = PostgresAddress.of(self.server.url)
        with psycopg2.connect(**address.connection) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def shown(self) -> Look:
        if self.ask("select to_regclass('instantly.sync_status')") == [(None,)]:
            return ()
        return self.ask(OF_ONE_RUN)[0]

    @contextmanager
    def looking_twice(self) -> Generator[Callable[[], list[Look]]]:
        connection = psycopg2.connect(**PostgresAddress.of(self.server.url).connection)
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)

        def twice() -> list[Look]:
            with connection, connection.cursor() as cursor:

                def look() -> Look:
                    cursor.execute(OF_ONE_RUN)
                    return cursor.fetchall()[0]

                return two_looks(look)

        with closing(connection):
            yield twice


@pytest.fixture(scope="module")
def both(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    world = small(campaigns=3, days=20, leads_per_day=5)
    with Sandbox(world, date=TODAY, rate_limit=None) as api:
        yield FileAndPostgres(api, postgres.database(), tmp_path_factory.mktemp("both"))


def test_a_first_run_brings_the_same_to_both(both: Both, tmp_path: Path) -> None:
    whole_runs.a_first_run_brings_the_same_to_both(both, tmp_path)


def test_no_mart_is_a_view_on_what_the_next_run_changes(both: Both) -> None:
    sql = "select count(*) from information_schema.views where table_schema = 'instantly'"
    assert both.ask(sql) == [(0,)]


def test_readers_see_one_run_and_a_second_one_is_refused(both: Both) -> None:
    whole_runs.readers_see_one_run_and_a_second_one_is_refused(both, days=2.5)


def test_runs_that_are_killed_lose_and_double_nothing(both: Both) -> None:
    whole_runs.killed_runs_lose_and_double_nothing(both)
    sql = "select count(*) from pg_namespace where nspname = 'instantly_draft'"
    assert both.ask(sql) == [(0,)]
    assert not list(both.folder.glob(".postgres-*")), "folders of the dead are gone"


def test_a_person_is_forgotten_in_columns_of_json_as_well(both: Both) -> None:
    ((address, other),) = both.ask(
        "select min(email), max(id) from instantly_raw.leads where email ~ '^[a-z0-9.]+@'"
    )
    said = json.dumps({"note": f"ask {address.upper()} first"})
    both.ask(f"update instantly_raw.leads set payload = '{said}' where id = '{other}' returning id")
    both.into_other("forget", address)

    tables = both.ask(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname like 'instantly%'"
    )
    for (table,) in tables:
        found = both.ask(f"select count(*) from {table} as t where t::text ilike '%{address}%'")
        assert found == [(0,)], table
    ((note,),) = both.ask(
        f"select payload ->> 'note' from instantly_raw.leads where id = '{other}'"
    )
    assert note == "ask [forgotten] first"


def test_the_password_stands_nowhere(both: Both) -> None:
    whole_runs.the_password_stands_nowhere(both)
