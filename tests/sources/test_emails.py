"""Reading e-mails: which windows are asked, what a page must hold, and what is handed on."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.conversation.client import Client, Patience
from sources.instantly.errors import OutOfContract, Unfinished
from sources.instantly.reading import emails
from sources.instantly.reading.batch import Batch
from sources.instantly.reading.emails import EMAILS, LONGEST, SHORTEST, USUAL, EmailsReader, Span
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.visit import Visit
from sources.instantly.reading.window import Reads
from sources.instantly.shaping import columns

OPERATION = "GET /emails"
TODAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
BEGAN = date(2026, 10, 27)
BUSY = small(campaigns=1, days=4, leads_per_day=200)
"""Several pages in every window."""


@dataclass
class Shelf:
    """A warehouse in memory: what was put there, and the last run that read to the end."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    read: datetime | None = None

    def put(self, batch: Batch) -> None:
        for row in batch.rows.to_pylist():
            self.rows[row["id"]] = row
            self.puts.append(row["id"])

    def stored(
        self,
        endpoint: object,  # noqa: ARG002
        workspace_id: str,  # noqa: ARG002
        names: Collection[str],
        *,
        among: Mapping[str, Collection[Any]],
        where_open: bool = True,  # noqa: ARG002
    ) -> pa.Table:
        found = [self.rows[key] for key in among["id"] if key in self.rows]
        return pa.table({name: [row[name] for row in found] for name in names})

    def greatest(
        self,
        endpoint: object,  # noqa: ARG002
        workspace_id: str,  # noqa: ARG002
        column: str,
        *,
        below: datetime,
    ) -> datetime | None:
        return max((r[column] for r in self.rows.values() if r[column] < below), default=None)

    def last_complete(self, table: str, workspace_id: str) -> datetime | None:  # noqa: ARG002
        return self.read

    def taken(self) -> list[str]:
        """The ids put since the last question."""
        taken, self.puts = self.puts, []
        return taken


class Quiet:
    def table_started(self, workspace: str, table: str, total: int | None = None) -> None: ...

    def advance(self, workspace: str, table: str, steps: int = 1) -> None: ...


@pytest.fixture
def world():
    return small(campaigns=1, days=20)


