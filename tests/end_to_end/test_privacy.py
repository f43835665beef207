"""PRIVACY_DROP and PRIVACY_HASH over whole loads: nothing in clear, all else as without them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines import run as jobs
from pipelines.errors import ConfigurationError
from pipelines.housekeeping import write_afresh
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job
from pipelines.settings import Settings
from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.errors import UnknownColumn
from tests.end_to_end.conftest import Warehouse

TABLES = "leads,emails,accounts,account_analytics_daily,account_campaign_mappings,warmup_analytics"
HASHED = (
    "leads.email",
    "emails.lead",
    "emails.from_address_email",
    "emails.to_address_email_list",
    "emails.eaccount",
    "leads.last_contacted_from",
    "accounts.email",
    "account_analytics_daily.email_account",
    "account_campaign_mappings.account_email",
    "warmup_analytics.email",
)
DROPPED = ("leads.phone", "leads.payload", "accounts.first_name", "campaigns.email_list")
HIDDEN = {
    "PRIVACY_HASH": HASHED,
    "PRIVACY_DROP": DROPPED,
    "PRIVACY_KEY": SecretStr("a-key-of-sixteen-signs"),
}


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    with Sandbox(small(campaigns=1, days=6, leads_per_day=4), rate_limit=None) as sandbox:
        yield sandbox


def in_clear(file: Path, address: str) -> bool:
    return address.lower().encode() in file.read_bytes().lower()


@pytest.mark.slow
def test_a_hidden_load_asks_and_writes_what_a_clear_one_does(
    api: Sandbox, tmp_path: Path, asked
) -> None:
    pair = {name: Warehouse(tmp_path / name) for name in ("clear", "hidden")}
    options = {"clear": {}, "hidden": HIDDEN}
    told: dict[str, list] = {"clear": [], "hidden": []}
    for day in range(3):
        for name, warehouse in pair.items():
            warehouse.folder.mkdir(exist_ok=True)
            asked(api)
            report = warehouse.sync(api, TABLES, **options[name])
            changed = {outcome.table_name: outcome.changed for outcome in report.outcomes}
            told[name].append((asked(api), changed))
            assert (report.changed == 0) is (day == 1), "nothing is rewritten"
        if day == 1:
            api.advance(days=1)
            api.change("new_account")
    assert told["hidden"] == told["clear"]
    clear, hidden = pair["clear"], pair["hidden"]
    for table in ("leads", "emails", "accounts", "account_campaign_mappings"):
        version = f"select row_version from instantly_raw.{table} order by all"
        assert clear.rows(version) == hidden.rows(version), "a hash is no change"

    write_afresh(hidden.file)
    write_afresh(clear.file)
    people = clear.rows("select lead, eaccount from instantly_raw.emails limit 1")
    for address in people[0].values():
        assert in_clear(clear.file, address), "or the next line proves nothing"
        assert not in_clear(hidden.file, address)
    assert_hidden_columns_join(hidden)


def assert_hidden_columns_join(warehouse: Warehouse) -> None:
    (mail,) = warehouse.rows("""
        select count(*) as n, count(leads.id) as of_leads, count(accounts.email) as of_accounts,
            count(distinct emails.lead) as people, min(length(emails.lead)) as width
        from instantly_raw.emails as emails
        left join (select distinct on (email) * from instantly_raw.leads) as leads
            on emails.lead = leads.email
        left join instantly_raw.accounts as accounts on emails.eaccount = accounts.email
    """)
    assert mail["n"] == mail["of_leads"] == mail["of_accounts"] > 0
    assert mail["people"] > 1
    assert mail["width"] == 64
    (kept,) = warehouse.rows(
        "select count(phone) as p, count(payload) as d from instantly_raw.leads"
    )
    assert kept == {"p": 0, "d": 0}


def test_what_was_stored_in_clear_is_hidden_by_the_next_run(api: Sandbox, warehouse) -> None:
    warehouse.sync(api, "accounts,account_campaign_mappings")
    options = {
        "PRIVACY_HASH": ("accounts.email", "account_campaign_mappings.account_email"),
        "PRIVACY_DROP": ("campaigns.email_list",),
        "PRIVACY_KEY": HIDDEN["PRIVACY_KEY"],
    }
    chosen = {
        "INSTANTLY_API_KEY": SecretStr(api.key),
        "INSTANTLY_BASE_URL": api.url,
        "INSTANTLY_TABLES": "accounts,account_campaign_mappings",
        "WAREHOUSE_PATH": str(warehouse.file),
    }
    mailbox = api.app.world.workspaces[0].mailboxes[0].email
    assert in_clear(warehouse.file, mailbox)
    job = Job(Settings(**chosen, **options), new_run_id(), SilentProgress())
    report = jobs.sync(job)
    assert report.changed == 0, "no row is new, they only hide"
    assert not in_clear(warehouse.file, mailbox)
    (joined,) = warehouse.rows("""
        select count(*) as n, count(accounts.email) as known
        from instantly_raw.account_campaign_mappings as mappings
        left join instantly_raw.accounts as accounts on mappings.account_email = accounts.email
    """)
    assert joined["n"] == joined["known"] > 0

    before = warehouse.file.read_bytes()
    with pytest.raises(ConfigurationError, match="PRIVACY_HASH no longer names"):
        jobs.sync(replace(job, settings=Settings(**chosen)))
    wrong = {**options, "PRIVACY_DROP": ("leads.fone",)}
    with pytest.raises(UnknownColumn, match=r"leads\.fone"):
        jobs.sync(replace(job, settings=Settings(**chosen, **wrong)))
    assert warehouse.file.read_bytes() == before
