"""What does not fit: told from what does, set apart row by row, refused when there is too much."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.instantly import BY_TABLE, ENDPOINTS, Endpoint, Load
from sources.instantly.conversation.answers import Answer, decoded
from sources.instantly.endpoint import Way
from sources.instantly.errors import OutOfContract
from sources.instantly.reading.batch import Batch, Closing
from sources.instantly.reading.discretion import Discretion
from sources.instantly.reading.quarantine import FEW, MOST, Quarantine, key_text, said
from sources.instantly.shaping import columns, misfits
from sources.instantly.shaping.forgotten import Forgotten
from sources.instantly.shaping.misfits import Kept, Misfit
from sources.instantly.shaping.privacy import Privacy

AT = datetime(2026, 11, 17, 6, tzinfo=UTC)
DAYS, STEPS = BY_TABLE["campaign_analytics_daily"], BY_TABLE["step_analytics"]
VARIANTS, TAGS, EMAILS = BY_TABLE["campaign_variants"], BY_TABLE["custom_tags"], BY_TABLE["emails"]
LEADS = BY_TABLE["leads"]
NESTED = ("email_date_data", "aggregate_data", "subscriptions")


def day(number: int = 1, **members: Any) -> dict[str, Any]:
    return {"date": f"2026-03-{number:02}", "sent": 1} | members


# One row ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "key", "column"),
    [
        ({"sent": "many"}, {"campaign_id": "c", "date": date(2026, 3, 1)}, "sent"),
        ({"date": None}, {"campaign_id": "c"}, "date"),
        ({"date": ["2026-03-01"]}, {"campaign_id": "c"}, "date"),
        ({"new": "\ud800"}, {"campaign_id": "c", "date": date(2026, 3, 1)}, "new"),
    ],
    ids=str,
)
def test_as_much_of_the_key_is_kept_as_can_be_read(odd, key, column) -> None:
    quarantine = Quarantine()
    rows = quarantine.observed(DAYS, [day(**odd), day(2)], campaign_id="c")

    assert [row["date"] for row in rows] == ["2026-03-02"]
    (misfit,) = quarantine.found(DAYS)
    assert (dict(misfit.key), misfit.column) == (key, column)


def test_rows_of_an_odd_element_are_known_by_its_id() -> None:
    quarantine = Quarantine()
    campaigns = [{"id": "a", "sequences": "none"}, {"id": "b", "sequences": [{"steps": []}]}]

    assert quarantine.cut(VARIANTS, campaigns) == []
    (misfit,) = quarantine.found(VARIANTS)
    assert dict(misfit.key) == {"campaign_id": "a"}
    assert quarantine.holds(VARIANTS, {"campaign_id": "a", "step": 3, "variant": 0})
    assert not quarantine.holds(VARIANTS, {"campaign_id": "b", "step": 3, "variant": 0})


def test_a_number_that_is_the_sum_of_a_row_that_does_not_fit_is_not_taken() -> None:
    """What belongs to no step comes as two rows, under null and under the text "null"."""
    quarantine = Quarantine()
    rows = [
        {"step": None, "variant": None, "replies": 2},
        {"step": "null", "variant": "null", "replies": "some"},
        {"step": "0", "variant": "0", "replies": "3"},
        {"step": "0", "variant": "0", "replies": 4, "sent": 5},
    ]
    (row,) = quarantine.observed(STEPS, rows, campaign_id="c")

    assert (row["step"], row["replies"], row["sent"]) == (0, 7, 5)
    assert quarantine.holds(STEPS, {"campaign_id": "c", "step": -1, "variant": -1})


@given(st.lists(st.sampled_from([1, "7", "many", None, 2**63, {}]), max_size=20))
def test_exactly_what_does_not_fit_is_sifted_out(values) -> None:
    rows = [day(number % 28 + 1, campaign_id="c", sent=v) for number, v in enumerate(values)]
    sifted = misfits.sift(DAYS, rows)

    fit = [place for place, value in enumerate(values) if value in (1, "7", None)]
    assert sifted.kept == fit
    assert sifted.table["sent"].to_pylist() == [values[n] and int(values[n]) for n in fit]
    assert len(sifted.misfits) == len(values) - len(fit)


def answered(body: str) -> Any:
    return decoded("GET /x", Answer(200, {}, body.encode()))


@pytest.mark.parametrize("odd", ["NaN", "-Infinity", "1e400", "9223372036854775808", "1e19"])
def test_a_number_that_is_none_costs_its_row_alone(odd) -> None:
    body = f'[{{"date": "2026-03-01", "sent": {odd}}}, {{"date": "2026-03-02", "sent": 2}}]'
    quarantine, answer = Quarantine(), answered(body)

    assert [row["sent"] for row in quarantine.observed(DAYS, answer, campaign_id="c")] == [2]
    (misfit,) = quarantine.found(DAYS)
    assert misfit.column == "sent"


# What is written of it ----------------------------------------------------------------------------


def kept(**key: Any) -> Kept:
    return Kept(key, "label", "why", 1, AT.replace(day=1), AT.replace(day=2))


def test_a_line_is_over_when_its_row_was_asked_for_and_came_well() -> None:
    quarantine = Quarantine()
    quarantine.cut(TAGS, [{"id": "new", "label": "x"}, {"id": None}, {"id": 7}])
    quarantine.typed(TAGS, [{"id": "again", "label": "x", "timestamp_created": "late"}])
    again = Kept({"id": "again"}, "timestamp_created", "why", 1, AT.replace(day=1), AT)
    known = [kept(id="well"), again]
    read = quarantine.lines(TAGS, known, AT, asked_again=True)
    unread = quarantine.lines(TAGS, known, AT, asked_again=False)

    by_key = {key_text(line.key): line for line in read if line.key}
    assert by_key['{"id":"again"}'].first_seen_at == AT.replace(day=1)
    assert by_key['{"id":"again"}'].last_seen_at == AT
    assert [key for key, line in by_key.items() if line.resolved_at] == ['{"id":"well"}']
    assert [line.resolved_at for line in unread] == [None] * len(unread)
    keyless = sorted((line.reason, line.rows) for line in read if not line.key)
    assert keyless == [
        ("a number where a text is expected", 1),
        ("nothing where a text is expected", 1),
    ]


def test_an_e_mail_is_over_when_it_goes_by() -> None:
    quarantine = Quarantine()
    quarantine.met(EMAILS, [{"id": "well"}])
    lines = quarantine.lines(EMAILS, [kept(id="well"), kept(id="odd")], AT, asked_again=False)

    assert [(line.key["id"], line.resolved_at) for line in lines] == [("well", AT), ("odd", None)]


def test_what_is_said_names_columns_and_no_row() -> None:
    quarantine = Quarantine()
    rows = [{"id": f"jane{n}@x.com", "status": "jane@x.com", "phone": 3} for n in range(5)]
    quarantine.typed(LEADS, rows)
    lines = quarantine.lines(LEADS, [], AT, asked_again=True)

    assert said(lines) == (
        "5 rows do not fit and were set apart (status: a text where a whole number of 64 bits is "
        "expected); see instantly.quarantined_rows"
    )
    assert said([]) == ""


def test_a_person_who_is_forgotten_is_in_no_key() -> None:
    nobody = Forgotten(b"salt")
    forgotten = Forgotten(b"salt", frozenset({nobody.hash_of("jane@x.com")}))
    written = Discretion(forgotten=forgotten).row_key(LEADS, {"id": "to jane@x.com", "n": 5})

    assert written == {"id": "to [forgotten]", "n": 5}


# How much is too much -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unfit", "read", "share", "is_refused"),
    [
        (1, 1, 0.01, False),
        (2, 2, 0.01, True),
        (1, 8, 0.01, False),
        (FEW, 11, 0.01, False),
        (FEW + 1, 1000, 0.01, True),
        (FEW + 1, 1101, 0.01, False),
        (FEW + 1, 1000, 0.5, False),
        (FEW + 1, 20, 1.0, False),
        (20, 20, 1.0, True),
        (MOST + 1, 10 * MOST, 1.0, True),
    ],
)
def test_many_rows_that_do_not_fit_are_a_changed_contract(unfit, read, share, is_refused) -> None:
    quarantine = Quarantine(share)
    odd = [Misfit("custom_tags", (("id", str(n)),), "label", "why") for n in range(unfit)]
    quarantine.take(TAGS, odd, read=read)
    says = f"GET /custom-tags: {unfit} of {read} rows .* because of label: why"

    with pytest.raises(OutOfContract, match=says) if is_refused else nullcontext():
        quarantine.refuse_too_many(TAGS, "acme")


def test_a_table_that_is_refused_fails_with_what_does_not_fit(synced, faulty) -> None:
    faulty.fault("patch", TAGS.operation, times=None, fields={"timestamp_created": 5})
    read = synced.read(TAGS)

    assert isinstance(read.error, OutOfContract)
    assert (read.status, read.set_apart.keys()) == ("failed", {"custom_tags"})
    assert "timestamp_created: a number where a time is expected" in read.message


# Every table --------------------------------------------------------------------------------------


def _unfit(endpoint: Endpoint) -> dict[str, Any]:
    """A member that makes a row of the table unfit: one with a type, else the key. None at all
    where the API says nothing but JSON, and the key is known from the request."""
    properties = columns.schema_of(endpoint.entity)["properties"]
    typed = (columns.INTEGER, columns.DOUBLE, columns.BOOLEAN, columns.TIME)
    for member in properties:
        column = columns.column_name(member)
        if column not in endpoint.key and columns.declared(endpoint).get(column) in typed:
            return {member: {"odd": []}}
    is_asked_for = endpoint.parent is not None and endpoint.key == (endpoint.parent.column,)
    return {} if is_asked_for else {endpoint.key[0]: None}


@pytest.mark.parametrize(
    "endpoint",
    [e for e in ENDPOINTS if not e.source and not set(e.holds) & set(NESTED) and _unfit(e)],
    ids=lambda endpoint: endpoint.table,
)
def test_a_row_that_does_not_fit_costs_itself_alone(synced, faulty, endpoint) -> None:
    """Nothing else is written, closed, counted as zero or marked as deleted because of it."""
    _, values = synced.question(endpoint)
    times = None if endpoint.way is Way.EMAILS else 1  # whose first windows are empty
    rows = {0: _unfit(endpoint)}
    faulty.fault("patch", endpoint.operation, times=times, where=values, rows=rows)
    read = synced.read(endpoint)

    assert (read.status, read.error) == ("ok", None), read.message
    assert read.set_apart, "the answer was not what was expected of it"
    for batch in read.batches:
        if batch.endpoint.load is not Load.VERSIONS:
            assert batch.is_known or not batch.rows.num_rows, batch.endpoint.table
        elif batch.endpoint.table in read.set_apart:
            assert batch.closing
            assert len(batch.closing.spared) == read.set_apart[batch.endpoint.table]
        else:
            assert batch.closing
            assert batch.closing.spared == ()


def test_a_hidden_key_is_spared_by_the_hash_that_is_stored() -> None:
    accounts, privacy = BY_TABLE["accounts"], Privacy.of([], ["accounts.email"], "k" * 32)
    rows, spared = columns.table(accounts, []), ({"email": "a@x.com"},)
    batch = Batch(accounts, rows, "w", closing=Closing(spared=spared))
    written = Discretion(privacy).written(batch)

    assert written.closing
    assert written.closing.spared == ({"email": privacy.digest("a@x.com")},)
