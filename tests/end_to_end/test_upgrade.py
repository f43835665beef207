"""A file that an earlier version has written (see earlier_version/), in the hands of this one."""

import shutil
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from pipelines import run as jobs
from pipelines.doctor import examine
from pipelines.errors import ConfigurationError, Exit
from pipelines.forget import forget
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.report import read_report
from pipelines.run import Job
from pipelines.settings import Settings
from pipelines.status import read_status
from sandbox import Sandbox
from sandbox.worlds import small

TODAY = date(2026, 11, 17)
JANE = "jane@example.com"


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as the earlier version left it."""
    folder = tmp_path_factory.mktemp("earlier")
    with zipfile.ZipFile(Path(__file__).with_name("earlier_version") / "warehouse.zip") as dump:
        dump.extractall(folder)
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"set file_search_path = '{folder}'")
        for script in ("schema.sql", "load.sql"):
            connection.execute((folder / script).read_text())
    return file


@pytest.fixture
def file(earlier: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(earlier, tmp_path / "warehouse.duckdb"))


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    """The source just as it was when the earlier version loaded last."""
    world = small(campaigns=2, days=6, leads_per_day=9)
    with Sandbox(world, date=TODAY, rate_limit=None) as sandbox:
        sandbox.advance(days=1)
        sandbox.change("edit_copy", campaign=0, step=0, variant=1, subject="the second text")
        yield sandbox


def job(file: Path, **variables: Any) -> Job:
    settings = Settings(
        **{"INSTANTLY_API_KEY": SecretStr("unused"), "WAREHOUSE_PATH": file, **variables}
    )
    return Job(settings, new_run_id(), SilentProgress())


def raw(file: Path, like: Path) -> dict[str, Any]:
    """Number and sum of hashes of the rows of every raw table that `like` has, in its columns."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{like}' as earlier (read_only)")
        tables: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'earlier' "
            "and schema_name = 'instantly_raw' and table_name not like '\\_dlt%' escape '\\' "
        ).fetchall():
            tables.setdefault(table, []).append(f'"{column}"')
        return {
            table: connection.execute(
                f"select count(*), sum(hash({', '.join(columns)})) from instantly_raw.{table}"
            ).fetchone()
            for table, columns in tables.items()
        }


def sent(file: Path) -> Any:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            "select sum(sent), sum(unique_replies), count(*) from instantly.variant_performance"
        ).fetchone()


def test_what_only_reads_shows_the_file_as_it_is(file: Path, api: Sandbox) -> None:
    before = file.read_bytes()
    assert read_status(file).tables
    settings = job(file, INSTANTLY_API_KEY=SecretStr(api.key), INSTANTLY_BASE_URL=api.url).settings
    assert examine(settings).exit_code == Exit.DONE
    assert read_report(file, None, None).campaigns
    assert file.read_bytes() == before


def test_marts_that_lack_a_column_are_refused_with_the_command_that_helps(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table instantly.step_performance drop column reply_rate_low")
    with pytest.raises(ConfigurationError, match="transform"):
        read_report(file, None, None)


@pytest.mark.slow
def test_marts_are_built_anew_from_the_rows_that_are_there(file: Path, earlier: Path) -> None:
    jobs.transform(job(file))
    assert raw(file, earlier) == raw(earlier, earlier)
    assert sent(file) == sent(earlier)
    assert read_report(file, None, None).campaigns


@pytest.mark.slow
def test_a_run_goes_on_from_the_rows_that_are_there(
    file: Path, earlier: Path, api: Sandbox
) -> None:
    api.reset_requests()
    done = job(file, INSTANTLY_API_KEY=SecretStr(api.key), INSTANTLY_BASE_URL=api.url)
    report = jobs.run(done)
    assert not report.is_partial
    held = {outcome.table_name: outcome.rows for outcome in report.outcomes}
    assert held["leads"] > 0 < held["accounts"]
    kept, were = raw(file, earlier), raw(earlier, earlier)
    unchanged = {"campaign_analytics_daily", "step_analytics", "step_analytics_daily"}
    assert {table: kept[table] for table in unchanged} == {t: were[t] for t in unchanged}
    assert kept["sync_runs"][0] > were["sync_runs"][0]
    assert sent(file) == sent(earlier)
    assert read_report(file, None, None).campaigns


@pytest.mark.slow
def test_a_load_alone_adds_to_the_rows_and_leaves_the_marts(
    file: Path, earlier: Path, api: Sandbox
) -> None:
    done = job(file, INSTANTLY_API_KEY=SecretStr(api.key), INSTANTLY_BASE_URL=api.url)
    assert not jobs.sync(done).is_partial
    kept, were = raw(file, earlier), raw(earlier, earlier)
    assert {table for table in were if kept[table][0] < were[table][0]} == set()
    assert kept["sync_runs"][0] > were["sync_runs"][0]
    assert sent(file) == sent(earlier)
    assert read_report(file, None, None).campaigns


@pytest.mark.slow
def test_a_person_leaves_a_file_of_an_earlier_version(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "update instantly_raw.campaign_variants set body = body || ?", [f" ask {JANE}"]
        )
    done = forget(job(file), JANE)
    assert [trace.table for trace in done.traces] == ["campaign_variants"]
    assert JANE.encode() not in file.read_bytes()
    assert read_report(file, None, None).campaigns


def test_a_file_of_a_newer_version_is_refused_in_one_line(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("update instantly_raw.sync_runs set version = '10.2.0'")
    before = file.read_bytes()
    for work in (jobs.run, jobs.sync, jobs.transform, lambda it: forget(it, JANE)):
        with pytest.raises(ConfigurationError, match=r"written by instantly-warehouse 10\.2\.0"):
            work(job(file))
    assert file.read_bytes() == before
    assert read_status(file).tables, "reading it harms nothing"