@pytest.fixture
def api(world):
    with Sandbox(world, date=TODAY, rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def read(api):
    clients = []
    pool = ThreadPoolExecutor(1)

    def reading(shelf: Shelf, *, oldest: date | None = BEGAN, **reads: Any) -> None:
        patience = Patience(requests_per_minute=6000, retry_seconds=0.1, lanes=())
        client = Client(api.url, api.key, user_agent="emails/1", patience=patience)
        clients.append(client)
        client._spoke = True  # as after the contact that precedes every reading
        at, wanted = api.clock, Reads(tables=("emails",), **reads)
        visit = Visit(client, shelf, "w", "W", wanted, at, pool, Quiet())
        reader = EmailsReader(visit, Keeper(shelf, "w", "W", at), oldest)
        api.reset_requests()
        reader.read(shelf.put)
        if not wanted.is_backfill:
            shelf.read = at

    yield reading
    for client in clients:
        client.close()


def asked(api: Sandbox) -> list[tuple[str, str | None]]:
    """The windows of the requests, each once, in their order; None is an open end."""
    windows = [
        (row["query"]["min_timestamp_created"][0], row["query"].get("max_timestamp_created"))
        for row in api.log()
        if row["operation"] == OPERATION and "min_timestamp_created" in row["query"]
    ]
    return list(dict.fromkeys((first, last[0] if last else None) for first, last in windows))


def requests(api: Sandbox) -> int:
    return api.requests()["by_operation"].get(OPERATION, 0)


def truth(api: Sandbox, **reads: Any) -> set[str]:
    """The ids of all e-mails, asked in one go without any window."""
    client = Client(
        api.url,
        api.key,
        user_agent="truth/1",
        patience=Patience(requests_per_minute=6000, lanes=()),
    )
    found: set[str] = set()
    for page in emails.paging.elements(client, EMAILS, reads):
        found |= {row["id"] for row in page}
    client.close()
    return found


# Windows ----------------------------------------------------------------------------------------


@given(st.lists(st.integers(-1, 400), max_size=60))
def test_a_window_is_never_too_short_nor_too_long(history: list[int]) -> None:
    span = Span()
    for rows in history:
        before = span.length
        if rows < 0:
            span.failed(before)
            assert span.length <= max(SHORTEST, before / 2)
        else:
            span.was_read(rows)
            assert span.length <= max(USUAL, before, 2 * before if rows <= 100 else USUAL)
        assert SHORTEST <= span.length <= LONGEST


def test_a_window_that_fails_shrinks_to_an_hour_and_grows_back() -> None:
    span = Span()
    lengths = []
    for _ in range(7):
        span.failed(span.length)
        lengths.append(span.length / timedelta(hours=1))
    for _ in range(20):
        span.was_read(rows=1000)

    assert lengths == [18, 9, 4.5, 2.25, 1.125, 1, 1]
    assert span.length == USUAL, "busy times are read in windows that are known to work"


def test_a_window_that_failed_is_not_tried_again_at_once() -> None:
    span = Span()
    span.failed(USUAL)
    for _ in range(emails.CALM_WINDOWS):
        span.was_read(rows=1000)
        assert span.length == USUAL / 2
    span.was_read(rows=1000)

    assert span.length == USUAL


def test_the_last_window_may_be_shorter_than_planned_when_it_fails() -> None:
    span = Span()
    span.failed(timedelta(hours=10))

    assert span.length == timedelta(hours=5)


FIRST = datetime(2026, 10, 27, tzinfo=UTC)
FRONT = datetime(2026, 11, 12, 8, tzinfo=UTC)


def plan(front: datetime | None = FRONT, **reads: Any) -> list[tuple[datetime, datetime | None]]:
    wanted = Reads(tables=("emails",), **reads)
    return [(s.first, s.last) for s in emails.stretches(wanted, NOW, front, BEGAN)]


def test_new_mail_is_read_before_old_mail_is_looked_at_again() -> None:
    assert plan() == [(FRONT, None), (FRONT - timedelta(days=1), FRONT)]


def test_a_first_reading_begins_with_the_workspace_or_where_the_user_says() -> None:
    assert plan(front=None)[0] == (FIRST, None)
    assert plan(front=None, start=date(2026, 11, 1))[0] == (datetime(2026, 11, 1, tzinfo=UTC), None)


def test_a_full_refresh_reads_all_again() -> None:
    assert plan(everything=True) == [(FIRST, None)]


def test_a_backfill_reads_its_days_and_no_other() -> None:
    first, after = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)

    assert plan(since=date(2026, 11, 2), until=date(2026, 11, 4)) == [(first, after)]
    assert plan(since=date(2026, 11, 2)) == [(first, None)]
    assert plan(until=date(2026, 11, 4)) == [(FIRST, after)]
    assert plan(since=date(2026, 11, 2), until=TODAY) == [(first, None)]


@pytest.mark.parametrize("front", [FRONT, None])
def test_a_backfill_that_would_leave_a_gap_is_not_begun(front) -> None:
    with pytest.raises(Unfinished, match="gap before 2026-11-14"):
        plan(front=front, since=date(2026, 11, 14))


# What mails say ---------------------------------------------------------------------------------


def test_without_text_an_email_lacks_what_it_says_and_nothing_else() -> None:
    members = columns.schema_of("email")["properties"]
    left = emails.without_text(dict.fromkeys([*members, "body_html", "htmlContent"], "x"))

    assert members.keys() - left.keys() == {"body", "content_preview", "attachment_json"}
    assert left.keys() <= members.keys()


@pytest.mark.parametrize("bodies", [False, True])
def test_bodies_are_stored_where_they_are_wanted(api, read, bodies) -> None:
    shelf = Shelf()
    read(shelf, email_bodies=bodies)
    row = next(iter(shelf.rows.values()))

    assert (row["body"] is not None) == bodies
    assert (row["content_preview"] is not None) == bodies
    assert row["subject"]
    previews = {tuple(r["query"].get("preview_only", ())) for r in api.log()}
    assert previews == {() if bodies else ("true",)}, "and not even asked for otherwise"


def test_an_email_names_its_variant_and_its_thread(read) -> None:
    shelf = Shelf()
    read(shelf)
    sent = [row for row in shelf.rows.values() if row["ue_type"] == 1]

    assert {row["variant_index"] for row in sent} == {0, 1}
    assert all(
        row["step"] == f"{row['subsequence_index']}_{row['step_index']}_{row['variant_index']}"
        for row in sent
    )
    assert all(isinstance(row["thread_id"], str) for row in sent)


