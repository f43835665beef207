"""Staging on its own: names, types and codes, row by row as the loader leaves them.

The SQL that dbt compiled is asked directly, over a raw warehouse in memory: what a staging model
does to a row needs no second build.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from sources.instantly import ENDPOINTS
from sources.instantly.shaping.columns import schema_of
from tests.dbt_project import raw_warehouse

Row = dict[str, Any]
Stage = Callable[..., list[Row]]

UNPUBLISHED = 424242
"""A code that no list of the API has."""

CODED = re.compile(r'code_name\("\w+", "(\w+)"\)')
"""Where a staging model names the codes of a member."""


@pytest.fixture(scope="module")
def compiled(manifest: dict[str, Any]) -> dict[str, Any]:
    """The staging models that were built, by table."""
    return {
        node["name"].removeprefix("stg_instantly__"): node
        for node in manifest["nodes"].values()
        if node["name"].startswith("stg_instantly__") and node.get("compiled_code")
    }


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty raw warehouse."""
    with duckdb.connect() as memory:
        memory.execute("set TimeZone = 'UTC'")
        raw_warehouse.create(memory)
        yield memory


@pytest.fixture
def stage(compiled: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> Iterator[Stage]:
    """What a staging model makes of raw rows."""

    def staged(table: str, *rows: Row) -> list[Row]:
        for row in rows:
            raw_warehouse.insert(connection, table, row)
        cursor = connection.execute(compiled[table]["compiled_code"])
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    connection.begin()
    yield staged
    connection.rollback()


def test_every_tier_has_its_folder(compiled: dict[str, Any]) -> None:
    """By it a run that does not load a tier can leave its models out."""
    tiers = {endpoint.table: endpoint.tier.value for endpoint in ENDPOINTS}
    assert {table: compiled[table]["fqn"][2] for table in tiers} == tiers
    assert {t for t, node in compiled.items() if "operations" in node["tags"]} == {
        table for table, tier in tiers.items() if tier == "operations"
    }


def test_names_say_the_type(
    compiled: dict[str, Any], connection: duckdb.DuckDBPyConnection
) -> None:
    expected = {
        r"_at$": "TIMESTAMP",
        r"^date$|_on$|^(previous_)?period_(from|to)$": "DATE",
        r"^(is|has)_": "BOOLEAN",
        r"_id$|_name$|_email$": "VARCHAR",
        r"(provider|es[pg]|status)_code$|^unique_": "BIGINT",
        r"^(step|variant|sent|replies|clicks|opened|bounced|contacted)$": "BIGINT",
        r"_percent$|^daily_limit$": "DOUBLE",
    }
    wrong = [
        f"{table}.{name} is {kind}"
        for table, node in compiled.items()
        for name, kind, *_ in connection.execute(f"describe {node['compiled_code']}").fetchall()
        for pattern, type_ in expected.items()
        if re.search(pattern, name) and kind != type_
    ]
    assert wrong == []


def test_no_column_keeps_a_type_that_only_this_engine_has(
    compiled: dict[str, Any], connection: duckdb.DuckDBPyConnection
) -> None:
    plain = {"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"}
    for table, node in compiled.items():
        found = connection.execute(f"describe {node['compiled_code']}").fetchall()
        assert {kind for _, kind, *_ in found} <= plain, table


def test_every_published_code_has_a_name(compiled: dict[str, Any], stage: Stage) -> None:
    """And one that is not published keeps its number: enums of the API are open (quirk A20)."""
    entities = {endpoint.table: endpoint.entity for endpoint in ENDPOINTS}
    coded = [
        (table, member)
        for table, node in compiled.items()
        for member in CODED.findall(node["raw_code"])
    ]
    assert len(coded) > 20

    nameless = []
    for table, member in coded:
        published = published_codes(entities[table], member)
        for code in [*published, UNPUBLISHED]:
            row = stage(table, {"workspace_id": f"{member} {code}", member: code})[-1]
            is_known = published.get(code, "unknown") not in ("unknown", "meaning unknown")
            assert code in row.values(), (table, member)
            if is_known == ("unknown" in row.values()):
                nameless.append(f"{table}.{member} {code}")
    assert nameless == []


def published_codes(entity: str, member: str) -> dict[int, str]:
    """Code and meaning, as the schema of the entity says."""
    spec = schema_of(entity)["properties"][member]
    published = [code for code in spec.get("enum", ()) if code is not None]
    meanings = spec.get("x-enum-meanings") or dict.fromkeys(published, "in the description")
    return {int(code): meaning for code, meaning in meanings.items()}


def test_without_a_code_there_is_no_name(stage: Stage) -> None:
    (lead,) = stage("leads", {"workspace_id": "w", "id": "l"})
    assert lead["interest_status"] is None
    assert lead["interest_status_name"] is None


def test_mailboxes_are_keyed_by_their_address_in_lower_case(stage: Stage) -> None:
    """Two spellings stay two rows: which of them counts is not decided here."""
    found = stage(
        "accounts",
        {"workspace_id": "w", "email": "Ann@Example.com"},
        {"workspace_id": "w", "email": "ann@example.com"},
    )
    assert [row["account_email"] for row in found] == ["ann@example.com"] * 2
    assert [row["email"] for row in found] == ["Ann@Example.com", "ann@example.com"]


def test_a_tag_says_what_it_hangs_on(stage: Stage) -> None:
    found = stage(
        "custom_tag_mappings",
        {"id": "1", "resource_type": 1, "resource_id": "Ann@example.com"},
        {"id": "2", "resource_type": 2, "resource_id": "c-1"},
        {"id": "3", "resource_type": 3, "resource_id": "?"},
    )
    named = [(r["resource_type_name"], r["account_email"], r["campaign_id"]) for r in found]
    assert named == [
        ("account", "ann@example.com", None),
        ("campaign", None, "c-1"),
        ("unknown", None, None),
    ]


def test_members_of_json_columns_become_columns(stage: Stage) -> None:
    last = {"lastStep": {"stepID": "0_1_2", "from": "campaign"}}
    leads = stage("leads", {"id": "1", "status_summary": last}, {"id": "2", "status_summary": {}})
    (email,) = stage("emails", {"id": "1", "body": {"text": "Hi", "html": "<p>Hi</p>"}})
    (account,) = stage("accounts", {"email": "a", "status_message": {"e_message": "refused"}})

    assert [lead["last_step_position"] for lead in leads] == ["0_1_2", None]
    assert (email["body_text"], email["body_html"]) == ("Hi", "<p>Hi</p>")
    assert account["error_message"] == "refused"


def test_an_odd_value_inside_json_is_unknown_and_costs_nothing_else(stage: Stage) -> None:
    status = {"status": "x", "issue_started_at": "soon", "last_healthy_send_at": None}
    odd = {"verified": "many", "invalid": 2.0, "risky": None, "catch_all": {"a": 1}}
    (campaign,) = stage("campaign_sending_status", {"campaign_id": "c", "summary": status})
    (stats,) = stage("lead_list_verification_stats", {"list_id": "l", "stats": odd})

    assert (campaign["summary_status"], campaign["issue_started_at"]) == ("x", None)
    assert [stats[name] for name in odd] == [None, 2, None, None]
    assert json.loads(stats["stats"]) == odd


def test_times_are_utc_however_they_are_written(stage: Stage) -> None:
    zoned = datetime(2026, 3, 1, 12, tzinfo=UTC)
    noon = zoned.replace(tzinfo=None)
    seconds = zoned.timestamp()
    (paid,) = stage("workspace_subscriptions", {"current_period_end": seconds})
    (sending,) = stage(
        "campaign_sending_status",
        {
            "summary": {
                "issue_started_at": "2026-03-01T12:00:00.000Z",
                "last_healthy_send_at": "2026-03-01T14:00:00+02:00",
            }
        },
    )
    (lead,) = stage("leads", {"timestamp_last_reply": zoned})
    (insight,) = stage("inbox_placement_insights", {"from": "2026-03-01", "to": ""})

    assert (paid["period_ends_at"], paid["cancels_at"]) == (noon, None)
    assert (sending["issue_started_at"], sending["last_healthy_send_at"]) == (noon, noon)
    assert lead["last_reply_at"] == noon
    assert (insight["period_from"], insight["period_to"]) == (date(2026, 3, 1), None)


def test_switches_that_are_numbers_become_booleans(stage: Stage) -> None:
    found = stage("emails", *({"id": str(n), "is_unread": n} for n in (1, 0, None)))
    assert [email["is_unread"] for email in found] == [True, False, None]
