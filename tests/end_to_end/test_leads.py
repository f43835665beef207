"""Leads against the sandbox: all of them once, then what is new or moved; deletes on a slow clock.

A sync costs seconds, so each test is the story of one warehouse.
"""

import json
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.specs import ListSpec, WorldSpec
from sandbox.worlds import small
from sources.instantly.errors import InstantlyError, SuspiciouslyShort
from sources.instantly.reading.leads import plan
from sources.instantly.reading.visit import REQUESTS_AT_ONCE

TODAY = date(2026, 11, 17)
LIST = "POST /leads/list"
LISTS = (ListSpec("Fair", 40), ListSpec("Newsletter", 25, 90))
MOST_CUTS = 6
"""Ranges into which a list of 1,500 leads may be cut; each ends with a page that is not full."""
COUNTS = ("status", "email_open_count", "email_reply_count", "email_click_count")


def world(campaigns: int, lists: tuple[ListSpec, ...] = LISTS) -> WorldSpec:
    """Campaigns of 400 leads each, and some lists."""
    spec = small(campaigns=campaigns, leads_per_day=5)
    (workspace,) = spec.workspaces
    return replace(spec, workspaces=(replace(workspace, lists=lists),))


def serving(spec: WorldSpec) -> Sandbox:
    return Sandbox(spec, date=TODAY, rate_limit=None)


def listed(api: Sandbox, **asked: Any) -> dict[str, dict[str, Any]]:
    """Leads as a plain client reads them, by id."""
    found: dict[str, dict[str, Any]] = {}
    asked["limit"] = 100
    while True:
        answer = requests.post(
            f"{api.url}/api/v2/leads/list",
            json=asked,
            headers={"Authorization": f"Bearer {api.key}", "User-Agent": "truth/1"},
            timeout=10,
        ).json()
        if not answer["items"]:
            return found
        found |= {lead["id"]: lead for lead in answer["items"]}
        asked["starting_after"] = answer["next_starting_after"]


def held(
    warehouse, what: str = "*", where: str = "deleted_at is null"
) -> dict[str, dict[str, Any]]:
    rows = warehouse.rows(f"select id, {what} from instantly_raw.leads where {where}")
    assert len({row["id"] for row in rows}) == len(rows), "one row per lead"
    return {row["id"]: row for row in rows}


def asked_for(api: Sandbox) -> list[dict[str, Any]]:
    """What the list of leads was asked since this was last called, but for probes of the scope."""
    bodies = [row["body"] for row in api.log() if row["operation"] == LIST]
    api.reset_requests()
    return [body for body in bodies if body["limit"] > 1]


def leads_of(report: Any) -> Any:
    return next(outcome for outcome in report.outcomes if outcome.table_name == "leads")


def differs(warehouse, api: Sandbox, *columns: str) -> set[str]:
    """Leads of which the warehouse says otherwise than the source."""
    columns = columns or (*COUNTS, "lt_interest_status")
    truth, known = listed(api), held(warehouse, ", ".join(columns))
    return {
        lead
        for lead in truth.keys() | known.keys()
        if lead not in truth
        or lead not in known
        or any(truth[lead].get(name) != known[lead][name] for name in columns)
    }


