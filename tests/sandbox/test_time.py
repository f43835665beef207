"""Time moves only when asked, the same way by every route, and changes do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from sandbox import Sandbox, worlds
from tests.sandbox.conftest import Client


def everything(client: Client) -> list[Any]:
    """What the core of the API answers."""
    campaigns = client.walk("/campaigns")
    reports = [
        (client.daily(row["id"]), client.steps(row["id"]), client.steps(row["id"], "2026-11-16"))
        for row in campaigns
    ]
    return [
        campaigns,
        client.walk("/workspace-members"),
        client.json("/campaigns/analytics"),
        reports,
    ]


@pytest.fixture
def small() -> Iterator[Client]:
    with Sandbox(worlds.small(2, days=80)) as api:
        yield Client(api)


def test_a_jump_equals_single_days() -> None:
    with Sandbox("demo") as jumped, Sandbox("demo") as walked:
        jumped.advance(days=6)
        for _ in range(12):
            walked.advance(hours=12)
        assert everything(Client(jumped)) == everything(Client(walked))


def test_the_seed_decides() -> None:
    with Sandbox("small", seed=1) as one, Sandbox("small", seed=2) as other:
        assert everything(Client(one)) != everything(Client(other))


def test_answers_do_not_depend_on_the_process() -> None:
    script = (
        "from sandbox import Sandbox\n"
        "from tests.sandbox.conftest import Client\n"
        "from tests.sandbox.test_time import everything\n"
        "import hashlib\n"
        "with Sandbox('small') as api:\n"
        "    api.advance(days=3)\n"
        "    print(hashlib.sha256(repr(everything(Client(api))).encode()).hexdigest())\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1")
    }
    assert len(seen) == 1


def test_the_past_stands_when_time_moves(small: Client) -> None:
    campaign = next(iter(small.campaigns().values()))
    before = small.daily(campaign)
    small.api.advance(days=4)
    after = small.daily(campaign)
    today = "2026-11-17"
    assert {d: row for d, row in after.items() if d < today} == {
        d: row for d, row in before.items() if d < today
    }
    assert after[today]["sent"] >= before[today]["sent"]
    assert max(after) > today


def test_demo_changes_happen_within_five_days() -> None:
    with Sandbox("demo") as api:
        client = Client(api)
        before, days = client.campaigns(), client.daily(client.campaigns()["Founders, DACH – Q4"])
        api.advance(days=5)
        after = client.campaigns()
        assert set(before) - set(after) == {"O'Neil | legacy offer"}
        gone = before["O'Neil | legacy offer"]
        assert gone not in {row["campaign_id"] for row in client.json("/campaigns/analytics")}
        assert client.daily(gone)
        edited = client.json("/campaigns/" + before["Восток: руководители закупок"])
        assert edited["sequences"][0]["steps"][0]["variants"][1]["subject"].startswith("{{company")
        now = client.daily(before["Founders, DACH – Q4"])
        assert {d for d in days if now.get(d) != days[d] and d < "2026-11-17"}


@pytest.mark.parametrize("day", range(10, 17))
def test_demo_changes_happen_on_any_weekday(day: int) -> None:
    with Sandbox("demo", seed=day, date=date(2027, 3, day)) as api:
        api.advance(days=5)
        names = Client(api).campaigns()
        assert len(names) == 8


def test_a_late_reply_lands_on_its_old_day_and_nothing_else_moves(small: Client) -> None:
    first, second = sorted(small.campaigns().items())
    before = [(small.daily(c), small.steps(c), small.totals(c)) for c in (first[1], second[1])]
    done = small.api.change("late_reply", campaign=first[0], days_ago=60, step=0, variant=1)
    days, steps, totals = small.daily(first[1]), small.steps(first[1]), small.totals(first[1])
    assert days[done["date"]]["unique_replies"] == before[0][0][done["date"]]["unique_replies"] + 1
    assert {d for d in days if days[d] != before[0][0][d]} == {done["date"]}
    assert {p for p in steps if steps[p] != before[0][1][p]} == {("0", "1")}
    assert totals["reply_count"] == before[0][2]["reply_count"] + 1
    assert (small.daily(second[1]), small.steps(second[1]), small.totals(second[1])) == before[1]


def test_changes_move_the_clock_by_a_minute_and_no_mail(small: Client) -> None:
    before = small.api.clock
    small.api.change("rename_workspace", name="Renamed")
    assert (small.api.clock - before).total_seconds() == 60
    assert small.json("/workspaces/current")["name"] == "Renamed"


def test_a_sweep_takes_mails_out_of_a_past_day(small: Client) -> None:
    name, campaign = next(iter(small.campaigns().items()))
    before, totals = small.daily(campaign), small.totals(campaign)
    done = small.api.change("restate_day", campaign=name, days_ago=20, sent=3)
    assert done["removed"] == 3
    assert small.daily(campaign)[done["date"]]["sent"] == before[done["date"]]["sent"] - 3
    assert small.totals(campaign)["emails_sent_count"] == totals["emails_sent_count"] - 3


@pytest.mark.parametrize("with_totals", [True, False])
@pytest.mark.parametrize("with_row", [True, False])
def test_a_day_turns_to_zero_and_comes_back(
    small: Client, with_totals: bool, with_row: bool
) -> None:
    name, campaign = next(iter(small.campaigns().items()))
    before, totals = small.daily(campaign), small.totals(campaign)
    done = small.api.change(
        "zero_day", campaign=name, days_ago=21, totals=with_totals, row=with_row
    )
    day = done["date"]
    assert small.steps(campaign, day) == {}
    assert (small.totals(campaign) != totals) is with_totals
    small.api.change("restore_day", campaign=name, days_ago=21)
    assert small.daily(campaign) == before
    assert small.totals(campaign) == totals


def test_a_reply_moves_to_another_day(small: Client) -> None:
    name, campaign = next(iter(small.campaigns().items()))
    before = small.daily(campaign)
    ages = {d: (small.api.clock.date() - date.fromisoformat(d)).days for d in before}
    day = next(d for d in before if before[d]["unique_replies"] == 1 and ages[d] > 20)
    done = small.api.change(
        "move_reply", campaign=name, days_ago=ages[day], to_days_ago=ages[day] + 3
    )
    after = small.daily(campaign)
    assert after[day]["replies"] == before[day]["replies"] - 1
    earlier = before.get(done["to"], {"replies": 0})
    assert after[done["to"]]["replies"] == earlier["replies"] + 1
    assert small.totals(campaign)["reply_count"] == sum(row["replies"] for row in before.values())


def test_edited_copy_keeps_the_past_and_changes_the_future(small: Client) -> None:
    name, campaign = next(iter(small.campaigns().items()))
    before = small.steps(campaign)
    small.api.change("edit_copy", campaign=name, step=0, variant=0, subject="New", reply=0.9)
    assert small.steps(campaign) == before
    variant = small.json(f"/campaigns/{campaign}")["sequences"][0]["steps"][0]["variants"][0]
    assert variant["subject"] == "New"
    small.api.advance(days=20)
    gained = small.steps(campaign)["0", "0"]
    more = gained["unique_replies"] - before["0", "0"]["unique_replies"]
    assert more > 0.4 * (gained["sent"] - before["0", "0"]["sent"])
    truth = {row["campaign_id"]: row for row in small.api.truth()["campaigns"]}
    versions = truth[campaign]["steps"][0]["variants"][0]["versions"]
    assert [version["reply"] for version in versions] == [0.03, 0.9]


def test_variants_are_added_paused_and_removed(small: Client) -> None:
    name, campaign = next(iter(small.campaigns().items()))
    small.api.change("add_variant", campaign=name, step=0, subject="C")
    small.api.change("pause_variant", campaign=name, step=0, variant=0)
    before = small.steps(campaign)
    small.api.advance(days=7)
    after = small.steps(campaign)
    assert after["0", "2"]["sent"] > 0
    assert after["0", "0"]["sent"] == before["0", "0"]["sent"]
    listed = small.json(f"/campaigns/{campaign}")["sequences"][0]["steps"][0]["variants"]
    assert [variant.get("v_disabled", False) for variant in listed] == [True, False, False]
    small.api.change("remove_variant", campaign=name, step=0)
    listed = small.json(f"/campaigns/{campaign}")["sequences"][0]["steps"][0]["variants"]
    assert len(listed) == 2
    assert small.steps(campaign)["0", "2"] == after["0", "2"]


def test_campaigns_and_members_come_and_go(small: Client) -> None:
    draft = small.api.change("new_campaign", name="Draft", started_days_ago=None)["campaign_id"]
    assert small.json(f"/campaigns/{draft}")["status"] == 0
    small.api.change("start_campaign", campaign=draft)
    small.api.advance(days=4)
    assert small.totals(draft)["emails_sent_count"] > 0
    small.api.change("delete_campaign", campaign=draft)
    assert small.get(f"/campaigns/{draft}").status_code == 404
    small.api.change("new_member", email="zoe@example.com")
    assert "zoe@example.com" in {row["email"] for row in small.walk("/workspace-members")}
    small.api.change("remove_member", email="zoe@example.com")
    assert "zoe@example.com" not in {row["email"] for row in small.walk("/workspace-members")}


def test_tracking_counts_only_mail_sent_while_it_was_on(small: Client) -> None:
    name, campaign = next(iter(small.campaigns().items()))
    small.api.change("set_tracking", campaign=name, open_tracking=False)
    before = small.totals(campaign)
    small.api.advance(days=60)
    after = small.totals(campaign)
    assert after["emails_sent_count"] > 1.3 * before["emails_sent_count"]
    assert after["open_count_unique"] < 1.2 * before["open_count_unique"]


def test_an_unknown_campaign_or_kind_is_named(small: Client) -> None:
    with pytest.raises(LookupError, match="no campaign 'nobody'"):
        small.api.change("rename", campaign="nobody", name="x")
    with pytest.raises(ValueError, match="unknown kind of change 'explode'"):
        small.api.change("explode")
