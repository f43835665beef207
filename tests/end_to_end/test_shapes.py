"""From page to mart: what fits the API's schemas arrives as it is, however it is cut into pages.

Rows are drawn from the entity schemas themselves, served over real HTTP, loaded by the real dlt and
compared field by field with what was served. Drawing is separate from loading, because a load takes
seconds: hypothesis draws all rows first, always the same ones, and one run loads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.settings import child_environment
from pipelines.upgrade import bring_up
from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly import BY_TABLE, Endpoint
from sources.instantly.shaping import columns
from tests.end_to_end.conftest import Rows, Warehouse
from transforms.dbt import build

TODAY = date(2026, 11, 17)
DRAWN = 80
"""Rows of each table."""

LONG = "🙂" * 16_384
TEXTS = st.text() | st.sampled_from(
    ["", "null", "NaN", "a\x00b", "שלום ‮ مرحبا", "'; drop table", LONG]
)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "A", "", "_dlt_id", "é 🙂"]), inner, max_size=3)
    ),
    max_leaves=5,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=365) // timedelta(milliseconds=1)
MOMENTS = st.integers(-1900 * YEARS, 8000 * YEARS).map(
    lambda number: (EPOCH + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
)
DRAW = {
    columns.INTEGER: NUMBERS,
    columns.DOUBLE: st.floats(-(2**62), 2**62) | st.integers(-9, 9),
    columns.BOOLEAN: st.booleans(),
    columns.TEXT: TEXTS,
    columns.TIME: MOMENTS,
    columns.DAY: st.dates().map(date.isoformat),
    columns.JSON: JSON,
}
TABLES = {  # one of each kind, the leads on their fast path
    "campaigns": "GET /campaigns",
    "custom_tags": "GET /custom-tags",
    "campaign_analytics": "GET /campaigns/analytics",
    "webhook_events": "GET /webhook-events",
    "leads": "POST /leads/list",
}
KEPT_WELL = {  # members that decide which rows are asked for; not what this is about
    "leads": ("campaign", "list_id"),
    "webhook_events": ("timestamp_created",),
}


def drawn(table: str) -> Rows:
    """Rows of an entity: any member may be absent, null, or anything its type allows."""
    endpoint = BY_TABLE[table]
    kinds = columns.declared(endpoint)
    members = {
        member: st.none() | DRAW[kinds[columns.column_name(member)]]
        for member in columns.schema_of(endpoint.entity)["properties"]
        if columns.column_name(member) in kinds and member not in KEPT_WELL.get(table, ())
    }
    rows, numbers = [], count(1)
    (key,) = endpoint.key

    @settings(
        max_examples=DRAWN,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.fixed_dictionaries({}, optional=members | {"notDeclared": JSON}))
    def draw(row: dict[str, Any]) -> None:
        rows.append(row | {key: str(UUID(int=next(numbers)))})

    draw()
    return rows


@pytest.fixture(scope="module")
def served() -> dict[str, Rows]:
    return {table: drawn(table) for table in TABLES}


@pytest.fixture(scope="module")
def loaded(served, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """All of it after one run."""
    warehouse = Warehouse(tmp_path_factory.mktemp("shapes"))
    with Sandbox("empty", date=TODAY, rate_limit=None) as api:
        for table, operation in TABLES.items():
            is_array = table == "campaign_analytics"
            body = served[table] if is_array else {"items": served[table]}
            api.fault("body", operation, times=None, body=body)
        report = warehouse.sync(api, ",".join(TABLES))
    assert not report.is_partial, [outcome.note for outcome in report.incomplete]
    return warehouse


def expected(endpoint: Endpoint, column: str, value: Any) -> Any:
    """What an analyst should read, by the declared type and nothing else."""
    kind = columns.declared(endpoint).get(column, columns.JSON)
    if value is None or (kind is columns.TIME and value == ""):
        return None
    if kind is columns.TIME:
        return (datetime.fromisoformat(value) - EPOCH) // timedelta(milliseconds=1)
    if kind is columns.DAY:
        return date.fromisoformat(value)
    return json.dumps(value) if kind is columns.JSON else value


@pytest.mark.parametrize("table", TABLES)
def test_what_fits_the_schema_arrives_as_it_is(served, loaded, table) -> None:
    endpoint = BY_TABLE[table]
    kinds = columns.declared(endpoint)
    (key,) = endpoint.key
    held = {row[key]: row for row in _readable(loaded, table, kinds)}
    left_out = {member for member, _ in endpoint.left_out}

    assert held.keys() == {row[key] for row in served[table]}
    for row in served[table]:
        for member in row.keys() - left_out:
            column = columns.column_name(member)
            got = held[row[key]][column]
            if kinds.get(column, columns.JSON) is columns.JSON:
                got = json.dumps(json.loads(got)) if got is not None else None
            assert got == expected(endpoint, column, row[member]), (row[key], member)
        absent = kinds.keys() - {columns.column_name(member) for member in row}
        ours = {columns.WORKSPACE, *columns.history_columns(endpoint)}
        assert {held[row[key]][column] for column in absent - ours} <= {None}


def _readable(warehouse: Warehouse, table: str, kinds: Mapping[str, columns.Kind]) -> Rows:
    """Rows as they are held; times in milliseconds, because Python's end with the year 9999."""
    times = [name for name, kind in kinds.items() if kind is columns.TIME]
    replaced = ", ".join(f"epoch_ms({name}) as {name}" for name in times)
    open_ = " where _dlt_valid_to is null" if table in ("campaigns", "custom_tags") else ""
    return warehouse.rows(f"select * replace ({replaced}) from instantly_raw.{table}{open_}")


