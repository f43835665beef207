"""A published warehouse to work on, and ways to start the program for real."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.installed_program import PROGRAM, Program


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A published file with one raw table in it."""
    path = tmp_path / "instantly.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema instantly_raw")
        connection.execute(
            "create table instantly_raw.campaigns as select range as id from range(9)"
        )
    return path


@pytest.fixture
def environment() -> dict[str, str]:
    """This environment without a setting in it."""
    ours = ("INSTANTLY_", "WAREHOUSE_", "SETTLED_", "TRAILING_", "DECISION_", "DESTINATION")
    ours += ("LOG_LEVEL", "RUN_", "PRIVACY_", "REPORT_", "NOTIFY_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture
def program(tmp_path: Path, environment: dict[str, str]) -> Program:
    """Starts the installed command in an empty folder, with the given variables and no others."""

    def start(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PROGRAM), *arguments],
            cwd=tmp_path,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return start
