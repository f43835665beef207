"""A person leaves: every row, every byte, every later load; and nobody else is touched."""

import base64
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import requests
from pydantic import SecretStr

from pipelines.discretion import enforce
from pipelines.errors import ConfigurationError, Exit, RunFailedError
from pipelines.forget import forget, rehearse
from pipelines.housekeeping import tidy
from pipelines.outcome import new_run_id
from pipelines.progress import SilentProgress
from pipelines.run import Job
from pipelines.settings import Settings
from sandbox import Sandbox
from sandbox.worlds import small
from tests.end_to_end.conftest import Warehouse

TABLES = "leads,emails,lead_lists,workspace_members"
HIDDEN = {
    "PRIVACY_HASH": ("leads.email", "emails.lead", "emails.to_address_email_list"),
    "PRIVACY_KEY": SecretStr("a-key-of-sixteen-signs"),
}


@pytest.fixture(scope="module")
def api() -> Iterator[Sandbox]:
    with Sandbox(small(campaigns=1, days=6, leads_per_day=4), rate_limit=None) as sandbox:
        yield sandbox


@dataclass
class Case:
    """A loaded warehouse, and somebody in it."""

    warehouse: Warehouse
    api: Sandbox
    who: str
    options: dict

    def job(self) -> Job:
        chosen = {
            "INSTANTLY_API_KEY": SecretStr(self.api.key),
            "INSTANTLY_BASE_URL": self.api.url,
            "WAREHOUSE_PATH": str(self.warehouse.file),
            **self.options,
        }
        return Job(Settings(**chosen), new_run_id(), SilentProgress())

    def sync(self):
        return self.warehouse.sync(self.api, TABLES, EMAIL_BODIES=True, **self.options)

    def counts(self) -> dict[str, int]:
        tables = TABLES.split(",")
        return {
            table: self.warehouse.rows(f"select count(*) as n from instantly_raw.{table}")[0]["n"]
            for table in tables
        }

    def traces_in_bytes(self) -> list[tuple[str, bytes]]:
        """Files of the folder that hold the address in any spelling, or packed."""
        spellings = {self.who, self.who.lower(), self.who.title()}
        forms = {base64.b64encode(spelling.encode()) for spelling in spellings}
        forms |= {self.who.encode().lower(), self.who.encode().hex().encode()}
        found = []
        for path in self.warehouse.folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            found += [
                (path.name, form) for form in forms if form in content or form in content.lower()
            ]
        return found


