"""The judgement in the warehouse: the demo's world, looked at twice, judged once.

The winner's campaign is given mail enough to reach the floor of sends, whatever the demo gives it,
because nothing may be called before. The true effects are the demo's.
"""

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from filelock import FileLock

from pipelines.judge import judge_steps
from pipelines.settings import quiet_dlt
from sandbox import Sandbox
from sandbox.specs import WorldSpec
from sandbox.worlds import world
from tests.end_to_end.test_command import command
from tests.transforms.judgement.test_properties import formatted, numbers_of
from transforms.judgement import Basis, Metric, Reason, Rules, Status, Verdict
from transforms.judgement.sentences import sentence

TODAY = date(2026, 11, 17)
MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
CLOSED_LISTS = {"metric": Metric, "status": Status, "reason": Reason, "basis": Basis}
WINNER, EVEN, LATE, EDITED, UNTRACKED, AUTOMATIC, DRAFT = range(7)
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Judged:
    """A published warehouse, the reports on it, and the truth about the winner's first step."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def report(self) -> str:
        return (self.folder / "report.txt").read_text("utf-8")

    @property
    def as_json(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text("utf-8"))

    @property
    def truth(self) -> Rows:
        return json.loads((self.folder / "truth.json").read_text("utf-8"))

    def rows(self, sql: str) -> Rows:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            answer = connection.execute("set TimeZone = 'UTC'").execute(sql)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def verdict(self, campaign: int, step: int = 0) -> dict[str, Any]:
        (found,) = self.rows(
            "from instantly.variant_verdicts "
            f"where campaign_name = '{NAMES[campaign]}' and step = {step}"
        )
        return found


def with_more_mail() -> WorldSpec:
    demo = world("demo")
    (workspace,) = demo.workspaces
    busy = replace(workspace.campaigns[WINNER], leads=9000, leads_per_day=160)
    campaigns = (busy, *workspace.campaigns[1:])
    return replace(demo, workspaces=(replace(workspace, campaigns=campaigns),))


WORLD = with_more_mail()
NAMES = [campaign.name.replace("'", "''") for campaign in WORLD.workspaces[0].campaigns]


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """One warehouse for all test processes: synced, five days later run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "judged"
    with FileLock(f"{folder}.lock"):
        if not (folder / "truth.json").exists():
            folder.mkdir()
            with Sandbox(WORLD, date=TODAY, rate_limit=None) as api:
                look_twice(folder, api)
    return Judged(folder)


def look_twice(folder: Path, api: Sandbox) -> None:
    first = command(folder, api, "sync")
    assert first.returncode == 0, first.stderr
    api.advance(days=5)
    second = command(folder, api, "run")
    assert second.returncode == 0, second.stderr
    assert re.search(r" transform\n.* judge\n.* publish\n", second.stderr, re.DOTALL)
    for name, options in (("report.txt", ()), ("report.json", ("--format", "json"))):
        said = command(folder, api, "report", *options)
        assert said.returncode == 0, said.stderr
        (folder / name).write_text(said.stdout, "utf-8")
    step = api.truth()["campaigns"][WINNER]["steps"][0]
    (folder / "truth.json").write_text(json.dumps(step["variants"]), "utf-8")


@pytest.fixture
def by_metric(judged: Judged, tmp_path: Path) -> Callable[[str], dict[tuple[str, int], Verdict]]:
    """Judges the same counts on another metric, in a copy."""

    def judge(metric: str) -> dict[tuple[str, int], Verdict]:
        copy = tmp_path / "warehouse.duckdb"
        shutil.copyfile(judged.file, copy)
        quiet_dlt(tmp_path)
        answers = judge_steps(copy, tmp_path, Rules(metric=Metric(metric))).answers
        return {(verdict.campaign_id, verdict.step): verdict for verdict in answers}

    return judge


def test_the_true_winner_is_called(judged: Judged) -> None:
    verdict = judged.verdict(WINNER)
    replies = {v["variant"]: v["versions"][-1]["reply"] for v in judged.truth}
    assert replies[1] > replies[0], "what the sandbox knows"
    assert (verdict["status"], verdict["winner_label"]) == ("winner", "B")
    assert verdict["probability"] > 0.99
    assert judged.report.startswith("Call these\n- Founders, DACH – Q4, step 1: B beats A on repl")


def test_no_winner_is_called_where_there_is_none(judged: Judged) -> None:
    assert judged.verdict(EVEN)["status"] != "winner"
    assert judged.verdict(EVEN)["winner_label"] is None


def test_automatic_selection_is_flagged_and_calls_nothing(judged: Judged) -> None:
    verdict = judged.verdict(AUTOMATIC)
    assert verdict["has_auto_selection"]
    assert verdict["reason"] == "automatic selection"
    assert verdict["winner_variant"] is None
    assert "自动选择 (auto), step 1: The split is off" in judged.report.split("Keep sending")[0]


def test_an_edited_text_is_an_arm_of_its_own(judged: Judged) -> None:
    assert judged.verdict(EDITED)["has_edited_copy"]
    assert not judged.verdict(WINNER)["has_edited_copy"]
    arms = judged.rows(
        "select copy_version, state, subject, last_sent_on from instantly.variant_arms "
        f"where campaign_name = '{NAMES[EDITED]}' and step = 0 and variant = 1 order by 1"
    )
    assert [(arm["copy_version"], arm["state"]) for arm in arms] == [(1, "replaced"), (2, "active")]
    assert arms[0]["subject"] != arms[1]["subject"]
    assert arms[0]["last_sent_on"] < TODAY, "looked at on that day, edited later: a mixed day"


