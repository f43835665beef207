"""What a crash or a killed run leaves: no core file, and a folder that only its user may enter."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.secrecy import Mask, leave_no_cores
from pipelines.swap import Swap

ALL_THERE_IS = "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(4)[1],) * 2)"
CRASH = """
import os, resource
from pipelines.secrecy import leave_no_cores
{before}
leave_no_cores()
print(*resource.getrlimit(resource.RLIMIT_CORE), flush=True)
os.abort()
"""


@pytest.mark.parametrize(
    ("before", "limit"),
    [(ALL_THERE_IS, "1"), ("resource.setrlimit(resource.RLIMIT_CORE, (0, 0))", "0")],
    ids=["unlimited", "forbidden"],
)
def test_a_crash_writes_no_core(tmp_path: Path, before: str, limit: str) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if before == ALL_THERE_IS and most == 0:
        pytest.skip("core files are forbidden here")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", CRASH.format(before=before)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode < 0
    assert done.stdout.split()[0] == limit
    assert list(tmp_path.iterdir()) == []


def test_asking_twice_does_no_harm() -> None:
    leave_no_cores()
    leave_no_cores()
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] in (0, 1)


def test_nobody_else_enters_the_folder_of_a_run(warehouse: Path) -> None:
    with Swap(warehouse).begin("run-1") as draft:
        assert draft.folder.stat().st_mode & 0o777 == 0o700
        assert draft.database.stat().st_mode & 0o777 == 0o600


def test_what_was_hidden_before_stays_hidden() -> None:
    mask = Mask()
    mask.hide(("https://hooks.example.com/s3cr3t",))
    mask.hide(("a-key",))
    assert mask("a-key for https://hooks.example.com/s3cr3t") == "*** for ***"
