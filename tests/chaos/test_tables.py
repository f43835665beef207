"""The comparison finds what is lost, doubled or stale, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chaos.tables import Memory, compare
from chaos.warehouse import Warehouse, canonical, column

ADA = {"id": "1", "email": "ada@example.com", "name": {"first": "Ada"}, "accepted": True}
BEN = {"id": "2", "email": "ben@example.com", "name": {"first": "Ben"}, "accepted": None}
DAY = {"campaign_id": "c", "date": "2026-11-17", "sent": 3, "opened": 1}


class Made:
    """A warehouse of two raw tables, written row by row."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "warehouse.duckdb"
        with duckdb.connect(str(self.file)) as connection:
            connection.execute("""
                create schema instantly_raw;
                create table instantly_raw.workspace_members (workspace_id varchar, id varchar,
                    email varchar, name json, accepted boolean, row_version bigint,
                    _dlt_valid_from timestamptz, _dlt_valid_to timestamptz);
                create table instantly_raw.campaign_analytics_daily (workspace_id varchar,
                    campaign_id varchar, date date, sent bigint, opened bigint,
                    observed_at timestamptz);
            """)

    def member(self, row: dict[str, Any], since: str = "2026-01-01", until: str | None = None):
        import json

        values = ["w", row["id"], row["email"], json.dumps(row["name"]), row["accepted"], 1]
        self._insert("workspace_members", [*values, since, until])

    def day(self, row: dict[str, Any], at: str = "2026-11-18") -> None:
        values = ["w", row["campaign_id"], row["date"], row["sent"], row["opened"], at]
        self._insert("campaign_analytics_daily", values)

    def set_apart(self, key: str) -> None:
        with duckdb.connect(str(self.file)) as connection:
            connection.execute("""
                create table if not exists instantly_raw.quarantine (workspace_id varchar,
                    table_name varchar, row_key varchar, resolved_at timestamptz)""")
        self._insert("quarantine", ["w", "campaign_analytics_daily", key, None])

    def _insert(self, table: str, values: Sequence[Any]) -> None:
        with duckdb.connect(str(self.file)) as connection:
            marks = ", ".join("?" * len(values))
            connection.execute(f"insert into instantly_raw.{table} values ({marks})", values)

    def against(self, *truths: dict[str, list[Any]], memory: Memory | None = None):
        """Findings and memory; one truth stands for before and after."""
        before, after = ({t: {"w": rows} for t, rows in truth.items()} for truth in truths)
        with Warehouse.of_file(self.file) as warehouse:
            return compare(warehouse, memory or Memory(), before, after)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def found(made: Made, *truths: dict[str, list[Any]], memory: Memory | None = None) -> list[str]:
    before, after = truths[0], truths[-1]
    return [finding.kind for finding in made.against(before, after, memory=memory)[0]]


def test_equal_rows_are_equal_in_the_type_of_the_column(made: Made) -> None:
    made.member(ADA)
    made.member(BEN)
    made.day(DAY)
    truth = {"workspace_members": [ADA, BEN], "campaign_analytics_daily": [DAY]}

    assert found(made, truth) == []


def test_row_that_is_not_there_is_lost(made: Made) -> None:
    made.member(ADA)

    assert found(made, {"workspace_members": [ADA, BEN]}) == ["lost"]


def test_member_without_a_column_is_lost(made: Made) -> None:
    made.member(ADA)

    assert found(made, {"workspace_members": [ADA | {"newMember": 1}]}) == ["lost"]


def test_row_that_is_open_twice_is_doubled(made: Made) -> None:
    made.member(ADA)
    made.member(ADA, since="2026-02-01")

    assert found(made, {"workspace_members": [ADA]}) == ["doubled"]


def test_one_wrong_field_is_stale_and_so_is_a_row_too_many(made: Made) -> None:
    made.member(ADA | {"name": {"first": "Adam"}})

    assert found(made, {"workspace_members": [ADA]}) == ["stale"]
    assert found(made, {"workspace_members": []}) == ["stale"]


