"""One campaign, lead by lead and mail by mail.

    plan (leads, pace, steps as epochs) ──draws──▶ Mails ──▶ streams of events, sorted by time

Each lead starts on a business day, gets one variant per step, and every mail it receives draws its
own fate: bounce, opens, a click, a human reply after hours or weeks, an automatic answer, an
opportunity. A human reply, a bounce or an opt-out ends the sequence. Everything is computed for the
whole life of the campaign at once, column by column in numpy, and the clock of the sandbox only
decides how much of it is visible. Simulating day by day was refused: it is a hundred times slower,
and a jump over five days would have to be proven equal to five single days. Here it is so by
construction.

The draws of a step depend on the seed, the campaign and the step, not on its effects. So when copy
is edited, the past stays as it was and only mails sent afterwards meet the new probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.clock import DAY, FOREVER, HOUR
from sandbox.streams import KINDS, PER_MAIL, Bools, Floats, Ints, Stream, joined

_HORIZON = 900  # days of quota drawn for a campaign
_SENDING_FROM, _SENDING_HOURS = 8 * HOUR, 9 * HOUR
_UNATTRIBUTED_HUMAN = 0.004
_DRAWS = 22


@dataclass(frozen=True)
class Epoch:
    """From `since` on, a step sends its variants with these weights and true effects.

    `weights` has one entry per variant; `effects` one row per variant with the columns open,
    click, reply, automatic, positive.
    """

    since: int
    weights: Floats
    effects: Floats


@dataclass(frozen=True)
class Plan:
    """All that one simulation needs to know. Times are Unix seconds, `start` a day number.

    `added` are (first lead, day) of leads that came later; they do not start before that day.
    `stops` are (from, until) spans without sends; `untracked_*` are spans in which sent mails
    carry no pixel or no tracked links.
    """

    seed: tuple[int, ...]
    start: int
    leads: int
    leads_per_day: float
    steps: tuple[tuple[Epoch, ...], ...]
    delays: tuple[int, ...]
    stop_on_reply: bool = True
    bounce_rate: float = 0.018
    unsubscribe_rate: float = 0.002
    unattributed: float = 0.08
    null_style: str = "null"
    added: tuple[tuple[int, int], ...] = ()
    stops: tuple[tuple[int, int], ...] = ()
    unopened: tuple[tuple[int, int], ...] = ()
    unclicked: tuple[tuple[int, int], ...] = ()


def simulate(plan: Plan, entrants: Stream | None = None) -> dict[str, Stream]:
    """Every event of the campaign's whole life, by kind (see KINDS).

    With `entrants`, a subsequence: its leads are those of the stream, each starting the day after
    its event.
    """
    mails = _Mails.first(plan) if entrants is None else _Mails.entering(plan, entrants)
    parts: dict[str, list[Stream]] = {kind: [] for kind in KINDS}
    for step in range(len(plan.steps)):
        if step:
            mails = mails.next(plan, step)
        _fates(plan, mails, parts)
    return {kind: joined(streams) for kind, streams in parts.items()}


@dataclass
class _Mails:
    """The mails of one step: one row per lead that gets it. `stop` ends a lead's sequence."""

    step: int
    lead: Ints
    at: Ints
    variant: Ints
    effects: Floats
    draws: Floats
    stop: Ints

    @classmethod
    def first(cls, plan: Plan) -> _Mails:
        """Leads start in order of their number, a fresh quota each business day."""
        rng = np.random.default_rng((*plan.seed, 1_000_003))
        days = np.arange(plan.start, plan.start + _HORIZON)
        quota = rng.poisson(plan.leads_per_day, _HORIZON) * ((days - 4) % 7 < 5)
        lead = np.arange(plan.leads)
        day = plan.start + np.searchsorted(np.cumsum(quota), lead, side="right")
        for first, added in plan.added:
            day[first:] = np.maximum(day[first:], _workday(np.array([added + 1])))
        return cls._drawn(plan, 0, lead, day, np.full(plan.leads, FOREVER))

    @classmethod
    def entering(cls, plan: Plan, entrants: Stream) -> _Mails:
        """Leads enter a subsequence once, on the business day after their first event."""
        lead, first = np.unique(entrants.lead, return_index=True)
        day = _workday(entrants.at[first] // DAY + 1)
        return cls._drawn(plan, 0, lead, day, np.full(len(lead), FOREVER))

    def next(self, plan: Plan, step: int) -> _Mails:
        """The leads whose sequence goes on, some days later, never on a weekend."""
        day = _workday(self.at // DAY + max(1, plan.delays[step - 1]))
        return self._drawn(plan, step, self.lead, day, self.stop)

    @classmethod
    def _drawn(cls, plan: Plan, step: int, lead: Ints, day: Ints, stop: Ints) -> _Mails:
        draws = np.random.default_rng((*plan.seed, step)).random((plan.leads, _DRAWS))[lead]
        at = day * DAY + _SENDING_FROM + (draws[:, 0] * _SENDING_HOURS).astype(np.int64)
        variant, effects = _assigned(plan.steps[step], at, draws[:, 1])
        goes = (at < stop) & (variant >= 0) & ~_inside(at, plan.stops)
        rows = np.flatnonzero(goes)
        return cls(
            step, lead[rows], at[rows], variant[rows], effects[rows], draws[rows], stop[rows]
        )


def _workday(day: Ints) -> Ints:
    """The day itself, or the Monday after it."""
    weekday = (day - 4) % 7
    return day + np.where(weekday > 4, 7 - weekday, 0)


def _inside(at: Ints, spans: tuple[tuple[int, int], ...]) -> Bools:
    inside = np.zeros(len(at), bool)
    for since, until in spans:
        inside |= (at >= since) & (at < until)
    return inside


def _assigned(epochs: tuple[Epoch, ...], at: Ints, draw: Floats) -> tuple[Ints, Floats]:
    """Variant and true effects for each mail; -1 where no variant may be sent."""
    variant = np.full(len(at), -1, np.int64)
    effects = np.zeros((len(at), 5))
    bounds = [*(epoch.since for epoch in epochs[1:]), FOREVER * 2]
    since = -FOREVER
    for epoch, until in zip(epochs, bounds, strict=True):
        rows = np.flatnonzero((at >= since) & (at < until))
        since = until
        if not len(rows) or not epoch.weights.sum():
            continue
        shares = np.cumsum(epoch.weights) / epoch.weights.sum()
        chosen = np.searchsorted(shares, draw[rows], side="right")
        variant[rows] = chosen
        effects[rows] = epoch.effects[chosen]
    return variant, effects


def _fates(plan: Plan, mails: _Mails, parts: dict[str, list[Stream]]) -> None:
    """Draw what happens to each mail, and note who drops out."""
    draws = mails.draws
    bounced = draws[:, 2] < plan.bounce_rate * (1.0 if mails.step == 0 else 0.1)
    bounce_at = mails.at + (60 + 600 * draws[:, 3]).astype(np.int64)
    opted_out = ~bounced & (draws[:, 4] < plan.unsubscribe_rate)
    out_at = mails.at + _delay(draws[:, 5], 6 * HOUR, 1.4, 30)
    replied = ~bounced & (draws[:, 6] < mails.effects[:, 2])
    reply_at = mails.at + _delay(draws[:, 7], 16 * HOUR, 1.75, 100)
    _put(plan, parts, "sent", mails, np.ones(len(mails.at), bool), mails.at)
    _put(plan, parts, "bounced", mails, bounced, bounce_at)
    _put(plan, parts, "unsubscribed", mails, opted_out, out_at)
    _opens(plan, mails, ~bounced, parts)
    _replies(plan, mails, replied, reply_at, parts)
    _automatic(plan, mails, ~bounced, parts)
    ends = np.where(bounced, bounce_at, np.where(opted_out, out_at, FOREVER))
    if plan.stop_on_reply:
        ends = np.minimum(ends, np.where(replied, reply_at, FOREVER))
    mails.stop = np.minimum(mails.stop, ends)


def _opens(plan: Plan, mails: _Mails, arrived: Bools, parts: dict[str, list[Stream]]) -> None:
    """Opens repeat; a click needs an open. Mails without pixel or tracked links leave no trace."""
    draws = mails.draws
    opened = arrived & (draws[:, 8] < mails.effects[:, 0])
    pixel = opened & ~_inside(mails.at, plan.unopened)
    at = mails.at + _delay(draws[:, 9], 3 * HOUR, 1.7, 45)
    _put(plan, parts, "opened", mails, pixel, at)
    for number in (1, 2, 3):
        again = pixel & (draws[:, 10] < 0.4**number)
        at = at + _delay(draws[:, 10 + number] * 0.98 + 0.01, 14 * HOUR, 1.2, 20)
        _put(plan, parts, "opened", mails, again, at, number)
    clicked = opened & (draws[:, 14] * mails.effects[:, 0] < mails.effects[:, 1])
    clicked &= ~_inside(mails.at, plan.unclicked)
    at = mails.at + _delay(draws[:, 9], 3 * HOUR, 1.7, 45) + (900 * draws[:, 15]).astype(np.int64)
    _put(plan, parts, "clicked", mails, clicked, at)
    _put(plan, parts, "clicked", mails, clicked & (draws[:, 15] < 0.25), at + 37, 1)


def _replies(
    plan: Plan, mails: _Mails, replied: Bools, at: Ints, parts: dict[str, list[Stream]]
) -> None:
    """Human replies, the conversation after the first one, and the deals that come of it."""
    draws = mails.draws
    lost = draws[:, 16] < _UNATTRIBUTED_HUMAN
    _put(plan, parts, "replied", mails, replied, at, lost=lost)
    again = replied & (draws[:, 17] < 0.35)
    _put(
        plan,
        parts,
        "replied",
        mails,
        again,
        at + DAY // 2 + (draws[:, 17] * 4 * DAY).astype(int),
        1,
    )
    positive = replied & (draws[:, 18] < mails.effects[:, 4])
    won_over = at + 600 + (draws[:, 19] * 20 * HOUR).astype(np.int64)
    _put(plan, parts, "opportunity", mails, positive, won_over, lost=lost)
    twice = positive & (draws[:, 19] < 0.12)
    _put(plan, parts, "opportunity", mails, twice, won_over + 3 * DAY, 1, lost=lost)
    booked = positive & (draws[:, 20] < 0.5)
    booked_at = won_over + DAY + (draws[:, 20] * 12 * DAY).astype(np.int64)
    _put(plan, parts, "booked", mails, booked, booked_at)
    won_at = booked_at + 7 * DAY + (draws[:, 20] * 60 * DAY).astype(np.int64)
    _put(plan, parts, "won", mails, booked & (draws[:, 20] < 0.15), won_at)


def _automatic(plan: Plan, mails: _Mails, arrived: Bools, parts: dict[str, list[Stream]]) -> None:
    """Out-of-office notes within minutes, some within a day; part of them belongs to no step."""
    draws = mails.draws
    answered = arrived & (draws[:, 21] < mails.effects[:, 3])
    share = draws[:, 21] / np.maximum(mails.effects[:, 3], 1e-12)  # uniform where answered
    at = mails.at + _delay(np.clip(share, 0.001, 0.999), 240, 1.8, 3)
    lost = (share * 97) % 1 < plan.unattributed
    _put(plan, parts, "automatic", mails, answered, at, lost=lost)


def _delay(draw: Floats, median: float, sigma: float, most_days: int) -> Ints:
    """Seconds of a log-normal delay for uniform draws, cut at some days."""
    logit = np.log(np.clip(draw, 1e-9, 1 - 1e-9) / (1 - np.clip(draw, 1e-9, 1 - 1e-9)))
    normal = logit / 1.702  # the logistic stands in for the normal quantile within 1 %
    return np.minimum(median * np.exp(sigma * normal), most_days * DAY).astype(np.int64)


def _put(
    plan: Plan,
    parts: dict[str, list[Stream]],
    kind: str,
    mails: _Mails,
    happens: Bools,
    at: Ints,
    number: int = 0,
    lost: Bools | None = None,
) -> None:
    rows = np.flatnonzero(happens)
    step = np.full(len(rows), mails.step, np.int64)
    variant = mails.variant[rows]
    key = (mails.lead[rows] * len(plan.steps) + mails.step) * PER_MAIL + number
    if lost is not None:
        gone = lost[rows]
        variant = np.where(gone, -1, variant)
        if plan.null_style != "variant":
            step = np.where(gone, -1, step)
    parts[kind].append(Stream(at[rows], mails.lead[rows], step, variant, key))
