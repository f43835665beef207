"""Hidden columns and forgotten people: what a batch looks like when it is written."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.instantly import BY_TABLE, ENDPOINTS, Discretion, Load
from sources.instantly.errors import UnknownColumn
from sources.instantly.reading.batch import Batch, Closing
from sources.instantly.shaping import columns
from sources.instantly.shaping.forgotten import MARK, OWN_SIDE, Forgotten
from sources.instantly.shaping.privacy import Privacy, choices

LEADS, EMAILS, ACCOUNTS = BY_TABLE["leads"], BY_TABLE["emails"], BY_TABLE["accounts"]
KEY = "a key of sixteen signs"
HASHED = ["leads.email", "emails.lead", "emails.to_address_email_list", "accounts.email"]
PRIVACY = Privacy.of(["leads.phone", "leads.payload"], HASHED, KEY)


def leads(*rows: dict) -> pa.Table:
    return columns.table(LEADS, [{"id": str(n), **row} for n, row in enumerate(rows)])


def forgotten(*addresses: str) -> Forgotten:
    nobody = Forgotten(b"salt")
    return Forgotten(b"salt", frozenset(map(nobody.hash_of, addresses)))


# Hidden columns ---------------------------------------------------------------------------------


def test_dropped_columns_are_empty_and_hashed_ones_still_join() -> None:
    read = leads({"email": "Jane@X.com ", "phone": "+49", "payload": {"a": 1}, "website": "x.com"})
    mail = columns.table(EMAILS, [{"id": "m", "lead": "jane@x.com"}])
    (lead,) = PRIVACY.apply(LEADS, read).to_pylist()
    (email,) = PRIVACY.apply(EMAILS, mail).to_pylist()
    assert (lead["phone"], lead["payload"], lead["website"]) == (None, None, "x.com")
    assert lead["email"] == email["lead"] == PRIVACY.digest("jane@x.com")
    assert len(lead["email"]) == 64


def test_recipients_of_one_mail_are_hashed_one_by_one() -> None:
    mail = columns.table(EMAILS, [{"id": "m", "to_address_email_list": "a@x.com, B@x.com"}])
    (email,) = PRIVACY.apply(EMAILS, mail).to_pylist()
    assert email["to_address_email_list"].split(",") == [
        PRIVACY.digest("a@x.com"),
        PRIVACY.digest("b@x.com"),
    ]


def test_an_id_stays_where_it_stands_in_the_place_of_an_address() -> None:
    mappings = BY_TABLE["custom_tag_mappings"]
    identifier = "0198c0de-7777-7aaa-9bbb-0123456789ab"
    rows = [{"id": "1", "resource_id": identifier}, {"id": "2", "resource_id": "Me@own.com"}]
    privacy = Privacy.of([], ["custom_tag_mappings.resource_id", "accounts.email"], KEY)
    written = privacy.apply(mappings, columns.table(mappings, rows))
    assert written["resource_id"].to_pylist() == [identifier, privacy.digest("me@own.com")]


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_hiding_twice_is_hiding_once(texts: list[str | None]) -> None:
    read = leads(*({"email": text} for text in texts))
    once = PRIVACY.apply(LEADS, read)
    assert PRIVACY.apply(LEADS, once).equals(once)
    assert once.schema.equals(read.schema)
    assert once["row_version"].equals(read["row_version"]), "a hash is no change"


def test_another_key_makes_other_hashes() -> None:
    other = Privacy.of([], HASHED, KEY + "!")
    assert other.digest("jane@x.com") != PRIVACY.digest("jane@x.com")
    assert other.fingerprint != PRIVACY.fingerprint
    assert KEY not in repr(PRIVACY)


@pytest.mark.parametrize(
    ("drop", "hash_", "says"),
    [
        (["leed.phone"], [], "PRIVACY_DROP: 'leed.phone' names no table"),
        (["leads"], [], "'leads' names no table"),
        (["leads.fone"], [], "leads.fone is no column"),
        ([], ["leads.payload"], "JSON"),
        ([], ["leads.id"], "holds no text about a person"),
        ([], ["leads.status"], "holds no text about a person"),
        (["accounts.email"], [], "part of the key"),
        ([], ["campaign_analytics.campaign_name"], "only the key"),
        (["leads.email"], ["leads.email"], "both name leads.email"),
    ],
)
def test_columns_that_cannot_be_hidden_are_refused_by_name(drop, hash_, says: str) -> None:
    with pytest.raises(UnknownColumn, match=says) as refused:
        Privacy.of(drop, hash_, KEY)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
def test_every_choice_of_every_table_can_be_hidden(endpoint) -> None:
    known = columns.declared(endpoint)
    free = endpoint.load is not Load.OBSERVATIONS
    names = {name for name in choices(endpoint) if free or name in endpoint.key}
    hashed = {name for name in names if known[name] is columns.TEXT}
    privacy = Privacy.of(
        [f"{endpoint.table}.{name}" for name in names - hashed],
        [f"{endpoint.table}.{name}" for name in hashed],
        KEY,
    )
    empty = columns.table(endpoint, [])
    assert privacy.apply(endpoint, empty).schema.equals(empty.schema)


# Forgotten people -------------------------------------------------------------------------------


def test_rows_about_a_forgotten_person_are_not_written() -> None:
    read = leads({"email": "JANE@x.com"}, {"email": "bob@x.com"}, {"email": None})
    kept = forgotten("jane@x.com").apply(LEADS, read)
    assert kept["email"].to_pylist() == ["bob@x.com", None]


def test_mail_to_several_is_about_each_of_them() -> None:
    names = ("from_address_email", "to_address_email_list", "cc_address_email_list", "lead")
    rows = [{"id": name, name: "Bob <bob@x.com>, Jane@x.com"} for name in names]
    rows.append({"id": "other", "lead": "notjane@x.com"})
    kept = forgotten("jane@x.com").apply(EMAILS, columns.table(EMAILS, rows))
    assert kept["id"].to_pylist() == ["other"]


def test_texts_that_mention_a_forgotten_person_say_so_and_nothing_else_changes() -> None:
    payload = {"Referrer": "jane@x.com\n", "Odd": "é🙂", "Size": 4}
    read = leads({"email": "bob@x.com", "payload": payload, "personalization": "cc jane@x.com"})
    (lead,) = forgotten("jane@x.com").apply(LEADS, read).to_pylist()
    assert json.loads(lead["payload"]) == payload | {"Referrer": f"{MARK}\n"}
    assert lead["personalization"] == f"cc {MARK}"
    (before,) = read.to_pylist()
    assert {name for name in lead if lead[name] != before[name]} == {"payload", "personalization"}


def test_where_nobody_is_forgotten_nothing_is_looked_at() -> None:
    read = leads({"email": "jane@x.com"})
    assert Forgotten().apply(LEADS, read) is read


@pytest.mark.parametrize("table", sorted(OWN_SIDE))
def test_our_own_side_is_never_forgotten(table: str) -> None:
    rows = columns.table(BY_TABLE[table], [{"id": "1", "email": "jane@x.com"}])
    assert forgotten("jane@x.com").apply(BY_TABLE[table], rows) is rows


# Between reading and the warehouse --------------------------------------------------------------


def test_the_forgotten_are_recognised_before_their_address_is_hashed() -> None:
    discretion = Discretion(PRIVACY, forgotten("jane@x.com"))
    batch = Batch(LEADS, leads({"email": "jane@x.com"}, {"email": "bob@x.com"}), "w")
    assert discretion.written(batch).rows["email"].to_pylist() == [PRIVACY.digest("bob@x.com")]


def test_rows_that_end_are_named_as_they_are_stored() -> None:
    closing = Closing("email", only=frozenset({"a@x.com"}), but=frozenset({"b@x.com"}))
    rows = columns.table(ACCOUNTS, [{"email": "a@x.com"}])
    written = Discretion(PRIVACY).written(Batch(ACCOUNTS, rows, "w", closing=closing))
    assert written.closing == Closing(
        "email",
        only=frozenset({PRIVACY.digest("a@x.com")}),
        but=frozenset({PRIVACY.digest("b@x.com")}),
    )


def test_a_hidden_key_that_passed_in_this_run_is_recognised_in_stored_rows() -> None:
    discretion = Discretion(PRIVACY)
    rows = columns.table(ACCOUNTS, [{"email": "A@x.com"}])
    written = discretion.written(Batch(ACCOUNTS, rows, "w", is_complete=True))
    stored = pa.table({"email": [*written.rows["email"].to_pylist(), PRIVACY.digest("gone@x.com")]})
    assert discretion.clear_columns(ACCOUNTS, stored)["email"].to_pylist() == [
        "A@x.com",
        PRIVACY.digest("gone@x.com"),
    ]
