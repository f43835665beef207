"""Finding a person in a file by every way they may stand there, and taking them out."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.erasure import Search, Trace
from pipelines.housekeeping import write_afresh
from sources.instantly.shaping.privacy import Privacy

JANE = "jane@x.com"
PRIVACY = Privacy.of([], ["emails.cc_address_email_list"], "a key of sixteen signs")
PACKED = base64.b64encode(b"to:Jane@X.com").decode()
ROWS = """
    create schema instantly_raw; create schema instantly.instantly; create schema instantly_judged;
    create table instantly_raw.leads (id varchar, email varchar, payload json);
    create table instantly_raw.emails (
        id varchar, lead_id varchar, lead varchar, to_address_email_list varchar,
        cc_address_email_list varchar, body json
    );
    create table instantly_raw.workspace_members (email varchar);
    create table instantly_raw.sync_runs (message varchar);
    create table instantly_raw.account_analytics_daily (email_account varchar, sent bigint);
    create table instantly_judged.notes (sentence varchar);
    insert into instantly_raw.leads values
        ('l1', 'Jane@X.com', '{}'), ('l2', 'bob@x.com', '{"n": "ask jane@x.com\\nsoon"}'),
        ('l3', 'notjane@x.com', null);
    insert into instantly_raw.workspace_members values ('ada@own.com');
    insert into instantly_raw.sync_runs values ('odd: JANE@X.COM'), ('');
    insert into instantly_raw.account_analytics_daily values ('me@own.com', 3);
    insert into instantly_judged.notes values ('jane@x.com wins');
    create table instantly.instantly.dim_leads as
        select email, [email] as all_of_them from instantly_raw.leads;
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "instantly.duckdb"
    mails = [
        ("own lead, another address", "l1", None, "me@own.com", None, None),
        ("one of several", "l2", "bob@x.com", "a@b.com, Jane <JANE@x.com>", None, None),
        ("hashed", "l2", "bob@x.com", "bob@x.com", f"{PRIVACY.digest(JANE)},", None),
        ("packed", "l2", "bob@x.com", "bob@x.com", None, f'{{"u": "https://t.io/?{PACKED}"}}'),
        ("another's", "l3", "notjane@x.com", "notjane@x.com", None, '{"t": "jane@x.com.au"}'),
    ]
    with duckdb.connect(str(path)) as connection:
        connection.execute(ROWS)
        connection.executemany("insert into instantly_raw.emails values (?, ?, ?, ?, ?, ?)", mails)
    return path


@pytest.fixture
def connection(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(file)) as opened:
        yield opened


def test_rows_about_a_person_go_and_texts_that_mention_them_say_so(connection) -> None:
    connection.execute("drop schema instantly.instantly cascade")
    search = Search(connection, "JANE@x.com ", PRIVACY)
    assert search.erase() == (
        Trace("notes", 0, 1),
        Trace("emails", 3, 1),
        Trace("leads", 1, 1),
        Trace("sync_runs", 0, 1),
    )
    ids = connection.sql("select id from instantly_raw.emails order by id").fetchall()
    assert ids == [("another's",), ("packed",)]
    leads = connection.sql("select id, payload from instantly_raw.leads order by id").fetchall()
    assert leads == [("l2", '{"n": "ask [forgotten]\\nsoon"}'), ("l3", None)]
    assert connection.sql("from instantly_raw.account_analytics_daily").fetchall()
    assert connection.sql("describe instantly_raw.leads").fetchall()[2][1] == "JSON"


def test_what_is_found_is_what_is_removed(connection) -> None:
    search = Search(connection, JANE, PRIVACY)
    assert search.traces(raw=False) == (Trace("dim_leads", 0, 1), Trace("notes", 0, 1))
    found = search.traces(raw=True)
    assert found == (
        Trace("emails", 3, 1),
        Trace("leads", 1, 1),
        Trace("sync_runs", 0, 1),
    )
    connection.execute("drop schema instantly.instantly cascade")
    removed = search.erase()
    assert {*found} <= {*removed}
    assert search.traces(raw=True) == search.traces(raw=False) == ()


def test_looking_needs_no_right_to_write(file: Path) -> None:
    before = file.read_bytes()
    with duckdb.connect(str(file), read_only=True) as connection:
        assert Search(connection, JANE, PRIVACY).traces(raw=True)
    assert file.read_bytes() == before


def test_links_may_encode_any_sign_of_an_address(connection) -> None:
    links = ("a+b%40x.com", "a%2bb@x.com", "A%2BB%40X.com", "a+b@x.com", "ab@x.com")
    connection.execute("create table instantly_raw.webhook_events (payload varchar)")
    for link in links:
        connection.execute("insert into instantly_raw.webhook_events values (?)", [f"u={link}"])
    search = Search(connection, "a+b@x.com", PRIVACY)
    assert search.traces(raw=True) == (Trace("webhook_events", 0, 4),)


def test_our_own_side_is_recognised(connection) -> None:
    assert Search(connection, "Ada@own.com", PRIVACY).own_side() == "workspace_members"


def test_a_lead_is_not_our_own_side(connection) -> None:
    assert Search(connection, JANE, PRIVACY).own_side() is None


def test_a_file_written_afresh_holds_no_byte_of_what_was_deleted(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table instantly.instantly.dim_leads")
        view = "create view instantly.instantly.v as select email from instantly_raw.leads"
        connection.execute(view)
        connection.execute("comment on column instantly_raw.leads.email is 'whose'")
        connection.execute("alter table instantly_raw.leads alter id set not null")
        Search(connection, JANE, PRIVACY).erase()
    bob = b"bob@x.com"
    assert JANE.encode() in file.read_bytes().lower()
    write_afresh(file)
    content = file.read_bytes().lower()
    assert content.count(JANE.encode()) == content.count(b"notjane@x.com") + content.count(
        b"jane@x.com.au"
    )
    assert bob in content
    assert PACKED.lower().encode() not in content
    with duckdb.connect(str(file)) as connection:
        assert connection.sql("from instantly.instantly.v").fetchall() == [
            ("bob@x.com",),
            ("notjane@x.com",),
        ]
        columns = connection.sql("select comment from duckdb_columns() where comment = 'whose'")
        assert columns.fetchall()
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("insert into instantly_raw.leads (email) values ('x')")
    assert [path.name for path in file.parent.iterdir()] == [file.name]
