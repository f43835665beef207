"""`report`: what is chosen, in which order, and how every format bears odd text."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import fields, replace
from pathlib import Path

import duckdb
import pytest
import yaml
from rich.console import Console

from pipelines import report as reading
from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.report import Report, read_report
from pipelines.report_formats import as_csv, as_json, as_markdown, print_table
from pipelines.text import one_line
from pipelines.verdict_lines import BEST_FIRST, NOTHING_TO_COMPARE, groups
from tests.pipelines.marts_by_hand import ODD, RAGE, build
from transforms.judgement import Reason, Status

ODD_ON_ONE_LINE = one_line(ODD)
MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("marts") / "instantly.duckdb", verdicts=True)


@pytest.fixture
def report(warehouse: Path) -> Report:
    return read_report(warehouse, None, None)


def shown(report: Report, width: int = 140) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_table(report, console)
    return console.file.getvalue()


def names(report: Report) -> list[str]:
    return [line.campaign_id for line in report.campaigns]


def test_busiest_campaign_comes_first_and_a_deleted_one_last(report: Report) -> None:
    assert names(report) == ["c2", "c1", "c4", "c3"]


def test_unattributed_mail_comes_after_the_steps(report: Report) -> None:
    steps = report.steps_of(report.campaigns[1])
    assert [step.step for step in steps] == [0, -1]
    assert [variant.variant_label for variant in report.variants_of(steps[0])] == ["A", "B"]


def verdict_lines(report: Report, width: int = 300) -> list[str]:
    return shown(report, width).split("\ncampaign ")[0].strip().splitlines()


def test_verdicts_stand_in_groups_the_best_reads_first(report: Report) -> None:
    said = [line.replace(ODD_ON_ONE_LINE, "Q4") for line in verdict_lines(report)]
    assert said == [
        "Call these",
        "- Autumn [bold], step 1: B beats A: 4.0 % vs 2.0 %. [text edited]",
        "",
        "Look here",
        "- Q4, step 2: The split is off. [automatic selection]",
        "",
        "Keep sending",
        "- Q4, step 4: C leads B. [each reply credited to its mail]",
        "- Q4, step 1: A leads B. [text edited]",
        "- Gone, step 1: B leads A. [text edited, campaign deleted]",
        "",
        "2 steps have nothing to compare: one variant only, or nothing sent.",
    ]


def test_verdict_that_does_not_fit_hangs_below_its_name(report: Report) -> None:
    wrapped = verdict_lines(report, 40)
    assert wrapped[1:3] == [
        "- Autumn [bold], step 1: B beats A: 4.0",
        "  % vs 2.0 %. [text edited]",
    ]


def test_every_format_says_the_verdicts(report: Report) -> None:
    assert "**Call these**\n\n- Autumn \\[bold\\], step 1: B beats A" in as_markdown(report)
    rows = csv.DictReader(io.StringIO(as_csv(report)))
    said = {row["campaign_id"]: row for row in rows if row["step"] == "0"}
    assert said["c1"]["verdict_status"] == "winner"
    assert said["c1"]["verdict_sentence"] == "B beats A: 4.0 % vs 2.0 %."
    campaigns = json.loads(as_json(report))["campaigns"]
    autumn = next(c for c in campaigns if c["campaign_id"] == "c1")["steps"][0]["verdict"]
    assert (autumn["winner_label"], autumn["reason"]) == ("B", "bound crossed")
    assert autumn["has_edited_copy"] is True


def test_unknown_status_is_worth_a_look(report: Report) -> None:
    odd = replace(report.verdicts[0], status="brand new", reason="of tomorrow")
    (group,) = groups(replace(report, verdicts=(odd,)))
    assert group.title == "look here"


def test_every_status_of_the_judgement_has_its_group() -> None:
    assert set(BEST_FIRST) == set(Status)
    assert set(NOTHING_TO_COMPARE) <= set(Reason)


def test_empty_subject_continues_the_thread(report: Report) -> None:
    first, second = shown(report).split("Gone, step 1: 9,000")[1].split("Gone, step 2: 70")
    assert "(no subject)" in first
    assert "(same thread)" in second


def test_unattributed_line_without_a_count_is_hidden(report: Report) -> None:
    step = report.steps_of(report.campaigns[1])[0]
    silent = replace(report.variants_of(step)[0], variant=-1, is_attributed=False)
    silent = replace(silent, variant_label="unattributed", sent=0, unique_replies=0)
    spoken = replace(silent, unique_replies=4)
    for line, is_shown in ((silent, False), (spoken, True)):
        grown = replace(report, variants=(*report.variants, line))
        assert ("unattributed" in shown(grown)) is is_shown
        assert ("unattributed" in as_markdown(grown)) is is_shown


@pytest.mark.parametrize(
    ("campaign", "workspace", "chosen"),
    [
        ("c1", None, ["c1"]),
        ("AUTUMN", None, ["c1"]),
        (None, "acme", ["c2", "c1", "c3"]),
        (None, "w2", ["c4"]),
        ("o", "acme", ["c2", "c1", "c3"]),
    ],
)
def test_campaigns_are_chosen_by_id_or_part_of_the_name(
    warehouse: Path, campaign: str | None, workspace: str | None, chosen: list[str]
) -> None:
    found = read_report(warehouse, campaign, workspace)
    assert names(found) == chosen
    assert {step.campaign_id for step in found.steps} <= set(chosen)


@pytest.mark.parametrize(
    ("campaign", "tag", "chosen"),
    [
        (None, "EUROPE", ["c1", "c3"]),
        (None, "t2", ["c4"]),
        (None, "éta", ["c4"]),
        (None, "e", ["c1", "c4", "c3"]),
        ("gone", "euro", ["c3"]),
    ],
)
def test_campaigns_are_chosen_by_a_tag_they_carry(
    warehouse: Path, campaign: str | None, tag: str, chosen: list[str]
) -> None:
    assert names(read_report(warehouse, campaign, None, tag)) == chosen


def test_name_that_fits_nothing_is_answered_with_names_that_exist(warehouse: Path) -> None:
    with pytest.raises(ConfigurationError, match="Autumn"):
        read_report(warehouse, "winter", None)
    with pytest.raises(
        ConfigurationError, match=r"no campaign carries a tag that fits 'Asia'.*Eur"
    ):
        read_report(warehouse, None, None, "Asia")
    with pytest.raises(ConfigurationError, match="no campaign fits 'autumn' and 'Étage'"):
        read_report(warehouse, "autumn", None, "Étage")


def test_a_tag_needs_the_mart_of_tags(tmp_path: Path) -> None:
    path = build(tmp_path / "instantly.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table instantly.instantly.campaign_tags")
    assert read_report(path, None, None).campaigns
    with pytest.raises(RunFailedError, match=r"campaign_tags.*instantly-warehouse transform"):
        read_report(path, None, None, "Europe")


def test_without_marts_the_remedy_is_named(tmp_path: Path) -> None:
    path = build(tmp_path / "instantly.duckdb", marts=False)
    with pytest.raises(RunFailedError, match="instantly-warehouse transform"):
        read_report(path, None, None)


def test_without_verdicts_the_rest_is_shown(tmp_path: Path) -> None:
    report = read_report(build(tmp_path / "instantly.duckdb"), None, None)
    assert report.verdicts == ()
    assert "Quick question" in shown(report)


def test_unknown_is_never_shown_as_zero(report: Report) -> None:
    line = next(line for line in shown(report).splitlines() if line.startswith("A  "))
    assert "0.0 %" not in line
    assert "—" in line


def test_variant_says_what_matters_before_comparing(report: Report) -> None:
    assert "[paused, 2 texts] =cmd" in shown(report)


def test_interval_stands_beside_the_rate(report: Report) -> None:
    line = next(line for line in shown(report).splitlines() if line.startswith("B "))
    assert re.search(r"4\.0 %\s+3\.0–5\.0", line)


@pytest.mark.parametrize("width", [45, 60, 80, 100, 140, 300])
def test_numbers_stay_whole_and_no_line_is_too_long(report: Report, width: int) -> None:
    from rich.cells import cell_len

    lines = shown(report, width).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    line = next(line for line in lines if line.startswith("B "))
    assert re.match(r"B +1,000 +(40 +)?4\.0 %", line)
    assert ("3.0–5.0" in line) == (width >= 60)
    assert ("60.0 %" in line) == (width >= 60)
    assert ("0.4 %" in line) == (width >= 80)


def test_report_says_of_when_it_is(report: Report) -> None:
    assert "As of 2026-11-17 12:00 UTC." in shown(report)
    assert json.loads(as_json(report))["as_of"] == "2026-11-17T12:00:00+00:00"


def test_no_colour_outside_a_terminal(report: Report) -> None:
    assert "\x1b" not in shown(report)


def test_odd_names_stay_on_their_line_in_every_format(report: Report) -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    title = f'Q4 | "quoted" {family} مرحبا <b>, step 1: 5,000 sent'
    assert any(line.startswith(title) for line in shown(report).splitlines())
    assert family in as_markdown(report)


def test_json_nests_campaigns_steps_variants_and_keeps_text_as_it_is(report: Report) -> None:
    campaigns = json.loads(as_json(report))["campaigns"]
    autumn = next(c for c in campaigns if c["campaign_id"] == "c1")
    step = autumn["steps"][0]
    assert [variant["subject"] for variant in step["variants"]][1] == RAGE
    assert step["verdict"]["status"] == "winner"
    assert autumn["steps"][1]["verdict"] is None
    assert next(c for c in campaigns if c["campaign_id"] == "c4")["reply_rate"] is None
    assert "\n" in next(c for c in campaigns if c["campaign_id"] == "c2")["campaign_name"]


def test_csv_has_one_row_per_variant_and_no_formula(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert len(rows) == len(report.variants)
    assert {row["workspace_name"] for row in rows} == {"Acme"}
    rage = next(row for row in rows if row["campaign_id"] == "c1" and row["variant"] == "1")
    assert rage["subject"] == f"'{RAGE}"
    assert float(rage["reply_rate"]) == 0.04
    unattributed = next(row for row in rows if row["variant"] == "-1")
    assert (unattributed["open_rate"], unattributed["subject"]) == ("", "")


def test_markdown_tables_have_as_many_cells_in_every_row(report: Report) -> None:
    lines = [line for line in as_markdown(report).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {11, 10}
    assert "<b>" not in as_markdown(report)


@pytest.mark.parametrize(
    ("kind", "mart"),
    [
        (reading.CampaignLine, "campaign_performance"),
        (reading.StepLine, "step_performance"),
        (reading.VariantLine, "variant_performance"),
        (reading.Verdict, "variant_verdicts"),
    ],
)
def test_every_field_is_a_column_of_the_mart(kind: type, mart: str) -> None:
    model = yaml.safe_load((MARTS / f"{mart}.yml").read_text("utf-8"))["models"][0]
    columns = {column["name"] for column in model["columns"]}
    assert {field.name for field in fields(kind)} - {"workspace_name"} <= columns
