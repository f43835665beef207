"""What does not fit is set apart, costs nothing else, and heals; what is new is kept and said.

first   all is well
odd     everything is read again; of every kind of table some rows do not fit
again   the same faults in a usual run
clean   the source is as it should be, and has not moved since
quiet   one more run
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pytest

from pipelines.outcome import SyncReport
from pipelines.progress import LineProgress
from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly import Patience
from tests.end_to_end.conftest import Rows, Source, Warehouse, differences

TODAY = date(2026, 11, 17)
DAYS = 6
WORLD = small(campaigns=5, days=DAYS - 1, leads_per_day=7)
HIDDEN = {"PRIVACY_HASH": "accounts.email", "PRIVACY_KEY": "k" * 32}
TABLES = "core,leads"

CAMPAIGNS, ACCOUNTS, LEADS = "GET /campaigns", "GET /accounts", "POST /leads/list"
TOTALS, DAILY, STEPS = (f"GET /campaigns/analytics{part}" for part in ("", "/daily", "/steps"))
HALF_A_SIGN = '{"items": [{"id": "t", "label": "half \\ud83d of one"}]}'


@dataclass
class Story:
    """What the warehouse looked like after each run, and what was said and asked in it."""

    api: Sandbox
    warehouse: Warehouse
    after: dict[str, Warehouse] = field(default_factory=dict)
    reports: dict[str, SyncReport] = field(default_factory=dict)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)
    truth: dict[str, Source] = field(default_factory=dict)

    def run(self, name: str, **options: Any) -> None:
        self.api.reset_requests()
        self.reports[name] = self.warehouse.sync(self.api, TABLES, **HIDDEN, **options)
        self.asked[name] = self.api.log()
        self.after[name] = Warehouse(self.warehouse.folder / name)
        self.after[name].folder.mkdir()
        shutil.copy(self.warehouse.file, self.after[name].file)

    def campaign(self, number: int) -> str:
        """The id of a campaign that changes know by its number."""
        return self.api.app.world.workspaces[0].campaigns[number].id

    def lines(self, name: str, table: str) -> Rows:
        """What is set apart of a table after a run, without what has healed."""
        return self.after[name].rows(
            f"from instantly_raw.quarantine where table_name = '{table}' "
            "and resolved_at is null order by row_key, column_name"
        )

    def quarantined(self, name: str) -> dict[str, int]:
        return {o.table_name: o.quarantined for o in self.reports[name].incomplete}


def spoil(story: Story, source: Source, *, leads: bool) -> None:
    """Of every kind of table some rows do not fit."""
    odd, places = story.campaign, [row["id"] for row in source.campaigns()]
    (address, *_) = (row["email"] for row in source.get("/accounts")["items"])
    totals = [row["campaign_id"] for row in source.totals()]
    unfit: dict[str, dict[int, dict[str, Any]]] = {
        CAMPAIGNS: {
            places.index(odd(0)): {"status": {"now": "many"}},
            places.index(odd(4)): {"id": None},
        },
        ACCOUNTS: {0: {"status": [address]}},
        TOTALS: {totals.index(odd(1)): {"emails_sent_count": "many"}},
        DAILY: {0: {"sent": {"total": 3}}, 1: {"date": "some day"}},
        STEPS: {0: {"step": "first"}, 1: {"opened": 2**63}},
    }
    if leads:
        unfit[LEADS] = {0: {"status": "gone"}, 1: {"email_open_count": "few"}}
    where = {
        DAILY: {"campaign_id": odd(2)},
        STEPS: {"campaign_id": odd(3)},
        LEADS: {"limit": "100"},
    }
    for operation, rows in unfit.items():
        times = 1 if operation in (TOTALS, LEADS) else None  # the first is the one that is meant
        there = where.get(operation, {})
        story.api.fault("patch", operation, times=times, where=there, rows=rows)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox(WORLD, seed=3, date=TODAY, rate_limit=None) as api,
    ):
        patch.setattr("pipelines.connections.Patience", partial(Patience, lanes=()))
        story, source = (
            Story(api, Warehouse(tmp_path_factory.mktemp("drift"))),
            Source(api, api.key),
        )
        api.fault("text", "GET /custom-tags", where={"limit": "100"}, body=HALF_A_SIGN)
        api.change("set_fields", campaign=3, fields={"name": "a\x00b 🙂"})
        story.run("first")
        for number in range(4):
            api.change("late_reply", campaign=number, days_ago=3)
            api.change("rename", campaign=number, name=f"Renamed {number}")
        api.change("set_fields", campaign=3, fields={"brandNew": {"deep": [1]}, "another": 5})
        spoil(story, source, leads=True)
        story.run("odd", full_refresh=True)
        api.clear_faults()
        spoil(story, source, leads=False)
        story.run("again")
        api.clear_faults()
        for name in ("clean", "quiet"):
            story.run(name)
        days = DAYS + (api.clock.date() - TODAY).days + 1
        story.wrong = differences(story.warehouse, source, api.clock.date(), days)
        story.truth["now"] = source
        yield story


BAD = pytest.mark.parametrize("run", ["odd", "again"])


# The run ------------------------------------------------------------------------------------------


@BAD
def test_a_run_that_set_rows_apart_is_done_in_part_and_says_of_which_tables(story, run) -> None:
    assert story.reports[run].is_partial
    assert {outcome.status for outcome in story.reports[run].outcomes} == {"ok"}
    found = story.quarantined(run)
    assert found.pop("step_analytics_daily") >= 2
    assert found.pop("leads", 0) == 2 * (run == "odd"), "by their ids they came well again"
    assert found == {
        "campaigns": 2,
        "campaign_variants": 4,
        "accounts": 1,
        "campaign_analytics": 1,
        "campaign_analytics_daily": 2,
        "step_analytics": 2,
    }


def test_once_the_source_is_clean_so_is_the_next_run(story) -> None:
    assert not story.reports["clean"].is_partial
    assert story.after["clean"].rows(
        "select count(*) as open from instantly_raw.quarantine where resolved_at is null"
    ) == [{"open": 0}]
    assert story.wrong == {}


def test_when_all_is_well_nothing_is_asked_again(story) -> None:
    asked = [row["operation"] for row in story.asked["quiet"]]

    assert not {DAILY, STEPS} & set(asked)
    assert asked.count(LEADS) == 1


def test_the_same_row_is_one_line_with_its_times(story) -> None:
    (odd,), (again,) = (
        [line for line in story.lines(run, "campaigns") if line["column_name"] == "status"]
        for run in ("odd", "again")
    )
    (clean,) = story.after["clean"].rows(
        "from instantly_raw.quarantine where table_name = 'campaigns' and column_name = 'status'"
    )

    assert odd["reason"] == "an object where a whole number of 64 bits is expected"
    assert json.loads(odd["row_key"]) == {"id": story.campaign(0)}
    times = [line["first_seen_at"] for line in (odd, again, clean)]
    assert times == [odd["last_seen_at"]] * 3
    assert odd["last_seen_at"] < again["last_seen_at"] == clean["last_seen_at"]
    assert clean["resolved_at"] > clean["last_seen_at"]


# What stays as it was -----------------------------------------------------------------------------


@BAD
def test_the_last_good_version_stays_open_and_the_others_move_on(story, run) -> None:
    before = {row["id"]: row["name"] for row in story.after["first"].current("campaigns")}
    truth = {row["id"]: row["name"] for row in story.truth["now"].campaigns()}
    rows = story.after[run].current("campaigns")

    assert len({row["id"] for row in rows}) == len(rows) == 5
    unread = {story.campaign(number) for number in (0, 4)}
    assert {row["id"]: row["name"] for row in rows} == truth | {
        identifier: before[identifier] for identifier in unread
    }


@BAD
def test_rows_that_are_cut_from_a_row_without_its_key_stay(story, run) -> None:
    count = "select count(*) as n from instantly_raw.campaign_variants where _dlt_valid_to is null"

    assert story.after[run].rows(count) == story.after["first"].rows(count)
    keys = [json.loads(line["row_key"]) for line in story.lines(run, "campaign_variants")]
    assert [set(key) for key in keys] == [{"step", "variant"}] * 4, "as much as can be read"


@BAD
def test_totals_that_do_not_fit_leave_the_days_of_their_campaign_fresh(story, run) -> None:
    mine = f"campaign_id = '{story.campaign(1)}'"
    observed = f"select count(*) as n from instantly_raw.campaign_analytics where {mine}"
    assert story.after[run].rows(observed) == [{"n": 1}], "neither the odd totals nor zeros"

    def replies(rows: Rows) -> int:
        return sum(row["replies"] for row in rows if row["campaign_id"] == story.campaign(1))

    held = story.after[run].current("campaign_analytics_daily")
    assert replies(held) == replies(story.truth["now"].days()) > 0


@BAD
def test_a_day_that_does_not_fit_is_not_zero(story, run) -> None:
    for table in ("campaign_analytics_daily", "step_analytics", "step_analytics_daily"):
        zeros = story.after[run].rows(
            f"select count(*) as n from instantly_raw.{table} "
            "where sent = 0 and opened = 0 and replies = 0 and replies_automatic = 0 "
            f"and campaign_id in ('{story.campaign(2)}', '{story.campaign(3)}')"
        )
        assert zeros == [{"n": 0}], table


@BAD
def test_a_lead_that_does_not_fit_is_not_deleted(story, run) -> None:
    gone = "select count(*) as n from instantly_raw.leads where deleted_at is not null"

    assert story.after[run].rows(gone) == [{"n": 0}]


# How it heals -------------------------------------------------------------------------------------


def test_leads_that_did_not_fit_are_asked_for_by_their_ids(story) -> None:
    wanted = {json.loads(line["row_key"])["id"] for line in story.lines("odd", "leads")}
    asked = [row["body"].get("ids") for row in story.asked["again"] if row["operation"] == LEADS]

    assert len(wanted) == 2
    assert wanted in [set(ids) for ids in asked if ids]


def test_reports_that_did_not_fit_are_asked_again_although_nothing_moved(story) -> None:
    asked = {
        (row["operation"], *row["query"]["campaign_id"])
        for row in story.asked["clean"]
        if row["operation"] in (DAILY, STEPS)
    }

    assert {(DAILY, story.campaign(2)), (STEPS, story.campaign(3))} <= asked
    assert (STEPS, story.campaign(0)) not in asked


# Whose row it is ----------------------------------------------------------------------------------


@BAD
def test_what_is_set_apart_names_nobody(story, run) -> None:
    addresses = [row["email"] for row in story.truth["now"].get("/accounts")["items"]]
    said = str(story.after[run].rows("from instantly_raw.quarantine"))
    said += str(story.reports[run]) + str(story.after[run].rows("from instantly_raw.sync_runs"))

    assert addresses
    assert not [address for address in addresses if address in said]
    (line,) = story.lines(run, "accounts")
    assert len(json.loads(line["row_key"])["email"]) == 64, "the hash that stands in accounts"


# Odd, but what it is ------------------------------------------------------------------------------


def test_half_a_sign_becomes_a_question_mark_and_a_nul_stays(story) -> None:
    (tag,) = story.after["first"].current("custom_tags")
    names = [row["name"] for row in story.after["first"].current("campaigns")]

    assert tag["label"] == "half ? of one"
    assert "a\x00b 🙂" in names
    assert not story.reports["first"].is_partial


# What is new --------------------------------------------------------------------------------------


def test_a_new_field_is_kept_and_said_once(story, caplog) -> None:
    said = {
        run: [(o.table_name, o.new_columns) for o in report.outcomes if o.new_columns]
        for run, report in story.reports.items()
    }
    new = ("another", "brand_new")
    assert said == {run: [] for run in said} | {"odd": [("campaigns", new)]}

    (outcome,) = [o for o in story.reports["odd"].outcomes if o.new_columns]
    with caplog.at_level(logging.INFO, "instantly_warehouse"):
        LineProgress().table_finished(outcome)
    (record,) = caplog.records
    assert (record.levelname, record.new_columns) == ("WARNING", list(new))
    assert record.getMessage().endswith("; new fields, now columns: another, brand_new")

    (row,) = story.after["odd"].rows(
        "select message from instantly_raw.sync_runs "
        "where table_name = 'campaigns' order by finished_at desc limit 1"
    )
    assert row["message"] == outcome.note
    kept = [row["brand_new"] for row in story.after["clean"].current("campaigns")]
    assert [json.loads(text) for text in kept if text] == [{"deep": [1]}]
