"""The report as a table for people, Markdown for a chat, CSV for a sheet, JSON for a program.

One `Report` goes in, text comes out. The terminal gives the subject whatever width is left, last in
its line, so that a text that runs from right to left moves nothing else. `—` is unknown, and never
a zero. CSV holds one row per variant with unrounded rates; a text that a spreadsheet would run as a
formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from pipelines.figures import UNKNOWN, count, interval, rate
from pipelines.foreign_text import markdown, markdown_table, sheet_cell, subject
from pipelines.report import CampaignLine, Report, StepLine, VariantLine
from pipelines.text import one_line
from pipelines.text_table import Shape, layout
from pipelines.verdict_lines import groups, left_out

if TYPE_CHECKING:
    from rich.console import Console

AND_MORE = ("open", "click", "positive")
CAMPAIGN_HEADS = ("campaign", "state", "sent", "replies", "rate", "95 %", "per lead", *AND_MORE)
VARIANT_HEADS = ("", "sent", "replies", "rate", "95 %", *AND_MORE, "subject")
LEAST_NEEDED = ("click", "positive", "per lead", "open", "state", "95 %", "replies")
CAMPAIGNS = Shape(CAMPAIGN_HEADS, "campaign", ("state",), LEAST_NEEDED)
VARIANTS = Shape(VARIANT_HEADS, "subject", ("",), LEAST_NEEDED)
STYLES = {"call these": "bold green", "look here": "bold yellow"}
NOTES = (
    "Lifetime. rate: leads who replied ÷ mails sent of that line; per lead: ÷ leads contacted.",
    "Replies are people, without automatic answers. — is unknown: nothing sent or tracking off.",
)


def as_json(report: Report) -> str:
    """One object: campaigns, each with its steps, each with its variants and its verdict."""
    verdicts = {(v.campaign_id, v.step): asdict(v) for v in report.verdicts}
    campaigns = [
        asdict(campaign)
        | {
            "steps": [
                asdict(step)
                | {"variants": [asdict(variant) for variant in report.variants_of(step)]}
                | {"verdict": verdicts.get((step.campaign_id, step.step))}
                for step in report.steps_of(campaign)
            ]
        }
        for campaign in report.campaigns
    ]
    as_of = report.as_of.isoformat() if report.as_of else None
    return json.dumps({"as_of": as_of, "campaigns": campaigns}, ensure_ascii=False, indent=2)


def as_csv(report: Report) -> str:
    """One row per variant, its campaign and workspace in front, the verdict on its step behind."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [field.name for field in fields(VariantLine)]
    behind = ["verdict_status", "verdict_reason", "verdict_sentence"]
    writer.writerow(["workspace_name", "campaign_name", *names, *behind])
    verdicts = {(v.campaign_id, v.step): (v.status, v.reason, v.sentence) for v in report.verdicts}
    for campaign, step in report.every_step():
        for variant in report.variants_of(step):
            row = [campaign.workspace_name, campaign.campaign_name]
            row += [getattr(variant, name) for name in names]
            row += verdicts.get((step.campaign_id, step.step), (None, None, None))
            writer.writerow([sheet_cell(value) for value in row])
    return out.getvalue().removesuffix("\n")


def as_markdown(report: Report) -> str:
    """Tables that a chat or a wiki shows as tables."""
    lines = []
    for group in groups(report):
        said = [f"- {markdown(line)}" for line in group.lines]
        lines += [f"**{group.title.capitalize()}**", "", *said, ""]
    lines += [
        left_out(report),
        "",
        *markdown_table(CAMPAIGN_HEADS, map(_campaign_cells, report.campaigns)),
    ]
    for campaign, step in _shown_steps(report):
        lines += ["", f"**{markdown(_step_title(campaign, step))}**", ""]
        if step.is_attributed:
            lines += markdown_table(VARIANT_HEADS, _variant_rows(report, step))
    return "\n".join([*lines, "", *(f"{note}  " for note in _notes(report))]).strip()


