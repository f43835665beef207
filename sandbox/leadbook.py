"""What is known of each lead: its id, and the sum of what happened to it.

    streams of a campaign ──▶ Book   one array per counter, one entry per lead

A page of leads is then a hundred look-ups. The counters are those of the same events that the
reports count, so leads and reports agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.campaign import Campaign
from sandbox.clock import FOREVER
from sandbox.ids import uuid7
from sandbox.streams import Ints, Stream

NONE = -FOREVER
ACTIVE, PAUSED, COMPLETED, BOUNCED, UNSUBSCRIBED = 1, 2, 3, -1, -2
OUT_OF_OFFICE, INTERESTED, BOOKED, WON, NOT_INTERESTED = 0, 1, 2, 4, -1
_UNKNOWN = -99


@dataclass(frozen=True)
class Last:
    """The last event of a kind per lead: time, step, variant; NONE and -1 where there is none."""

    at: Ints
    step: Ints
    variant: Ints
    count: Ints

    @classmethod
    def of(cls, stream: Stream, leads: int) -> Last:
        """From a stream in order of time: later events overwrite earlier ones."""
        at = np.full(leads, NONE, np.int64)
        step, variant = np.full(leads, -1, np.int64), np.full(leads, -1, np.int64)
        at[stream.lead], step[stream.lead] = stream.at, stream.step
        variant[stream.lead] = stream.variant
        return cls(at, step, variant, np.bincount(stream.lead, minlength=leads))


@dataclass(frozen=True)
class Book:
    """Every lead of a campaign at one moment."""

    sent: Last
    opened: Last
    clicked: Last
    replied: Last
    automatic: Last
    status: Ints
    interest: Ints
    interest_at: Ints


def book(campaign: Campaign, now: int) -> Book:
    """The book of a campaign, kept until the world moves."""
    if "book" not in campaign.cache:
        campaign.cache["book"] = _book(campaign, now)
    return campaign.cache["book"]


def _book(campaign: Campaign, now: int) -> Book:
    leads = campaign.leads_total()
    kinds = ("sent", "opened", "clicked", "replied", "automatic")
    last = {kind: Last.of(campaign.seen(kind, now), leads) for kind in kinds}
    interest, interest_at = _interest(campaign, now, leads)
    return Book(
        last["sent"],
        last["opened"],
        last["clicked"],
        last["replied"],
        last["automatic"],
        _status(campaign, now, last),
        interest,
        interest_at,
    )


def _status(campaign: Campaign, now: int, last: dict[str, Last]) -> Ints:
    leads = campaign.leads_total()
    status = np.full(leads, PAUSED if campaign.is_paused(now) else ACTIVE, np.int64)
    done = last["sent"].step == len(campaign.steps) - 1
    if campaign.spec.stop_on_reply:
        done |= last["replied"].count > 0
    status[done] = COMPLETED
    status[campaign.seen("unsubscribed", now).lead] = UNSUBSCRIBED
    status[campaign.seen("bounced", now).lead] = BOUNCED
    return status


def _interest(campaign: Campaign, now: int, leads: int) -> tuple[Ints, Ints]:
    """The newest CRM status per lead; automatic replies set one too, and are noise (quirk D7)."""
    value = np.full(leads, _UNKNOWN, np.int64)
    at = np.full(leads, NONE, np.int64)
    replied = campaign.seen("replied", now)
    cold = replied.take(replied.lead * 7 % 10 < 4)
    for stream, status in (
        (campaign.seen("automatic", now), OUT_OF_OFFICE),
        (cold, NOT_INTERESTED),
        (campaign.seen("opportunity", now), INTERESTED),
        (campaign.seen("booked", now), BOOKED),
        (campaign.seen("won", now), WON),
    ):
        value[stream.lead] = status
        at[stream.lead] = np.maximum(at[stream.lead], stream.at)
    return value, at


def interest_of(book: Book, lead: int) -> int | None:
    """The CRM status of a lead, None without one."""
    value = int(book.interest[lead])
    return None if value == _UNKNOWN else value


def loaded_at(campaign: Campaign, lead: int) -> float:
    """When the lead was loaded: a millisecond after the one before."""
    for at, first, count in reversed(campaign.batches):
        if lead >= first and count:
            return at + (lead - first) / 1_000
    raise IndexError(lead)


def id_of(campaign: Campaign, lead: int) -> str:
    """The id of a lead; ids ascend with the number of the lead (quirk B12)."""
    return uuid7(loaded_at(campaign, lead), "lead", campaign.id, lead)


def ids(campaign: Campaign) -> list[str]:
    """All ids of a campaign, ascending; index is the number of the lead."""
    known = campaign.lead_ids
    known.extend(id_of(campaign, lead) for lead in range(len(known), campaign.leads_total()))
    return known
