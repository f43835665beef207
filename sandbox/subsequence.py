"""A follow-up sequence of a campaign: the same mail, for leads that did something.

    events of the campaign ──who was interested, who clicked──▶ entrants ──▶ simulate

Its steps count from 0 again, its numbers never mix with the campaign's, and the account report
includes its mails (reference 5.4).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.campaign import Campaign
from sandbox.clock import DAY
from sandbox.ids import uuid7
from sandbox.simulate import Plan
from sandbox.specs import Effect, Step, Variant
from sandbox.streams import Stream

_TRIGGERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("opportunity", "Interested: book a call", {"crm_status": [1], "lead_activity": []}),
    ("clicked", "Clicked, did not answer", {"crm_status": [], "lead_activity": [4]}),
)
_STEPS = (
    Step(
        (
            Variant("Thursday or Friday?", "<p>Two slots.</p>", Effect(0.7, 0.2, 0.2)),
            Variant("Here is my calendar", "<p>Pick any.</p>", Effect(0.72, 0.3, 0.15)),
        ),
        2,
    ),
    Step((Variant("", "<p>Still on?</p>", Effect(0.6, 0.05, 0.1)),)),
)


class Subsequence(Campaign):
    """The `number`-th subsequence of a campaign."""

    def __init__(self, parent: Campaign, number: int) -> None:
        trigger, name, conditions = _TRIGGERS[number]
        spec = replace(parent.spec, name=name, steps=_STEPS, subsequences=0, leads=0)
        midnight = (parent.created_at // DAY + 1) * DAY + (parent.spec.started_days_ago or 0) * DAY
        super().__init__(spec, (*parent.seed, 900 + number), midnight, parent.owner)
        self.parent = parent
        self.number = number
        self.trigger = trigger
        self.conditions = conditions
        self.created_at = parent.created_at + 3_600 * (number + 1)
        self.names = [(self.created_at, name)]
        self.id = uuid7(self.created_at, "subsequence", parent.id, number)

    def plan(self) -> Plan:
        """As a campaign's, from the first day of its campaign."""
        self.start_day = self.parent.start_day
        return super().plan()

    def entrants(self) -> Stream:
        """The events of the campaign that let a lead in."""
        return self.parent.streams()[self.trigger]

    def leads_total(self) -> int:
        """As many as the campaign could send on."""
        return self.parent.leads_total()

    def is_draft(self) -> bool:
        """A subsequence starts with its campaign."""
        return self.parent.is_draft()

    def _stops(self) -> tuple[tuple[int, int], ...]:
        return self.parent._stops()

    def status(self, now: int) -> int:
        """A subsequence goes on while its campaign has leads to hand over."""
        return 1 if self.parent.status(now) in (1, 3) else self.parent.status(now)
