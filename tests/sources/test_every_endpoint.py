"""A sweep over every row of the endpoint table, against a world in which every table has rows.

One sync of everything is shared; what each endpoint does when the API misbehaves is read through
its reader, over real HTTP, against what that sync stored.
"""

import shutil
from datetime import datetime
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sources.instantly import ENDPOINTS, Endpoint, Load
from sources.instantly.endpoint import Answer, Method, Tier
from sources.instantly.errors import OutOfContract
from sources.instantly.shaping import columns
from tests.end_to_end.conftest import Warehouse
from tests.sources.furnished import TODAY, Synced, no_lanes

NESTED = ("email_date_data", "aggregate_data", "subscriptions")
"""Members under which rows are nested deeper than a fault of the sandbox reaches."""

each = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
each_list = pytest.mark.parametrize(
    "endpoint",
    [e for e in ENDPOINTS if e.answer is Answer.PAGES and not e.source],
    ids=lambda endpoint: endpoint.table,
)


# What was loaded ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(synced: Synced) -> dict[str, dict[str, Any]]:
    """Per table: rows that are there, distinct keys, rows with a hole in the key."""
    found = synced.warehouse.rows(" union all ".join(map(_keys, ENDPOINTS)))
    return {row["name"]: row for row in found}


def _keys(endpoint: Endpoint) -> str:
    is_there, also = {
        Load.VERSIONS: ("_dlt_valid_to is null", ()),
        Load.OBSERVATIONS: ("true", ("observed_at",)),
        Load.ROWS: ("deleted_at is null", ()),
    }[endpoint.load]
    key = ("workspace_id", *endpoint.key, *also)
    return (
        f"select '{endpoint.table}' as name, count(*) as n, "
        f"count(distinct ({', '.join(key)})) as keys, "
        f"count(*) filter ({' or '.join(f'{name} is null' for name in key)}) as holes "
        f"from instantly_raw.{endpoint.table} where {is_there}"
    )


@each
def test_it_returns_rows_whose_key_is_unique_and_whole(keys, endpoint) -> None:
    found = keys[endpoint.table]

    assert found["n"] > 0
    assert (found["keys"], found["holes"]) == (found["n"], 0)


@each
def test_read_again_it_says_nothing_new(synced, endpoint) -> None:
    read = synced.read(endpoint)

    assert (read.status, read.error) == ("ok", None), read.message
    assert read.new == 0


@each_list
def test_it_is_asked_for_as_many_rows_as_a_page_holds(synced, endpoint) -> None:
    asked = [row for row in synced.log if row["operation"] == endpoint.operation]
    members = [row["body"] if endpoint.method is Method.POST else row["query"] for row in asked]
    limits = {str(m["limit"] if endpoint.method is Method.POST else m["limit"][0]) for m in members}

    assert limits - {"1"} == {str(endpoint.page_size)}, "1 is the question for the scope"


