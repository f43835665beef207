"""A URL is read once, refused with what is wrong, and never shown with the password."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.destinations.postgres.address import PostgresAddress
from pipelines.secrecy import Mask

URL = "postgresql://loader:p%40ss@db.example.com:6543/analytics?sslmode=require"


def test_the_parts_are_what_was_written() -> None:
    address = PostgresAddress.of(URL)

    assert (address.host, address.port, address.database) == ("db.example.com", 6543, "analytics")
    assert (address.user, address.password) == ("loader", "p@ss")
    assert address.connection["sslmode"] == "require"
    assert address.environment["DBT_POSTGRES_SSLMODE"] == "require"
    assert address.environment["DBT_TARGET"] == "postgres"


def test_the_port_and_the_security_have_defaults() -> None:
    address = PostgresAddress.of("postgres://u:p@h/d")

    assert address.port == 5432
    assert address.environment["DBT_POSTGRES_SSLMODE"] == "prefer"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:p@h/d", "does not begin with postgresql://"),
        ("postgresql://u:secret@/d", "names no host"),
        ("postgresql://:secret@h/d", "names no user"),
        ("postgresql://u@h/d", "names no password"),
        ("postgresql://u:secret@h", "names no database"),
        ("postgresql://u:secret@h:port/d", "port that is not a number"),
        ("postgresql://u:secret@h/d/e", "%2F"),
        ("postgresql://u:secret@h/d?sslmode=yes", "sslmode that is none of"),
        ("postgresql://u:secret@h/d?service=x", "the option 'service'"),
        ("postgresql://u:secret@h/d?sslmode", "not name=value"),
        ("postgresql://u:secret@h/d?connect_timeout=soon", "number of seconds"),
        ("postgresql://u:sec/ret@h/d", "port that is not a number"),
    ],
)
def test_a_wrong_url_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")) as refused:
        PostgresAddress.of(url)

    assert "sec" not in str(refused.value).replace("seconds", "")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_password_arrives_and_none_is_shown(password: str) -> None:
    address = PostgresAddress.of(f"postgresql://u:{quote(password, safe='')}@h:1/d")
    mask = Mask()
    mask.hide((address.password,))

    assert address.password == password
    assert address.shown == "postgresql://u@h:1/d"
    assert f"password={password!r}" not in repr(address)
    assert password not in mask(f"x {password} y").replace("***", "") or password in "x y***"
