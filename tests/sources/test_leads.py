"""Leads without a server: how they are typed and sieved, and which are worth asking for."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import dlt
import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from sources.instantly import Feed, Reads, instantly_source
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.reading.batch import Batch
from sources.instantly.reading.leads import plan, twins
from sources.instantly.reading.leads.pages import LeadTables, glance, page
from sources.instantly.reading.leads.ranges import Disordered, Range, Ranges, as_id, as_number
from sources.instantly.reading.leads.sieve import Asking, Held, Sieve
from sources.instantly.reading.leads.walk import Chain, side_by_side
from sources.instantly.shaping import columns

LEADS = BY_TABLE["leads"]
AT = datetime(2026, 11, 17, 12, tzinfo=UTC)
TABLES = LeadTables(LEADS, "w", AT)
NESTED = {"payload", "status_summary", "status_summary_subseq"}


# Typing -------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
odd_keys = st.sampled_from(
    ["companySize", "company_size", "Company Size", "_dlt_id", "_dlt_load_id", "Größe", "a.b", ""]
)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.floats(-1e9, 1e9)
payloads = st.dictionaries(odd_keys | texts, scalars | st.lists(scalars, max_size=2), max_size=8)
moments = st.timedeltas(timedelta(days=-730_000), timedelta(days=2_900_000)).map(
    lambda since: (AT + since).isoformat(timespec="milliseconds").replace("+00:00", "Z")
)


def values(spec: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema allows, and null even where it does not say so (quirk D3)."""
    kinds = spec["type"] if isinstance(spec["type"], list) else [spec["type"]]
    if "object" in kinds:
        return st.none() | payloads
    if spec.get("format") == "date-time":
        return st.none() | moments
    return (
        st.none()
        | {
            "string": texts,
            "integer": st.integers(-(2**63), 2**63 - 1),
            "number": st.integers(-(2**53), 2**53) | st.floats(-(2**62), 2**62),
            "boolean": st.booleans(),
        }[kinds[0]]
    )


leads = st.fixed_dictionaries(
    {"id": st.uuids().map(str)},
    optional={
        member: values(spec)
        for member, spec in columns.schema_of("lead")["properties"].items()
        if member != "id"
    },
)


def body(rows: list[dict[str, Any]], **how: Any) -> bytes:
    return json.dumps({"items": rows, "next_starting_after": "x"}, **how).encode()


def typed(rows: list[dict[str, Any]], **how: Any) -> pa.Table:
    return TABLES.table(page(body(rows, **how))["items"])


def by_the_authority(rows: list[dict[str, Any]]) -> pa.Table:
    return columns.table(LEADS, rows, workspace_id="w", observed_at=AT)


def without_nested(table: pa.Table) -> pa.Table:
    return table.drop_columns([*NESTED & set(table.column_names), columns.ROW_VERSION])


@settings(max_examples=60, deadline=None)
@given(st.lists(leads, min_size=1, max_size=4), st.booleans(), st.sampled_from([None, 1]))
def test_any_page_becomes_what_the_general_way_makes_of_it(rows, is_ascii, indent) -> None:
    fast, slow = typed(rows, ensure_ascii=is_ascii, indent=indent), by_the_authority(rows)

    assert fast.schema == slow.schema
    assert without_nested(fast).equals(without_nested(slow))
    for member in NESTED:
        read = [text and json.loads(text) for text in fast[member].to_pylist()]
        assert read == [row.get(member) for row in rows], "nothing of the users' own is lost"


@settings(max_examples=40, deadline=None)
@given(st.lists(payloads, min_size=1, max_size=4))
def test_custom_variables_stay_byte_for_byte(found) -> None:
    rows = [{"id": str(n), "payload": payload} for n, payload in enumerate(found)]

    assert typed(rows)["payload"].to_pylist() == [json.dumps(payload) for payload in found]


def test_twins_in_custom_variables_are_all_kept() -> None:
    payload = '{"a":1,"A":2,"_dlt_id":null,"companySize":1e400,"":98765432109876543210}'
    raw = b'{"items":[{"id":"1","payload":' + payload.encode() + b"}]}"

    assert TABLES.table(page(raw)["items"])["payload"].to_pylist() == [payload]


