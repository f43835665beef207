"""What a workspace's reading makes of an API that refuses, forgets and fails, table by table."""

from collections import Counter

import pytest

from sources.instantly import BY_TABLE
from sources.instantly.conversation import paging
from sources.instantly.errors import OutOfContract
from sources.instantly.reading.batch import EVERY_ROW

GONE = {"statusCode": 404, "error": "Not Found", "message": "Resource not found"}
MAPPINGS = BY_TABLE["account_campaign_mappings"]
TAGS = BY_TABLE["custom_tag_mappings"]
SUBSEQUENCES = BY_TABLE["subsequences"]
STATS = BY_TABLE["lead_list_verification_stats"]
AUDIT = BY_TABLE["audit_logs"]


def closings(read):
    return [b.closing for b in read.batches if b.endpoint.table == read.endpoint.table]


def asked(api, endpoint) -> int:
    return api.requests()["by_operation"].get(endpoint.operation, 0)


# Reports ------------------------------------------------------------------------------------------


class Heard:
    """Notes how far each table is, whenever something is said of it."""

    def __init__(self) -> None:
        self.totals: dict[str, int | None] = {}
        self.done = Counter()
        self.too_far: list[str] = []

    def table_started(self, _workspace: str, table: str, total: int | None = None) -> None:
        self.totals[table] = total

    def advance(self, _workspace: str, table: str, steps: int = 1) -> None:
        self.done[table] += steps
        if (total := self.totals[table]) is not None and self.done[table] > total:
            self.too_far.append(f"{table}: {self.done[table]} of {total}")


def test_no_table_is_further_than_its_end(synced, monkeypatch) -> None:
    monkeypatch.setattr("sources.instantly.reading.reports.CAMPAIGNS_AT_ONCE", 1)
    heard = Heard()
    synced.read(BY_TABLE["step_analytics_daily"], heard)

    assert heard.done["step_analytics_daily"] == heard.totals["step_analytics_daily"]
    assert not heard.too_far


# Lists --------------------------------------------------------------------------------------------


def test_where_the_api_refuses_all_subsequences_each_campaign_is_asked(synced, faulty) -> None:
    """Quirk D30: whether the parent may be left out depends on the day."""
    refusal = {"message": "querystring must have required property 'parent_campaign'"}
    faulty.fault("status", SUBSEQUENCES.operation, status=400, body=refusal)
    read = synced.read(SUBSEQUENCES)

    assert (read.status, read.new) == ("ok", 0)
    parents = [
        row["query"]["parent_campaign"][0]
        for row in faulty.log()
        if row["operation"] == SUBSEQUENCES.operation and "parent_campaign" in row["query"]
    ]
    assert len(set(parents)) == 2
    assert closings(read) == [EVERY_ROW]


def test_another_list_that_is_refused_is_an_error(synced, faulty) -> None:
    faulty.fault("status", "GET /custom-tags", status=400, body={"message": "no"}, times=None)
    read = synced.read(BY_TABLE["custom_tags"])

    assert (read.status, "was refused (400)" in read.message) == ("failed", True)


def test_the_newest_tags_are_looked_at_between_two_walks(synced, faulty) -> None:
    read = synced.read(TAGS, everything=False)

    assert (read.status, read.new, asked(faulty, TAGS)) == ("ok", 0, 1)
    (closing,) = closings(read)
    assert closing != EVERY_ROW, "what was not listed is not gone"


def test_a_list_in_another_order_is_walked_to_its_end(synced, faulty) -> None:
    old = {"timestamp_created": "2020-01-01T00:00:00.000Z"}
    rows = synced.elements(TAGS)
    page = {"items": [{**rows[0], **old}, *rows[1:]], "next_starting_after": "~"}
    faulty.reset_requests()
    faulty.fault("body", TAGS.operation, body=page)
    read = synced.read(TAGS, everything=False)

    assert closings(read) == [EVERY_ROW]
    assert asked(faulty, TAGS) > 2


def test_a_new_tag_between_two_walks_is_written_alone(synced, faulty) -> None:
    first = synced.elements(TAGS)[0]
    page = {"items": [{**first, "id": "brand-new", "timestamp_created": "2099-01-01T00:00:00Z"}]}
    faulty.fault("body", TAGS.operation, body={**page, "next_starting_after": "~"})
    read = synced.read(TAGS, everything=False)

    (batch,) = [b for b in read.batches if b.endpoint is TAGS]
    assert "brand-new" in batch.rows["id"].to_pylist()
    assert "brand-new" not in batch.closing.only


def test_a_list_that_lost_most_of_its_rows_is_refused_with_both_numbers(synced, faulty) -> None:
    jobs = BY_TABLE["background_jobs"]
    faulty.fault("short", jobs.operation, times=None, keep=0)
    held = len(synced.warehouse.current(jobs.table))
    read = synced.read(jobs)

    assert held > 3
    assert read.status == "failed"
    assert "listed 0 rows for background_jobs of 'Small Ltd'" in read.message
    assert f"where the warehouse holds {held};" in read.message
    assert synced.read(jobs, allow_shrink=True).status == "ok"


def test_a_page_of_a_thousand_is_given_up_where_it_is_refused(synced, faulty) -> None:
    """Quirk B8."""
    too_many = {"message": "querystring/limit must be <= 100"}
    where = {"limit": "1000"}
    faulty.fault("status", AUDIT.operation, status=400, body=too_many, times=None, where=where)
    read = synced.read(AUDIT)

    assert (read.status, read.new) == ("ok", 0)
    limits = [r["query"]["limit"][0] for r in faulty.log() if r["operation"] == AUDIT.operation]
    assert limits[:2] == ["1000", "100"]
    assert set(limits[1:]) == {"100"}


