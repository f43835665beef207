"""Addresses in texts: found in every shape in which mail, links and JSON carry them."""

import base64
import json
import re
from urllib.parse import quote

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.instantly import BY_TABLE, ENDPOINTS
from sources.instantly.shaping import columns
from sources.instantly.shaping.addresses import (
    MAY_HOLD,
    columns_of_addresses,
    found_in,
    is_address,
    normalised,
    without,
)

JANE = "Jane.Doe+x@Acme-Co.io"
MARK = "[forgotten]"
LOCALS = st.from_regex(r"[a-z0-9]([a-z0-9._+-]{0,14}[a-z0-9])?", fullmatch=True)
HOSTS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?\.(com|io|co\.uk)", fullmatch=True)
ADDRESSES = st.builds("{}@{}".format, LOCALS, HOSTS)
BEFORE = st.sampled_from(["", "<", '"', "\n", "mailto:", "to=", "&", "?", ", ", "(", ";", "🙂 "])
AFTER = st.sampled_from(["", ">", '"', "\n", "&", "?x", ", ", ")", ";", ".", "!", " 🙂"])


def is_jane(address: str) -> bool:
    return address == normalised(JANE)


@pytest.mark.parametrize(
    "text",
    [
        JANE,
        JANE.upper(),
        f"<{JANE}>",
        f"Jane <{JANE}>, Bob <bob@x.com>",
        f"mailto:{JANE}?subject=hi",
        f"https://u.io/t?e={quote(JANE, safe='')}&x=1",
        "mailto%3Ajane.doe%2Bx%40acme-co.io",
        f"write to {JANE}.",
        f"_{JANE}_",
        f"u/{base64.b64encode(JANE.encode()).decode()}",
        f"https://x.io/a/bc/{base64.urlsafe_b64encode(b'z:' + JANE.encode() + b';u').decode()}",
        JANE.encode().hex(),
        "00ff" + JANE.encode().hex().upper(),
        "a" + JANE.encode().hex(),
    ],
)
def test_an_address_is_found_in_every_shape(text: str) -> None:
    clean = without(text, is_jane, MARK)
    assert MARK in clean
    for trace in (JANE, "%40acme", base64.b64encode(JANE.encode()).decode(), JANE.encode().hex()):
        assert trace.lower() not in clean.lower()
    assert duckdb.sql("select regexp_matches(?, ?)", params=[text, MAY_HOLD]).fetchone() == (True,)


@pytest.mark.parametrize(
    "text",
    [f"not{JANE}", f"{JANE}.au", "doe+x@acme-co.io", "jane.doe@acme-co.io", "", "@", "a@", "@b"],
)
def test_another_address_is_another_person(text: str) -> None:
    assert without(text, is_jane, MARK) == text


@given(ADDRESSES, ADDRESSES, BEFORE, AFTER)
def test_what_stands_around_an_address_stays(who: str, other: str, before: str, after: str) -> None:
    text = f"Hi {before}{who}{after} and {other}"
    clean = without(text, lambda address: address == who, MARK)
    expected = f"Hi {before}{MARK}{after} and {MARK if other == who else other}"
    assert clean == expected


@settings(max_examples=40)
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_stays_json(value: object) -> None:
    text = json.dumps({"who": JANE, "said": ["line\n" + JANE + "\tx", value]}, ensure_ascii=False)
    clean = json.loads(without(text, is_jane, MARK))
    assert clean["who"] == MARK
    assert clean["said"][0] == f"line\n{MARK}\tx"


@given(st.text(), ADDRESSES, st.text())
def test_a_text_of_any_signs_is_searched(before: str, who: str, after: str) -> None:
    assert who in {found.address for found in found_in(f"{before} {who} {after}")}


@given(ADDRESSES, st.binary(max_size=7), st.binary(max_size=7))
def test_what_is_packed_is_found_whatever_is_around_it(
    who: str, before: bytes, after: bytes
) -> None:
    whole = before + b" " + who.title().encode() + b" " + after
    for packed in (base64.b64encode(whole), base64.urlsafe_b64encode(whole), whole.hex().encode()):
        text = f"https://x.io/t/{packed.decode()}"
        assert re.search(MAY_HOLD, text)
        assert MARK in without(text, lambda address: address == who, MARK)


@pytest.mark.parametrize(
    "run", ["a" * 200_000 + "@x", "a@" * 50_000, "QA40" * 50_000, "[" * 99_999]
)
def test_long_runs_take_no_time(run: str) -> None:
    assert without(run, is_jane, MARK) == run


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("jane@x.com", True), ("j@x", False), ("jane", False), ("a b@x.com", False), ("", False)],
)
def test_one_address_is_told_from_other_texts(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one
    assert not is_address("a" * 300 + "@x.com")


def test_every_table_that_names_people_says_in_which_columns() -> None:
    found = {e.table: columns_of_addresses(e) for e in ENDPOINTS if columns_of_addresses(e)}
    assert found["leads"] == ("email",)
    assert set(found["emails"]) == {
        "from_address_email",
        "to_address_email_list",
        "cc_address_email_list",
        "bcc_address_email_list",
        "reply_to",
        "lead",
        "eaccount",
    }
    assert found["webhook_events"] == ("lead_email",)
    assert set(found["inbox_placement_analytics"]) == {"sender_email", "recipient_email"}
    assert "email_subject" in columns.declared(BY_TABLE["inbox_placement_tests"])
    assert "inbox_placement_tests" not in found, "a subject is no address"