@each_list
def test_it_stops_where_the_list_ends(synced, faulty, endpoint) -> None:
    assert synced.elements(endpoint)
    asked = faulty.requests()["by_operation"][endpoint.operation]
    rows = len(synced.elements(endpoint))
    pages = -(-rows // endpoint.page_size)
    faulty.fault("no_cursor", endpoint.operation, times=None)
    faulty.reset_requests()
    first = len(synced.elements(endpoint))

    assert pages <= asked <= pages + 1, "one more where the last page has a cursor (quirk B3)"
    assert first <= endpoint.page_size
    assert faulty.requests()["by_operation"][endpoint.operation] == 1


# What may go wrong --------------------------------------------------------------------------------


@each_list
def test_an_empty_page_that_leads_on_is_no_end(synced, faulty, endpoint) -> None:
    whole = synced.elements(endpoint)
    cursors = ["0", "~"]  # before all rows, in rising and in falling order
    if endpoint.table == "emails":  # whose cursor is looked up
        cursors = [whole[0]["id"]]
    found = []
    for cursor in cursors:
        page = {"items": [], "next_starting_after": cursor}
        faulty.fault("body", endpoint.operation, body=page)
        found.append(len(synced.elements(endpoint)))

    assert max(found) == len(whole) - (endpoint.table == "emails")


@each_list
def test_a_cursor_that_repeats_is_refused(synced, faulty, endpoint) -> None:
    page = {"items": synced.elements(endpoint)[:1], "next_starting_after": "for ever"}
    faulty.fault("body", endpoint.operation, times=None, body=page)

    with pytest.raises(OutOfContract, match="cursor repeats"):
        synced.elements(endpoint)

    read = synced.read(endpoint)
    assert (read.status, read.new) == ("failed", 0)
    assert (read.error is None) == (endpoint.tier is Tier.OPERATIONS)


@each
def test_rows_that_come_twice_are_loaded_once(synced, faulty, endpoint) -> None:
    if endpoint.answer is Answer.OBJECT:
        pytest.skip("one object has no rows to repeat")
    faulty.fault("duplicate_rows", endpoint.operation, times=None)
    read = synced.read(endpoint)

    assert (read.status, read.error) == ("ok", None), read.message
    assert read.new == 0


@each
def test_members_that_need_not_be_there_may_be_absent(synced, faulty, endpoint) -> None:
    schema = columns.schema_of(endpoint.entity)
    needed = {*schema.get("required", ()), *endpoint.key, *_ids_of(endpoint), *NESTED}
    faulty.fault(
        "drop", endpoint.operation, times=None, fields=sorted({*schema["properties"]} - needed)
    )
    read = synced.read(endpoint)

    assert (read.status, read.error) == ("ok", None), read.message


@each
def test_new_members_and_new_codes_are_kept_as_they_are(synced, faulty, endpoint) -> None:
    schema = columns.schema_of(endpoint.entity)["properties"]
    codes = {
        member: 98765
        for member, spec in schema.items()
        if spec.get("type") == "integer" and member not in endpoint.key
    }
    faulty.fault(
        "patch", endpoint.operation, times=None, fields={**codes, "aNewMember": {"deep": [1, None]}}
    )
    read = synced.read(endpoint)

    assert (read.status, read.error) == ("ok", None), read.message
    if not endpoint.source and not set(endpoint.holds) & set(NESTED):
        (row, *_) = read.rows
        assert columns.orjson.loads(row["a_new_member"]) == {"deep": [1, None]}
        stored = {columns.column_name(member) for member in codes} & row.keys()
        assert {row[column] for column in stored} <= {98765}


def _ids_of(endpoint: Endpoint) -> set[str]:
    """Members that name the rows of which other tables are children."""
    return {e.parent.member for e in ENDPOINTS if e.parent and e.parent.table == endpoint.table}


# The whole ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sizes(synced: Synced, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, int]]:
    """Rows of every table after the first sync, and after a second one of the same world."""
    copy = Warehouse(tmp_path_factory.mktemp("again"))
    shutil.copy(synced.warehouse.file, copy.file)
    with no_lanes():
        copy.sync(synced.api, tables="all", full_refresh=True)
    counts = " union all ".join(
        f"select '{e.table}' as name, count(*) as n from instantly_raw.{e.table}" for e in ENDPOINTS
    )
    return [{row["name"]: row["n"] for row in w.rows(counts)} for w in (synced.warehouse, copy)]


@each
def test_loaded_twice_nothing_is_doubled(sizes, endpoint) -> None:
    first, second = sizes

    assert second[endpoint.table] == first[endpoint.table]


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, set[str]]]:
    """Status and columns of every table after the sync of a workspace on its first day."""
    warehouse = Warehouse(tmp_path_factory.mktemp("young"))
    with no_lanes(), Sandbox("empty", rate_limit=None) as api:
        report = warehouse.sync(api, tables="all")
    there: dict[str, set[str]] = {}
    for row in warehouse.rows("from information_schema.columns"):
        there.setdefault(row["table_name"], set()).add(row["column_name"])
    return {o.table_name: (o.status, there.get(o.table_name, set())) for o in report.outcomes}


@each
def test_an_empty_workspace_has_every_table_and_column(young, endpoint) -> None:
    status, there = young[endpoint.table]

    assert status == "ok"
    assert there >= columns.declared(endpoint).keys()


def test_no_secret_that_the_api_shows_reaches_the_warehouse(synced) -> None:
    """API key values, header values of webhooks, mailbox passwords (quirks D33, D34)."""

    def served(path: str) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {synced.api.key}", "User-Agent": "secrets/1"}
        url = f"{synced.api.url}/api/v2{path}"
        return requests.get(url, headers=headers, timeout=10).json()["items"]

    keys = [row["key"] for row in served("/api-keys")]
    headers = [value for row in served("/webhooks") for value in row["headers"].values()]
    passwords = [
        row["password"]
        for row in served("/dfy-email-account-orders/accounts?with_passwords=true&limit=100")
    ]
    secrets = [*keys, *headers, *passwords]
    assert all((keys, headers, passwords)), "the sandbox serves all three"

    content = synced.warehouse.file.read_bytes()
    for secret in secrets:
        assert secret.encode() not in content

    needles = [f"contains(r::varchar, '{secret.split()[-1]}')" for secret in secrets]
    tables = synced.warehouse.rows(
        "select table_name from information_schema.tables where table_schema = 'instantly_raw'"
    )
    found = synced.warehouse.rows(  # texts are compressed in the file
        " union all ".join(
            f"select '{name}' as name from instantly_raw.{name} as r where {' or '.join(needles)}"
            for name in (table["table_name"] for table in tables)
        )
    )
    assert found == []

    asked = {row["operation"] for row in synced.log}
    assert "GET /api-keys" not in asked
    assert not any("with_passwords" in row["query"] for row in synced.log)


def test_every_time_is_the_servers(synced) -> None:
    (row,) = synced.warehouse.rows("select max(observed_at) as at from instantly_raw.sync_runs")

    assert row["at"] == datetime.combine(TODAY, row["at"].timetz())