def test_newest_observation_counts_and_older_ones_must_stay(made: Made) -> None:
    made.day(DAY | {"sent": 2}, "2026-11-17")
    made.day(DAY)
    findings, memory = made.against(*[{"campaign_analytics_daily": [DAY]}] * 2)

    assert findings == []
    with duckdb.connect(str(made.file)) as connection:
        connection.execute("delete from instantly_raw.campaign_analytics_daily where sent = 2")
    assert found(made, {"campaign_analytics_daily": [DAY]}, memory=memory) == ["lost"]


def test_zeros_are_as_good_as_no_row(made: Made) -> None:
    made.day(DAY | {"sent": 0, "opened": 0})

    assert found(made, {"campaign_analytics_daily": []}) == []
    assert found(made, {"campaign_analytics_daily": [DAY]}) == ["stale"]


def test_what_moves_while_it_is_read_may_be_old_or_new(made: Made) -> None:
    made.day(DAY)
    old, new = ({"campaign_analytics_daily": [DAY | {"sent": n}]} for n in (3, 4))

    assert found(made, old, new) == []
    assert found(made, new, old) == []
    assert found(made, new) == ["stale"]


def test_deleted_campaign_stays_as_it_was_known(made: Made) -> None:
    made.day(DAY)
    _, memory = made.against(*[{"campaign_analytics_daily": [DAY]}] * 2)
    assert found(made, {"campaign_analytics_daily": []}, memory=memory) == []

    with duckdb.connect(str(made.file)) as connection:
        connection.execute("update instantly_raw.campaign_analytics_daily set sent = 9")
    assert found(made, {"campaign_analytics_daily": []}, memory=memory) == ["stale"]


def test_after_a_lie_a_deleted_campaign_is_what_the_file_says(made: Made) -> None:
    made.day(DAY)
    made.day(DAY | {"campaign_id": "deleted"})
    truth = {"campaign_analytics_daily": [DAY]}
    findings, memory = made.against(truth, truth, memory=Memory().without_contents(["w"]))

    assert findings == []
    assert found(made, truth, memory=memory) == [], "and stays so"
    made.day(DAY | {"campaign_id": "deleted", "sent": 2}, "2026-11-19")
    assert found(made, truth, memory=memory) == ["stale"]


@pytest.mark.parametrize("key", ['{"campaign_id": "c", "date": "2026-11-17"}', "{}"])
def test_row_that_is_set_apart_stays_as_it_was(made: Made, key: str) -> None:
    made.set_apart(key)
    now = {"campaign_analytics_daily": [DAY]}
    assert found(made, now) == [], "it was never known"

    made.day(DAY)
    _, memory = made.against(now, now)
    moved = {"campaign_analytics_daily": [DAY | {"sent": 4}]}
    assert found(made, moved, memory=memory) == []
    assert found(made, moved) == ["stale"], "nobody knew it like that"


def test_other_rows_than_the_one_that_is_set_apart_are_as_the_source_says(made: Made) -> None:
    made.set_apart('{"campaign_id": "c", "date": "2026-11-16"}')

    assert found(made, {"campaign_analytics_daily": [DAY]}) == ["lost"]


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ("2026-11-17T00:00:00.000Z", "TIMESTAMP WITH TIME ZONE", 1_794_873_600_000_000),
        ("", "TIMESTAMP WITH TIME ZONE", None),
        ("2026-11-17T10:00:00Z", "DATE", "2026-11-17"),
        ({"b": 1, "a": [None]}, "JSON", '{"a": [null], "b": 1}'),
        (3, "DOUBLE", 3.0),
        ({"a": 1}, "VARCHAR", '{"a": 1}'),
        (None, "BIGINT", None),
    ],
)
def test_values_in_the_type_of_a_column(value: Any, kind: str, said: Any) -> None:
    assert canonical(value, kind) == said


def test_members_become_columns() -> None:
    assert [column(n) for n in ("id", "newMember", "timestamp_created")] == [
        "id",
        "new_member",
        "timestamp_created",
    ]
