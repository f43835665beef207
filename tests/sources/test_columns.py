"""Typing: every value arrives in the type its entity declares, or is refused by name."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.instantly.endpoints import BY_TABLE, ENDPOINTS
from sources.instantly.errors import OutOfContract
from sources.instantly.shaping import columns

CAMPAIGNS = BY_TABLE["campaigns"]
DAYS = BY_TABLE["campaign_analytics_daily"]


def one(endpoint, row, **same):
    (result,) = columns.table(endpoint, [row], **same).to_pylist()
    return {name: value for name, value in result.items() if value is not None}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
def test_an_empty_table_has_every_declared_column(endpoint) -> None:
    table = columns.table(endpoint, [])

    assert table.num_rows == 0
    assert set(table.column_names) == set(columns.declared(endpoint))
    assert {columns.WORKSPACE, *endpoint.key} <= set(table.column_names)
    assert not any(pa.types.is_null(kind) for kind in table.schema.types)


def test_declared_members_get_their_types() -> None:
    row = one(
        DAYS,
        {"date": "2026-03-08", "sent": 12, "replies": "3", "opened": 4.0},
        campaign_id="c",
        workspace_id="w",
    )

    assert row == {
        "workspace_id": "w",
        "campaign_id": "c",
        "date": date(2026, 3, 8),
        "sent": 12,
        "replies": 3,
        "opened": 4,
    }


def test_times_are_utc_and_an_empty_text_is_no_time() -> None:
    row = one(
        CAMPAIGNS,
        {"id": "c", "timestamp_created": "2026-04-28T09:14:03.118Z", "timestamp_updated": ""},
    )

    assert row["timestamp_created"] == datetime(2026, 4, 28, 9, 14, 3, 118000, tzinfo=UTC)
    assert "timestamp_updated" not in row


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("sent", "many"),
        ("sent", 2**63),
        ("sent", 1.5),
        ("sent", {"total": 3}),
        ("sent", "1_000"),
        ("sent", 1e300),
        ("sent", float("nan")),
        ("sent", float("inf")),
        ("date", "yesterday"),
        ("date", None),
        ("date", ""),
        ("campaign_id", 17),
        ("campaign_id", ["c-17"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(member: str, value: object) -> None:
    row = {"date": "2026-03-08", "sent": 1, "campaign_id": "c-17", member: value}

    with pytest.raises(OutOfContract, match=rf"{member}: .* expected \(campaign_analytics_daily\)"):
        columns.table(DAYS, [row])


def test_a_refusal_shows_nothing_of_the_row() -> None:
    row = {"email": "jane@x.com", "timestamp_created": "john@x.com", "status": "jim@x.com"}

    with pytest.raises(OutOfContract) as refused:
        columns.table(BY_TABLE["accounts"], [row])
    assert "x.com" not in str(refused.value)


@pytest.mark.parametrize("member", ["", " ", "_dlt_id", "observed_at", "workspace_id"])
def test_a_member_that_can_be_no_column_is_set_apart(member: str) -> None:
    row = one(DAYS, {"date": "2026-03-08", "campaign_id": "c", member: "x"}, workspace_id="w")

    assert columns.orjson.loads(row[columns.COLLIDING]) == {member: "x"}
    assert row["workspace_id"] == "w"


@pytest.mark.parametrize("value", [5, "five", 5.5, True, {"a": [1]}, [1, 2], "\x00", "🙂 ‮"])
def test_an_undeclared_member_is_kept_whatever_its_type(value: object) -> None:
    row = {"date": "2026-03-08", "campaign_id": "c", "newMember": value}
    table = columns.table(DAYS, [row])

    assert columns.json_columns(DAYS, table.column_names) == ["new_member"]
    assert columns.orjson.loads(table.column("new_member")[0].as_py()) == value


def test_a_member_whose_name_becomes_a_taken_column_is_set_apart() -> None:
    row = one(CAMPAIGNS, {"id": "c", "open_tracking": True, "openTracking": False})

    assert row["open_tracking"] is True
    assert columns.orjson.loads(row[columns.COLLIDING]) == {"openTracking": False}


def test_what_is_left_out_is_not_stored() -> None:
    table = columns.table(CAMPAIGNS, [{"id": "c", "sequences": [{"steps": []}]}])

    assert "sequences" not in table.column_names


def test_copy_in_any_script_is_kept_as_it_is() -> None:
    text = 'It\'s "50 %" — 你好, Привет, سلام 🙂 {{firstName|there}}\u2028'
    variants = BY_TABLE["campaign_variants"]

    assert (
        one(variants, {"campaign_id": "c", "step": 0, "variant": 0, "body": text})["body"] == text
    )


members = st.dictionaries(
    st.sampled_from(["name", "status", "pl_value", "core_variables", "newMember"]),
    st.none() | st.integers(-5, 5),
)


@given(members, members)
def test_a_version_is_told_by_content_and_absent_is_null(one_row, other_row) -> None:
    def version(row):
        return one(CAMPAIGNS, {"id": "c", **row})[columns.ROW_VERSION]

    def content(row):
        return {name: value for name, value in row.items() if value is not None}

    assert (version(one_row) == version(other_row)) == (content(one_row) == content(other_row))