def test_a_usual_page_needs_no_dictionaries(monkeypatch) -> None:
    items = page(body([{"id": "1", "email": "a@b.example", "payload": {"x": 1}}]))["items"]
    monkeypatch.setattr(columns, "table", lambda *_args, **_same: pytest.fail("went by rows"))

    assert TABLES.table(items).num_rows == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"email_open_count": "3"},
        {"email_open_count": 2**60},
        {"status": 3.0},
        {"status": True},
        {"first_name": 7},
        {"first_name": {"given": "Ada"}},
        {"is_website_visitor": 1},
        {"timestamp_last_open": ""},
        {"timestamp_last_open": "2026-11-01"},
        {"timestamp_last_open": "2026-11-01T10:00:00"},
        {"timestamp_last_open": "2026-11-01T10:00:00.123456789Z"},
        {"aNewMember": {"deep": [1, None]}, "another": None},
        {"Email": "not the address"},
    ],
    ids=str,
)
def test_what_does_not_fit_goes_the_general_way(odd) -> None:
    rows = [{"id": "1", "email": "a@b.example"}, {"id": "2", **odd}]

    table = typed(rows, separators=(",", ":"))
    assert table.drop_columns([columns.ROW_VERSION]).equals(
        by_the_authority(rows).drop_columns([columns.ROW_VERSION])
    )


def test_an_odd_page_leaves_the_others_of_its_batch_as_they_are() -> None:
    pages = [
        page(body(rows))["items"]
        for rows in ([{"id": "1"}], [{"id": "2", "newOne": [1]}], [{"id": "3", "status": 1}])
    ]
    table = TABLES.table([item for items in pages for item in items])

    assert table["id"].to_pylist() == ["1", "2", "3"]
    assert table["new_one"].to_pylist() == [None, "[1]", None]
    versions = [TABLES.table(each)[columns.ROW_VERSION][0] for each in pages]
    assert table[columns.ROW_VERSION].to_pylist() == [version.as_py() for version in versions]


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "many"},
        {"email_open_count": "few"},
        {"timestamp_created": "yesterday"},
        {"timestamp_created": "0000-01-01T00:00:00Z"},
        {"is_website_visitor": "no"},
        {"status": 1e19},
        {"status": -1e300},
    ],
    ids=str,
)
def test_a_misfit_is_set_apart_by_name_and_the_others_stay_as_they_are(wrong) -> None:
    (member,) = wrong
    tables = LeadTables(LEADS, "w", AT)
    pages = [[{"id": "1"}], [{"id": "6"}, {"id": "7", **wrong}, {"id": "8"}]]
    table = tables.table([item for rows in pages for item in page(body(rows))["items"]])

    assert table.equals(typed([{"id": "1"}, {"id": "6"}, {"id": "8"}]))
    (misfit,) = tables.quarantine.found(LEADS)
    assert (misfit.key, misfit.column) == ((("id", "7"),), member)


@pytest.mark.parametrize(
    "odd", ['{"first_name":"x"}', '{"id":null}', '{"id":7}', '{"id":["7"]}', '{"id":1e400}']
)
def test_a_lead_without_its_id_is_set_apart(odd) -> None:
    tables = LeadTables(LEADS, "w", AT)
    raw = f'{{"items":[{{"id":"1"}},{odd}]}}'

    assert tables.table(page(raw.encode())["items"])["id"].to_pylist() == ["1"]
    (misfit,) = tables.quarantine.found(LEADS)
    assert (misfit.key, misfit.column) == ((), "id")


def test_a_number_beyond_all_bounds_is_set_apart_by_name() -> None:
    raw = b'{"items":[{"id":"7","email_open_count":1e400}]}'
    tables = LeadTables(LEADS, "w", AT)

    assert not tables.table(page(raw)["items"]).num_rows
    (misfit,) = tables.quarantine.found(LEADS)
    assert misfit.column == "email_open_count"


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"[]",
        b'{"items":null}',
        b'{"error":"x"}',
        b'{"items":[null]}',
        b'{"items":[["id"]]}',
        b'{"items":[{}],"next_starting_after":7}',
        b'{"items":[{"id":"1"}',
        b'{"items":[{"id":"\\ud800 alone"}]}',
        b"[" * 3000,
    ],
)
def test_what_is_no_page_is_left_to_the_ordinary_decoding(raw) -> None:
    with pytest.raises(ValueError, match=r"."):
        page(raw)


