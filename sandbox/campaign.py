"""A campaign as it stands at the clock: settings and copy with their history, events with edits.

    CampaignSpec ──▶ Campaign ──plan()──▶ simulate ──edits──▶ events(kind, window)
                       ▲
             changes (edit_copy, restate_day, …)

Copy, pauses and tracking are lists of (moment, value): what the API shows is the last entry that
the clock has passed, and what the simulation uses is the whole list. Restatements are edits kept
beside the simulation and laid over its streams, because a platform that recounts a day does not
send different mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sandbox.clock import DAY, FOREVER
from sandbox.ids import uuid7
from sandbox.simulate import Epoch, Plan, simulate
from sandbox.specs import CampaignSpec, Effect, Variant
from sandbox.streams import EMPTY, KINDS, Stream


@dataclass(frozen=True)
class Version:
    """A text of a variant from a moment on, with its true effects."""

    since: int
    subject: str
    body: str
    effect: Effect


@dataclass
class Text:
    """A position of a step: when it appeared, its texts, its pauses, when it was taken away."""

    since: int
    versions: list[Version]
    pauses: list[tuple[int, bool]] = field(default_factory=list)
    removed: int = FOREVER

    def at(self, now: int) -> Version:
        """The text in force."""
        return [v for v in self.versions if v.since <= now or v is self.versions[0]][-1]

    def is_paused(self, now: int) -> bool:
        """Whether a person has switched the variant off."""
        past = [value for since, value in self.pauses if since <= now]
        return bool(past and past[-1])

    def is_listed(self, now: int) -> bool:
        """Whether the campaign shows this position."""
        return self.since <= now < self.removed


@dataclass(frozen=True)
class ZeroedDay:
    """A past day that the reports lost (quirk C17); lifetime totals follow only if `totals`."""

    day: int
    totals: bool
    row: bool


class Campaign:
    """One live campaign of a workspace. All times are Unix seconds."""

    def __init__(self, spec: CampaignSpec, seed: tuple[int, ...], midnight: int, owner: str | None):
        self.spec = spec
        self.seed = seed
        days_ago = spec.started_days_ago
        self.start_day = None if days_ago is None else midnight // DAY - days_ago
        begins = midnight - (days_ago or 2) * DAY
        self.created_at = begins - DAY + 36_000 + seed[-1] * 61
        self.id = uuid7(self.created_at, "campaign", *seed)
        self.owner = owner
        self.names = [(self.created_at, spec.name)]
        self.tracking = [(-FOREVER, spec.open_tracking, spec.link_tracking)]
        self.pauses: list[tuple[int, bool]] = []
        self.touched = [self.created_at]
        self.deleted_at: int | None = None
        self.reweights = [list(step.reweighted) for step in spec.steps]
        self.steps = [[_text(variant, begins) for variant in step.variants] for step in spec.steps]
        self.delays = tuple(step.delay_days for step in spec.steps)
        self.zeroed: dict[int, ZeroedDay] = {}
        self.batches = [(self.created_at, 0, spec.leads)]  # (loaded at, first lead, how many)
        self.removed_leads: set[int] = set()
        self.lead_ids: list[str] = []
        self.lead_fields: dict[int, dict[str, Any]] = {}
        self.stored_at: dict[int, int] = {}  # mails that were stored later than they happened
        self.subsequences: list[Campaign] = []
        self.edits: list[Callable[[dict[str, Stream]], None]] = []
        self.fields: dict[str, Any] = {}
        self.cache: dict[Any, Any] = {}
        self._streams: dict[str, Stream] | None = None
        self._windowed: dict[str, Stream] | None = None

    # What it looks like -------------------------------------------------------------------------

    def name(self, now: int) -> str:
        """The name in force."""
        return [name for since, name in self.names if since <= now][-1]

    def updated_at(self, now: int) -> int:
        """The last moment at which a person changed something."""
        return max(at for at in self.touched if at <= now)

    def is_draft(self) -> bool:
        """Never started."""
        return self.start_day is None

    def is_paused(self, now: int) -> bool:
        """Stopped by a person."""
        past = [value for since, value in self.pauses if since <= now]
        return bool(past and past[-1])

    def status(self, now: int) -> int:
        """0 draft, 1 active, 2 paused, 3 completed."""
        if self.is_draft():
            return 0
        if self.is_paused(now):
            return 2
        sent = self.streams()["sent"]
        return 3 if len(sent) and sent.at[-1] <= now else 1

    def tracks(self, now: int) -> tuple[bool | None, bool | None]:
        """Open tracking and link tracking in force; None is what the API leaves out."""
        return [entry for entry in self.tracking if entry[0] <= now][-1][1:]

    def leads_total(self) -> int:
        """Leads ever loaded, removed ones included."""
        return sum(count for _, _, count in self.batches)

    def begins_at(self) -> int:
        """Midnight of the first day, for `since_day` of its variants."""
        return (self.start_day or 0) * DAY

    # What happened ------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """The input of the simulation, with everything decided so far."""
        spec = self.spec
        assert self.start_day is not None, "a draft sends nothing"
        return Plan(
            seed=self.seed,
            start=self.start_day,
            leads=self.leads_total(),
            added=tuple((first, at // DAY) for at, first, _ in self.batches[1:]),
            leads_per_day=spec.leads_per_day,
            steps=tuple(self._epochs(number) for number in range(len(self.steps))),
            delays=self.delays,
            stop_on_reply=spec.stop_on_reply,
            bounce_rate=spec.bounce_rate,
            unsubscribe_rate=spec.unsubscribe_rate,
            unattributed=spec.unattributed,
            null_style=spec.null_style,
            stops=self._stops(),
            unopened=_spans([(at, opens is False) for at, opens, _ in self.tracking]),
            unclicked=_spans([(at, links is False) for at, _, links in self.tracking]),
        )

    def _stops(self) -> tuple[tuple[int, int], ...]:
        stops = _spans(self.pauses)
        return (*stops, (self.deleted_at, FOREVER)) if self.deleted_at is not None else stops

    def _epochs(self, number: int) -> tuple[Epoch, ...]:
        texts = self.steps[number]
        weights = [(self.begins_at() + day * DAY, share) for day, share in self.reweights[number]]
        moments = {text.since for text in texts} | {at for at, _ in weights}
        moments |= {at for text in texts for at, _ in text.pauses}
        moments |= {version.since for text in texts for version in text.versions}
        moments |= {text.removed for text in texts if text.removed < FOREVER}
        return tuple(_epoch(texts, weights, at) for at in sorted(moments))

    def streams(self, windowed: bool = False) -> dict[str, Stream]:
        """All events of the campaign's whole life, future included, restatements laid over."""
        if self._streams is None:
            self._streams = dict.fromkeys(KINDS, EMPTY) if self.is_draft() else self._simulated()
        if not windowed or not self.zeroed:
            return self._streams
        if self._windowed is None:
            self._windowed = self._without(list(self.zeroed.values()), self._streams)
        return self._windowed

    def _simulated(self) -> dict[str, Stream]:
        streams = simulate(self.plan(), self.entrants())
        for edit in self.edits:
            edit(streams)
        return self._without([zero for zero in self.zeroed.values() if zero.totals], streams)

    def entrants(self) -> Stream | None:
        """Who enters when; None lets the leads start at the pace of the plan."""
        return None

    @staticmethod
    def _without(zeroed: list[ZeroedDay], streams: dict[str, Stream]) -> dict[str, Stream]:
        days = [zero.day for zero in zeroed]
        return {kind: s.take(~np.isin(s.at // DAY, days)) for kind, s in streams.items()}

    def seen(self, kind: str, now: int) -> Stream:
        """The events of a kind up to now."""
        return self.streams()[kind].between(-FOREVER, now + 1)

    def replan(self) -> None:
        """Forget what was simulated: something was decided."""
        self._streams = self._windowed = None
        self.cache.clear()
        for subsequence in self.subsequences:
            subsequence.replan()

    def move_on(self) -> None:
        """Forget what was counted: time has passed."""
        self.cache.clear()
        for subsequence in self.subsequences:
            subsequence.cache.clear()


def _text(variant: Variant, begins: int) -> Text:
    since = begins + variant.since_day * DAY if variant.since_day else -FOREVER
    paused = variant.paused_day
    pauses = [] if paused is None else [(begins + paused * DAY, True)]
    return Text(since, [Version(since, variant.subject, variant.body, variant.effect)], pauses)


def _epoch(texts: list[Text], weights: list[tuple[int, tuple[float, ...]]], at: int) -> Epoch:
    chosen = next((share for since, share in reversed(weights) if since <= at), ())
    shares = [
        (chosen[i] if i < len(chosen) else 1.0) * (text.is_listed(at) and not text.is_paused(at))
        for i, text in enumerate(texts)
    ]
    effects = [list(vars(text.at(at).effect).values()) for text in texts]
    return Epoch(at, np.array(shares, float), np.array(effects, float))


def _spans(switches: list[tuple[int, bool]]) -> tuple[tuple[int, int], ...]:
    """The spans in which a switch was on."""
    ends = [since for since, _ in switches[1:]] + [FOREVER] * bool(switches)
    return tuple((at, end) for (at, on), end in zip(switches, ends, strict=True) if on)
