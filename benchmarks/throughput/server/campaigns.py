"""Campaigns and their counts, by day, step and variant; every report is a sum of the same numbers.

    sent[campaign, day, step, variant]      drawn: a share of all campaign-days has mail
    opened, replies, …                      shares of it, cell by cell

Distinct counts equal the plain ones, which an API with one event per lead would also answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

_OF_SENT = {
    "opened": (45, 100),
    "replies": (7, 100),
    "replies_automatic": (2, 100),
    "clicks": (3, 100),
    "opportunities": (2, 100),
}
"""Of so many mails so many events."""

_TOTALS = {
    "open_count": "opened",
    "reply_count": "replies",
    "reply_count_automatic": "replies_automatic",
    "link_click_count": "clicks",
}
"""Counter of the lifetime report, of which there are distinct twins → the same by day."""

Grid = npt.NDArray[np.int64]


@dataclass
class Campaigns:
    """The campaigns of one workspace.

    Attributes:
        ids: descending, as they are listed.
        sizes: leads of each.
        today: the last of the days.
        days: how many days there are.
        steps: steps of a sequence.
        variants: variants of a step.
        activity: share of campaign-days with mail.
        seed: of everything that is drawn.
    """

    ids: Sequence[str]
    sizes: Sequence[int]
    today: date
    days: int
    steps: int
    variants: int
    activity: float
    seed: int
    _counts: dict[str, Grid] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        shape = (len(self.ids), self.days, self.steps, self.variants)
        is_active = rng.random(shape[:2]) < self.activity
        is_active[:, 0] = True  # a campaign without any mail has no totals
        sent = rng.integers(20, 60, shape) * is_active[:, :, None, None]
        of_sent = {name: sent * part // whole for name, (part, whole) in _OF_SENT.items()}
        self._counts = {"sent": sent} | of_sent
        self._place = {identifier: place for place, identifier in enumerate(self.ids)}

    @property
    def active_days(self) -> int:
        """Campaign-days with mail."""
        return int(self._counts["sent"].any(axis=(2, 3)).sum())

    def happened(self, leads: Mapping[str, int], share_of_days: float, seed: int) -> int:
        """Counts the mails that leads got today, and late opens on a share of the campaign-days.

        Returns:
            How many campaign-days moved.
        """
        rng = np.random.default_rng((self.seed, seed))
        before = {name: counts.copy() for name, counts in self._counts.items()}
        for campaign, count in leads.items():
            for name in ("sent", "opened"):
                self._counts[name][self._place[campaign], -1, 0, 0] += count
        active = np.argwhere(before["sent"].any(axis=(2, 3)))
        late = rng.choice(len(active), round(share_of_days * len(active)), replace=False)
        self._counts["opened"][active[late, 0], active[late, 1], 0, 0] += 1
        self.__dict__.pop("_all_totals", None)
        moved = [(self._counts[name] != counts).any(axis=(2, 3)) for name, counts in before.items()]
        return int(np.logical_or.reduce(moved).sum())

    def listed(self, after: str, size: int) -> tuple[list[bytes], str | None]:
        """A page of campaigns, and the cursor behind it."""
        start = next((n for n, each in enumerate(self.ids) if each < after), len(self.ids))
        place = start if after else 0
        rows = self._rows[place : place + size]
        return rows, self.ids[place + len(rows) - 1] if rows else None

    def totals(self, first: str, last: str) -> bytes:
        """The lifetime totals of all campaigns, or those of some days."""
        if not (first or last):
            return self._all_totals
        return orjson.dumps(self._totals(self._span(first, last)))

    def by_day(self, campaign: str, first: str, last: str) -> bytes:
        """The days of a campaign that count anything."""
        span = self._span(first, last)
        counts = self._summed(campaign, span, (1, 2))
        rows = []
        for number in np.flatnonzero(counts["sent"] + counts["opened"]).tolist():
            row = {name: int(values[number]) for name, values in counts.items()}
            rows.append(
                {
                    "date": self._day(span.start + number).isoformat(),
                    **_with_twins(row),
                    "contacted": row["sent"],
                    "new_leads_contacted": row["sent"] // 3,
                }
            )
        return orjson.dumps(rows)

    def by_step(self, campaign: str, first: str, last: str) -> bytes:
        """The steps and variants of a campaign that count anything in those days."""
        counts = self._summed(campaign, self._span(first, last), (0,))
        rows = []
        for step, variant in np.argwhere(counts["sent"] + counts["opened"]).tolist():
            row = {name: int(values[step, variant]) for name, values in counts.items()}
            place = {"step": str(step), "variant": str(variant)}
            rows.append({**place, **_with_twins(row), "meetings_booked": 0, "won": 0})
        return orjson.dumps(rows)

    # Within -----------------------------------------------------------------------------------

    def _summed(self, campaign: str, span: slice, axes: tuple[int, ...]) -> dict[str, Grid]:
        place = self._place.get(campaign)
        if place is None:
            return {"sent": np.zeros(0, np.int64), "opened": np.zeros(0, np.int64)}
        return {name: grid[place, span].sum(axis=axes) for name, grid in self._counts.items()}

    def _span(self, first: str, last: str) -> slice:
        oldest = self._day(0)
        start = (date.fromisoformat(first[:10]) - oldest).days if first else 0
        end = (date.fromisoformat(last[:10]) - oldest).days + 1 if last else self.days
        return slice(min(max(start, 0), self.days), min(max(end, 0), self.days))

    def _day(self, number: int) -> date:
        return self.today - timedelta(days=self.days - 1 - number)

    @cached_property
    def _all_totals(self) -> bytes:
        return orjson.dumps(self._totals(slice(0, self.days)))

    def _totals(self, span: slice) -> list[dict[str, Any]]:
        sums = {name: grid[:, span].sum(axis=(1, 2, 3)) for name, grid in self._counts.items()}
        rows = []
        for place in np.flatnonzero(sums["sent"] + sums["opened"]).tolist():
            count = {name: int(values[place]) for name, values in sums.items()}
            counters = {name: count[of] for name, of in _TOTALS.items()}
            twins = {f"{name}_unique": value for name, value in counters.items()}
            by_step = {f"{name}_unique_by_step": value for name, value in counters.items()}
            rows.append(
                {
                    "campaign_name": f"Campaign {place}",
                    "campaign_id": self.ids[place],
                    "campaign_status": 1,
                    "campaign_is_evergreen": False,
                    "leads_count": self.sizes[place],
                    **counters,
                    **twins,
                    **by_step,
                    "bounced_count": 0,
                    "unsubscribed_count": 0,
                    "completed_count": count["sent"] // 3,
                    "emails_sent_count": count["sent"],
                    "contacted_count": count["sent"] // 3,
                    "new_leads_contacted_count": count["sent"] // 3,
                    "total_opportunities": count["opportunities"],
                    "total_opportunity_value": 0,
                }
            )
        return rows

    @cached_property
    def _rows(self) -> list[bytes]:
        """Every campaign as it is listed, with its texts."""
        created = f"{(self._day(0) - timedelta(days=1)).isoformat()}T08:00:00.000Z"
        body = "<p>Written for a benchmark: nobody ever got this mail.</p>" * 4
        texts = [{"subject": f"Variant {v}", "body": body} for v in range(self.variants)]
        step = {"type": "email", "delay": 3, "delay_unit": "days", "variants": texts}
        timing = {"from": "08:00", "to": "17:00"}
        window = {"name": "Days", "timing": timing, "days": {"1": True}, "timezone": "Etc/GMT"}
        return [
            orjson.dumps(
                {
                    "id": identifier,
                    "name": f"Campaign {place}",
                    "status": 1,
                    "campaign_schedule": {"schedules": [window]},
                    "sequences": [{"steps": [step] * self.steps}],
                    "timestamp_created": created,
                    "timestamp_updated": created,
                    "stop_on_reply": True,
                    "open_tracking": True,
                    "link_tracking": False,
                    "daily_limit": 500,
                }
            )
            for place, identifier in enumerate(self.ids)
        ]


def _with_twins(row: Mapping[str, int]) -> dict[str, int]:
    """With the distinct counts, which are the same here."""
    return {**row, **{f"unique_{name}": count for name, count in row.items() if name != "sent"}}
