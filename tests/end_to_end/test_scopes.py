"""What a key may not read is known before anything is read, and asked only once."""

from dataclasses import replace

import pytest

from sandbox import Sandbox
from sandbox.specs import KeySpec
from sandbox.worlds import small
from sources.instantly import BY_TABLE, Client, Patience, select_tables
from sources.instantly.errors import KeyRefused, PlanRequired, ScopeMissing
from sources.instantly.reading import scopes

NARROW = ("workspaces:read", "campaigns:read", "leads:read", "emails:read", "custom_tags:read")


@pytest.fixture(scope="module")
def api():
    world = small(campaigns=1, days=3, leads_per_day=3)
    keys = (KeySpec("main"), KeySpec("narrow", NARROW), KeySpec("old", revoked=True))
    (workspace,) = world.workspaces
    workspace = replace(workspace, keys=keys, inbox_placement=False)
    with Sandbox(replace(world, workspaces=(workspace,)), rate_limit=None) as sandbox:
        yield sandbox


@pytest.fixture
def client(api):
    opened = []

    def connect(name: str) -> Client:
        patience = Patience(requests_per_minute=6000, retry_seconds=2)
        client = Client(api.url, api.keys[f"small/{name}"], user_agent="test/1", patience=patience)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()


def test_one_question_per_scope_tells_every_table(api, client) -> None:
    api.reset_requests()
    missing = scopes.missing(client("main"), select_tables("all"))
    asked = api.requests()["by_operation"]

    assert set(missing) == {t for t in BY_TABLE if t.startswith("inbox_placement")}
    assert all(isinstance(reason, PlanRequired) for reason in missing.values())
    assert sum(asked.values()) == len({e.scope for e in BY_TABLE.values() if e.scope})


def test_a_missing_scope_is_named_with_all_that_hangs_on_it(client) -> None:
    missing = scopes.missing(client("narrow"), select_tables("core,leads,lead_lists"))

    assert isinstance(missing["accounts"], ScopeMissing)
    assert "accounts:read" in str(missing["accounts"])
    assert "needs accounts" in str(missing["account_analytics_daily"])
    assert "subsequences:read" in str(missing["subsequence_analytics"])
    assert "leads" not in missing
    assert "campaign_analytics" not in missing


def test_a_key_that_opens_nothing_is_said_at_once(client) -> None:
    with pytest.raises(KeyRefused):
        scopes.missing(client("old"), ["campaigns"])


def test_a_stumbling_api_says_nothing_about_the_key(api, client) -> None:
    api.fault("status", "GET /custom-tags", status=404)
    api.fault("items_null", "GET /campaigns")
    try:
        assert scopes.missing(client("narrow"), ["campaigns", "custom_tags"]) == {}
    finally:
        api.clear_faults()


def test_what_cannot_be_read_is_skipped_by_name_and_the_rest_arrives(api, warehouse) -> None:
    tables = "campaigns,campaign_analytics,accounts,account_analytics_daily,custom_tags"
    key = {"INSTANTLY_API_KEY": api.keys["small/narrow"]}
    report = warehouse.sync(api, tables, **key)
    fared = {outcome.table_name: outcome for outcome in report.outcomes}

    assert report.is_partial
    assert {name: o.status for name, o in fared.items()} == {
        "campaigns": "ok",
        "campaign_analytics": "ok",
        "accounts": "skipped",
        "account_analytics_daily": "skipped",
        "custom_tags": "ok",
    }
    assert "accounts:read" in fared["accounts"].message
    assert "needs accounts" in fared["account_analytics_daily"].message


def test_a_table_that_was_read_before_is_not_asked_about_again(api, warehouse) -> None:
    key = {"INSTANTLY_API_KEY": api.keys["small/narrow"]}
    warehouse.sync(api, "campaigns,custom_tags", **key)
    api.reset_requests()
    warehouse.sync(api, "campaigns,custom_tags,workspace_members", **key)

    limits = [row["query"]["limit"] for row in api.log() if "limit" in row["query"]]
    assert limits.count(["1"]) == 1, "the new table alone"
    assert api.requests()["by_operation"]["GET /workspace-members"] == 1, "and never walked"
