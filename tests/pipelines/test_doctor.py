"""The doctor against the sandbox and against spoilt files: what is found, and nothing changed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr
from rich.console import Console

from pipelines.discretion import remember
from pipelines.doctor import Examination, Level, as_json, examine, print_findings
from pipelines.errors import Exit
from pipelines.lock import lock_path, locked
from pipelines.settings import Settings, key_suffix
from sandbox import Sandbox
from tests.pipelines.installed_program import Program
from tests.pipelines.marts_by_hand import build

CANARY = "a-canary-key-of-ours"


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    with Sandbox("agency", rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def doctor(api: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment):
    """Examines with these variables, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", dict(environment))

    def visit(**variables: object) -> Examination:
        chosen = {
            "INSTANTLY_API_KEY": SecretStr(api.key),
            "INSTANTLY_BASE_URL": api.url,
            "WAREHOUSE_PATH": "warehouse.duckdb",
            "INSTANTLY_TABLES": "core",
        }
        return examine(Settings(**{**chosen, **variables}))

    return visit


def said(found: Examination, check: str) -> str:
    """All that was said under checks that begin so."""
    texts = [f"{f.what} {f.todo}" for f in found.findings if f.check.startswith(check)]
    assert texts, f"no finding on {check}"
    return "\n".join(texts)


def levels(found: Examination, check: str) -> set[Level]:
    return {finding.level for finding in found.findings if finding.check.startswith(check)}


def test_a_good_key_and_no_warehouse_is_well(doctor, tmp_path: Path) -> None:
    found = doctor()
    assert found.exit_code == Exit.DONE
    assert "no warehouse yet" in said(found, "file")
    assert "days apart" in said(found, "clock"), "the sandbox lives in another time"
    assert "Northlight Agency" in {access.workspace for access in found.access}
    assert all(access.is_readable for access in found.access)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_was_revoked_is_wrong(doctor, api: Sandbox) -> None:
    found = doctor(INSTANTLY_API_KEY=SecretStr(api.keys["northlight/old"]))
    assert found.exit_code == Exit.CONFIGURATION
    assert "401" in said(found, "workspace")
    assert "no workspace can be read" in said(found, "workspaces")


def test_no_key_at_all_is_wrong_and_the_rest_is_looked_at(doctor) -> None:
    found = doctor(INSTANTLY_API_KEY=None)
    assert found.exit_code == Exit.CONFIGURATION
    assert "no API key" in said(found, "keys")
    assert levels(found, "disk") == {Level.OK}


def test_a_sub_workspace_that_is_not_paid_costs_itself(doctor, api: Sandbox) -> None:
    unpaid = next(space.id for space in api.app.world.workspaces if not space.spec.paid)
    found = doctor(INSTANTLY_SUB_WORKSPACES=("all",))
    assert found.exit_code == Exit.PARTIAL
    assert "5 have accepted" in said(found, "sub-workspaces")
    assert "paid plan (402)" in said(found, f"workspace {unpaid}")
    assert levels(found, "workspace Acme Tools") == {Level.OK}


def test_a_sub_workspace_that_is_not_linked_is_wrong(doctor) -> None:
    found = doctor(INSTANTLY_SUB_WORKSPACES=("Nowhere",))
    assert found.exit_code == Exit.CONFIGURATION
    assert "Nowhere" in said(found, "sub-workspaces")


def test_missing_scopes_and_plans_are_named_table_by_table(doctor, api: Sandbox) -> None:
    found = doctor(
        INSTANTLY_API_KEY=SecretStr(api.keys["umbrella"]), INSTANTLY_TABLES="core,operations"
    )
    missing = {access.table: access for access in found.access if not access.is_readable}
    assert found.exit_code == Exit.PARTIAL
    assert set(missing) >= {"inbox_placement_tests", "inbox_placement_analytics"}
    assert missing["inbox_placement_tests"].scope == "inbox_placement_tests:read"
    assert "402" in missing["inbox_placement_tests"].reason
    narrow = doctor(INSTANTLY_API_KEY=SecretStr(api.keys["hooli"]))
    assert "workspaces:read" in said(narrow, "workspace")


