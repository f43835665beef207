"""Replies credited to their own mails, through loader, dbt and judgement, against the sandbox.

Twins of one step: for three weeks, B is answered by most people who get it; then its text is
edited into one that is worse than A. Answers to the old text go on coming in, and the reports add
them to B. Of one twin all e-mails are there; of the other, those of the last weeks only.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from pipelines.judge import judge_steps
from pipelines.settings import child_environment, quiet_dlt
from sandbox import Sandbox
from sandbox.specs import CampaignSpec, Effect, Step, Variant, WorkspaceSpec, WorldSpec
from sources.instantly import Patience
from tests.end_to_end.conftest import Rows, Source, Warehouse
from transforms.dbt import build
from transforms.judgement import Basis, Rules

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 17)
LATE = datetime(2026, 12, 1, tzinfo=UTC)
BETTER, OLD, NEW = 0.04, 0.6, 0.02
COMPLETE, HALF = "all e-mails", "half of them"
MODELS = " ".join(f"+int_judgement_{name}" for name in ("arms", "days", "cohorts", "coverage"))


def twin(name: str) -> CampaignSpec:
    texts = (Variant("A", "a", Effect(reply=BETTER)), Variant("B", "b", Effect(reply=OLD)))
    return CampaignSpec(name, (Step(texts),), leads=6000, leads_per_day=80, started_days_ago=20)


WORLD = WorldSpec(
    "twins",
    (WorkspaceSpec("Twins", "twins", (twin(COMPLETE), twin(HALF)), mailboxes=2, lists=()),),
)


def emails_of(source: Source) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while page := source.get("/emails", limit="100", **cursor)["items"]:
        yield from page
        cursor = {"starting_after": page[-1]["id"]}


def live_through_an_edit(folder: Path) -> None:
    """Leaves the warehouse, built up to the judgement, and every e-mail as the API tells it."""
    warehouse, looks = Warehouse(folder), []
    with Sandbox(WORLD, date=TODAY, rate_limit=None) as api:
        for days, tables in ((0, "campaign_variants"), (1, "campaign_variants"), (29, "emails")):
            api.advance(days=days)
            looks.append(api.clock.isoformat())
            reports = "step_analytics,step_analytics_daily," if tables == "emails" else ""
            assert not warehouse.sync(api, f"{reports}{tables}").is_partial
            if days == 0:
                for campaign in (0, 1):
                    api.change("edit_copy", campaign=campaign, variant=1, reply=NEW)
        emails = list(emails_of(Source(api, api.key)))
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(
            "delete from instantly_raw.emails where timestamp_created < ? and campaign_id in "
            "(select id from instantly_raw.campaigns where name = ?)",
            [LATE, HALF],
        )
    build(
        warehouse.file,
        workdir=folder / "dbt",
        variables={},
        environment=child_environment(),
        select=MODELS,
    )
    quiet_dlt(folder)
    judge_steps(warehouse.file, folder, Rules())
    (folder / "seen.json").write_text(json.dumps({"looks": looks, "emails": emails}), "utf-8")


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Once for all test processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cohorts"
    with FileLock(f"{folder}.lock"), pytest.MonkeyPatch.context() as patch:
        if not (folder / "seen.json").exists():
            folder.mkdir()
            patch.setattr("pipelines.connections.Patience", partial(Patience, lanes=()))
            live_through_an_edit(folder)
    return folder


def judged(lived: Path, table: str, campaign: str) -> Rows:
    return Warehouse(lived).rows(
        f"select {table}.* from instantly_judged.{table} join "
        "(select distinct id, name from instantly_raw.campaigns) as c on campaign_id = c.id "
        f"where name = '{campaign}' order by all"
    )


def counted(lived: Path, campaign_id: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Mails and human repliers by variant and text, counted one by one from what the API serves."""
    seen = json.loads((lived / "seen.json").read_text("utf-8"))
    old, new, today = (datetime.fromisoformat(look) for look in seen["looks"])
    sent: dict[str, tuple[int, int]] = {}
    mails: Counter[tuple[int, int]] = Counter()
    repliers: Counter[tuple[int, int] | None] = Counter()
    own = [row for row in seen["emails"] if row["campaign_id"] == campaign_id]
    for row in sorted(own, key=lambda row: row["timestamp_email"]):
        at = datetime.fromisoformat(row["timestamp_email"])
        if at.date() >= today.date():
            continue
        if row["ue_type"] == 1:
            variant = int(row["step"].split("_")[2])
            text = 1 if variant == 0 or at < old else 2 if at >= new else 0
            sent[row["lead"]] = (variant, text)
            mails[variant, text] += 1
        elif row["ue_type"] == 2 and not row["is_auto_reply"]:
            arm = sent.pop(row["lead"], None)
            repliers[arm] += arm is not None
    return {arm: (mails[arm], repliers[arm]) for arm in sorted(mails) if arm[1]}


def test_the_better_text_leads_though_late_answers_say_otherwise(lived: Path) -> None:
    (exact,) = judged(lived, "variant_verdicts", COMPLETE)
    (misled,) = judged(lived, "variant_verdicts", HALF)
    assert BETTER > NEW
    assert (exact["basis"], exact["mail_coverage"]) == (Basis.COHORTS, 1)
    assert (exact["leader_variant"], exact["rival_copy_version"]) == (0, 2)
    assert misled["basis"] == Basis.WINDOWS
    assert 0.4 < misled["mail_coverage"] < 0.8, "half the e-mails are none"
    assert (misled["leader_variant"], misled["leader_copy_version"]) == (1, 2)


def test_arms_have_the_mails_and_repliers_of_a_naive_count(lived: Path) -> None:
    arms = judged(lived, "variant_arms", COMPLETE)
    told = {
        (arm["variant"], arm["copy_version"]): (arm["total_sent"], arm["total_events"])
        for arm in arms
    }
    assert told == counted(lived, arms[0]["campaign_id"])
    assert set(told) == {(0, 1), (1, 1), (1, 2)}
    assert told[1, 1][1] > 200
    assert told[1, 2][1] < 30
