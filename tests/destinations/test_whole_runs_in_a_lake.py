"""The installed command against one sandbox, into a file and into a real lake: the same rows.

In this order, because each test goes on where the one before ended, as nights do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.destinations import place_of
from pipelines.destinations.ducklake import LakeWarehouse
from pipelines.destinations.ducklake.looking import attached
from sandbox import Sandbox
from sandbox.worlds import small
from tests.destinations import whole_runs
from tests.destinations.whole_runs import OF_ONE_RUN, TODAY, Both, Look, two_looks
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

SHOWN = "select 1 from duckdb_tables() where schema_name = 'instantly' limit 1"


class FileAndLake(Both):
    """One sandbox, and a file and a lake that load it."""

    @property
    def other(self) -> LakeWarehouse:
        place = place_of(self.folder / "any", self.server.url, self.folder / "rows")
        assert isinstance(place, LakeWarehouse)
        return place

    @property
    def variables(self) -> dict[str, str]:
        """Without e-mails, which are asked for slowly."""
        return {"INSTANTLY_TABLES": "core,leads,lead_labels"}

    @property
    def variables_of_other(self) -> dict[str, str]:
        return {
            "DESTINATION": "ducklake",
            "DESTINATION_DUCKLAKE_FOLDER": str(self.other.rows),
        }

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with attached(self.other.address, self.other.rows) as connection:
            return connection.execute(sql).fetchall()

    def shown(self) -> Look:
        return self.ask(OF_ONE_RUN)[0] if self.ask(SHOWN) else ()

    @contextmanager
    def looking_twice(self) -> Generator[Callable[[], list[Look]]]:
        with attached(self.other.address, self.other.rows) as connection:

            def twice() -> list[Look]:
                connection.execute("begin")
                looks = two_looks(lambda: connection.execute(OF_ONE_RUN).fetchall()[0])
                connection.execute("commit")
                return looks

            yield twice

    def snapshots(self) -> int:
        return len(self.ask("from ducklake_snapshots('lake')"))


@pytest.fixture(scope="module")
def both(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FileAndLake]:
    pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake brings it")
    world = small(campaigns=2, days=10, leads_per_day=4)
    with Sandbox(world, date=TODAY, rate_limit=None) as api:
        yield FileAndLake(api, postgres.database(), tmp_path_factory.mktemp("both"))


def test_a_first_run_brings_the_same_to_both_in_few_snapshots(
    both: FileAndLake, tmp_path: Path
) -> None:
    whole_runs.a_first_run_brings_the_same_to_both(both, tmp_path)
    assert both.snapshots() <= 1 + 4, "the empty lake; load, tables to come, verdicts, marts"


def test_readers_see_one_run_and_a_second_one_is_refused(both: FileAndLake) -> None:
    whole_runs.readers_see_one_run_and_a_second_one_is_refused(both, days=1.5)


def test_runs_that_are_killed_lose_and_double_nothing(both: FileAndLake) -> None:
    whole_runs.killed_runs_lose_and_double_nothing(both)
    assert not list(both.folder.glob(".ducklake-*")), "folders of the dead are gone"


def test_status_doctor_and_report_read_the_lake(both: FileAndLake) -> None:
    folder = str(both.other.rows)
    for command, word in (("status", "campaigns"), ("doctor", folder), ("report", "")):
        both.into_other(command)
        assert word in both.said[-2]


def test_a_person_is_forgotten_in_files_and_catalog(both: FileAndLake) -> None:
    ((address,),) = both.ask(
        "select min(email) from instantly_raw.leads where regexp_matches(email, '^[a-z0-9.]+@')"
    )
    both.into_other("forget", address)

    with attached(both.other.address, both.other.rows) as connection:
        for path in both.other.rows.rglob("*.parquet"):
            rows = connection.execute(f"select to_json(r)::varchar from read_parquet('{path}') r")
            assert address not in str(rows.fetchall()).lower(), path
    tables = both.server.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname = 'instantly_lake'"
    )
    for table in tables.split():
        sql = f"select count(*) from {table} as t where t::text ilike '%{address}%'"
        assert both.server.execute(sql) == "0\n", table


def test_the_password_stands_nowhere(both: FileAndLake) -> None:
    whole_runs.the_password_stands_nowhere(both)