# Requests ---------------------------------------------------------------------------------------


def test_everything_is_read_in_the_order_of_its_storage(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    times = [shelf.rows[key]["timestamp_created"] for key in dict.fromkeys(shelf.taken())]

    assert shelf.rows.keys() == truth(api)
    assert times == sorted(times)


def test_an_empty_stretch_of_years_costs_few_requests(api, read) -> None:
    shelf = Shelf()
    read(shelf, oldest=date(2023, 1, 1))

    years = 3 * 365 / 30
    assert requests(api) < years + 2 * len(shelf.rows) / 100 + 20
    assert shelf.rows.keys() == truth(api)


def test_a_second_reading_asks_for_new_mail_and_the_last_day(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    shelf.taken()
    api.advance(days=1)
    read(shelf)

    assert asked(api) == [
        ("2026-11-17T11:59:00.000Z", None),
        ("2026-11-16T11:59:00.000Z", "2026-11-17T12:00:00.000Z"),
    ]
    assert requests(api) <= 4 + 1
    new = shelf.taken()
    assert new, "a day's mail"
    assert len(new) == len(set(new))
    assert shelf.rows.keys() == truth(api)


def test_a_quiet_mailbox_is_not_walked_from_its_last_email_on(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    api.change("pause_campaign", campaign=0)
    for _ in range(2):
        api.advance(days=60)
        read(shelf)

    assert requests(api) <= 8


def test_a_mail_that_was_stored_late_arrives(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    shelf.taken()
    api.change("late_reply", campaign=0, days_ago=12)
    read(shelf)

    (late,) = shelf.taken()
    row = shelf.rows[late]
    assert row["timestamp_email"] < row["timestamp_created"] - timedelta(days=11)
    assert shelf.rows.keys() == truth(api)


def test_a_change_in_the_last_day_is_written_once(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    api.advance(hours=12)
    read(shelf)
    shelf.taken()
    last_day = [k for k, r in shelf.rows.items() if r["timestamp_created"] > NOW]
    api.change("overlay", template="/emails", id=last_day[0], fields={"i_status": 3})
    read(shelf)

    assert shelf.taken() == [last_day[0]]
    assert shelf.rows[last_day[0]]["i_status"] == 3
    read(shelf)
    assert shelf.taken() == []


def test_a_full_refresh_finds_a_change_of_any_age(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    oldest = shelf.taken()[0]
    api.change("overlay", template="/emails", id=oldest, fields={"i_status": 3})
    read(shelf)
    assert shelf.taken() == [], "older than the day that is looked at again"
    read(shelf, everything=True)

    assert shelf.taken() == [oldest]


def test_a_row_of_the_far_future_stops_nothing(api, read) -> None:
    shelf = Shelf()
    read(shelf, oldest=BEGAN)
    newest = shelf.taken()[-1]
    future = {"timestamp_created": "2999-01-01T00:00:00.000Z"}
    api.change("overlay", template="/emails", id=newest, fields=future)
    shelf.rows.clear()
    read(shelf)
    assert shelf.rows[newest]["timestamp_created"].year == 2999
    for _ in range(2):
        api.advance(days=1)
        read(shelf)

    assert shelf.rows.keys() == truth(api)


def test_a_backfill_asks_for_its_days_alone(api, read) -> None:
    shelf = Shelf()
    read(shelf)
    del shelf.rows[min(shelf.rows, key=lambda k: abs(shelf.rows[k]["timestamp_created"] - FRONT))]
    read(shelf, since=FRONT.date(), until=FRONT.date())

    assert asked(api) == [("2026-11-11T23:59:00.000Z", "2026-11-13T00:00:00.000Z")]
    assert shelf.rows.keys() == truth(api)


# Trouble ----------------------------------------------------------------------------------------


@pytest.fixture
def hasty(monkeypatch):
    """A window that can shrink is given up after its first failure."""
    monkeypatch.setattr(emails, "GIVE_UP_SECONDS", 0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(
    "fault", [{"action": "status", "status": 504}, {"action": "reset"}, {"action": "html"}]
)
def test_a_storm_of_failures_shrinks_windows_and_loses_nothing(api, read, nth, fault) -> None:
    api.fault(operation=OPERATION, nth=nth, times=4, **fault)
    shelf = Shelf()
    read(shelf)

    assert shelf.rows.keys() == truth(api)
    lengths = [
        datetime.fromisoformat(last) - datetime.fromisoformat(first)
        for first, last in asked(api)
        if last
    ]
    assert min(lengths) <= USUAL / 8 + emails.SEAM
    assert lengths[-1] > USUAL, "and grows back"


@pytest.mark.usefixtures("hasty")
def test_what_fails_even_at_an_hour_is_left_for_the_next_run(api, read) -> None:
    api.fault("status", OPERATION, status=504, nth=6, times=None)
    shelf = Shelf()
    with pytest.raises(Unfinished, match=r"504.*on wait for the next run"):
        read(shelf)
    stored = len(shelf.rows)
    assert stored > 0
    api.clear_faults()
    read(shelf)

    assert shelf.rows.keys() == truth(api)
    assert len(shelf.taken()) < stored + len(truth(api)), "not all over again"


def test_a_lane_that_others_use_up_leaves_the_rest_for_the_next_run(api, read) -> None:
    api.fault("status", OPERATION, status=429, times=None)

    with pytest.raises(Unfinished, match="429"):
        read(Shelf())


def test_when_the_minutes_are_over_the_next_run_goes_on(api, read, monkeypatch) -> None:
    monkeypatch.setattr(emails, "_SECONDS_PER_MINUTE", 0)
    shelf, wanted = Shelf(), truth(api)
    runs = 0
    while shelf.rows.keys() != wanted and runs < 20:
        runs += 1
        with pytest.raises(Unfinished, match="60 minutes of EMAIL_MINUTES are over; e-mails"):
            read(shelf)

    assert shelf.rows.keys() == wanted
    assert 2 < runs < 15, "a page a run"


def test_minutes_are_over_after_all_new_mail_was_read(read, monkeypatch) -> None:
    shelf = Shelf()
    read(shelf)
    monkeypatch.setattr(emails, "_SECONDS_PER_MINUTE", 0)

    with pytest.raises(Unfinished, match="new e-mails were all read"):
        read(shelf)


def test_a_refresh_that_stops_says_how_to_go_on(read, monkeypatch) -> None:
    monkeypatch.setattr(emails, "_SECONDS_PER_MINUTE", 0)
    with pytest.raises(Unfinished, match=r"go on with --since 2026-\d\d-\d\d"):
        read(Shelf(), everything=True)


def test_a_window_that_is_ignored_is_noticed(api, read) -> None:
    api.fault(
        "patch", OPERATION, nth=2, times=None, fields={"timestamp_created": "2026-06-01T00:00:00Z"}
    )

    with pytest.raises(OutOfContract, match="seems to ignore the window"):
        read(Shelf())


@pytest.mark.parametrize("world", [BUSY], ids=["busy"])
def test_another_order_is_noticed(api, read) -> None:
    """The second page of the first window is older than its first."""
    api.fault(
        "patch", OPERATION, nth=2, times=1, fields={"timestamp_created": "2026-11-13T00:00:00Z"}
    )

    with pytest.raises(OutOfContract, match="another order"):
        read(Shelf(), oldest=date(2026, 11, 13))


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("world", [BUSY], ids=["busy"])
def test_a_window_that_fails_midway_goes_on_from_what_was_read(api, read) -> None:
    api.fault("status", OPERATION, status=504, nth=3, times=1)
    shelf = Shelf()
    read(shelf, oldest=date(2026, 11, 13))
    (first, _), (second, _), *_ = asked(api)

    assert second > first
    assert len(shelf.taken()) < len(shelf.rows) + 100, "no page is read twice"
    assert shelf.rows.keys() == truth(api)


def test_doubled_rows_are_handed_on_once(api, read) -> None:
    api.fault("duplicate_rows", OPERATION, times=None)
    shelf = Shelf()
    read(shelf)
    pages = -(-len(shelf.rows) // 100)

    assert shelf.rows.keys() == truth(api)
    assert len(shelf.taken()) <= len(shelf.rows) + pages, "but for the seams of windows"


def test_an_email_without_a_storage_time_is_kept(api, read) -> None:
    api.fault("drop", OPERATION, nth=2, times=1, fields=["timestamp_created"])
    shelf = Shelf()
    read(shelf)

    assert shelf.rows.keys() == truth(api)