def test_twice_the_same_workspace_is_wrong(doctor, api: Sandbox) -> None:
    found = doctor(
        INSTANTLY_API_KEY=None,
        INSTANTLY_WORKSPACES=("one", "two"),
        named_keys={"ONE": api.keys["northlight"], "TWO": api.keys["northlight/reader"]},
    )
    assert "same workspace as the key of one" in said(found, "workspace two")


def test_a_name_that_stood_for_another_workspace_is_wrong(doctor, tmp_path: Path, api) -> None:
    build(tmp_path / "warehouse.duckdb")
    (name,) = one(tmp_path, "select any_value(workspace_name) from instantly_raw.sync_runs")
    keys = {key_suffix(name): api.key}
    found = doctor(INSTANTLY_API_KEY=None, INSTANTLY_WORKSPACES=(name,), named_keys=keys)
    assert found.exit_code == Exit.CONFIGURATION
    assert "the warehouse holds w1" in said(found, f"workspace {name}")


def one(folder: Path, sql: str) -> tuple:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.sql(sql).fetchall()[0]


def test_a_tier_that_does_not_exist_is_wrong(doctor) -> None:
    found = doctor(INSTANTLY_TABLES="cor")
    assert found.exit_code == Exit.CONFIGURATION
    assert "'cor' is no table" in said(found, "tables")


def test_an_address_where_nobody_answers_is_wrong(doctor, monkeypatch) -> None:
    monkeypatch.setattr("pipelines.doctor.workspaces.RETRY_SECONDS", 0.1)
    found = doctor(INSTANTLY_BASE_URL="http://127.0.0.1:9")
    assert found.exit_code == Exit.CONFIGURATION
    assert "no connection" in said(found, "workspace")


# The machine ------------------------------------------------------------------------------------


def test_a_good_file_is_read_to_its_last_block(doctor, tmp_path: Path) -> None:
    build(tmp_path / "warehouse.duckdb")
    found = doctor()
    assert "every block can be read" in said(found, "file")
    assert levels(found, "file") == {Level.OK}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.write_bytes(b""), "0 bytes"),
        (lambda path: path.write_text("hello" * 5000), "not a DuckDB file"),
        (lambda path: path.with_name(f"{path.name}.wal").touch(), "another program writes to it"),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong(doctor, tmp_path: Path, spoil, says: str) -> None:
    path = build(tmp_path / "warehouse.duckdb")
    spoil(path)
    found = doctor()
    assert found.exit_code == Exit.CONFIGURATION
    assert says in said(found, "file")