@pytest.fixture(scope="module")
def marts(loaded, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The dimensions of campaigns and leads, built of it; their contracts are enforced."""
    folder = tmp_path_factory.mktemp("marts")
    bring_up(loaded.file, folder)
    build(
        loaded.file,
        workdir=folder,
        variables={},
        environment=child_environment(),
        select="+dim_leads +dim_campaigns",
        exclude="resource_type:test resource_type:unit_test",
    )
    return loaded


def test_what_fits_the_schema_reaches_the_marts(served, marts) -> None:
    with duckdb.connect(str(marts.file), read_only=True) as connection:
        found = connection.execute(
            "select campaign_id, campaign_name from instantly.dim_campaigns"
        ).fetchall()
        leads = connection.execute(
            "select lead_id, company_name from instantly.dim_leads"
        ).fetchall()

    totals = {row["campaign_id"]: row.get("campaign_name") for row in served["campaign_analytics"]}
    named = {row["id"]: row.get("name") for row in served["campaigns"]}
    assert dict(found) == {
        campaign: totals[campaign] if name is None else name for campaign, name in named.items()
    }
    assert dict(leads) == {row["id"]: row.get("company_name") for row in served["leads"]}


# However it is cut --------------------------------------------------------------------------------

HOURS, RUNS = 7, 7
CUT = small(campaigns=3, days=3, leads_per_day=4)
PIECES: dict[str, dict[str, Any]] = {
    "pages of 1 row": {"most_rows": 1},
    "pages of 10 rows": {"most_rows": 10},
    "pages in another order": {"is_reversed": True},
    "seven runs": {"runs": RUNS},
}


def content(
    folder: Path, *, most_rows: int | None = None, is_reversed: bool = False, runs: int = 1
) -> dict[str, Rows]:
    """What a warehouse holds of a small world that is read until nothing happens in it any more."""
    warehouse = Warehouse(folder)
    with Sandbox(CUT, seed=5, date=TODAY, rate_limit=None) as api:
        api.app.world.most_rows = most_rows
        if is_reversed:
            api.fault("reverse", "*", times=None)
        for _ in range(runs - 1):
            assert not warehouse.sync(api, "core,leads,lead_lists").is_partial
            api.advance(hours=HOURS)
        api.advance(hours=(RUNS - runs) * HOURS)
        assert not warehouse.sync(api, "core,leads,lead_lists", full_refresh=True).is_partial
    ours = ("observed_at", "_dlt_load_id", "_dlt_id", "_dlt_valid_from", "_dlt_valid_to")
    tables = {e.table: e for e in BY_TABLE.values() if e.table in ("leads", *_core())}
    return {
        table: sorted(
            (
                {name: value for name, value in row.items() if name not in ours}
                for row in warehouse.current(table)
            ),
            key=lambda row: str([row[name] for name in tables[table].key]),
        )
        for table in tables
    }


def _core() -> Iterator[str]:
    return (table for table, endpoint in BY_TABLE.items() if endpoint.tier.value == "core")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    return content(tmp_path_factory.mktemp("whole"))


@pytest.mark.slow
@pytest.mark.parametrize("how", PIECES)
def test_however_it_is_cut_the_content_is_the_same(whole, tmp_path, how) -> None:
    found = content(tmp_path, **PIECES[how])

    assert any(whole.values())
    for table, rows in whole.items():
        assert found[table] == rows, table