def test_rows_of_a_page_that_had_to_be_mended_are_typed_too() -> None:
    rows = [{"id": "1", "first_name": "?", "payload": {"a": 1}}]

    assert TABLES.table(rows)["payload"].to_pylist() == ['{"a":1}']


def test_the_fingerprint_is_of_the_content() -> None:
    one, same, other = (typed([{"id": "1", "status": status}]) for status in (1, 1, 2))

    assert one[columns.ROW_VERSION] == same[columns.ROW_VERSION] != other[columns.ROW_VERSION]


# Chosen variables ---------------------------------------------------------------------------------


def test_chosen_variables_are_text_columns_of_their_own() -> None:
    chosen = LeadTables(LEADS, "w", AT, ("Company Size", "industry", "none"))
    found = [
        {"Company Size": 40, "company_size": "10-19", "industry": 'Stahl "A" 🚀'},
        {"industry": None, "Company Size": {"from": 1}},
        None,
        {"Company Size": 1.50, "industry": ""},
    ]
    rows = [{"id": str(n), "payload": payload} for n, payload in enumerate(found)]
    for odd in ({}, {"unknown": 1}):  # both ways
        table = chosen.table(page(body([*rows, {"id": "9", **odd}]))["items"])

        assert table["variable_company_size"].to_pylist() == [
            "40", '{"from": 1}', None, "1.5", None,
        ]  # fmt: skip
        assert table["variable_industry"].to_pylist() == [
            'Stahl "A" 🚀', None, None, "", None,
        ]  # fmt: skip
        assert table["variable_none"].null_count == 5


def test_a_payload_that_is_no_object_has_no_variables() -> None:
    chosen = LeadTables(LEADS, "w", AT, ("x",))
    table = chosen.table(
        page(b'{"items":[{"id":"1","payload":[1]},{"id":"2","payload":"x"}]}')["items"]
    )

    assert table["variable_x"].to_pylist() == [None, None]
    assert table["payload"].to_pylist() == ["[1]", '"x"']


def test_the_columns_of_chosen_variables_exist_on_an_empty_table() -> None:
    empty = LeadTables(LEADS, "w", AT, ("industry",)).table([])

    assert empty.schema.field("variable_industry").type == pa.string()
    assert TABLES.table([]).schema == by_the_authority([]).schema


def test_other_variables_make_every_lead_worth_writing_once() -> None:
    items = page(body([{"id": "1"}]))["items"]
    versions = [
        LeadTables(LEADS, "w", AT, names).table(items)[columns.ROW_VERSION][0].as_py()
        for names in ((), ("a",), ("b",), ("a", "b"), ("b", "a"))
    ]

    assert len(set(versions)) == 4
    assert versions[3] == versions[4], "the order of names is no content"


def test_two_names_for_one_column_are_found() -> None:
    assert twins(["Industry", "companySize", "Company Size"]) == ("companySize", "Company Size")
    assert twins(["_dlt_id", "dlt_id"]) == ("_dlt_id", "dlt_id")
    assert twins(["Industry", "Industry", "b"]) is None


# The sieve ----------------------------------------------------------------------------------------

ids = st.text("ab-", min_size=1, max_size=3)
contents = st.dictionaries(ids, st.integers(0, 2), max_size=12)


def stored(held: dict[str, int]) -> pa.Table:
    arrays = [pa.array(list(held), pa.string()), pa.array(list(held.values()), pa.int64())]
    return pa.Table.from_arrays(arrays, names=["id", columns.ROW_VERSION])


