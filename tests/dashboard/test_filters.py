"""Addresses and tables: what is chosen stands in the address, what is shown was escaped."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("streamlit", reason="`make test` installs the dashboard")

from dashboard.filters import Filters, read_address
from dashboard.links import link
from dashboard.tables import Column, linked, table


@given(st.text(), st.text())
def test_a_table_holds_the_texts_it_was_given(name: str, address: str) -> None:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)
            assert {key for key, _ in attrs} <= {
                "class", "role", "tabindex", "aria-label", "scope", "title", "data-head", "href"
            }  # fmt: skip

    rows = [[linked(name, link("ab", campaign=address)), name]]
    Reader(convert_charrefs=True).feed(table([Column("a"), Column("b")], rows, name, "dense"))

    assert found == ["div", "table", "thead", "tr", "th", "th", "tbody", "tr", "td", "a", "bdi",
                     "td", "bdi"]  # fmt: skip


IDS = st.one_of(st.none(), st.text(min_size=1))
PERIODS = st.sampled_from([None, "7d", "28d", "2026-10-01..2026-10-31"])


@given(IDS, IDS, IDS, PERIODS)
def test_what_stands_in_the_address_is_what_was_chosen(
    workspace: str | None, campaign: str | None, tag: str | None, period: str | None
) -> None:
    chosen = Filters(workspace, campaign, tag, period)

    assert read_address(chosen.address()) == chosen


@pytest.mark.parametrize(
    "text", ["yesterday", "0d", "2026-13-01..2026-13-02", "2026-10-31..2026-10-01", "9" * 40 + "d"]
)
def test_a_period_that_makes_no_sense_is_none(text: str) -> None:
    assert read_address({"period": text}).period is None


def test_days_of_a_period() -> None:
    newest = dt.date(2026, 11, 20)

    assert Filters(period="7d").days(newest) == (dt.date(2026, 11, 14), newest)
    assert Filters(period="7d").days(None) is None
    assert Filters().days(newest) is None
    own = Filters(period="2026-10-01..2026-10-31").days(newest)
    assert own == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
