"""The real command, as a process, against the sandbox: what a scheduler and a reader live with."""

import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from sandbox import Sandbox
from tests.end_to_end.first_run import (
    PROGRAM,
    TODAY,
    WORLD,
    FirstRun,
    command,
    environment,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def file(tmp_path: Path, first_run: FirstRun) -> Path:
    """A warehouse of one's own, after one good run."""
    return Path(shutil.copy(first_run.file, tmp_path / "warehouse.duckdb"))


def sent(file: Path) -> int:
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("select sum(sent) from instantly.variant_performance").fetchone()
    assert row is not None
    return row[0]


def test_a_run_fills_every_mart(file: Path) -> None:

    with duckdb.connect(str(file), read_only=True) as connection:
        marts = {
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'instantly'"
            ).fetchall()
        }
        total = connection.execute(
            "select sum(emails_sent_count) from instantly_raw.campaign_analytics"
        ).fetchone()
        info = connection.execute(
            "select run_id, as_of::date, version from instantly.warehouse_info"
        ).fetchall()
    assert {
        "dim_workspaces",
        "dim_campaigns",
        "dim_steps",
        "dim_variants",
        "dim_members",
        "fct_variant_engagement_daily",
        "fct_campaign_engagement_daily",
        "variant_performance",
        "step_performance",
        "campaign_performance",
        "member_performance",
        "workspace_performance",
        "sync_status",
        "warehouse_info",
    } <= marts
    assert total == (sent(file),)
    assert len(info) == 1
    assert info[0][1] == TODAY


def test_only_the_marts_stand_in_their_schema(file: Path) -> None:
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()

    assert not [name for schema, name in tables if schema == "instantly" and name[0] == "_"]
    assert "instantly_raw_staging" not in {schema for schema, _ in tables}