def test_opens_are_refused_where_tracking_is_off(judged: Judged, by_metric) -> None:
    opens = by_metric("open")
    off, on = (judged.verdict(number)["campaign_id"] for number in (UNTRACKED, EVEN))
    assert opens[off, 0].status is Status.NOT_COMPARABLE
    assert opens[off, 0].reason is Reason.OPEN_TRACKING_OFF
    assert opens[on, 0].reason is not Reason.OPEN_TRACKING_OFF
    assert opens[on, 0].leader_events > 1000


def test_every_step_has_one_verdict(judged: Judged) -> None:
    steps = judged.rows(
        "select campaign_id, step from instantly.dim_steps where is_attributed order by all"
    )
    verdicts = judged.rows("select campaign_id, step from instantly.variant_verdicts order by all")
    assert verdicts == steps
    assert len(steps) > 10


def test_arms_carry_the_mails_of_the_days_that_are_over(judged: Judged) -> None:
    """All but those of the edited text, some of whose days belong to neither version."""
    key = "campaign_id, step, variant"
    own = judged.rows(
        f"select {key}, sum(total_sent)::bigint as sent from instantly.variant_arms "
        f"where campaign_name <> '{NAMES[EDITED]}' group by {key} "
        "having sent > 0 order by all"
    )
    days = judged.rows(
        f"select {key}, sum(f.sent)::bigint as sent "
        "from instantly.fct_variant_engagement_daily as f join instantly.dim_campaigns as d "
        "using (workspace_id, campaign_id), instantly.warehouse_info as i "
        f"where f.date < i.as_of::date and d.campaign_name <> '{NAMES[EDITED]}' "
        f"and f.is_attributed group by {key} having sum(f.sent) > 0 order by all"
    )
    assert own == days


def test_it_is_judged_by_the_clock_of_the_source(judged: Judged) -> None:
    (row,) = judged.rows(
        "select distinct judged_at, as_of from instantly.variant_verdicts, instantly.warehouse_info"
    )
    assert row["judged_at"] == row["as_of"]


def test_numbers_of_the_sentences_are_the_fields(judged: Judged) -> None:
    """Report, mart and judgement say the same, number against number."""
    said = {
        (campaign["campaign_id"], step["step"]): step["verdict"]["sentence"]
        for campaign in judged.as_json["campaigns"]
        for step in campaign["steps"]
        if step["verdict"]
    }
    rows = judged.rows("from instantly.variant_verdicts")
    assert len(said) == len(rows)
    for row in rows:
        words = {name: kind(row[name]) for name, kind in CLOSED_LISTS.items()}
        verdict = Verdict(**{field.name: row[field.name] for field in fields(Verdict)} | words)
        text = said[row["campaign_id"], row["step"]]
        assert text == row["sentence"] == sentence(verdict)
        assert set(numbers_of(text)) <= formatted(verdict)


def test_every_line_of_the_report_is_a_sentence_of_the_mart(judged: Judged) -> None:
    flat = " ".join(judged.report.split())
    told = judged.rows(
        "select campaign_name, step_number, sentence from instantly.variant_verdicts "
        "where reason not in ('one arm', 'nothing sent')"
    )
    assert len(told) > 5
    for row in told:
        line = f"- {row['campaign_name']}, step {row['step_number']}: {row['sentence']}"
        assert " ".join(line.split()) in flat


@pytest.mark.parametrize("mart", ["variant_arms", "variant_verdicts"])
def test_what_is_described_is_what_is_there(judged: Judged, mart: str) -> None:
    model = yaml.safe_load((MARTS / f"{mart}.yml").read_text("utf-8"))["models"][0]
    found = judged.rows(
        "select column_name, comment from duckdb_columns() "
        f"where schema_name = 'instantly' and table_name = '{mart}' order by column_index"
    )
    assert [row["column_name"] for row in found] == [c["name"] for c in model["columns"]]
    assert all(row["comment"] for row in found)


def test_dlt_leaves_nothing_where_readers_look(judged: Judged) -> None:
    found = judged.rows("select schema_name as place, table_name as name from duckdb_tables()")
    assert not [row for row in found if row["place"] == "instantly" and row["name"][0] == "_"]
    assert not [row for row in found if row["place"].endswith("judged_staging")]
    judged_tables = {row["name"] for row in found if row["place"] == "instantly_judged"}
    assert {"variant_arms", "variant_verdicts"} <= judged_tables


@pytest.mark.slow
def test_an_empty_workspace_is_judged_without_a_verdict(tmp_path: Path) -> None:
    with Sandbox("empty", date=TODAY, rate_limit=None) as api:
        done = command(tmp_path, api, "run")
        report = command(tmp_path, api, "report")
    assert done.returncode == 0, done.stderr
    assert report.returncode == 0, report.stderr
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        for mart in ("variant_arms", "variant_verdicts"):
            assert connection.execute(f"from instantly.{mart}").fetchall() == []