def let_through(sieve: Sieve, rows: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    versions = np.array([version for _, version in rows], np.int64)
    return [rows[place] for place in sieve.worth_writing([lead for lead, _ in rows], versions)]


@given(contents, st.lists(contents, max_size=4))
def test_a_sieve_lets_through_what_is_new_or_changed_and_knows_what_is_missing(
    held, batches
) -> None:
    whole = Held.of(stored(held))
    asking = Asking(lambda wanted: stored({each: held[each] for each in wanted if each in held}))
    written: set[str] = set()
    for batch in batches:
        new = {
            (lead, version)
            for lead, version in batch.items()
            if held.get(lead) != version and lead not in written
        }
        known = {(lead, version) for lead, version in new if lead in held}

        read = list(batch.items())

        assert set(let_through(asking, read)) == new
        assert {row for row in let_through(whole, read) if row[0] in held} == known
        written |= {lead for lead, _ in new}

    missing = {lead for some in whole.not_met(2) for lead in some}
    assert missing == set(held) - {lead for batch in batches for lead in batch}


def test_a_lead_that_comes_twice_in_a_batch_is_written_once() -> None:
    twice = [("a", 1), ("b", 1), ("a", 2)]

    assert let_through(Held.of(stored({"a": 0})), twice) == [("a", 1), ("b", 1)]
    assert let_through(Held.of(stored({})), twice) == [("a", 1), ("b", 1)]


def test_leads_without_an_id_are_let_through_for_the_quarantine() -> None:
    odd = [("", 1), ("a", 1), ("", 2)]

    for held in ({}, {"a": 1}, {"b": 1}):
        found = let_through(Held.of(stored(held)), odd)
        assert [row for row in found if not row[0]] == [("", 1), ("", 2)]
    assert len(let_through(Asking(lambda _: stored({})), odd)) == 3


V4 = "0000aaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def v7(moment: datetime, tail: str = "") -> str:
    return plan.id_at(moment) + "-7aaa-8bbb-" + tail.rjust(12, "0")


CUT = v7(AT)


# Ranges -------------------------------------------------------------------------------------------


def api_of(ids: list[str], log: list[str | None]) -> Callable[[Chain], Iterator[list[Raw]]]:
    """A list of leads in order of id, as the API pages it."""

    def pages(chain: Chain) -> Iterator[list[Raw]]:
        after = chain.after or ""
        while True:
            log.append(after)
            some = [each for each in ids if each > after][:100]
            yield [Raw(json.dumps({"id": each}).encode()) for each in some]
            if not some:
                return
            after = some[-1]

    return pages


def walked(ranges: Ranges, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        side_by_side(pool, lambda _, failed: ranges.work(failed), range(workers))
    ranges.check()


uuids = st.one_of(
    st.uuids(version=4).map(str), st.integers(0, 40_000).map(lambda n: v7(AT, f"{n:x}"))
)


@settings(max_examples=25, deadline=None)
@given(st.sets(uuids, max_size=1500), st.lists(uuids, max_size=8), st.integers(1, 4))
def test_ranges_of_a_list_hold_each_lead_once(found, cuts, workers) -> None:
    taken, named, asked = [], [], []
    ids = sorted(found)

    def add(items, seen) -> None:
        taken.append([glance(item).id for item in items])
        named.append(list(seen))

    walked(Ranges(cuts, api_of(ids, asked), add), workers)

    assert sorted(each for page_of_it in taken for each in page_of_it) == ids
    assert sorted(named) == sorted(taken), "each lead by its own id"


def test_a_long_range_is_cut_by_whoever_has_no_work() -> None:
    ids = sorted(v7(AT + timedelta(minutes=n), f"{n:x}") for n in range(6000))
    asked, taken, cuts = [], [], plan.cuts(4, AT + timedelta(days=5))
    ranges = Ranges(cuts, api_of(ids, asked), lambda items, _: taken.extend(items))
    walked(ranges, 4)

    assert len(taken) == 6000
    assert len(asked) <= 60 + 30, "cuts cost a request or two each"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda ids, _after: ids[::-1],
        lambda ids, after: [] if after == CUT else ids,
        lambda ids, after: ids[1:] if after == CUT else ids,
        lambda _ids, _after: ["not-an-id"],
        lambda _ids, _after: sorted(V4[:24] + f"{n:012x}" for n in range(5)),
    ],
    ids=[
        "falling",
        "empty behind an invented id",
        "one is lost",
        "no ids",
        "the cursor is ignored",
    ],
)
def test_what_is_no_list_in_order_of_id_is_found_out(spoilt) -> None:
    ids = sorted(v7(AT + timedelta(hours=n), f"{n:x}") for n in range(-400, 400))
    sound = api_of(ids, [])

    def pages(chain: Chain) -> Iterator[list[Raw]]:
        for number, items in enumerate(sound(chain)):
            known = [glance(item).id for item in items]
            read = known if number else spoilt(known, chain.after)
            yield [Raw(json.dumps({"id": each}).encode()) for each in read]

    with pytest.raises(Disordered):
        walked(Ranges([CUT], pages, lambda *_: None), 2)


