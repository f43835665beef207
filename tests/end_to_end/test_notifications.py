"""Who is told what of real runs: quiet when all is well, and one event when it is not."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.worlds import small
from tests.end_to_end.first_run import TODAY, WORLD, FirstRun, command
from tests.pipelines.receiving import Receiver, receiving

CAMPAIGNS = 5


@dataclass(frozen=True)
class Loaded:
    """A warehouse with some campaigns, the API they are from, and who hears of its runs."""

    api: Sandbox
    folder: Path
    receiver: Receiver

    def sync(self, *arguments: str, **variables: str) -> int:
        """One load of the campaigns; its exit code."""
        self.receiver.events.clear()
        told = {"NOTIFY_URL": self.receiver.url, "INSTANTLY_TABLES": "campaigns"}
        return command(self.folder, self.api, "sync", *arguments, **told | variables).returncode

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    world = small(campaigns=CAMPAIGNS, days=3, leads_per_day=1)
    folder = tmp_path_factory.mktemp("loaded")
    with Sandbox(world, date=TODAY, rate_limit=None) as api, receiving(Receiver()) as receiver:
        loaded = Loaded(api, folder, receiver)
        assert loaded.sync() == 0
        assert receiver.events == [], "nobody is told that all is well"
        yield loaded


def test_a_failure_is_told_with_what_readers_still_see(loaded: Loaded) -> None:
    before = loaded.file.read_bytes()

    assert loaded.sync(INSTANTLY_API_KEY="no-such-key") == 2
    (event,) = loaded.receiver.events
    assert (event["event"], event["exit_code"]) == ("failure", 2)
    assert event["text"].startswith("instantly-warehouse sync cannot work like this (exit 2): ")
    assert "401" in event["message"]
    assert event["as_of"].startswith(TODAY.isoformat())
    assert event["warehouse"] == "warehouse.duckdb"
    assert loaded.file.read_bytes() == before


def test_a_table_that_was_skipped_is_told_by_name(loaded: Loaded) -> None:
    loaded.api.fault("status", "GET /custom-tags", times=None, status=402, body={"error": "plan"})
    try:
        assert loaded.sync(INSTANTLY_TABLES="campaigns,custom_tags") == 3
    finally:
        loaded.api.clear_faults()
    (event,) = loaded.receiver.events
    assert event["events"] == ["partial"]
    assert [(table["table"], table["status"]) for table in event["tables"]] == [
        ("custom_tags", "skipped")
    ]
    assert "402" in event["tables"][0]["message"]
    assert loaded.api.key not in str(event)


def test_a_mass_delete_is_told_when_it_is_refused_and_when_it_is_allowed(loaded: Loaded) -> None:
    """Last here: the campaigns are gone after it."""
    for number in range(CAMPAIGNS):
        loaded.api.change("delete_campaign", campaign=number)

    assert loaded.sync() == 5
    (refused,) = loaded.receiver.events
    assert refused["events"] == ["failure", "mass_delete"]
    assert "--allow-shrink" in refused["message"]

    assert loaded.sync("--allow-shrink") == 0
    (allowed,) = loaded.receiver.events
    assert allowed["events"] == ["mass_delete"]
    (table,) = [table for table in allowed["tables"] if table["table"] == "campaigns"]
    assert (table["rows"], table["deleted"]) == (0, CAMPAIGNS)
    assert f"campaigns lost {CAMPAIGNS} of {CAMPAIGNS} rows" in allowed["text"]


@pytest.mark.slow
def test_a_past_that_was_rewritten_is_told(first_run: FirstRun, tmp_path: Path) -> None:
    """With no day of grace every past day is settled, and its sent mails do not fall."""
    shutil.copy(first_run.file, tmp_path / "warehouse.duckdb")
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as api, receiving(Receiver()) as receiver:
        api.change("restate_day", campaign=0, days_ago=3, sent=3)
        settings = {"NOTIFY_URL": receiver.url, "SETTLED_AFTER_DAYS": "0"}
        done = command(tmp_path, api, "run", **settings)

    assert done.returncode == 0, done.stderr
    (event,) = receiver.events
    assert event["events"] == ["restatement"]
    (restated,) = event["restated"]
    assert restated["workspace"] == "Small Ltd"
    assert restated["refused"] > 0
    assert "falls were refused" in event["text"]
