"""The numbers of a report as a long table: one number per row, unrounded.

    section, campaign, metric, period, value, previous, change

`section` is month, campaign, day, months or lifetime; `period` the days, a day, or `lifetime`. An
empty cell is unknown. `change` is relative for a count and a difference for a rate.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from pipelines.client_report.content import shown
from pipelines.client_report.measures import LIFETIME, SHOWN, Count, Numbers, change_of
from pipelines.client_report.period import Days
from pipelines.client_report.reading import CampaignMonth, ClientMonth
from pipelines.foreign_text import sheet_cell

HEADS = ("section", "campaign", "metric", "period", "value", "previous", "change")
Row = tuple[Any, ...]


def as_csv(month: ClientMonth) -> str:
    """The report for a spreadsheet; names that would be formulas are text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows([sheet_cell(cell) for cell in row] for row in _rows(month))
    return out.getvalue().removesuffix("\n")


def _rows(month: ClientMonth) -> Iterator[Row]:
    yield from _compared("month", "", month, month.this, month.previous)
    for campaign in month.campaigns:
        name = _name(campaign)
        yield from _compared("campaign", name, month, campaign.this, campaign.previous)
    for day, numbers in month.days.items():
        yield from _alone("day", f"{day}", numbers, counts_only=True)
    for days, numbers in month.months.items():
        yield from _alone("months", _spelled(days), numbers)
    yield from _lifetime("", month.lifetime)
    for campaign in month.campaigns:
        yield from _lifetime(_name(campaign), campaign.lifetime)


def _name(campaign: CampaignMonth) -> str:
    return shown(campaign.line.campaign_name or campaign.line.campaign_id)


def _spelled(days: Days) -> str:
    """`2026-10`, or `2026-11-01/2026-11-22` for a part of a month."""
    return days.month if days.is_whole else f"{days.first}/{days.last}"


def _compared(
    section: str, name: str, month: ClientMonth, this: Numbers, previous: Numbers
) -> Iterator[Row]:
    period = _spelled(month.period.this)
    for measure in SHOWN:
        now, before = this.value(measure), previous.value(measure)
        change = change_of(measure, now, before)
        yield (section, name, measure.name, period, now, before, change)


def _alone(
    section: str, period: str, numbers: Numbers, *, counts_only: bool = False
) -> Iterator[Row]:
    for measure in SHOWN:
        if isinstance(measure, Count) or not counts_only:
            yield (section, "", measure.name, period, numbers.value(measure), None, None)


def _lifetime(name: str, row: dict[str, Any]) -> Iterator[Row]:
    for column in LIFETIME:
        if row:
            yield ("lifetime", name, column.name, "lifetime", row[column.name], None, None)
