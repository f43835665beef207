"""One warehouse of marts and one built handbook for the tests of this folder."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from tests.dbt_project.conftest import built  # noqa: F401 the same build as for the marts' tests

ROOT = Path(__file__).parents[2]
LATER = """
    update instantly.warehouse_info set as_of = as_of + interval 1 month;
    insert into instantly.fct_campaign_engagement_daily
        (workspace_id, campaign_id, date, open_tracking, sent, opened, replies, replies_automatic)
    select 'w-1', 'spring', min(date) - interval 9 day, true, 70, 30, 7, 1
    from instantly.fct_campaign_engagement_daily
"""
"""The rows that dbt builds of are of one month: looked at in the next, and with a day before."""
VERDICTS = """
    insert into instantly.variant_verdicts
        (workspace_id, campaign_id, step, campaign_name, step_number, is_deleted, metric, status,
        reason, sentence, arms, winner_label, probability, sends_needed, days_to_go)
    values
        ('w-1', 'spring', 0, 'Spring', 1, false, 'reply', 'leading', '', 'B leads A.',
            2, null, 0.9, 1300, 9),
        ('w-2', 'spring-2', 0, 'Spring', 1, false, 'reply', 'winner', '', 'A beats B.',
            2, 'A', 0.99, null, null),
        ('w-1', 'untracked', 0, 'No opens', 1, false, 'reply', 'no data', '', '',
            1, null, null, null, null)
"""


@pytest.fixture(scope="session")
def warehouse(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A file as people open it: the marts that dbt built of known rows, three verdicts, a month on.

    What is judged is built after the rest, from tables that a run writes; here the rows are given.
    """
    file = tmp_path_factory.mktemp("analysts") / "warehouse.duckdb"
    shutil.copyfile(built / "instantly.duckdb", file)
    with duckdb.connect(str(file)) as connection:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in judged_columns().items())
        connection.execute(f"create table instantly.variant_verdicts ({columns})")
        connection.execute(VERDICTS)
        connection.execute(LATER)
    return file


def judged_columns() -> dict[str, str]:
    """The columns of the verdicts as their contract has them."""
    from tests.dashboard.marts import shapes

    return shapes()["variant_verdicts"]


@pytest.fixture(scope="session")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by its command, once for all test processes."""
    if not (ROOT / ".docs" / "bin" / "zensical").exists():
        pytest.skip("`make test` installs the tools of the handbook")
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "handbook"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            command = [sys.executable, "-m", "handbook", "--site", str(shared)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return shared


def month_of(day: dt.date) -> dt.date:
    """The first of a day's month."""
    return day.replace(day=1)
