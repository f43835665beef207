"""The type of the endpoint table: a row that cannot be right cannot be built."""

from dataclasses import replace

import pytest

from sources.instantly import BY_TABLE, ENDPOINTS, Load, select_tables
from sources.instantly.endpoint import Answer, Days, Method, Parent, Place, Way, When
from sources.instantly.errors import UnknownTable
from sources.instantly.shaping import columns

CAMPAIGNS = BY_TABLE["campaigns"]
STATUS = BY_TABLE["campaign_sending_status"]
EVENTS = BY_TABLE["webhook_events"]
DAYS = Days(first="from", last="to", column="date", again=1)

each = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)


@pytest.mark.parametrize(
    ("endpoint", "wrong", "says"),
    [
        (CAMPAIGNS, {"key": ()}, "needs a key"),
        (CAMPAIGNS, {"path": "campaigns"}, "must start with /"),
        (CAMPAIGNS, {"path": "/campaigns/{id}"}, "stands there in braces"),
        (CAMPAIGNS, {"page_size": 0}, "1 to 1000"),
        (CAMPAIGNS, {"holds": ("items",)}, "only one object"),
        (CAMPAIGNS, {"parent": STATUS.parent}, "braces"),
        (CAMPAIGNS, {"days": DAYS}, "need `days`"),
        (CAMPAIGNS, {"when": When.MOVED}, "makes it moved"),
        (CAMPAIGNS, {"moved_by": "accounts"}, "makes it moved"),
        (CAMPAIGNS, {"load": Load.ROWS}, "events load as"),
        (CAMPAIGNS, {"by_day": True}, "`date` in the key"),
        (CAMPAIGNS, {"newest_first": "timestamp_created"}, "on the slow clock"),
        (STATUS, {"parent": None, "path": "/x"}, "whose children"),
        (STATUS, {"way": Way.LISTING}, "no parent"),
        (STATUS, {"path": "/campaigns/{campaign}/x"}, "lacks {id}"),
        (STATUS, {"load": Load.OBSERVATIONS, "when": When.SLOW_CLOCK}, "tables of versions"),
        (EVENTS, {"days": None}, "need `days`"),
        (EVENTS, {"load": Load.VERSIONS}, "events load as"),
    ],
)
def test_what_cannot_be_right_cannot_be_built(endpoint, wrong, says) -> None:
    with pytest.raises(ValueError, match=rf"{endpoint.table}: .*{says}"):
        replace(endpoint, **wrong)


def test_what_goes_into_a_body_needs_one() -> None:
    parent = Parent(table="campaigns", param="ids", column="id", place=Place.BODY)

    with pytest.raises(ValueError, match="only a POST has a body"):
        replace(STATUS, path="/x", parent=parent)
    assert replace(STATUS, path="/x", parent=parent, method=Method.POST).operation == "POST /x"


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"batch": 2, "place": Place.PATH}], ids=["none", "two in a path"]
)
def test_a_batch_of_parents_needs_room(wrong) -> None:
    with pytest.raises(ValueError, match="room for one"):
        Parent(table="accounts", param="email", column="email", **wrong)


@each
def test_what_a_row_names_is_there(endpoint) -> None:
    """Columns among the declared ones, tables before those that need them."""
    order = [each.table for each in ENDPOINTS]
    named = [
        *([endpoint.parent.column] if endpoint.parent and not endpoint.by_day else []),
        *([endpoint.days.column] if endpoint.days else []),
        *([endpoint.newest_first] if endpoint.newest_first else []),
    ]

    assert set(named) <= columns.declared(endpoint).keys()
    for needed in endpoint.needs:
        assert order.index(needed) < order.index(endpoint.table)
        if endpoint.tier is not BY_TABLE[needed].tier:
            assert endpoint.tier.value != "core", "a tier can be selected without the later ones"


@each
def test_every_member_of_an_entity_is_a_column_or_left_out(endpoint) -> None:
    members = columns.schema_of(endpoint.entity)["properties"]
    left_out = {member for member, _ in endpoint.left_out}
    stored = {columns.column_name(member) for member in members.keys() - left_out}

    assert stored <= columns.declared(endpoint).keys()


@each
def test_rows_that_share_an_answer_are_asked_for_alike(endpoint) -> None:
    if endpoint.source:
        source = BY_TABLE[endpoint.source]
        assert (endpoint.operation, endpoint.answer) == (source.operation, source.answer)
        assert endpoint.parent == source.parent


def test_no_two_tables_share_a_name() -> None:
    assert len(BY_TABLE) == len(ENDPOINTS)


def test_every_list_says_how_its_pages_are_asked() -> None:
    sizes = {e.table: e.page_size for e in ENDPOINTS if e.answer is Answer.PAGES}

    assert {table for table, size in sizes.items() if size != 100} == {"audit_logs"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("workspaces", {"workspaces"}),
        ("subsequence_variants", {"campaigns", "subsequences", "subsequence_variants"}),
        ("people", {e.table for e in ENDPOINTS if e.tier.value == "people"} | {"campaigns"}),
        ("all", set(BY_TABLE)),
        (" core , core ", {e.table for e in ENDPOINTS if e.tier.value == "core"}),
    ],
)
def test_what_a_table_needs_comes_with_it(text, expected) -> None:
    chosen = select_tables(text)

    assert expected <= set(chosen)
    assert list(chosen) == [e.table for e in ENDPOINTS if e.table in chosen]
    assert {need for table in chosen for need in BY_TABLE[table].needs} <= set(chosen)


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownTable, match=r"'leeds'.*core, people, operations.*leads"):
        select_tables("core,leeds")