def test_a_spoilt_block_deep_inside_is_found(doctor, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select hash(range)::varchar a from range(200000)")
    content = bytearray(path.read_bytes())
    content[1_000_000:1_000_100] = b"x" * 100
    path.write_bytes(content)
    found = doctor()
    assert "corrupt" in said(found, "file")
    assert found.exit_code == Exit.CONFIGURATION


def test_a_place_where_nothing_can_be_is_wrong(doctor) -> None:
    found = doctor(WAREHOUSE_PATH="gone/deeper/warehouse.duckdb")
    assert "no such folder" in said(found, "place")
    assert found.exit_code == Exit.CONFIGURATION


def test_a_full_disk_is_wrong(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    few = type("Usage", (), {"free": 5})
    monkeypatch.setattr("shutil.disk_usage", lambda _: few)
    found = doctor()
    assert levels(found, "disk") == {Level.WRONG}
    assert "make room" in said(found, "disk")


def test_who_is_at_work_is_said_and_the_lock_is_left_alone(doctor, tmp_path: Path) -> None:
    with locked(tmp_path / "warehouse.duckdb"):
        found = doctor()
        assert f"process {os.getpid()}" in said(found, "lock")
    assert "nobody is at work" in said(doctor(), "lock")
    dead = {"pid": 2**22 + 1, "command": "run", "since": "2026-01-01T00:00:00+00:00"}
    lock_path(tmp_path / "warehouse.duckdb").write_text(json.dumps(dead))
    assert "nobody is at work" in said(doctor(), "lock"), "the text of a run that was killed"


def test_what_a_dead_run_left_is_named(doctor, tmp_path: Path) -> None:
    (tmp_path / ".warehouse.duckdb.run-x").mkdir()
    found = doctor()
    assert ".warehouse.duckdb.run-x" in said(found, "lock")
    assert found.exit_code == Exit.DONE


def test_a_file_of_another_version_is_said(doctor, tmp_path: Path) -> None:
    path = build(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update instantly_raw.sync_runs set version = '9.9.9'")
    assert "9.9.9" in said(doctor(), "file")


# People -----------------------------------------------------------------------------------------


def test_what_is_hidden_is_held_against_the_warehouse(doctor, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema instantly_raw")
        connection.execute("create table instantly_raw.leads as select 'jane@x.com' as email")
        remember(connection, "ann@x.com")
    found = doctor(
        INSTANTLY_TABLES="leads,emails",
        PRIVACY_HASH=("leads.email",),
        PRIVACY_KEY=SecretStr(CANARY),
    )
    assert "hashed: leads.email" in said(found, "privacy")
    assert "in clear so far: leads.email" in said(found, "privacy")
    assert "emails.lead" in said(found, "privacy")
    assert "workspace_members.email" not in said(found, "privacy"), "our own side is not hidden"
    assert "kept out: 1" in said(found, "forgotten")
    assert found.exit_code == Exit.DONE


def test_a_column_that_does_not_exist_is_wrong(doctor) -> None:
    found = doctor(PRIVACY_DROP=("leads.fone",))
    assert found.exit_code == Exit.CONFIGURATION
    assert "leads.fone is no column" in said(found, "privacy")


# What it prints, and what it leaves alone -------------------------------------------------------


def test_no_secret_is_in_any_output(doctor, api: Sandbox) -> None:
    found = doctor(
        INSTANTLY_SUB_WORKSPACES=("all",),
        PRIVACY_HASH=("leads.email",),
        PRIVACY_KEY=SecretStr(CANARY),
    )
    console = Console(file=io.StringIO(), width=100)
    print_findings(found, console)
    for text in (as_json(found), console.file.getvalue(), repr(found)):
        assert not [key for key in (CANARY, *api.keys.values()) if key in text]


def test_json_is_whole(doctor) -> None:
    read = json.loads(as_json(doctor()))
    assert read["exit_code"] == 0
    assert {"check", "level", "what", "todo"} == set(read["findings"][0])
    assert {"workspace", "table", "scope", "reason", "is_readable"} == set(read["tables"][0])


def test_the_command_changes_no_byte_of_anything(
    program: Program, api: Sandbox, tmp_path: Path
) -> None:
    build(tmp_path / "warehouse.duckdb")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    home = tmp_path / "home"
    done = program(
        "doctor",
        INSTANTLY_API_KEY=api.key,
        INSTANTLY_BASE_URL=api.url,
        WAREHOUSE_PATH="warehouse.duckdb",
        HOME=str(home),
        XDG_CACHE_HOME=str(home),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "all well" in done.stdout
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_who_is_told_of_a_bad_night_is_said_without_the_address(doctor) -> None:
    assert "nobody is told" in said(doctor(), "notify")
    hook = SecretStr("https://hooks.example.com/services/T0/B0/s3cr3t")
    found = doctor(NOTIFY_URL=hook, NOTIFY_COMMAND="sh -c true")
    assert levels(found, "notify") == {Level.OK}
    assert "hooks.example.com: failure,partial" in said(found, "notify")
    assert "s3cr3t" not in as_json(found)


def test_a_program_to_tell_that_is_not_there_is_missing(doctor) -> None:
    found = doctor(NOTIFY_COMMAND="./no-such-program --night")
    assert found.exit_code == Exit.PARTIAL
    assert "there is no program ./no-such-program" in said(found, "notify")
