"""What one watched run left, said, asked and handed on: no key, no person where none belongs."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.settings import parse_cache
from sandbox import Sandbox
from tests.end_to_end.first_run import TODAY, WORLD, FirstRun, command

PEOPLE = {"leads", "stg_instantly__leads", "dim_leads"}
"""Tables in which the address of a lead belongs, with the default settings."""


def spellings(secret: str) -> set[bytes]:
    """A text as it may lie in a file: plain, UTF-16, hex, and base64 wherever it begins in it."""
    plain = secret.encode()
    packed = {
        base64.b64encode(b"\0" * before + plain)[(8 * before + 5) // 6 :].rstrip(b"=")[:-1]
        for before in range(3)
    }
    return {plain, secret.encode("utf-16-le"), plain.hex().encode(), *packed}


def test_the_search_finds_what_it_looks_for() -> None:
    for before in range(6):
        text = b"x" * before + b"canary-key" + b"yz"
        for form in (text, base64.b64encode(text), text.hex().encode()):
            assert any(spelling in form for spelling in spellings("canary-key"))


@pytest.fixture(scope="module")
def key() -> str:
    """The key that the run had."""
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as api:
        return api.key


@pytest.fixture(scope="module")
def person(first_run: FirstRun) -> str:
    """The address of a lead that the run stored."""
    with duckdb.connect(str(first_run.file), read_only=True) as connection:
        found = connection.execute("select min(email) from instantly_raw.leads").fetchone()
    assert found
    assert "@" in found[0]
    return found[0]


def printed_and_told(run: FirstRun) -> bytes:
    return "\n".join([run.stdout, run.stderr, *map(json.dumps, run.told.events)]).encode()


def files(run: FirstRun) -> Iterator[Path]:
    """Everything under the folder of the run, and dbt's parsed project, which outlives runs."""
    yield from (path for path in run.folder.rglob("*") if path.is_file())
    if cache := parse_cache():
        yield cache


def test_the_key_is_in_no_byte(first_run: FirstRun, key: str) -> None:
    forms = spellings(key)
    left = list(files(first_run))

    assert first_run.file in left
    assert not [form for form in forms if form in printed_and_told(first_run)]
    assert not [path for path in left if any(form in path.read_bytes() for form in forms)]


def test_a_person_is_in_no_byte_but_the_warehouses(first_run: FirstRun, person: str) -> None:
    forms = spellings(person)
    left = [path for path in files(first_run) if path != first_run.file]

    assert not [form for form in forms if form in printed_and_told(first_run)]
    assert not [path for path in left if any(form in path.read_bytes() for form in forms)]


def test_a_person_stands_in_the_tables_of_people_alone(first_run: FirstRun, person: str) -> None:
    with duckdb.connect(str(first_run.file), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal "
            "union all select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        naming = {
            name
            for schema, name in tables
            if connection.execute(
                f'select 1 from "{schema}"."{name}" as r where contains(r::varchar, $1) limit 1',
                [person],
            ).fetchone()
        }

    assert "leads" in naming
    assert naming <= PEOPLE


def test_nobody_but_the_api_is_looked_up_or_asked(first_run: FirstRun) -> None:
    """dlt's and dbt's telemetry would be seen here: both are on unless they are told."""
    assert set(first_run.of("lookup")) == {"127.0.0.1"}
    assert set(first_run.of("connect")) <= {"127.0.0.1", "local"}


def children(run: FirstRun) -> list[dict[str, Any]]:
    """Every process that the command started."""
    processes = run.of("process")
    assert "INSTANTLY_API_KEY" in processes[0]["environ"], "the command itself"
    return processes[1:]


def test_children_are_handed_no_key(first_run: FirstRun, key: str, person: str) -> None:
    started = children(first_run)

    assert [p for p in started if any("dbt_child" in word for word in p["arguments"])]
    assert [p for p in started if "--night" in p["arguments"]], "NOTIFY_COMMAND"
    for process in started:
        handed = json.dumps(process)
        assert key not in handed
        assert person not in handed
        assert not [name for name in process["environ"] if name.startswith("INSTANTLY_API_KEY")]


def test_a_crash_would_leave_no_core(first_run: FirstRun) -> None:
    """One byte: below the smallest core, and what keeps a collector from getting one."""
    assert {process["core"] for process in children(first_run)} <= {0, 1}


def test_every_line_of_a_run_is_json(first_run: FirstRun) -> None:
    lines = [json.loads(line) for line in first_run.stderr.splitlines()]
    needed = {"time", "level", "event", "command", "run_id", "message"}

    assert first_run.stdout == ""
    assert [line for line in lines if needed - line.keys()] == []
    assert {line["command"] for line in lines} == {"run"}
    assert len({line["run_id"] for line in lines}) == 1
    assert {"stage", "table_finished", "run_finished"} <= {line["event"] for line in lines}


def test_the_closing_table_is_a_json_event(first_run: FirstRun) -> None:
    lines = [json.loads(line) for line in first_run.stderr.splitlines()]
    (closing,) = [line for line in lines if line["event"] == "run_finished"]
    leads = next(table for table in closing["tables"] if table["table"] == "leads")

    assert closing["rows"] == sum(table["rows"] for table in closing["tables"])
    assert leads["status"] == "ok"
    assert leads["requests"] > 0


def test_a_success_is_told_where_it_was_asked_for(first_run: FirstRun) -> None:
    (event,) = first_run.told.events
    lines = [json.loads(line) for line in first_run.stderr.splitlines()]

    assert (event["event"], event["exit_code"], event["tables"]) == ("success", 0, [])
    assert event["run_id"] == lines[0]["run_id"]
    assert event["as_of"].startswith(TODAY.isoformat())
    assert event["totals"]["rows"] > 0


def test_a_run_that_fails_is_json_to_its_last_line(tmp_path: Path) -> None:
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as api:
        wrong = {"INSTANTLY_API_KEY": "no-such-key"}
        done = command(tmp_path, api, "-v", "--log-format", "json", "sync", **wrong)
    lines = [json.loads(line) for line in done.stderr.splitlines()]

    assert done.returncode == 2
    assert (lines[-1]["event"], lines[-1]["exit_code"]) == ("failed", 2)
    assert {line["command"] for line in lines} == {"sync"}
