"""What the platform recounts: late replies, opens, sweeps, moved replies, days that turn to zero.

Restatements are edits laid over the simulated streams; an event is found again by its key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sandbox.campaign import Campaign, ZeroedDay
from sandbox.changes.registry import of_campaign
from sandbox.clock import DAY, FOREVER, day_text
from sandbox.streams import PER_MAIL, Stream, joined
from sandbox.world import World


@of_campaign("late_reply")
def late_reply(
    world: World,
    campaign: Campaign,
    days_ago: int = 60,
    step: int = 0,
    variant: int = 0,
    automatic: bool = False,
    positive: bool = False,
) -> dict[str, Any]:
    """One more reply counted on an old day, by a lead that had this mail and never replied."""
    day = world.now // DAY - days_ago
    at = min(day * DAY + DAY - 1_800, world.now)
    streams = campaign.streams()
    sent = streams["sent"].between(-FOREVER, at)
    fits = (sent.step == step) & (sent.variant == variant)
    fits &= ~np.isin(sent.lead, streams["replied"].lead)
    fits &= ~np.isin(sent.lead, streams["automatic"].lead)
    found = np.flatnonzero(fits)
    if not len(found):
        raise LookupError(f"no mail of step {step}, variant {variant} before {day_text(day)}")
    mail = sent.take(found[-1:])
    reply = Stream(np.array([at]), mail.lead, mail.step, mail.variant, mail.key + 9)
    campaign.stored_at[int(reply.key[0])] = world.clock
    _insert(campaign, "automatic" if automatic else "replied", reply)
    if positive and not automatic:
        _insert(campaign, "opportunity", reply)
    return {"date": day_text(day), "lead": int(mail.lead[0]), "step": step, "variant": variant}


@of_campaign("open_again")
def open_again(world: World, campaign: Campaign, days_ago: int = 1) -> dict[str, Any]:
    """The last mail that was opened up to `days_ago` is opened once more, the same hour: counts
    of opens move, those of people who opened do not."""
    opened = _last_day(campaign.seen("opened", world.now), world.now // DAY - days_ago)
    first = opened.take(slice(-1, None))
    more = Stream(first.at, first.lead, first.step, first.variant, first.key + 1)
    _insert(campaign, "opened", more)
    day = int(first.at[0]) // DAY
    return {"date": day_text(day), "step": int(first.step[0]), "variant": int(first.variant[0])}


@of_campaign("restate_day")
def restate_day(
    world: World,
    campaign: Campaign,
    days_ago: int = 20,
    sent: int = 3,
    step: int | None = None,
    variant: int | None = None,
) -> dict[str, Any]:
    """A sweep takes mails (and all that came of them) out of a past day.

    The day is that of the last mail up to `days_ago`, so that weekends do no harm.
    """
    stream = _last_day(campaign.streams()["sent"], world.now // DAY - days_ago)
    day = int(stream.at[0]) // DAY
    fits = (stream.step == step) | (step is None)
    fits &= (stream.variant == variant) | (variant is None)
    chosen = stream.take(np.flatnonzero(fits)[:sent])
    mails = chosen.key // PER_MAIL

    def edit(streams: dict[str, Stream]) -> None:
        for kind, events in streams.items():
            streams[kind] = events.take(~np.isin(events.key // PER_MAIL, mails))

    campaign.edits.append(edit)
    return {"date": day_text(day), "removed": len(chosen)}


@of_campaign("move_reply")
def move_reply(
    world: World, campaign: Campaign, days_ago: int = 1, to_days_ago: int = 3
) -> dict[str, Any]:
    """A reply of the last day with one up to `days_ago` is recounted on an earlier day."""
    if to_days_ago <= days_ago:
        raise ValueError("to_days_ago must be more than days_ago")
    found = _last_day(campaign.seen("replied", world.now), world.now // DAY - days_ago)
    day = int(found.at[0]) // DAY
    other = day - (to_days_ago - days_ago)
    key = int(found.key[0])

    def edit(streams: dict[str, Stream]) -> None:
        old = streams["replied"]
        at = np.where(old.key == key, old.at - (day - other) * DAY, old.at)
        streams["replied"] = joined([Stream(at, old.lead, old.step, old.variant, old.key)])

    campaign.edits.append(edit)
    return {
        "date": day_text(day),
        "to": day_text(other),
        "step": int(found.step[0]),
        "variant": int(found.variant[0]),
    }


@of_campaign("zero_day")
def zero_day(
    world: World, campaign: Campaign, days_ago: int = 20, totals: bool = True, row: bool = True
) -> dict[str, Any]:
    """A whole past day turns to 0 (quirk C17), in the lifetime totals too unless told otherwise.

    With `row` the day still answers, with zeros; without it the day is missing.
    """
    day = world.now // DAY - days_ago
    campaign.zeroed[day] = ZeroedDay(day, totals, row)
    return {"date": day_text(day)}


@of_campaign("restore_day")
def restore_day(world: World, campaign: Campaign, days_ago: int = 20) -> dict[str, Any]:
    """Undo `zero_day`."""
    day = world.now // DAY - days_ago
    campaign.zeroed.pop(day, None)
    return {"date": day_text(day)}


def _last_day(stream: Stream, day: int) -> Stream:
    """The events of this day, or of the last day before it that has any."""
    past = stream.between(-FOREVER, (day + 1) * DAY)
    if not len(past):
        raise LookupError(f"nothing happened up to {day_text(day)}")
    found = int(past.at[-1]) // DAY
    return past.between(found * DAY, (found + 1) * DAY)


def _insert(campaign: Campaign, kind: str, more: Stream) -> None:
    def edit(streams: dict[str, Stream]) -> None:
        streams[kind] = joined([streams[kind], more])

    campaign.edits.append(edit)
