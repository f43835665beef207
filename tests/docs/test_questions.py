"""The queries of docs/questions.md, taken off the page, on marts that dbt built of known rows."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.docs.conftest import month_of

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text("utf-8")
Rows = list[dict[str, Any]]


def questions() -> dict[int, str]:
    """The SQL under each numbered heading."""
    parts = re.split(r"^## (\d+)\. .+$", PAGE, flags=re.M)[1:]
    return {
        int(number): sql
        for number, text in zip(parts[::2], parts[1::2], strict=True)
        for sql in re.findall(r"```sql\n(.*?)```", text, re.S)
    }


@pytest.fixture(scope="module")
def connection(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opened as a reader would, the name of the file nowhere in a query."""
    with duckdb.connect(str(warehouse), read_only=True) as opened:
        yield opened


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def mart(connection: duckdb.DuckDBPyConnection, name: str) -> Rows:
    return rows(connection, f"from instantly.{name}")


@pytest.fixture
def answer(connection: duckdb.DuckDBPyConnection, request: pytest.FixtureRequest) -> Rows:
    """What the question answers that the test is marked with."""
    return rows(connection, questions()[request.param])


def asks(number: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("answer", [number], indirect=True, ids=[f"question {number}"])


def total(values: Iterator[int | None]) -> int:
    return sum(value or 0 for value in values)


def test_there_are_ten_with_one_query_each() -> None:
    assert list(questions()) == list(range(1, 11))
    assert len(re.findall(r"```sql", PAGE)) == 10


def test_each_answers_something(connection: duckdb.DuckDBPyConnection) -> None:
    empty = [number for number, sql in questions().items() if not rows(connection, sql)]
    assert empty == []


@asks(1)
def test_workspaces_add_their_campaigns_up(
    answer: Rows, connection: duckdb.DuckDBPyConnection
) -> None:
    names = {
        row["workspace_id"]: row["workspace_name"] for row in mart(connection, "dim_workspaces")
    }
    sent: dict[str, int] = defaultdict(int)
    replied: dict[str, list[int | None]] = defaultdict(list)
    for row in mart(connection, "campaign_performance"):
        sent[names[row["workspace_id"]]] += row["sent"] or 0
        replied[names[row["workspace_id"]]].append(row["unique_replies"])

    assert {row["workspace_name"] for row in answer} == {name for name in sent if sent[name]}
    for row in answer:
        assert row["sent"] == sent[row["workspace_name"]]
        parts = replied[row["workspace_name"]]
        known = None if None in parts else total(iter(parts)) / row["sent"]
        assert row["reply_rate"] == (known if known is None else pytest.approx(known))
    rates = [row["reply_rate"] for row in answer if row["reply_rate"] is not None]
    assert rates == sorted(rates)
    assert len(rates) < len(answer)


@asks(2)
def test_the_surest_campaign_is_first(answer: Rows) -> None:
    lows = [row["reply_rate_low"] for row in answer if row["reply_rate_low"] is not None]
    spring = next(r for r in answer if r["campaign_name"] == "Spring" and r["sent"] == 500)

    assert lows == sorted(lows, reverse=True)
    assert spring["reply_rate"] == pytest.approx(19 / 500)
    assert next(r for r in answer if r["campaign_name"] == "No opens")["open_rate"] is None
    assert "Gone" not in {row["campaign_name"] for row in answer}


@asks(3)
def test_decided_tests_are_first_and_single_texts_missing(answer: Rows) -> None:
    assert [(row["status"], row["winner_label"], row["days_to_go"]) for row in answer] == [
        ("winner", "A", None),
        ("leading", None, 9),
    ]


@asks(4)
def test_months_are_whole_and_adjacent(answer: Rows, connection: duckdb.DuckDBPyConnection) -> None:
    (info,) = mart(connection, "warehouse_info")
    this = month_of(info["as_of"].date())
    last = month_of(this - dt.timedelta(days=1))
    sent: dict[tuple[str, dt.date], int] = defaultdict(int)
    replies: dict[tuple[str, dt.date], int] = defaultdict(int)
    names = {row["campaign_id"]: row["campaign_name"] for row in mart(connection, "dim_campaigns")}
    for row in mart(connection, "fct_campaign_engagement_daily"):
        key = names[row["campaign_id"]], month_of(row["date"])
        sent[key] += row["sent"]
        replies[key] += row["replies"]

    before = month_of(last - dt.timedelta(days=1))
    assert total(row["sent_before"] for row in answer) == 70
    assert total(row["sent"] for row in answer) == sum(n for k, n in sent.items() if k[1] == last)
    assert total(row["sent_before"] for row in answer) == sum(
        n for k, n in sent.items() if k[1] == before
    )
    assert total(row["replies"] for row in answer) == sum(
        n for k, n in replies.items() if k[1] == last
    )
    for row in answer:
        if row["sent"]:
            assert row["replies_per_mail"] == pytest.approx(row["replies"] / row["sent"])


@asks(5)
def test_shares_of_steps(answer: Rows) -> None:
    spring = [
        row for row in answer if row["campaign_name"] == "Spring" and row["sent"] in (300, 200)
    ]

    assert [(row["step_number"], row["share_of_mails"]) for row in spring] == [(1, 0.6), (2, 0.4)]
    assert sum(row["share_of_replies"] for row in spring) == pytest.approx(1)


@asks(6)
def test_bounces_of_thirty_days(answer: Rows, connection: duckdb.DuckDBPyConnection) -> None:
    days = mart(connection, "fct_account_engagement_daily")
    newest = max(row["date"] for row in days)
    found = []
    for box in mart(connection, "dim_accounts"):
        own = [
            (day["sent"], day["bounced"])
            for day in days
            if (newest - day["date"]).days < 30
            and all(day[key] == box[key] for key in ("workspace_id", "account_email"))
        ]
        if not box["is_deleted"]:
            sent, bounced = (total(iter(column)) for column in zip((0, 0), *own, strict=True))
            found.append(
                (box["account_email"], sent, pytest.approx(bounced / sent) if sent else None)
            )

    told = [(row["account_email"], row["sent"], row["bounce_rate"]) for row in answer]
    assert any(row["sent"] for row in answer)
    assert sorted(told, key=lambda row: row[:2]) == sorted(found, key=lambda row: row[:2])


@asks(7)
def test_the_funnel_narrows(answer: Rows, connection: duckdb.DuckDBPyConnection) -> None:
    leads = [row for row in mart(connection, "dim_leads") if row["campaign_id"]]

    assert total(row["leads"] for row in answer) == len(leads)
    for row in answer:
        assert row["leads_won"] <= row["leads_meeting_booked"] <= row["leads_interested"]


@asks(8)
def test_a_text_is_one_row_wherever_it_stands(
    answer: Rows, connection: duckdb.DuckDBPyConnection
) -> None:
    position = ("workspace_id", "campaign_id", "step", "variant", "copy_version")
    texts = {
        tuple(row[name] for name in position): row["copy_hash"]
        for row in mart(connection, "dim_variants")
    }
    sent: dict[str, int] = defaultdict(int)
    for row in mart(connection, "fct_variant_engagement_daily"):
        text = texts.get(tuple(row[name] for name in position))
        if text:
            sent[text] += row["sent"]

    assert sorted(row["sent"] for row in answer) == sorted(n for n in sent.values() if n)


@asks(9)
def test_four_definitions_of_one_campaign(answer: Rows) -> None:
    spring = next(r for r in answer if r["campaign_name"] == "Spring")

    assert spring["human_repliers_per_mail"] == pytest.approx(19 / 500)
    assert spring["human_repliers_per_lead"] == pytest.approx(19 / 200)
    assert spring["human_repliers_per_delivered"] == pytest.approx(19 / 496)


@asks(10)
def test_trust_names_what_was_not_read(answer: Rows, connection: duckdb.DuckDBPyConnection) -> None:
    (row,) = answer
    differing = [r for r in mart(connection, "reconciliation") if r["status"] == "differs"]
    refused = [r for r in mart(connection, "restatements") if r["kept"] == "old"]

    assert row["not_read"] == ["step_analytics"]
    assert (row["contradictions"], row["refused_falls"]) == (len(differing), len(refused))
