"""The numbers of a month: sums that add up, rates of sums, and unknown where nobody counted."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.client_report import ClientMonth, read_client_month
from pipelines.client_report.charts import nice_above
from pipelines.client_report.content import Brand, document_of
from pipelines.client_report.document import Document, Section
from pipelines.client_report.measures import COUNTS, RATES, SHOWN, Numbers, change_of
from pipelines.client_report.sheet import as_csv
from tests.dashboard.marts import NASTY, write
from tests.pipelines.client_report.conftest import COMMENTS, JANE, NOVEMBER, OCTOBER, world

METRICS = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text("utf-8")
BY_NAME = {measure.name: measure for measure in SHOWN}


def value(numbers: Numbers, name: str) -> float | None:
    return numbers.value(BY_NAME[name])


def section(document: Document, title: str) -> Section:
    return next(section for section in document.sections if section.title == title)


def test_a_month_is_the_sum_of_its_days(november: ClientMonth) -> None:
    """22 days of c1, three of c2, of which nothing is tracked; October beside it, 22 days too."""
    this, before = november.this, november.previous
    assert (value(this, "sent"), value(before, "sent")) == (22 * 20 + 3 * 10, 22 * 10 + 10)
    assert value(this, "replies_by_people") == 25 * 2
    assert value(this, "opened") == 22 * 6
    assert value(this, "opens_per_mail") == 22 * 6 / (22 * 20)
    assert value(this, "replies_per_mail") == 50 / 470


def test_what_one_day_does_not_know_no_sum_knows(october: ClientMonth) -> None:
    assert value(october.this, "sent") == 31 * 10 + 10
    assert value(october.this, "replies_by_people") is None
    assert value(october.this, "replies_per_mail") is None
    by_id = {campaign.line.campaign_id: campaign.this for campaign in october.campaigns}
    assert value(by_id["c1"], "replies_by_people") == 62
    assert value(by_id["c3"], "replies_by_people") is None


def test_a_month_without_days_is_unknown_and_not_zero(
    october: ClientMonth, document: Document
) -> None:
    assert [value(october.previous, measure.name) for measure in SHOWN] == [None] * len(SHOWN)
    (table,) = section(document, "The month and the one before").tables
    assert {row[2:] for row in table.rows} == {("—", "—")}
    by_id = {campaign.line.campaign_id: campaign.this for campaign in october.campaigns}
    assert by_id["c2"].counted == {}
    assert "0" not in {card.value for card in document.cards}


def test_tracking_off_is_unknown(november: ClientMonth) -> None:
    by_id = {campaign.line.campaign_id: campaign.this for campaign in november.campaigns}
    assert value(by_id["c2"], "opened") is None
    assert value(by_id["c2"], "clicks") == 6


@pytest.mark.parametrize(
    ("name", "now", "before", "change"),
    [
        ("sent", 120, 100, 0.2),
        ("sent", 120, 0, None),
        ("sent", None, 100, None),
        ("sent", 0, 100, -1),
        ("replies_per_mail", 0.05, 0.02, 0.03),
        ("replies_per_mail", 0.05, None, None),
    ],
)
def test_counts_change_by_a_share_and_rates_by_a_difference(
    name: str, now: float | None, before: float | None, change: float | None
) -> None:
    assert change_of(BY_NAME[name], now, before) == (change and pytest.approx(change))


def test_a_campaign_that_never_sent_stays_out(october: ClientMonth) -> None:
    assert "c6" not in {campaign.line.campaign_id for campaign in october.campaigns}


def test_only_verdicts_on_days_of_the_month_are_said(document: Document) -> None:
    said = " ".join(
        line for x in section(document, "Which texts work").listings for line in x.lines
    )
    assert "B beats A: 5.0 % vs 2.0 %." in said
    assert "November" not in said


def test_lifetime_is_called_so_and_as_the_marts_have_it(document: Document) -> None:
    lifetime = section(document, "Since the beginning")
    assert lifetime.lead.startswith("Lifetime, until 2026-11-22")
    total = lifetime.tables[0].rows[0]
    assert total[2:] == ("700", "35", "5.0 %", "4.0–6.0", "14 (2.0 %)", "7 (1.0 %)")


def test_what_speaks_against_the_numbers_is_said(document: Document) -> None:
    trust = section(document, "How far to trust this")
    said = " ".join(trust.listings[0].lines)
    unread = "campaigns (never read), campaign_analytics_daily (failed)."
    assert f"older than that: {unread}" in said
    assert "leads" not in said
    assert "The first day on record is 2026-10-01." in said
    assert [table.rows[0][2:] for table in trust.tables] == [
        ("sent", "1,234", "10", "1,234"),
        ("sent", "2,222", "10"),
    ]
    assert all(len(table.rows) == 1 for table in trust.tables)


def test_what_nobody_looked_at_is_not_called_good(warehouse: Path) -> None:
    """A workspace of which no run is recorded and no number was compared."""
    document = document_of(read_client_month(warehouse, "w3", OCTOBER), Brand(), 14)
    said = " ".join(section(document, "How far to trust this").listings[0].lines)
    assert document.summary == "Of October 2026 there are no numbers."
    assert "nothing is recorded" in said
    assert "was not checked" in said


def test_a_running_month_says_so(november: ClientMonth) -> None:
    document = document_of(november, Brand(), 14)
    said = " ".join(section(document, "How far to trust this").listings[0].lines)
    assert "22 November 2026 is still running" in said
    assert "after 2026-11-08 may still be corrected" in said
    assert document.summary == (
        "470 mails went out, 50 replies by people came in: 10.6 per 100 mails."
    )


def test_addresses_in_names_and_subjects_are_taken_out(document: Document) -> None:
    assert JANE not in repr(document)
    assert "Ask [address]" in repr(document)


def test_half_a_warehouse_is_a_report_that_says_what_is_missing(tmp_path: Path) -> None:
    newer = ("variant_verdicts", "variant_arms", "restatements", "reconciliation", "sync_status",
             "workspace_performance", "tag_performance")  # fmt: skip
    rows = {mart: given for mart, given in world().items() if mart not in newer}
    path = write(tmp_path / "warehouse.duckdb", rows, without=newer)
    document = document_of(read_client_month(path, "Acme", OCTOBER), Brand(), 14)
    said = " ".join(section(document, "How far to trust this").listings[0].lines)
    for words in ("nothing is recorded", "is not recorded", "was not checked"):
        assert words in said
    assert "Which texts work" not in {section.title for section in document.sections}


def test_every_number_is_explained_in_the_words_of_the_contract(document: Document) -> None:
    explained = {definition.name: definition.means for definition in document.definitions}
    assert explained["sent"] == COMMENTS["sent"]
    assert explained["reply_rate"] == COMMENTS["reply_rate"]
    assert {rate.name for rate in RATES} <= explained.keys()


def test_what_only_a_month_has_stands_in_the_page_of_numbers_word_for_word() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", METRICS, re.MULTILINE))
    own = [measure for measure in (*COUNTS, *RATES) if measure.means]
    assert {measure.name: rows.get(measure.name) for measure in own} == {
        measure.name: measure.means for measure in own
    }


def test_csv_is_a_long_table_of_unrounded_numbers(november: ClientMonth) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(november))))
    head = next(r for r in rows if (r["section"], r["metric"]) == ("month", "replies_per_mail"))
    assert float(head["value"]) == 50 / 470
    assert head["period"] == "2026-11-01/2026-11-22"
    october = next(r for r in rows if (r["period"], r["metric"]) == ("2026-10", "sent"))
    assert (october["section"], october["value"]) == ("months", "320")
    assert {row["section"] for row in rows} == {"month", "campaign", "day", "months", "lifetime"}
    unknown = next(r for r in rows if (r["metric"], r["value"]) == ("opened", ""))
    assert unknown["section"] in ("campaign", "day")
    assert NASTY in {row["campaign"] for row in rows}
    assert JANE not in as_csv(november)
    assert (NOVEMBER, len(november.days)) == (november.period.this.first, 22)


@given(st.floats(0, 1e9))
def test_a_scale_ends_above_its_greatest_number_and_has_a_whole_middle(most: float) -> None:
    top = nice_above(most)
    assert top >= most
    assert top % 2 == 0
    assert top <= max(2, 2 * most + 2)