def test_first_all_of_them_then_what_is_new(warehouse) -> None:
    with serving(world(3, (*LISTS, ListSpec("Imported 2025", 230, 480)))) as api:
        report = warehouse.sync(api, tables="leads")
        asked = asked_for(api)
        truth, known = listed(api), held(warehouse)
        assert not any("campaign" in each or "in_list" in each for each in asked), "one list"
        assert len(asked) <= ceil(1495 / 100) + 1 + 2 * MOST_CUTS
        assert {each["limit"] for each in asked} == {100}
        assert leads_of(report).rows == leads_of(report).changed == len(truth) == 1495
        assert not differs(warehouse, api)
        assert {lead: row["payload"] for lead, row in known.items()} == {
            lead: json.dumps(row["payload"], ensure_ascii=False, separators=(",", ":"))
            for lead, row in truth.items()
        }, "users' own keys, as they came"
        assert {row["workspace_id"] for row in known.values()} == {api.workspace_id}
        asked_for(api)

        before = held(warehouse, "row_version, observed_at")
        report = warehouse.sync(api, tables="leads")
        assert len(asked_for(api)) == 1, "nothing new behind the newest id"
        assert leads_of(report).changed == 0
        assert held(warehouse, "row_version, observed_at") == before

        new = api.change("add_leads", campaign=1, count=250)["ids"]
        report = warehouse.sync(api, tables="leads")
        asked = asked_for(api)
        assert set(new) <= held(warehouse).keys()
        assert leads_of(report).changed == 250
        assert len(asked) <= ceil(250 / 100) + 10
        assert sum("queries" not in each for each in asked) == 3, "random ids lie behind (B12)"

        warehouse.sync(api, tables="leads", since=TODAY, until=TODAY)
        assert not asked_for(api), "days mean nothing to leads"

        falling = sorted(listed(api).values(), key=lambda lead: lead["id"], reverse=True)[:2]
        asked_for(api)
        api.change("remove_leads", campaign=0, leads=[1])
        api.fault("body", LIST, body={"items": falling, "next_starting_after": "x"})
        report = warehouse.sync(api, tables="leads")
        assert leads_of(report).is_complete_walk, "where ids do not rise, none can be resumed"
        assert len(asked_for(api)) <= 1 + ceil(1744 / 100) + 1 + 2 * MOST_CUTS


def test_what_moved_costs_what_it_changed(warehouse) -> None:
    tables = "leads,campaign_analytics_daily"
    with serving(world(12)) as api:
        warehouse.sync(api, tables=tables)
        for campaign in range(12):
            api.change("late_reply", campaign=campaign, days_ago=0)
        asked_for(api)
        report = warehouse.sync(api, tables=tables)
        assert leads_of(report).changed == 12
        assert len(asked_for(api)) <= ceil(12 / 100) + 10, "and not one request per campaign"
        assert not differs(warehouse, api)

        api.advance(days=1)
        asked_for(api)
        report = warehouse.sync(api, tables=tables)
        asked = asked_for(api)
        found = sum(len(listed(api, queries=q["queries"])) for q in asked if q.get("queries"))
        assert 100 < leads_of(report).changed < found
        assert len(asked) <= ceil(found / 100) + 10
        unsubscribed = {id_ for id_, lead in listed(api).items() if lead["status"] == -2}
        assert differs(warehouse, api) <= unsubscribed, "no filter knows who unsubscribed"

        api.change("late_reply", campaign=2, days_ago=9)
        api.change("edit_lead", campaign=2, lead=3, fields={"first_name": "Zoë 2"})
        asked_for(api)
        report = warehouse.sync(api, tables=tables)
        walked = {each["campaign"] for each in asked_for(api) if "campaign" in each}
        assert len(walked) == 1, "as cheap as asking what happened, and it sees more"
        assert leads_of(report).changed >= 2
        assert not differs(warehouse, api, "first_name", "email_reply_count")

        api.advance(days=1)
        stale = dict.fromkeys(
            ("timestamp_last_contact", "timestamp_last_open"), "2026-01-01T00:00Z"
        )
        api.change("overlay", template="/leads/list", fields=stale)
        warehouse.sync(api, tables=tables)
        walked = {each["campaign"] for each in asked_for(api) if "campaign" in each}
        assert len(walked) == 12, "answers that look as if the filter was ignored (A9) are not used"


