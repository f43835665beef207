"""The month of a report and the days beside it, for any day on which one may look."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.client_report.period import end_of, months_back, period_of
from pipelines.errors import ConfigurationError

DATES = st.dates(dt.date(2001, 2, 1), dt.date(2199, 12, 31))


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12))


@given(month=DATES, today=DATES)
def test_a_month_is_held_against_no_more_days_than_it_has_itself(
    month: dt.date, today: dt.date
) -> None:
    if month.replace(day=1) > today:
        with pytest.raises(ConfigurationError, match="has not begun"):
            period_of(month, at(today))
        return
    period = period_of(month, at(today))
    this, before = period.this, period.previous
    assert this.first == month.replace(day=1)
    assert this.last == min(end_of(this.first), today)
    assert end_of(before.first) + dt.timedelta(days=1) == this.first
    assert period.is_over == (today > end_of(this.first))
    assert before.is_whole or before.last.day == this.last.day
    assert before.is_whole or not this.is_whole


@given(today=DATES)
def test_by_default_the_last_month_that_is_over(today: dt.date) -> None:
    period = period_of(None, at(today))
    assert period.is_over
    assert end_of(period.this.first) + dt.timedelta(days=1) == today.replace(day=1)


def test_a_running_month_says_its_days() -> None:
    period = period_of(dt.date(2026, 11, 1), at(dt.date(2026, 11, 22)))
    assert (period.this.label, period.previous.label) == (
        "1–22 November 2026",
        "1–22 October 2026",
    )
    march = period_of(dt.date(2026, 3, 1), at(dt.date(2026, 3, 30)))
    assert march.previous.label == "February 2026"


def test_months_go_back_over_a_new_year() -> None:
    assert months_back(dt.date(2026, 2, 1), 3) == [
        dt.date(2025, 12, 1),
        dt.date(2026, 1, 1),
        dt.date(2026, 2, 1),
    ]
