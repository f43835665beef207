"""How a long load is cut, and how its pieces are told as one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.outcome import SyncReport, TableOutcome
from pipelines.pieces import DAYS_A_PIECE, Backfill, Pieces
from pipelines.unfinished import Stretch

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(st.none() | DAYS, st.none() | DAYS, st.none() | DAYS)
def test_pieces_of_a_backfill_are_just_the_days_that_were_asked_for(
    since: date | None, until: date | None, oldest: date | None
) -> None:
    pieces = Backfill(Stretch(since, until), oldest, of="core").stretches()
    assert (pieces[0].since, pieces[-1].until) == (since, until), "open ends stay open"
    for earlier, later in pairwise(pieces):
        assert earlier.until is not None
        assert later.since == earlier.until + timedelta(days=1), "no gap and nothing twice"
    for piece in pieces[:-1]:
        first = piece.since or oldest
        assert first
        assert piece.until
        assert (piece.until - first).days == DAYS_A_PIECE - 1


def test_a_month_is_one_piece_and_a_year_is_twelve() -> None:
    today = datetime.now(UTC).date()
    for days, pieces in ((1, 1), (31, 1), (32, 2), (365, 12)):
        stretch = Stretch(today - timedelta(days=days - 1), today)
        assert len(Backfill(stretch, None, of="core").stretches()) == pieces


def test_an_open_beginning_is_cut_from_the_oldest_campaign_on() -> None:
    oldest = datetime.now(UTC).date() - timedelta(days=40)
    first, second = Backfill(Stretch(None, date(2999, 1, 1)), oldest, of="core").stretches()
    assert (first.since, second.until) == (None, date(2999, 1, 1))
    assert len(Backfill(Stretch(None, None), None, of="core").stretches()) == 1


def outcome(status: str = "ok", **members: Any) -> TableOutcome:
    message = "" if status == "ok" else "why"
    return TableOutcome("w", "acme", "emails", status, **{"message": message, **members})


def test_pieces_are_counted_together_and_the_worst_is_told() -> None:
    first = outcome("failed", changed=3, requests=5, seconds=1.5, rows=3)
    both = outcome(changed=4, requests=1, seconds=2.0, rows=7).after(first)
    assert (both.status, both.message) == ("failed", "why")
    assert (both.rows, both.changed, both.requests, both.seconds) == (7, 7, 6, 3.5)


def test_what_paused_has_ended_as_its_last_piece_did() -> None:
    paused = outcome("skipped", is_paused=True)
    assert outcome().after(paused).status == "ok"
    assert not SyncReport((paused,)).is_empty
    assert not SyncReport((paused,)).followed_by(SyncReport((outcome(),))).is_partial


def test_a_load_that_gets_nowhere_is_read_to_its_end() -> None:
    """A piece that paused and brought nothing must not be followed by others like it for ever."""
    asked: list[float | None] = []

    def load(*, pause_after: float | None, **_: Any) -> SyncReport:
        asked.append(pause_after)
        is_paused = pause_after is not None
        return SyncReport((outcome("skipped" if is_paused else "ok", is_paused=is_paused),))

    report = Pieces(load, publish=lambda: None).in_time(("campaigns", "emails", "workspaces"), 0)
    assert asked[-1] is None
    assert len(asked) <= 3
    assert not report.is_partial


def test_nothing_is_published_between_pieces_where_that_is_forbidden() -> None:
    def load(*, pause_after: float | None, **_: Any) -> SyncReport:
        assert pause_after is None
        return SyncReport((outcome(),))

    Pieces(load, publish=None).in_time(("emails",), 0)


@pytest.mark.parametrize("is_kept", [True, False])
def test_what_stays_is_said_when_a_later_piece_fails(
    is_kept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def load(*, earlier: SyncReport, **_: Any) -> SyncReport:
        if earlier.outcomes or not is_kept:
            raise KeyboardInterrupt
        return SyncReport((outcome("skipped", is_paused=True),))

    with pytest.raises(KeyboardInterrupt):
        Pieces(load, publish=lambda: None).in_time(("emails",), 0)
    assert ("the warehouse keeps" in caplog.text) is is_kept
