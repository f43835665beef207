"""What is stored is brought in line with the settings on people before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.discretion import enforce, in_clear, kept_out, read_privacy, remember
from pipelines.errors import ConfigurationError
from sources.instantly.shaping.privacy import Privacy

KEY = "a key of sixteen signs"
HASHED = Privacy.of(["leads.phone"], ["leads.email", "emails.to_address_email_list"], KEY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create schema instantly_raw;
            create table instantly_raw.leads (id varchar, email varchar, phone varchar);
            create table instantly_raw.emails (to_address_email_list varchar);
            insert into instantly_raw.leads values ('1', 'Jane@X.com', '+49'), ('2', null, null);
            insert into instantly_raw.emails values ('jane@x.com, bob@x.com');
        """)
    return path


def rows(file: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def test_what_was_stored_in_clear_is_hidden_once(file: Path) -> None:
    assert enforce(file, HASHED)
    jane, bob = HASHED.digest("jane@x.com"), HASHED.digest("bob@x.com")
    assert rows(file, "from instantly_raw.leads") == [("1", jane, None), ("2", None, None)]
    assert rows(file, "from instantly_raw.emails") == [(f"{jane},{bob}",)]
    assert not enforce(file, HASHED), "nothing is left to change"
    noted = rows(file, "select table_name, column_name, mode from instantly_raw.privacy order by 2")
    assert noted == [
        ("leads", "email", "hash"),
        ("leads", "phone", "drop"),
        ("emails", "to_address_email_list", "hash"),
    ]


def test_the_key_is_in_no_byte_of_the_file(file: Path) -> None:
    enforce(file, HASHED)
    assert KEY.encode() not in file.read_bytes()


def test_without_any_wish_nothing_is_touched(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    assert not enforce(file, Privacy())
    assert file.read_bytes() == before
    assert not enforce(tmp_path / "none.duckdb", Privacy())
    assert not (tmp_path / "none.duckdb").exists()


def test_on_a_first_run_the_wish_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "new.duckdb"
    assert not enforce(file, HASHED)
    with duckdb.connect(str(file)) as connection:
        assert len(read_privacy(connection)) == 3


def test_ids_beside_addresses_are_not_in_clear(file: Path) -> None:
    privacy = Privacy.of([], ["custom_tag_mappings.resource_id"], KEY)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table instantly_raw.custom_tag_mappings (resource_id varchar)")
        connection.execute(
            "insert into instantly_raw.custom_tag_mappings values ('an-id'), ('me@own.com')"
        )
    assert enforce(file, privacy)
    assert not enforce(file, privacy)
    hidden = rows(file, "from instantly_raw.custom_tag_mappings order by all")
    assert {value for (value,) in hidden} == {"an-id", privacy.digest("me@own.com")}


def test_another_key_is_refused(file: Path) -> None:
    enforce(file, HASHED)
    with pytest.raises(ConfigurationError, match="PRIVACY_KEY is not the one"):
        enforce(file, Privacy.of([], ["leads.email", "emails.to_address_email_list"], KEY + "!"))


def test_giving_up_a_hash_is_refused_and_leaving_it_empty_is_not(file: Path) -> None:
    enforce(file, HASHED)
    with pytest.raises(ConfigurationError, match=r"no longer names leads\.email"):
        enforce(file, Privacy.of([], ["emails.to_address_email_list"], KEY))
    assert enforce(file, Privacy.of(["leads.email"], ["emails.to_address_email_list"], KEY))
    assert rows(file, "select email from instantly_raw.leads") == [(None,), (None,)]
    modes = rows(file, "select mode from instantly_raw.privacy where column_name = 'email'")
    assert modes == [("drop",)]


def test_what_is_no_longer_left_out_is_forgotten_as_a_wish(file: Path) -> None:
    enforce(file, Privacy.of(["leads.phone"], []))
    enforce(file, Privacy())
    assert rows(file, "from instantly_raw.privacy") == []


def test_columns_in_clear_are_named(file: Path) -> None:
    with duckdb.connect(str(file), read_only=True) as connection:
        assert in_clear(connection, HASHED) == [
            "leads.phone",
            "emails.to_address_email_list",
            "leads.email",
        ]
    enforce(file, HASHED)
    with duckdb.connect(str(file), read_only=True) as connection:
        assert in_clear(connection, HASHED) == []


def test_the_forgotten_are_kept_as_hashes_with_one_salt(file: Path) -> None:
    assert not kept_out(file)
    with duckdb.connect(str(file)) as connection:
        remember(connection, "jane@x.com")
        remember(connection, "JANE@x.com ")
        remember(connection, "bob@x.com")
    known = kept_out(file)
    assert known.holds("Jane@x.com")
    assert known.holds("bob@x.com")
    assert not known.holds("ann@x.com")
    stored = rows(file, "select count(*), count(distinct salt) from instantly_raw.forgotten")
    assert stored == [(2, 1)]


def test_every_warehouse_has_a_salt_of_its_own(tmp_path: Path) -> None:
    salts = set()
    for name in ("a", "b"):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            salts.add(remember(connection, "jane@x.com").salt)
    assert len(salts) == 2