@given(st.integers(0, 2**128 - 1))
def test_an_id_and_its_number_stand_in_one_order(value) -> None:
    made = as_id(value)

    assert str(UUID(made)) == made
    assert as_number(made) == UUID(made).int


def test_a_short_list_is_not_cut() -> None:
    assert plan.cuts(plan.parts(500, 12), AT) == []
    assert len(plan.cuts(plan.parts(10**6, 12), AT)) == 11
    assert Held.of(stored({})).cuts(4) == []
    assert Held.of(stored({str(n): 1 for n in range(8)})).cuts(4) == ["2", "4", "6"]


# What is worth asking -----------------------------------------------------------------------------


@given(st.timedeltas(timedelta(days=-398), timedelta(days=40_000)))
def test_ids_sort_by_their_time(since) -> None:
    moment = AT + since
    later = moment + timedelta(milliseconds=2)

    assert plan.id_at(moment) < v7(moment) < plan.id_at(later) < v7(later)
    assert plan.is_time_ordered(v7(moment))
    assert not plan.is_time_ordered(V4)


def greatest(*held: str):
    return lambda below: max((each for each in held if each < below), default=None)


def test_new_leads_begin_behind_the_newest_that_was_there_for_a_while() -> None:
    early, late = v7(AT - timedelta(days=9)), v7(AT - timedelta(seconds=10))

    assert plan.resume_after(greatest(V4, early), AT) == early
    assert plan.resume_after(greatest(V4, early, late), AT) == early, "ids may come out of turn"
    assert plan.resume_after(greatest(V4, early, "f" + V4[1:]), AT) == early, "no time at all"
    assert plan.resume_after(greatest(), AT) is None
    assert plan.resume_after(greatest(V4), AT) is None, "random ids say nothing about time"
    assert (
        plan.resume_after(greatest(early, plan.id_at(AT - timedelta(hours=1)) + V4[13:]), AT)
        == early
    )


def test_rising_ids_rise_above_the_cursor_too() -> None:
    assert plan.ascends(["b", "c"], "a")
    assert plan.ascends([], "a")
    assert plan.ascends(["b", "c"], None)
    assert not plan.ascends(["b", "c"], "b")
    assert not plan.ascends(["c", "b"], None)


@given(st.timedeltas(timedelta(0), timedelta(days=40)))
def test_filters_reach_a_day_further_back_than_the_last_reading(elapsed) -> None:
    days = plan.days_back(AT - elapsed, AT)

    assert timedelta(days=days) >= elapsed + timedelta(days=1)
    assert timedelta(days=days) < elapsed + timedelta(days=2)


def totals(campaigns: int, leads: int, **counts: int) -> dict[str, dict[str, Any]]:
    return {
        str(number): {"campaign_id": str(number), "leads_count": leads, **counts}
        for number in range(campaigns)
    }


def test_what_stands_still_is_not_asked() -> None:
    before = totals(3, 1000, emails_sent_count=5)
    now = {**before, "1": {**before["1"], "campaign_name": "renamed", "campaign_status": 2}}

    assert plan.moved(now, before) == {}
    assert plan.changes({}, before, []) == plan.Changes()


def test_a_small_campaign_that_moved_is_walked() -> None:
    before, now = totals(200, 500, reply_count=1), totals(200, 500, reply_count=1)
    now["7"]["reply_count"] = 2

    assert plan.changes(plan.moved(now, before), before, []).campaigns == ("7",)


