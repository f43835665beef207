"""EMAIL_TEXT_DAYS: what old mails say is in no byte of the file, and no number moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import run as jobs
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.retention import rows_with_old_texts
from pipelines.run import Job, Selection
from pipelines.settings import Settings
from pipelines.warehouse_file import open_read_only
from sandbox import Sandbox
from sandbox.worlds import small

TODAY = date(2026, 11, 17)
COUNTS = """
    select count(*), count(distinct id), count(subject), count(lead), sum(ue_type),
        bit_xor(hash(id))
    from instantly_raw.emails
"""


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    with Sandbox(
        small(campaigns=1, days=12, leads_per_day=3), date=TODAY, rate_limit=None
    ) as sandbox:
        yield sandbox


@dataclass
class Published:
    file: Path
    api: Sandbox

    def sync(self, days: int = 0, **options: Any) -> None:
        settings = Settings(
            INSTANTLY_API_KEY=self.api.key,
            INSTANTLY_BASE_URL=self.api.url,
            INSTANTLY_REQUESTS_PER_MINUTE=6000,
            INSTANTLY_TABLES="emails,webhook_events",
            EMAIL_BODIES="true",
            EMAIL_TEXT_DAYS=days,
            WAREHOUSE_PATH=self.file,
        )
        jobs.sync(Job(settings, new_run_id(), SilentProgress(), Selection(**options)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute("set TimeZone = 'UTC'").execute(sql).fetchall()

    def rows_with_old_texts(self, days: int) -> int:
        with open_read_only(self.file) as connection:
            return rows_with_old_texts(connection, days)

    def texts(self) -> dict[bool, int]:
        """How many mails have a text, by whether they are older than five days."""
        found = self.rows(
            "select timestamp_created < timestamptz '2026-11-12 12:00:01', count(body) "
            "from instantly_raw.emails group by 1"
        )
        return dict(found)


def test_old_texts_leave_every_byte_and_no_number_moves(api: Sandbox, tmp_path: Path) -> None:
    published = Published(tmp_path / "warehouse.duckdb", api)
    published.sync()
    before = published.rows(COUNTS)
    assert published.texts()[True] > 0 < published.texts()[False]
    ((preview,),) = published.rows(
        "select first(content_preview order by timestamp_created) from instantly_raw.emails "
        "where content_preview not in (select content_preview from instantly_raw.emails "
        "where timestamp_created >= timestamptz '2026-11-12 12:00:01')"
    )
    assert preview.encode() in published.file.read_bytes()

    assert published.rows_with_old_texts(days=5) > 0 == published.rows_with_old_texts(days=0)
    published.sync(days=5)
    assert published.texts()[True] == 0 < published.texts()[False]
    assert published.rows_with_old_texts(days=5) == 0
    assert preview.encode() not in published.file.read_bytes()
    assert published.rows(COUNTS) == before

    published.sync(days=5, full_refresh=True)
    assert published.texts()[True] == 0, "what is read again does not bring them back"
    assert preview.encode() not in published.file.read_bytes()
    assert published.rows(COUNTS) == before


def test_texts_that_are_too_old_when_they_are_read_never_come_in(
    api: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pipelines.swap.write_afresh", lambda _: pytest.fail("nothing had to be removed")
    )
    published = Published(tmp_path / "warehouse.duckdb", api)
    published.sync(days=5)
    assert published.texts()[True] == 0 < published.texts()[False]
    (payloads,) = published.rows(
        "select count(*), count(payload) from instantly_raw.webhook_events "
        "where timestamp_created < timestamptz '2026-11-12 12:00:00'"
    )
    assert payloads[0] > 0 == payloads[1]
