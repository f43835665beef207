"""A file with a history, what an engine may stumble over in it, and ways to move it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import run as jobs
from pipelines.discretion import PRIVACY, remember
from pipelines.outcome import SyncReport, new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job, Selection
from pipelines.settings import Settings
from pipelines.unfinished import BACKFILLS, PAUSES
from pipelines.upgrade import bring_up
from sandbox import Sandbox
from sandbox.worlds import small
from tests.pipelines.conftest import environment as environment
from tests.pipelines.conftest import program as program
from tests.postgres_server import PostgresServer

TODAY = date(2026, 11, 17)
FORGOTTEN = "somebody@who-left.example"

ODD_TEXTS = (
    "",
    " ",
    "NULL",
    "\\N",
    '"quoted, "',
    "two\nlines\r\n",
    "\u2028 \U0001f600 é",
    "\t;|",
    "a\0b",
)
ODD_JSON = (
    '{"b": 1.0, "a": [1e2, 0.10, 12345678901234567890123, -0.0], "a b": {"": null}}',
    '["", "\\u2028", "\\\\u0000", {"z": 1, "aa": "\\"", "a": "\\ud83d\\ude00"}]',
    '"only a text"',
    '{"zero\\u0000": "a\\u0000b"}',
)
ODD_MOMENTS = ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", None)
ODD_NUMBERS = (0.1, -0.0, 1.7976931348623157e308, 5e-324)

SCHEMAS = "select nspname from pg_namespace where nspname like 'instantly%' order by 1"
SPOILS = """
    create function spoilt() returns trigger language plpgsql as
    $$ begin new.name := new.name || '!'; return new; end $$;
    create function spoil() returns event_trigger language plpgsql as $$ begin
        if to_regclass('instantly_draft.campaigns') is not null and not exists (
            select from pg_trigger where tgname = 'spoils'
        ) then
            create trigger spoils before insert on instantly_draft.campaigns
            for each row execute function spoilt();
        end if;
    end $$;
    create event trigger spoils on ddl_command_end when tag in ('CREATE TABLE')
    execute function spoil();
"""
"""A database that changes what it is given: every campaign's name, when it is inserted."""


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(small(campaigns=2, days=6, leads_per_day=2), date=TODAY, rate_limit=None) as api:
        yield api


@pytest.fixture(scope="module")
def home(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that was loaded twice, with something restated and somebody forgotten in between."""
    file = tmp_path_factory.mktemp("home") / "warehouse.duckdb"
    load(server, WAREHOUSE_PATH=file)
    bring_up(file, tmp_path_factory.mktemp("declared"))
    with duckdb.connect(str(file)) as connection:
        remember(connection, FORGOTTEN)
        connection.execute(PRIVACY)
        put_notes(connection)
        put_odd_rows(connection)
    server.change("late_reply", campaign=0, days_ago=4)
    server.change("edit_lead", campaign=0, lead=1, fields={"first_name": "Renamed"})
    load(server, WAREHOUSE_PATH=file)
    return file


def put_notes(connection: duckdb.DuckDBPyConnection) -> None:
    """What the house writes besides: of tables that no load here asks for."""
    connection.execute(PAUSES)
    connection.execute("insert into instantly_raw.pauses values ('w', 'emails', '2026-11-01')")
    connection.execute(BACKFILLS)
    connection.execute(
        "insert into instantly_raw.backfills values ('x', null, '2026-11-01', 'emails', now())"
    )


def put_odd_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Values that travel badly, in tables that no load here asks for; two rows are the same."""
    rows = [
        ("w", f"id-{number}", text, ODD_JSON[number % 4], ODD_MOMENTS[number % 3])
        for number, text in enumerate(ODD_TEXTS)
    ]
    connection.executemany(
        "insert into instantly_raw.webhook_events (workspace_id, id, error_message, payload, "
        "timestamp_created, observed_at) values (?, ?, ?, ?, ?, '2026-11-01')",
        [*rows, rows[-1]],
    )
    connection.executemany(
        "insert into instantly_raw.warmup_totals (workspace_id, email, health_score, observed_at) "
        "values ('w', ?, ?, '2026-11-01')",
        [(str(number), value) for number, value in enumerate(ODD_NUMBERS)],
    )


@dataclass(frozen=True)
class House:
    """A file of one test's own and an empty database, with the settings that name both."""

    file: Path
    database: PostgresServer

    @property
    def settings(self) -> dict[str, str]:
        return {"WAREHOUSE_PATH": str(self.file), "DESTINATION_POSTGRES_URL": self.database.url}

    def job(self) -> Job:
        return Job(Settings(**self.settings), new_run_id(), SilentProgress())


@pytest.fixture
def house(home: Path, postgres: PostgresServer, tmp_path: Path) -> House:
    return House(Path(shutil.copy(home, tmp_path / "warehouse.duckdb")), postgres.database())


def load(api: Sandbox, **variables: Any) -> SyncReport:
    """One `sync`, as the command does it."""
    settings = Settings(
        **{
            "INSTANTLY_API_KEY": api.key,
            "INSTANTLY_BASE_URL": api.url,
            "INSTANTLY_REQUESTS_PER_MINUTE": 6000,
            "INSTANTLY_TABLES": "core,leads,lead_labels",
            **variables,
        }
    )
    return jobs.sync(Job(settings, new_run_id(), SilentProgress(), Selection()))
