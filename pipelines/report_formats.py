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
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from pipelines.report import CampaignLine, Report, StepLine, VariantLine
from pipelines.text import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

UNKNOWN = "—"
MARKDOWN = frozenset("\\`*_[]|~#")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CAMPAIGN_HEADS = (
    *("campaign", "state", "sent", "replies", "reply rate", "95 %"),
    *("per lead", "open", "positive"),
)
VARIANT_HEADS = (
    "",
    "sent",
    "replies",
    "reply rate",
    "95 %",
    "open",
    "click",
    "positive",
    "subject",
)
NOTES = (
    "Rates are lifetime, per mail sent of that line; per lead: human repliers ÷ leads contacted.",
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
    return json.dumps({"campaigns": campaigns}, ensure_ascii=False, indent=2)


def as_csv(report: Report) -> str:
    """One row per variant, with the names of its campaign and workspace in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [field.name for field in fields(VariantLine)]
    writer.writerow(["workspace_name", "campaign_name", *names])
    for campaign in report.campaigns:
        for step in report.steps_of(campaign):
            for variant in report.variants_of(step):
                row = [campaign.workspace_name, campaign.campaign_name]
                row += [getattr(variant, name) for name in names]
                writer.writerow([_sheet_cell(value) for value in row])
    return out.getvalue().removesuffix("\n")


def as_markdown(report: Report) -> str:
    """Tables that a chat or a wiki shows as tables."""
    lines = [f"- {_md(sentence)}" for sentence in _sentences(report)]
    lines += ["", *_table_md(CAMPAIGN_HEADS, map(_campaign_cells, report.campaigns))]
    for campaign in report.campaigns:
        for step in report.steps_of(campaign):
            variants = report.variants_of(step)
            lines += ["", f"**{_md(_step_title(campaign, step))}**", ""]
            lines += _table_md(VARIANT_HEADS, map(_variant_cells, variants))
    return "\n".join([*lines, "", *(f"{note}  " for note in NOTES)]).strip()


def print_table(report: Report, console: Console) -> None:
    """The report for people: verdicts, campaigns, then each step with its variants."""
    from rich.text import Text

    for sentence in _sentences(report):
        console.print(Text(sentence))
    if report.verdicts:
        console.print()
    console.print(_table(CAMPAIGN_HEADS, [_campaign_cells(c) for c in report.campaigns], wide=0))
    for campaign in report.campaigns:
        for step in report.steps_of(campaign):
            console.print()
            console.print(Text(_step_title(campaign, step), style="bold"))
            rows = [_variant_cells(variant) for variant in report.variants_of(step)]
            console.print(_table(VARIANT_HEADS, rows, wide=len(VARIANT_HEADS) - 1))
    console.print()
    for note in NOTES:
        console.print(Text(note, style="dim"))


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]], wide: int) -> Table:
    """A plain table; column `wide` is text and gives way, all others stay whole."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, head in enumerate(heads):
        if place == wide:
            table.add_column(head, overflow="ellipsis", no_wrap=True, min_width=8, ratio=1)
        else:
            justify = "right" if place > 1 or head == "sent" else "left"
            table.add_column(head, justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _campaign_cells(line: CampaignLine) -> tuple[str, ...]:
    return (
        one_line(line.campaign_name or line.campaign_id),
        "deleted" if line.is_deleted else line.status_name or UNKNOWN,
        _count(line.sent),
        _count(line.unique_replies),
        _rate(line.reply_rate),
        _interval(line.reply_rate_low, line.reply_rate_high),
        _rate(line.lead_reply_rate),
        _rate(line.open_rate),
        _rate(line.positive_rate),
    )


def _variant_cells(line: VariantLine) -> tuple[str, ...]:
    return (
        _label(line),
        _count(line.sent),
        _count(line.unique_replies),
        _rate(line.reply_rate),
        _interval(line.reply_rate_low, line.reply_rate_high),
        _rate(line.open_rate),
        _rate(line.click_rate),
        _rate(line.positive_rate),
        one_line(line.subject or "") or (UNKNOWN if line.is_attributed else ""),
    )


def _label(line: VariantLine) -> str:
    """`B`, and what a reader must know before comparing it."""
    marks = []
    if line.is_attributed and line.is_current is False:
        marks.append("removed")
    elif line.is_disabled:
        marks.append("paused")
    if (line.copy_versions or 0) > 1:
        marks.append(f"{line.copy_versions} texts")
    return f"{line.variant_label} ({', '.join(marks)})" if marks else line.variant_label


def _step_title(campaign: CampaignLine, step: StepLine) -> str:
    name = one_line(campaign.campaign_name or campaign.campaign_id)
    place = f"step {step.step_number}" if step.is_attributed else "mail of no step"
    replies = f"{_count(step.unique_replies)} replies, {_rate(step.reply_rate)}"
    return f"{name}, {place}: {_count(step.sent)} sent, {replies}"


def _sentences(report: Report) -> list[str]:
    """`Campaign, step 1: winner: B leads A …`, the most useful first."""
    said = []
    for verdict in report.verdicts:
        campaign = report.campaign_of(verdict)
        name = one_line(campaign.campaign_name or campaign.campaign_id)
        sentence = one_line(verdict.sentence)
        said.append(f"{name}, step {verdict.step + 1}: {verdict.status}: {sentence}")
    return said


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _rate(value: float | None) -> str:
    return UNKNOWN if value is None else f"{100 * value:.1f} %"


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return UNKNOWN
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _sheet_cell(value: object) -> object:
    """A text as a spreadsheet must take it: on one line, and as text."""
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _table_md(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(_md(cell) for cell in row) for row in rows]
    return [f"| {line} |" for line in lines]


def _md(text: str) -> str:
    """A text that stays one cell and starts no markup, link or HTML."""
    return "".join(f"\\{c}" if c in MARKDOWN else c for c in text).replace("<", "&lt;")