@pytest.mark.parametrize(
    "page", ["README.md", "docs/judgement.md", "docs/metrics.md", "docs/operations.md"]
)
def test_queries_in_the_documentation_run(file: Path, page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    with duckdb.connect(str(file), read_only=True) as connection:
        for query in re.findall(r"```sql\n(.*?)```", text, re.DOTALL):
            assert connection.execute(query).description, query


def kill_at(stage: str, folder: Path, api: Sandbox) -> None:
    """Starts a run and kills it, without warning, when it says that a stage begins."""
    victim = subprocess.Popen(
        [str(PROGRAM), "run", "--full-refresh"],
        cwd=folder,
        env=environment(folder, api),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert victim.stderr is not None
    for line in victim.stderr:
        if line.split()[1:] == [stage]:
            break
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    victim.stderr.close()


READ = """
import duckdb, sys
c = duckdb.connect(sys.argv[1], read_only=True)
runs = c.execute("select count(*) from instantly.warehouse_info").fetchone()
variants = c.execute("select sum(sent) from instantly.variant_performance").fetchone()
steps = c.execute("select sum(sent) from instantly.step_performance").fetchone()
assert runs == (1,) and variants == steps, (runs, variants, steps)
"""


@contextmanager
def reading(file: Path) -> Generator[list[str]]:
    """New readers, one after the other, until the block ends; yields what went wrong for them."""
    done = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        while not done.wait(0.2):
            reader = subprocess.run(
                [sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=False
            )
            if reader.returncode:
                wrong.append(reader.stderr)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield wrong
    finally:
        done.set()
        thread.join()


@pytest.mark.slow
def test_runs_killed_at_any_stage_leave_the_old_file_and_the_next_is_right(
    tmp_path: Path, api: Sandbox, file: Path
) -> None:
    """Meanwhile one reader keeps the file open and others come and go."""
    loaded, before = file.read_bytes(), sent(file)
    kept = duckdb.connect(str(file), read_only=True)
    api.change("rename_workspace", name="Renamed before")  # or there would be nothing to build
    with reading(file) as wrong:
        for stage in ("load", "transform", "publish"):
            kill_at(stage, tmp_path, api)
            assert file.read_bytes() == loaded or stage == "publish"
            assert sent(file) == before, "the file opens and holds one complete run"
        done = command(tmp_path, api, "run")

    assert done.returncode == 0, done.stderr
    assert wrong == []
    assert sent(file) == before
    assert sorted(path.name for path in tmp_path.iterdir() if "run-" in path.name) == []
    assert kept.execute("select count(*) from instantly.dim_campaigns").fetchone() == (2,)
    kept.close()


WRONG = [
    ("a bad key", {"INSTANTLY_API_KEY": "no-such-key"}, 2, "key was refused (401)"),
    ("no host", {"INSTANTLY_BASE_URL": "http://127.0.0.1:9"}, 1, "no answer from"),
    ("no folder", {"WAREHOUSE_PATH": "/no/such/folder/x.duckdb"}, 2, "/no/such/folder"),
    ("no table", {"INSTANTLY_TABLES": "campaings"}, 2, "campaings"),
    ("a bad date", {"INSTANTLY_START_DATE": "yesterday"}, 2, "INSTANTLY_START_DATE"),
    ("plain http", {"INSTANTLY_BASE_URL": "http://api.example.com"}, 2, "INSTANTLY_BASE_URL"),
]


@pytest.mark.parametrize(
    ("variables", "code", "says"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_wrong_input_is_one_line_with_its_exit_code(
    tmp_path: Path, api: Sandbox, file: Path, variables, code: int, says: str
) -> None:
    loaded = file.read_bytes()
    done = command(tmp_path, api, "--quiet", "run", **variables)

    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1, "one line"
    assert "Traceback" not in done.stderr
    assert api.key not in done.stderr
    assert file.read_bytes() == loaded
    assert [path.name for path in tmp_path.iterdir() if "run-" in path.name] == []


def test_another_workspaces_key_is_refused_with_both_ids(tmp_path: Path) -> None:
    with Sandbox("agency", rate_limit=None) as agency:
        named = {"INSTANTLY_API_KEY": "", "INSTANTLY_WORKSPACES": "acme"}
        first = command(
            tmp_path, agency, "sync", **named, INSTANTLY_API_KEY_ACME=agency.keys["acme"]
        )
        before = (tmp_path / "warehouse.duckdb").read_bytes()
        other = command(
            tmp_path,
            agency,
            "--quiet",
            "sync",
            **named,
            INSTANTLY_API_KEY_ACME=agency.keys["globex"],
        )

    assert first.returncode == 0, first.stderr
    assert other.returncode == 2, other.stderr
    assert "opens workspace" in other.stderr
    assert (tmp_path / "warehouse.duckdb").read_bytes() == before


def test_what_the_key_may_not_read_is_skipped_and_said(tmp_path: Path) -> None:
    with Sandbox("agency", rate_limit=None) as agency:
        names = {"acme": "acme", "hooli": "hooli", "initech": "initech"}
        done = command(
            tmp_path,
            agency,
            "sync",
            INSTANTLY_API_KEY="",
            INSTANTLY_WORKSPACES=",".join(names),
            **{f"INSTANTLY_API_KEY_{n.upper()}": agency.keys[k] for n, k in names.items()},
        )
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        stored = connection.execute(
            "select distinct workspace_name, status from instantly_raw.sync_runs order by all"
        ).fetchall()
        members = connection.execute(
            "select count(distinct workspace_id) from instantly_raw.workspace_members"
        ).fetchone()

    assert done.returncode == 3, done.stderr
    assert ("acme", "ok") in stored
    assert {status for name, status in stored if name == "initech"} == {"failed"}
    assert "402" in done.stderr
    assert members == (1,)


def test_an_answer_out_of_contract_is_refused_and_nothing_changes(
    tmp_path: Path, api: Sandbox, file: Path
) -> None:
    loaded = file.read_bytes()
    api.fault("items_null", "GET /campaigns", times=None)
    try:
        done = command(tmp_path, api, "--quiet", "run")
    finally:
        api.clear_faults()

    assert done.returncode == 5
    assert "GET /campaigns" in done.stderr
    assert "`items`" in done.stderr
    assert file.read_bytes() == loaded
