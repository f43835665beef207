"""What the lock's file says: enough for the next one at the door, and never whom to forget."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipelines.errors import LockHeldError
from pipelines.lock import holder, lock_path, locked


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def test_the_holder_introduces_itself_without_addresses(warehouse: Path, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["/bin/instantly-warehouse", "forget", "jane@x.com", "-q"])
    with locked(warehouse):
        said = json.loads(lock_path(warehouse).read_text())
        assert said["command"] == "instantly-warehouse forget … -q"
        with pytest.raises(LockHeldError, match=f"process {os.getpid()}"), locked(warehouse):
            pass
    assert lock_path(warehouse).read_text() == ""


def test_who_is_at_work_is_told_without_touching_the_lock(warehouse: Path) -> None:
    assert holder(warehouse) is None
    assert not lock_path(warehouse).exists()
    with locked(warehouse):
        assert f"process {os.getpid()}" in (holder(warehouse) or "")
    assert holder(warehouse) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"pid": 4194305, "command": "run", "since": "2026-01-01T00:00:00+00:00"}',
        f'{{"pid": {os.getpid()}, "command": "run", "since": "2020-01-01T00:00:00+00:00"}}',
        '{"pid": "x", "command": "run", "since": "2020-01-01T00:00:00+00:00"}',
        '{"pid": 1}',
        "[]",
        "no JSON",
    ],
    ids=["dead", "another process of that number", "no number", "half", "a list", "text"],
)
def test_the_text_of_a_run_that_was_killed_holds_nobody_up(warehouse: Path, text: str) -> None:
    lock_path(warehouse).write_text(text)
    assert holder(warehouse) is None
    with locked(warehouse):
        pass
