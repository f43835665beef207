"""What several tests of the source share."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.sources.furnished import Synced, synced_world


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """A world in which every table has rows, after its first sync."""
    with synced_world(tmp_path_factory) as world:
        yield world


@pytest.fixture
def faulty(synced: Synced, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The API of that world, to be given faults; what may heal is asked again without a pause."""
    monkeypatch.setattr("sources.instantly.conversation.client.LONGEST_PAUSE_SECONDS", 0.001)
    synced.api.reset_requests()
    yield synced.api
    synced.api.clear_faults()