def test_only_a_walk_of_everything_marks_what_is_gone(warehouse) -> None:
    with serving(world(3)) as api:
        warehouse.sync(api, tables="leads")
        first, second, _ = api.app.world.workspaces[0].campaigns
        gone = set(api.change("remove_leads", campaign=0, leads=[3, 5])["ids"])
        before = held(warehouse)

        warehouse.sync(api, tables="leads")
        assert held(warehouse).keys() == before.keys(), "no filter tells of a removed lead"

        api.fault("status", LIST, status=400, nth=9, times=None)
        with pytest.raises(InstantlyError):
            warehouse.sync(api, tables="leads", full_refresh=True)
        api.clear_faults()
        assert held(warehouse).keys() == before.keys(), "nor does half a walk"

        api.advance(days=7)
        report = warehouse.sync(api, tables="leads")
        marked = held(warehouse, where="deleted_at is not null")
        assert leads_of(report).is_complete_walk
        assert leads_of(report).rows == 1263
        assert marked.keys() == gone
        for lead, row in marked.items():
            assert row["deleted_at"].date() == date(2026, 11, 24)
            kept = row.keys() - {"deleted_at", "_dlt_id", "_dlt_load_id"}
            assert {(name, row[name]) for name in kept} == {
                (name, before[lead][name]) for name in kept
            }, "with what was known of them"

        first.removed_leads.clear()
        api.change("remove_leads", campaign=2, leads=[8])
        api.fault("status", LIST, status=404, times=None, where={"campaign": second.id})
        report = warehouse.sync(api, tables="leads", full_refresh=True)
        api.clear_faults()
        assert not report.is_partial
        assert gone <= held(warehouse).keys(), "a lead may come back"
        assert len(held(warehouse, where="deleted_at is not null")) == 1
        assert len(held(warehouse, where=f"campaign = '{second.id}' and deleted_at is null")) == 400

        api.change("remove_leads", campaign=0, leads=list(range(300)))
        with pytest.raises(SuspiciouslyShort, match=r"964 rows .* holds 1264.*--allow-shrink"):
            warehouse.sync(api, tables="leads", full_refresh=True)
        assert len(held(warehouse)) == 1264
        warehouse.sync(api, tables="leads", full_refresh=True, allow_shrink=True)
        assert len(held(warehouse)) == 964


def test_ranges_that_make_no_list_are_walked_by_campaign(warehouse) -> None:
    """A list that is complete only when it is walked with cursors of its own."""
    with serving(world(3)) as api:
        refusing = {"message": "no such cursor"}
        for cut in plan.cuts(plan.parts(1265, REQUESTS_AT_ONCE), api.clock):
            api.fault("status", LIST, status=400, body=refusing, where={"starting_after": cut})
        warehouse.sync(api, tables="leads")
        asked = asked_for(api)
        assert {each.get("campaign") for each in asked} > {None}
        assert not differs(warehouse, api), "and those that had come before are there once"

        api.fault("items_empty", LIST, nth=3, times=1)
        gone = set(api.change("remove_leads", campaign=0, leads=[3])["ids"])
        warehouse.sync(api, tables="leads", full_refresh=True)
        assert held(warehouse, where="deleted_at is not null").keys() == gone
        assert not differs(warehouse, api)


def test_chosen_variables_and_members_nobody_declared_become_columns(warehouse) -> None:
    with serving(world(1)) as api:
        api.fault("duplicate_rows", LIST, times=None)
        warehouse.sync(api, tables="leads", LEAD_VARIABLES="companySize, _dlt_id")
        api.clear_faults()
        rows = held(warehouse).values()
        assert len(rows) == 465
        assert [row["variable_company_size"] for row in rows] == [
            "true" if "companySize" in json.loads(row["payload"]) else None for row in rows
        ]
        assert {row["variable_dlt_id"] for row in rows} == {None, "not yours"}

        chosen = {"LEAD_VARIABLES": "company_size", "FULL_WALK_DAYS": "2"}
        report = warehouse.sync(api, tables="leads", **chosen)
        assert leads_of(report).changed == 0, "what is not read again stays as it was"

        api.advance(days=2)
        payloads = [lead["payload"] for lead in listed(api, in_campaign=True).values()]
        going = next(n for n, payload in enumerate(payloads) if "_dlt_id" in payload)
        gone = api.change("remove_leads", leads=[going])["ids"]
        odd = {"aNewMember": {"deep": [1]}, "status": 77, "first_name": "Ada 🚀"}
        api.change("overlay", template="/leads/list", fields=odd)
        assert leads_of(warehouse.sync(api, tables="leads", **chosen)).is_complete_walk
        for row in held(warehouse).values():
            assert row["variable_company_size"] == json.loads(row["payload"])["company_size"]
            assert json.loads(row["a_new_member"]) == {"deep": [1]}
            assert (row["status"], row["first_name"]) == (77, "Ada 🚀")
        (left,) = held(warehouse, where="deleted_at is not null").values()
        assert left["id"] in gone
        assert left["variable_dlt_id"] == "not yours", "a variable that was chosen once stays"


def test_a_workspace_without_leads_has_the_columns_all_the_same(warehouse) -> None:
    with Sandbox("empty", date=TODAY, rate_limit=None) as api:
        warehouse.sync(api, tables="leads", LEAD_VARIABLES="Industry")

    assert held(warehouse, "variable_industry, payload, deleted_at") == {}
