"""The command as a person finds it, moves that die on the way, and marts built where they end."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines import run as jobs
from pipelines.destinations import Place, begin
from pipelines.errors import Exit
from pipelines.move import move
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job
from pipelines.settings import Settings
from pipelines.upgrade import bring_up
from pipelines.warehouse_file import open_read_only, quoted
from tests.move.conftest import SCHEMAS, SPOILS, House, load
from tests.move.sides import in_database, in_file
from tests.pipelines.installed_program import PROGRAM

pytestmark = pytest.mark.slow

COLUMNS_THERE = """
    select table_name, column_name, data_type, is_nullable, datetime_precision
    from information_schema.columns where table_schema = 'instantly_raw' order by 1, 2
"""

BUILT = """
    select schema_name, table_name, list(column_name order by column_name) from duckdb_columns()
    where database_name = current_database() and schema_name in ('instantly', 'instantly_judged')
        and not starts_with(table_name, '_dlt_') and not starts_with(column_name, '_dlt_')
    group by all order by all
"""


def test_the_tables_are_those_that_a_load_of_its_own_would_have_made(
    house, server, postgres, tmp_path
) -> None:
    move(house.job(), "postgres")
    own = House(tmp_path / "warehouse.duckdb", postgres.database())
    load(server, DESTINATION="postgres", **own.settings)
    with begin(Settings(DESTINATION="postgres", **own.settings).place, "whole") as draft:
        bring_up(draft.database, draft.workdir)
    made, expected = (h.database.execute(COLUMNS_THERE) for h in (house, own))
    notes = ("backfills|", "forgotten|", "pauses|", "privacy|")
    assert [line for line in made.splitlines() if not line.startswith(notes)] == [
        line for line in expected.splitlines() if not line.startswith(notes)
    ]


def test_the_command_says_what_became_of_it(house, program) -> None:
    assert program("move", "--to", "postgres").returncode == Exit.CONFIGURATION

    house.database.execute(SPOILS)
    refused = program("move", "--to", "postgres", **house.settings)
    assert refused.returncode == Exit.REFUSED
    assert "not the same there: campaigns; nothing was moved" in refused.stderr
    (line,) = (line for line in refused.stdout.splitlines() if line.startswith("campaigns "))
    assert line.split()[-2:] == ["NO", "name"]

    house.database.execute("drop event trigger spoils")
    done = program("move", "--to", "postgres", "--log-format", "json", **house.settings)
    assert done.returncode == Exit.DONE
    (told,) = (e for e in map(json.loads, done.stderr.splitlines()) if e["event"] == "moved")
    assert told["is_equal"]
    assert {table["table"] for table in told["tables"]} >= {"leads", "forgotten", "sync_runs"}

    again = program("move", "--to", "postgres", **house.settings)
    assert again.returncode == Exit.CONFIGURATION
    assert "tables in instantly_raw; two histories cannot be one" in again.stderr
    for end in (refused, done, again):
        assert house.database.canary not in end.stdout + end.stderr
        assert "Traceback" not in end.stderr


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_move_that_dies_shows_nothing_and_the_next_one_is_whole(house, environment, end) -> None:
    with duckdb.connect(str(house.file)) as connection:
        connection.execute(
            "insert into instantly_raw.audit_logs (workspace_id, id, observed_at, user_agent) "
            "select 'w', range::varchar, '2026-11-01', repeat('x', 500) from range(60000)"
        )
    before = house.file.read_bytes()
    with subprocess.Popen(
        [str(PROGRAM), "-q", "move", "--to", "postgres"],
        cwd=house.file.parent,
        env=environment | house.settings,
    ) as process:
        try:
            _wait_for_rows(house, process)
            process.send_signal(end)
            assert process.wait(30) == (-end if end == signal.SIGKILL else Exit.TERMINATED)
        finally:
            process.kill()
    assert "instantly_raw" not in house.database.execute(SCHEMAS)
    assert house.file.read_bytes() == before

    assert move(house.job(), "postgres").is_equal
    assert house.database.execute(SCHEMAS).split() == ["instantly_raw"]
    here, there = in_file(house.file), in_database(house.database)
    assert [t for t in here if t != "_dlt_version" and here[t] != there[t]] == []
    left = {path.name for path in house.file.parent.iterdir()}
    assert left <= {"warehouse.duckdb", ".warehouse.duckdb.lock"}


def _wait_for_rows(house: House, process: subprocess.Popen[bytes]) -> None:
    """Returns as soon as the first table of the move has rows; the others have none by then."""
    until = time.monotonic() + 120
    made = "select to_regclass('instantly_draft._dlt_loads') is not null"
    filled = "select exists (select from instantly_draft.accounts)"
    for question in (made, filled):
        while house.database.execute(question).strip() != "t":
            assert time.monotonic() < until
            assert process.poll() is None, "it ended before"
            time.sleep(0.02)


def test_marts_and_verdicts_built_after_the_move_are_those_of_the_file(house) -> None:
    at_home = Job(Settings(WAREHOUSE_PATH=house.file), new_run_id(), SilentProgress())
    move(house.job(), "postgres")
    there = Job(Settings(DESTINATION="postgres", **house.settings), new_run_id(), SilentProgress())
    jobs.transform(at_home)
    jobs.transform(there)
    here, far = _built(house.file), _built(there.settings.place)
    assert here.keys() == far.keys()
    assert [table for table in here if here[table] != far[table]] == []
    assert here["instantly.variant_performance"]
    assert here["instantly_judged.variant_verdicts"]


def _built(place: Place) -> dict[str, Counter[tuple[Any, ...]]]:
    """Every mart and table of the judgement as a multiset of rows."""
    with open_read_only(place) as connection:
        (catalog,) = connection.execute("select current_database()").fetchall()[0]
        found = {}
        for schema, table, names in connection.execute(BUILT).fetchall():
            columns = ", ".join(map(quoted, names))
            relation = f"{quoted(catalog)}.{schema}.{table}"
            rows = connection.execute(f"select {columns} from {relation}").fetchall()
            found[f"{schema}.{table}"] = Counter(tuple(map(_cell, row)) for row in rows)
        return found


def _cell(value: Any) -> Any:
    """A value as both engines say it: times in UTC, documents by what they say, and floats but for
    their last bits, in which sums of another order differ."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.dumps(json.loads(value), sort_keys=True)
    if isinstance(value, float | Decimal):
        return f"{value:.11g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value}"
    return tuple(value) if isinstance(value, list) else value