@pytest.fixture(scope="module")
def who(api: Sandbox) -> str:
    """A lead that wrote back, of whom others speak."""
    chosen = lead_that_answered(api)
    link = base64.b64encode(f"u={chosen.title()}".encode()).decode()
    fields = {"personalization": f"as {chosen} said"}
    api.change("edit_lead", campaign=0, lead=20, fields=fields)
    api.change("overlay", template="/lead-lists", fields={"name": f"From https://x.io/{link}"})
    return chosen


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Warehouses that were loaded for an earlier test."""
    return {}


@pytest.fixture
def loaded(api: Sandbox, who: str, files: dict[str, bytes], tmp_path: Path):
    """A warehouse as a run publishes it; `options` are settings."""

    def load(**options) -> Case:
        case = Case(Warehouse(tmp_path / "data"), api, who, options)
        case.warehouse.folder.mkdir()
        if repr(options) not in files:
            assert not case.sync().is_partial
            tidy(case.warehouse.file)
            files[repr(options)] = case.warehouse.file.read_bytes()
        case.warehouse.file.write_bytes(files[repr(options)])
        remove_working_folders(case)
        return case

    return load


def remove_working_folders(case: Case) -> None:
    """A run does that by itself."""
    for folder in case.warehouse.folder.glob("run-*"):
        shutil.rmtree(folder)


def lead_that_answered(api: Sandbox) -> str:
    """The address of a lead who wrote back, or of the last who was written to."""
    headers = {"Authorization": f"Bearer {api.key}", "User-Agent": "test/1"}
    url = f"{api.url}/api/v2/emails?limit=100"
    mails = requests.get(url, headers=headers, timeout=10).json()["items"]
    received = [mail for mail in mails if mail["ue_type"] == 2]
    return (received or mails)[0]["lead"]


def test_a_person_leaves_every_byte_and_stays_out(loaded) -> None:
    case = loaded()
    before = case.counts()
    assert case.traces_in_bytes(), "or the rest proves nothing"
    done = forget(case.job(), f" {case.who.upper()}\n")
    removed = {trace.table: trace for trace in done.traces}

    assert removed["leads"].rows >= 1
    assert removed["leads"].mentions == 1
    assert removed["emails"].rows >= 1
    assert removed["lead_lists"].mentions == before["lead_lists"]
    assert case.traces_in_bytes() == []
    after = case.counts()
    gone = {table: before[table] - after[table] for table in before}
    assert gone == {table: removed[table].rows if table in removed else 0 for table in before}

    report = case.sync()
    remove_working_folders(case)
    assert not report.is_partial
    assert case.counts() == after, "kept out of what is loaded later"
    assert case.traces_in_bytes() == []
    assert forget(case.job(), case.who).traces == ()


def test_other_texts_stay_as_they_were_but_for_the_mark(loaded) -> None:
    case = loaded()
    forget(case.job(), case.who)
    texts = case.warehouse.rows(
        "select personalization from instantly_raw.leads where personalization is not null"
    )
    assert texts == [{"personalization": "as [forgotten] said"}]


def test_a_rehearsal_says_what_would_go_and_changes_nothing(loaded) -> None:
    case = loaded()
    before = case.warehouse.file.read_bytes()
    planned = rehearse(case.job(), case.who)
    assert case.warehouse.file.read_bytes() == before
    assert planned.traces == forget(case.job(), case.who).traces


def test_a_person_is_found_by_their_hash(loaded) -> None:
    case = loaded(**HIDDEN)
    done = forget(case.job(), case.who)
    removed = {trace.table: trace.rows for trace in done.traces}
    assert removed["leads"] >= 1
    assert removed["emails"] >= 1
    after = case.counts()
    case.sync()
    assert case.counts() == after


def test_without_the_key_of_the_hashes_nobody_is_looked_for(loaded) -> None:
    case = loaded(**HIDDEN)
    enforce(case.warehouse.file, case.job().settings.privacy(()))
    case.options = {}
    with pytest.raises(ConfigurationError, match="PRIVACY_HASH no longer names"):
        forget(case.job(), case.who)


def test_somebody_unknown_is_kept_out_all_the_same(loaded, api: Sandbox) -> None:
    case = loaded()
    new = "somebody.new@later.example"
    before = case.counts()
    assert forget(case.job(), new).traces == ()
    api.change("edit_lead", campaign=0, lead=21, fields={"email": new})
    try:
        case.warehouse.sync(api, "leads", full_refresh=True)
        assert case.counts()["leads"] in (before["leads"], before["leads"] - 1)
        sql = f"select count(*) as n from instantly_raw.leads where email = '{new}'"
        assert case.warehouse.rows(sql) == [{"n": 0}]
    finally:
        api.app.world.workspaces[0].campaigns[0].lead_fields.pop(21)


@pytest.mark.parametrize("address", ["ada@example.com", "ADA@example.com"])
def test_our_own_side_is_refused(loaded, address: str) -> None:
    case = loaded()
    before = case.warehouse.file.read_bytes()
    with pytest.raises(ConfigurationError, match="workspace_members") as refused:
        forget(case.job(), address)
    assert address.lower() not in str(refused.value).lower()
    assert case.warehouse.file.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "jane", "jane@", "a b@x.com", "@x.com", "jane@x.com, b@x.com"]
)
def test_what_is_no_address_is_refused_without_repeating_it(tmp_path: Path, api, text) -> None:
    case = Case(Warehouse(tmp_path), api, "", {})
    with pytest.raises(ConfigurationError) as refused:
        forget(case.job(), text)
    assert refused.value.exit_code == Exit.CONFIGURATION
    assert not text or text not in str(refused.value)


def test_without_a_warehouse_there_is_nobody(tmp_path: Path, api) -> None:
    with pytest.raises(RunFailedError, match="no warehouse here yet"):
        forget(Case(Warehouse(tmp_path), api, "", {}).job(), "jane@x.com")


def test_nothing_that_is_shown_or_left_behind_says_whom(loaded, monkeypatch, capfd) -> None:
    from pipelines.cli import main

    case = loaded()
    monkeypatch.chdir(case.warehouse.folder)
    monkeypatch.setenv("WAREHOUSE_PATH", case.warehouse.file.name)
    monkeypatch.setattr(sys, "argv", ["instantly-warehouse", "forget", case.who])
    with pytest.raises(SystemExit) as ended:
        main(["forget", case.who, "-v"])
    shown = "".join(capfd.readouterr())
    assert ended.value.code == 0, shown
    assert "kept out from now on" in shown
    assert case.who not in shown.lower()
    assert case.traces_in_bytes() == []


@pytest.mark.slow
def test_marts_are_built_anew_without_the_person(loaded) -> None:
    case = loaded()
    with duckdb.connect(str(case.warehouse.file)) as connection:
        connection.execute("create schema instantly")
        connection.execute("create table instantly.old as select email from instantly_raw.leads")
    forget(case.job(), case.who)
    leads = case.warehouse.rows("select count(*) as n from instantly.dim_leads")
    assert leads == [{"n": case.counts()["leads"]}]
    assert not case.warehouse.rows("select 1 from duckdb_tables() where table_name = 'old'")
    assert case.traces_in_bytes() == []
