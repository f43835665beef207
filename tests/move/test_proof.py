"""What the proof lets pass, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.move.cargo import Table
from pipelines.move.proof import Comparison, comparisons, one_spelling

COLUMNS = {"id": "VARCHAR", "n": "DOUBLE", "said": "JSON"}
PEOPLE = Table("people", COLUMNS, frozenset({"said"}), "", is_loaded=True)
ROWS = [("a", 1.5, '{"x": 1, "y": [1e2]}'), ("b", None, None), ("b", None, None), (None, 0.1, "0")]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for side in ("here", "there"):
            opened.execute(f"attach ':memory:' as {side}")
            opened.execute(f"create table {side}.people (id varchar, n double, said json)")
            opened.executemany(f"insert into {side}.people values (?, ?, ?)", ROWS)
        yield opened


def compared(connection: duckdb.DuckDBPyConnection) -> Comparison:
    (found,) = comparisons(connection, [PEOPLE], "here.main", "there.main")
    return found


def test_the_order_of_rows_and_the_spelling_of_json_do_not_count(connection) -> None:
    connection.execute("delete from there.people")
    connection.executemany("insert into there.people values (?, ?, ?)", ROWS[1:])
    connection.execute("""insert into there.people values ('a', 1.5, '{"y":[100],"x":1.0}')""")
    assert compared(connection) == Comparison("people", 4, 4)


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ("update there.people set n = 0.10000000000000002 where id is null", ("n",)),
        ("update there.people set id = '' where id is null", ("id",)),
        ("""update there.people set said = '{"x": 1, "y": ["100"]}' where id = 'a'""", ("said",)),
        ("update there.people set id = 'c' where rowid = 1", ("id",)),
        ("delete from there.people where rowid = 1", ("id", "n", "said")),
        ("insert into there.people from there.people where id = 'a'", ("id", "n", "said")),
    ],
)
def test_whatever_else_differs_is_found_with_its_columns(connection, change, columns) -> None:
    connection.execute(change)
    found = compared(connection)
    assert not found.is_equal
    assert found.differing == columns


def test_values_that_changed_places_are_found_though_every_column_is_the_same(connection) -> None:
    connection.execute("update there.people set n = 0.1 where id = 'a'")
    connection.execute("update there.people set n = 1.5 where id is null")
    found = compared(connection)
    assert not found.is_equal
    assert found.differing == ()


def test_a_column_that_is_missing_or_of_another_type_is_found(connection) -> None:
    connection.execute("alter table there.people drop column id")
    connection.execute("alter table there.people alter n type varchar")
    found = compared(connection)
    assert not found.is_equal
    assert found.differing == ("id", "n")


@given(values)
def test_json_of_equal_value_is_spelled_alike_and_spelling_changes_nothing(value) -> None:
    plain = json.dumps(value)
    spaced = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    spelled = one_spelling(plain)
    assert one_spelling(spaced) == spelled
    assert one_spelling(spelled) == spelled


@given(values, values)
def test_json_of_other_value_is_spelled_otherwise(one, other) -> None:
    if one_spelling(json.dumps(one)) == one_spelling(json.dumps(other)):
        assert without_zeros(one) == without_zeros(other)


def without_zeros(value):
    """As Python compares, but for the zero character, whose sign stands for it."""
    return json.loads(json.dumps(value).replace("\\u0000", "\\u2400"))
