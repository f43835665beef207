"""Ten readers ask all the time while twenty runs replace the file under them."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import duckdb
import psutil
import pytest

from pipelines import run as jobs
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job
from pipelines.settings import Settings
from sandbox import Sandbox
from sandbox.worlds import small

READERS = 10
RUNS = 20
WITH_MARTS = (1, 10, 20)
SEEN = {
    "raw": """
        select (select max(run_id) from instantly_raw.sync_runs),
            (select count(*) from instantly_raw.sync_runs),
            (select sum(sent) from instantly_raw.step_analytics_daily),
            (select sum(sent) from instantly_raw.campaign_analytics_daily),
            (select sum(emails_sent_count) from instantly_raw.campaign_analytics)
    """,
    "marts": """
        select (select run_id from instantly.warehouse_info),
            (select max(run_id) from instantly.sync_status),
            (select count(*) from instantly.sync_status),
            (select sum(sent) from instantly.fct_campaign_engagement_daily),
            (select sum(sent) from instantly.fct_variant_engagement_daily),
            (select sum(sent) from instantly.campaign_performance),
            (select sum(sent) from instantly.step_performance),
            (select sum(sent) from instantly.variant_performance),
            (select sum(sent) from instantly.workspace_performance)
    """,
}
READER = f"""
    import json, select, sys, time
    import duckdb
    SEEN = {SEEN!r}
    file, stays_open = sys.argv[1], sys.argv[2] == "True"
    seen = {{name: {{}} for name in SEEN}}
    def look(connection):
        answers = {{name: connection.execute(sql).fetchone() for name, sql in SEEN.items()}}
        for name, (run, *rest) in answers.items():
            found = seen[name].setdefault(run, [])
            if rest not in found:
                found.append(rest)
        return answers
    print("ready", flush=True)
    looks = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        with duckdb.connect(file, read_only=True) as connection:
            first = look(connection)
            for _ in range(3 if stays_open else 1):
                time.sleep(1)
                assert look(connection) == first, "a snapshot that moves"
                looks += 1
    print(json.dumps({{"looks": looks, **seen}}, default=str))
"""


def seen_by(file: Path) -> dict[str, tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        answers = {name: connection.execute(sql).fetchone() for name, sql in SEEN.items()}
    return {name: answer or () for name, answer in answers.items()}


@contextmanager
def reader(file: Path, *, stays_open: bool) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", textwrap.dedent(READER), str(file), str(stays_open)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def handles_on(folder: Path, readers: set[int]) -> list[str]:
    """What this process and its children, but for the readers, have open below a folder."""
    everybody = [psutil.Process(), *psutil.Process().children(recursive=True)]
    opened = [
        file.path for some in everybody if some.pid not in readers for file in some.open_files()
    ]
    return [path for path in opened if path.startswith(str(folder))]


@pytest.mark.slow
def test_readers_never_err_and_never_see_two_runs_at_once(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    world = small(campaigns=2, days=4, leads_per_day=3)
    published: dict[str, dict[str, list]] = {name: {} for name in SEEN}
    with (
        Sandbox(world, date=date(2026, 11, 17), rate_limit=None) as api,
        ExitStack() as stack,
    ):
        settings = Settings(
            INSTANTLY_API_KEY=api.key,
            INSTANTLY_BASE_URL=api.url,
            INSTANTLY_REQUESTS_PER_MINUTE=6000,
            INSTANTLY_TABLES="campaign_analytics_daily,step_analytics_daily",
            WAREHOUSE_PATH=file,
        )
        readers: list[subprocess.Popen[str]] = []
        for number in range(1, RUNS + 1):
            work = jobs.run if number in WITH_MARTS else jobs.sync
            work(Job(settings, new_run_id(), SilentProgress()))
            assert handles_on(tmp_path, {process.pid for process in readers}) == []
            for name, (run, *rest) in seen_by(file).items():
                published[name][run] = json.loads(json.dumps(rest, default=str))
            if not readers:
                readers = [
                    stack.enter_context(reader(file, stays_open=n % 2 == 0)) for n in range(READERS)
                ]
            api.advance(days=1 if number + 1 in WITH_MARTS else 0.25)
        found = []
        for process in readers:
            said, wrong = process.communicate("\n", timeout=60)
            assert process.returncode == 0, wrong
            found.append(json.loads(said))

    assert len(published["raw"]) == RUNS
    assert len(published["marts"]) == len(WITH_MARTS)
    assert len({str(numbers) for numbers in published["marts"].values()}) == len(WITH_MARTS)
    for told in found:
        assert told["looks"] > RUNS
        for name in SEEN:
            for run, answers in told[name].items():
                assert answers == [published[name][run]], "numbers of one run, beside its name"
    runs_seen = {run for told in found for run in told["raw"]}
    assert len(runs_seen) > RUNS // 2, "readers looked while runs went on"