def print_table(report: Report, console: Console) -> None:
    """The report for people: verdicts, campaigns, then each step with its variants."""
    from rich.text import Text

    _print_verdicts(report, console)
    campaigns = [_campaign_cells(campaign) for campaign in report.campaigns]
    of_campaigns = layout(CAMPAIGNS, campaigns, console.width)
    console.print(of_campaigns.table(campaigns))
    every = [row for _, step in _shown_steps(report) for row in _variant_rows(report, step)]
    of_variants = layout(VARIANTS, every, console.width)
    for campaign, step in _shown_steps(report):
        console.print()
        console.print(Text(_step_title(campaign, step), style="bold"))
        if step.is_attributed:
            console.print(of_variants.table(_variant_rows(report, step)))
    console.print()
    for note in _notes(report):
        console.print(Text(note, style="dim"))


def _print_verdicts(report: Report, console: Console) -> None:
    """Each group under its title, each verdict as a paragraph that hangs below its name."""
    from rich.text import Text

    for group in groups(report):
        console.print(Text(group.title.capitalize(), style=STYLES.get(group.title, "bold")))
        for line in group.lines:
            first, *rest = Text(line).wrap(console, max(console.width - 2, 1))
            for mark, part in [("- ", first), *(("  ", part) for part in rest)]:
                part.rstrip()
                console.print(Text(mark) + part)
        console.print()
    if counted := left_out(report):
        console.print(Text(counted))
        console.print()


def _shown_steps(report: Report) -> list[tuple[CampaignLine, StepLine]]:
    """All steps of the campaigns; mail that belongs to no step only where there is some."""
    return [pair for pair in report.every_step() if pair[1].is_attributed or _counts(pair[1])]


def _variant_rows(report: Report, step: StepLine) -> list[tuple[str, ...]]:
    """The lines below a step, without an unattributed variant that has nothing to say."""
    shown = [v for v in report.variants_of(step) if v.is_attributed or _counts(v)]
    return [_variant_cells(variant) for variant in shown] if step.is_attributed else []


def _counts(line: StepLine | VariantLine) -> bool:
    return bool(line.sent or line.unique_replies)


def _campaign_cells(line: CampaignLine) -> tuple[str, ...]:
    return (
        one_line(line.campaign_name or line.campaign_id),
        "deleted" if line.is_deleted else line.status_name or UNKNOWN,
        count(line.sent),
        count(line.unique_replies),
        rate(line.reply_rate),
        interval(line.reply_rate_low, line.reply_rate_high),
        rate(line.lead_reply_rate),
        rate(line.open_rate),
        rate(line.click_rate),
        rate(line.positive_rate),
    )


def _variant_cells(line: VariantLine) -> tuple[str, ...]:
    return (
        line.variant_label,
        count(line.sent),
        count(line.unique_replies),
        rate(line.reply_rate),
        interval(line.reply_rate_low, line.reply_rate_high),
        rate(line.open_rate),
        rate(line.click_rate),
        rate(line.positive_rate),
        _subject(line),
    )


def _subject(line: VariantLine) -> str:
    """The subject, and in front of it what a reader must know before comparing the variant."""
    marks = []
    if line.is_attributed and line.is_current is False:
        marks.append("removed")
    elif line.is_disabled:
        marks.append("paused")
    if (line.copy_versions or 0) > 1:
        marks.append(f"{line.copy_versions} texts")
    said = f"[{', '.join(marks)}] " if marks else ""
    return said + subject(line.subject, line.step)


def _step_title(campaign: CampaignLine, step: StepLine) -> str:
    name = one_line(campaign.campaign_name or campaign.campaign_id)
    place = f"step {step.step_number}" if step.is_attributed else "mail of no step"
    replies = f"{count(step.unique_replies)} replies, {rate(step.reply_rate)}"
    return f"{name}, {place}: {count(step.sent)} sent, {replies}"


def _notes(report: Report) -> tuple[str, ...]:
    """What the numbers mean, and of when they are."""
    return (*NOTES, *([f"As of {report.as_of:%Y-%m-%d %H:%M} UTC."] if report.as_of else []))
