"""A workspace drawn from a seed: what nobody thought of.

Days rise, fall, return and settle in any order, reports contradict each other, tracking is on, off
or unsaid. Nothing here is plausible; the rules must hold all the same.
"""

from __future__ import annotations

import random
from datetime import datetime

from tests.dbt_project.raw_rows import (
    TOTALS,
    Rows,
    at,
    campaign_day_row,
    counts,
    day_row,
    step_row,
    totals_row,
    version,
)

WORKSPACE = "w-drawn"
POSITIONS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, -1))


def drawn(seed: int = 7) -> Rows:
    """Twelve campaigns with lifetime and day reports, observed again and again."""
    draw = random.Random(seed)
    rows: Rows = {"campaigns": [], "step_analytics": [], "step_analytics_daily": []}
    rows |= {"campaign_analytics": [], "campaign_analytics_daily": []}
    for number in range(12):
        campaign = f"drawn-{number}"
        _add_campaign(rows, draw, campaign)
        for step, variant in POSITIONS:
            _add_position(rows, draw, campaign, step, variant)
    return rows


def _add_campaign(rows: Rows, draw: random.Random, campaign: str) -> None:
    """A campaign with random flags and owner, its totals and its days."""
    flags = {flag: draw.choice((True, False, None)) for flag in ("open_tracking", "link_tracking")}
    listed = {"workspace_id": WORKSPACE, "id": campaign, "name": "Drawn", "status": 1}
    owner = {"owned_by": draw.choice(("u-ada", "u-new", None))}
    rows["campaigns"].append(listed | owner | flags | version(at(1)))
    for seen in _times(draw):
        values = [draw.randrange(0, 40) for _ in TOTALS]
        rows["campaign_analytics"].append(totals_row(WORKSPACE, campaign, seen, *values))
    for day in draw.sample(range(1, 28), 6):
        for seen in _times(draw, since=day):
            row = campaign_day_row(
                WORKSPACE, campaign, day, seen, 5, draw.randrange(9), _counts(draw)
            )
            rows["campaign_analytics_daily"].append(row)


def _add_position(rows: Rows, draw: random.Random, campaign: str, step: int, variant: int) -> None:
    """Lifetime and day reports of one position."""
    for seen in _times(draw):
        row = step_row(WORKSPACE, campaign, step, variant, seen, _counts(draw))
        rows["step_analytics"].append(row)
    for day in draw.sample(range(1, 28), 4):
        for seen in _times(draw, since=day):
            row = day_row(WORKSPACE, campaign, step, variant, day, seen, _counts(draw))
            rows["step_analytics_daily"].append(row)


def _times(draw: random.Random, since: int = 1) -> list[datetime]:
    """One to six different times of observation, in no order."""
    times = {at(draw.randrange(since, since + 40), draw.randrange(24)) for _ in range(6)}
    return draw.sample(sorted(times), draw.randrange(1, len(times) + 1))


def _counts(draw: random.Random) -> dict[str, int | None]:
    return counts(draw.choice((0, 0, 5, 10, 20, 20)), *(draw.randrange(0, 8) for _ in range(9)))
