"""E-mails in the warehouse: all of them, once, as last read; without what they say."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from pipelines.outcome import TableOutcome
from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.reading import emails

TODAY = date(2026, 11, 17)
OPERATION = "GET /emails"


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(small(campaigns=1, days=12), date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def sync(warehouse, api):
    """Syncs the e-mails and says how that went."""

    def syncing(**options: Any) -> TableOutcome:
        report = warehouse.sync(api, tables="emails", **options)
        (others,) = {o.status for o in report.outcomes if o.table_name != "emails"}
        assert others == "ok"
        return next(o for o in report.outcomes if o.table_name == "emails")

    return syncing


def ids(warehouse) -> list[str]:
    return [row["id"] for row in warehouse.rows("select id from instantly_raw.emails order by id")]


def truth(api: Sandbox) -> list[str]:
    from tests.end_to_end.conftest import Source

    source, found, cursor = Source(api, api.key), [], {}
    while page := source.get("/emails", limit="100", **cursor)["items"]:
        found += [row["id"] for row in page]
        cursor = {"starting_after": page[-1]["id"]}
    return sorted(found)


def test_every_email_stands_there_once_and_again_only_when_it_changed(api, warehouse, sync) -> None:
    """The newest e-mail claims to be stored in 2999, which must not stop those after it."""
    future = {"timestamp_created": "2999-01-01T00:00:00.000Z"}
    api.change("overlay", template="/emails", id=truth(api)[-1], fields=future)
    first = sync()
    assert (first.status, first.rows, first.changed) == ("ok", len(truth(api)), first.rows)
    assert ids(warehouse) == truth(api)

    api.advance(days=1)
    api.change("late_reply", campaign=0, days_ago=9)
    second = sync()
    assert second.changed == second.rows - first.rows > 1
    assert ids(warehouse) == truth(api)

    newest = truth(api)[-1]
    api.change("overlay", template="/emails", id=newest, fields={"i_status": 3})
    before = warehouse.rows("select id, observed_at from instantly_raw.emails order by id")
    assert sync().changed == 1
    after = warehouse.rows("select id, observed_at from instantly_raw.emails order by id")
    assert [a["id"] for a, b in zip(after, before, strict=True) if a != b] == [newest]


def test_columns_are_filled_as_they_are_meant(warehouse, sync) -> None:
    counts = (
        "select count(*) as rows, count(body) as bodies, count(content_preview) as previews, "
        "count(subject) as subjects, count(step) as steps, count(step_index) as positions, "
        "count(distinct variant_index) as variants from instantly_raw.emails"
    )
    sync()
    types = {
        row["column_name"]: row["data_type"]
        for row in warehouse.rows(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'instantly_raw' and table_name = 'emails'"
        )
    }
    (without,) = warehouse.rows(counts)

    assert types["thread_id"] == "VARCHAR", "declared as UUID, mostly none (quirk D18)"
    assert types["step"] == "VARCHAR"
    assert {types[f"{part}_index"] for part in ("subsequence", "step", "variant")} == {"BIGINT"}
    assert without["steps"] == without["positions"] > 0
    assert without["variants"] == 2
    assert without["subjects"] == without["rows"]
    assert without["bodies"] == without["previews"] == 0

    sync(EMAIL_BODIES="true", full_refresh=True)
    (within,) = warehouse.rows(counts)
    assert within == {**without, "bodies": without["rows"], "previews": without["rows"]}


def test_what_one_run_leaves_the_next_one_reads(api, warehouse, sync, monkeypatch) -> None:
    """One run is out of time after a page, the next meets a storm of failures."""
    with monkeypatch.context() as patch:
        patch.setattr(emails, "_SECONDS_PER_MINUTE", 0)
        part = sync()

    assert part.status == "skipped"
    assert "EMAIL_MINUTES are over; e-mails stored from 2026-11-" in part.message
    assert 0 < len(ids(warehouse)) < len(truth(api))

    monkeypatch.setattr(emails, "GIVE_UP_SECONDS", 0)
    api.fault("status", OPERATION, status=504, nth=3, times=5)
    assert sync().status == "ok"
    assert ids(warehouse) == truth(api)
