"""Row functions: what comes out of one element of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.instantly.shaping.rows import (
    UNATTRIBUTED,
    combined,
    copy_hash,
    copy_variants,
    distinct,
    email_step,
    last_by_key,
    position,
    step_and_variant,
)

STEPS = [
    {
        "type": "email",
        "delay": 3,
        "variants": [
            {"subject": "A", "body": "one"},
            {"subject": "B", "body": "two", "v_disabled": True},
        ],
    },
    {"type": "email", "delay": 0, "variants": [{"subject": "", "body": "again"}]},
]


def test_a_variant_is_named_by_its_position() -> None:
    rows = list(copy_variants({"id": "c", "sequences": [{"steps": STEPS}, {"steps": STEPS}]}))

    assert [(row["step"], row["variant"], row["subject"]) for row in rows] == [
        (0, 0, "A"),
        (0, 1, "B"),
        (1, 0, ""),
    ], "only the first sequence counts"
    assert rows[1]["v_disabled"] is True
    assert rows[0]["delay"] == 3
    assert {row["campaign_id"] for row in rows} == {"c"}


@pytest.mark.parametrize("draft", [{}, {"sequences": []}, {"sequences": [{}]}, {"sequences": None}])
def test_a_draft_without_copy_has_no_variants(draft: dict[str, object]) -> None:
    assert list(copy_variants({"id": "c", **draft})) == []


@given(st.text(), st.text(), st.text(), st.text())
def test_texts_are_told_apart_by_their_hash(one: str, two: str, three: str, four: str) -> None:
    assert (copy_hash(one, two) == copy_hash(three, four)) == ((one, two) == (three, four))


@pytest.mark.parametrize(
    ("value", "expected"), [("0", 0), ("12", 12), (3, 3), (None, UNATTRIBUTED), ("null", -1)]
)
def test_positions_are_whole_numbers_and_null_is_kept(value: object, expected: int) -> None:
    assert position(value) == expected  # ty: ignore


def test_a_position_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="first"):
        position("first")


@pytest.mark.parametrize(
    ("step", "parts"),
    [
        ("0_1_0", (0, 1, 0)),
        ("0_0_8", (0, 0, 8)),
        ("2_10_25", (2, 10, 25)),
        (None, (None, None, None)),
        ("", (None, None, None)),
        ("null", (None, None, None)),
        ("3", (None, None, None)),
        ("0_1", (None, None, None)),
        ("0_1_0_4", (None, None, None)),
        ("0_-1_0", (None, None, None)),
        ("0_1_0\n", (None, None, None)),
        ("٠_١_٠", (None, None, None)),
        ("9" * 30 + "_0_0", (None, None, None)),
        (7, (None, None, None)),
    ],
)
def test_the_step_of_an_email_names_subsequence_step_and_variant(step, parts) -> None:
    (row,) = email_step({"id": "e", "step": step})

    assert (row["subsequence_index"], row["step_index"], row["variant_index"]) == parts
    assert row["step"] == step, "the text stays"


def test_an_email_without_a_step_has_no_position() -> None:
    (row,) = email_step({"id": "e"})

    assert row["step_index"] is None
    assert "step" not in row


def test_null_and_the_text_null_are_two_parts_of_what_belongs_to_no_step() -> None:
    answer = [
        {"step": None, "variant": None, "sent": 0, "replies": 2},
        {"step": "null", "variant": "null", "sent": 0, "replies": 2},
        {"step": "0", "variant": "0", "sent": 5, "replies": 1},
    ]
    rows = [row for element in distinct(answer) for row in step_and_variant(element)]

    assert combined(rows, ("step", "variant")) == [
        {"step": -1, "variant": -1, "sent": 0, "replies": 4},
        {"step": 0, "variant": 0, "sent": 5, "replies": 1},
    ]


def test_copies_of_a_row_count_once() -> None:
    row = {"date": "2026-01-01", "sent": 8}

    assert list(distinct([row, dict(row), {"date": "2026-01-02", "sent": 8}])) == [
        row,
        {"date": "2026-01-02", "sent": 8},
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100))))
def test_combining_loses_no_count(pairs: list[tuple[int, int]]) -> None:
    rows = [{"step": step, "sent": sent} for step, sent in pairs]
    result = combined(rows, ("step",))

    assert sum(row["sent"] for row in result) == sum(sent for _, sent in pairs)
    assert len({row["step"] for row in result}) == len(result)


def test_the_last_copy_of_an_entity_stands() -> None:
    rows = [{"id": 1, "name": "old"}, {"id": 2, "name": "b"}, {"id": 1, "name": "new"}]

    assert last_by_key(rows, ("id",)) == [{"id": 1, "name": "new"}, {"id": 2, "name": "b"}]