def test_the_number_of_leads_is_a_movement() -> None:
    before = totals(2, 300)
    assert plan.moved({**before, "1": {**before["1"], "leads_count": 299}}, before).keys() == {"1"}


def test_a_few_events_in_large_campaigns_are_asked_for_by_what_happened() -> None:
    before, now = totals(200, 5000, reply_count=1), totals(200, 5000, reply_count=2)

    how = plan.changes(plan.moved(now, before), before, [])
    assert [activity.name for activity in how.activities] == ["reply", "lead-status-change"]


def test_days_that_the_filters_touch_count_against_them() -> None:
    before, now = totals(2, 900, reply_count=1), totals(2, 900, reply_count=2)
    busy = [{"campaign_id": "9", "replies": 4000}]

    assert plan.changes(plan.moved(now, before), before, []).activities
    assert plan.changes(plan.moved(now, before), before, busy).campaigns


@given(st.integers(1, 400), st.integers(0, 3000), st.integers(0, 400))
def test_changes_cost_little_however_many_campaigns_moved(campaigns, leads, replies) -> None:
    """At most ceil(changed / 100) + 10 requests, the one for new leads and empty ends included."""
    before, now = totals(campaigns, leads, reply_count=0), totals(campaigns, leads, reply_count=0)
    for number in range(replies):
        now[str(number % campaigns)]["reply_count"] += 1
    how = plan.changes(plan.moved(now, before), before, [])
    walked = sum(-(-leads // 100) + 1 for _ in how.campaigns)
    found = {"reply": replies, "lead-status-change": 0}
    asked = sum(-(-found[activity.name] // 100) + 1 for activity in how.activities)

    assert 2 + walked + asked <= -(-replies // 100) * 2 + 10


@pytest.mark.parametrize(
    ("inside", "is_obeyed"), [(100, True), (60, True), (40, False), (0, False)]
)
def test_a_filter_that_the_api_ignores_is_noticed(inside, is_obeyed) -> None:
    times = [AT if n < inside else AT - timedelta(days=30) for n in range(99)] + [None]
    answer = pa.table({"timestamp_last_reply": pa.array(times, columns.TIME.arrow)})
    (reply,) = [each for each in plan.ACTIVITIES if each.name == "reply"]

    assert reply.is_obeyed(answer, AT - timedelta(days=3)) is is_obeyed


def test_items_are_the_bytes_that_came() -> None:
    (item,) = page(b'{"items": [ {"id" : "1"} ]}')["items"]

    assert isinstance(item, Raw)
    assert bytes(item) == b'{"id" : "1"}'


def test_an_empty_page_that_leads_on_is_a_gap() -> None:
    first, second = (str(UUID(int=number)) for number in (1, 2))
    walked = Range()
    walked.take([first])
    walked.take([])
    with pytest.raises(Disordered):
        walked.take([second])


def test_an_empty_page_may_end_a_list() -> None:
    walked = Range()
    walked.take([str(UUID(int=1))])
    assert walked.take([]) == 0
    assert walked.take([]) == 0


def test_copies_are_told_apart_again_after_a_load_that_had_none(tmp_path) -> None:
    """What is said of one load must not be believed of the next."""
    into = dlt.destinations.duckdb(str(tmp_path / "w.duckdb"))
    loader = dlt.pipeline("told", str(tmp_path), destination=into, dataset_name="raw")

    def load(*batches: Batch) -> int:
        feed = Feed([], Reads(tables=("leads",)), cast(Any, None))
        feed.at = AT
        loader.run(instantly_source(feed, batches), loader_file_format="parquet")
        with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
            return len(connection.execute("select id from raw.leads").fetchall())

    def batch(*ids: str, is_distinct: bool) -> Batch:
        rows = columns.table(
            LEADS, [{"id": each} for each in ids], workspace_id="w", observed_at=AT
        )
        return Batch(LEADS, rows, "w", is_distinct=is_distinct)

    assert load(batch("a", is_distinct=True), batch("b", is_distinct=True)) == 2
    assert load(batch("c", is_distinct=True), batch("c", is_distinct=False)) == 3