# Children -----------------------------------------------------------------------------------------


def test_a_parent_that_vanishes_meanwhile_costs_itself(synced, faulty) -> None:
    (gone, *_) = synced.warehouse.current("lead_lists")
    where = {"id": gone["id"]}
    faulty.fault("status", STATS.operation, status=404, body=GONE, times=None, where=where)
    read = synced.read(STATS)

    assert read.status == "ok"
    assert gone["id"] not in {row["list_id"] for row in read.rows}
    (closing,) = closings(read)
    assert closing.but == {gone["id"]}, "its rows stay until the list itself is gone"


def test_a_route_that_is_gone_skips_the_table(synced, faulty) -> None:
    faulty.fault("status", STATS.operation, status=404, body=GONE, times=None)
    read = synced.read(STATS)

    assert (read.status, read.new, read.error) == ("skipped", 0, None)
    assert "404" in read.message


def test_a_list_that_was_never_enriched_has_no_row(synced, faulty) -> None:
    enrichments = BY_TABLE["supersearch_enrichments"]
    faulty.fault("status", enrichments.operation, status=404, body=GONE, times=None)
    read = synced.read(enrichments)

    assert (read.status, read.rows, closings(read)) == ("ok", [], [EVERY_ROW])


def test_children_on_the_slow_clock_are_left_alone_until_it_strikes(synced, faulty) -> None:
    read = synced.read(MAPPINGS, everything=False)

    assert (read.status, read.rows, asked(faulty, MAPPINGS)) == ("ok", [], 0)
    (closing,) = closings(read)
    assert closing.only == frozenset()


def test_steps_of_a_subsequence_are_asked_when_its_totals_moved(synced, faulty) -> None:
    steps = BY_TABLE["subsequence_step_analytics"]
    still = synced.read(steps, everything=False)
    assert (still.status, asked(faulty, steps)) == ("ok", 0)

    moved = synced.warehouse.current("subsequence_analytics")[0]["subsequence_id"]
    faulty.fault(
        "body",
        "GET /subsequences/analytics",
        body=[
            {"subsequence_id": moved, "emails_sent": 9e9, "unique_opens": 1, "unique_replies": 1}
        ],
    )
    read = synced.read(steps, everything=False)

    assert (read.status, asked(faulty, steps)) == ("ok", 1)


def test_what_is_missing_from_the_totals_of_a_campaign_keeps_its_numbers(synced, faulty) -> None:
    faulty.fault("body", "GET /subsequences/analytics", body=[], times=None)
    read = synced.read(BY_TABLE["subsequence_analytics"])

    assert (read.status, read.new) == ("ok", 0), "a deleted subsequence did not send less"


def test_addresses_never_stand_in_an_error(synced, faulty) -> None:
    faulty.fault("status", MAPPINGS.operation, status=400, body={"message": "no"}, times=None)
    read = synced.read(MAPPINGS)

    assert "GET /account-campaign-mappings/{email}" in read.message
    assert "@" not in read.message


# What a failure costs -----------------------------------------------------------------------------

WEBHOOKS = BY_TABLE["webhooks"]


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "items_null"},
        {"action": "null"},
        {"action": "status", "status": 400, "body": {"message": "no"}},
        {"action": "patch", "fields": {"custom_interest_value": "many"}},
        {"action": "drop", "fields": ["id"]},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
def test_a_fault_in_the_operations_costs_its_table_alone(synced, faulty, fault) -> None:
    faulty.fault(operation=WEBHOOKS.operation, times=None, **fault)
    read = synced.read(WEBHOOKS)

    assert (read.status, read.error) == ("failed", None)
    assert WEBHOOKS.operation in read.message


def test_a_broken_conversation_in_the_operations_ends_them_but_not_the_rest(synced, faulty) -> None:
    faulty.fault("status", WEBHOOKS.operation, status=503, times=None)
    read = synced.read(WEBHOOKS, tables=("campaigns", "webhooks", "phone_numbers"))

    assert (read.status, read.error) == ("failed", None)
    assert {b.endpoint.table for b in read.batches} == {"campaigns"}


def test_a_fault_in_the_core_ends_the_workspace(synced, faulty) -> None:
    faulty.fault("items_null", "GET /accounts", times=None)
    read = synced.read(BY_TABLE["account_analytics_daily"])

    assert isinstance(read.error, OutOfContract)
    assert read.status == "failed"
    assert read.message.startswith("not read: GET /accounts")


@pytest.mark.parametrize("status", [402, 403])
def test_what_needs_a_table_that_was_skipped_is_skipped_by_name(synced, faulty, status) -> None:
    faulty.fault("status", "GET /accounts", status=status, times=None)
    read = synced.read(MAPPINGS)

    assert (read.status, read.error) == ("skipped", None)
    assert read.message == "needs accounts, which could not be read"
    assert not [b for b in read.batches if b.endpoint.table == "accounts"]


# Objects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "answer", "says"),
    [
        ("workspaces", {"error": "Something went wrong"}, "an object without `id`"),
        ("workspaces", [], "a list instead of an object"),
        ("workspace_plans", {"organization_name": "x"}, "an object without `organization_id`"),
        ("workspace_subscriptions", {"error": "no"}, "an object without `subscriptions`"),
        ("campaign_sending_status", {"error": "no"}, "without any member that is documented"),
    ],
)
def test_an_object_that_is_none_of_the_entity_is_refused(
    synced, faulty, table, answer, says
) -> None:
    endpoint = BY_TABLE[table]
    faulty.fault("body", endpoint.operation, body=answer, times=None)
    client, (params, values) = synced.client(), synced.question(endpoint)

    with pytest.raises(OutOfContract, match=says):
        list(paging.elements(client, endpoint, params, values))
    client.close()
