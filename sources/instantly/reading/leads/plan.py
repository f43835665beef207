"""Which leads are worth asking for: decisions only, no requests.

    a full walk is due         all leads, in ranges of ids
    otherwise  new leads            one list from the newest id on
               campaigns that moved, by whichever takes fewer requests:
                   walk them            1 + leads / 100 for each
                   ask what leads did   1 + found / 100 for each kind of activity

Leads have no filter on when they changed, and `timestamp_updated` does not follow what happens to
them (quirk D1). Their ids rise with time, but only since October 2025; before that they are random
(quirk B12). What the activity filters cannot see (an edit, a move, a lead that was removed) waits
for the full walk.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil

import pyarrow as pa
import pyarrow.compute as pc

from sources.instantly.endpoint import PAGE_SIZE, Row
from sources.instantly.shaping import columns
from sources.instantly.shaping.observations import differs

OVERLAP = timedelta(minutes=1)
"""Leads that came in so shortly before the last reading are asked for again: ids are given out
before the lead can be seen, so a smaller one may appear after a greater one."""

RANDOM_FROM = timedelta(days=1)
"""An id that lies so far beyond the present is no time: what follows are random ids."""

ORDERED_SINCE = datetime(2025, 10, 15, tzinfo=UTC)
"""Since then ids rise with time (quirk B12)."""

FEWEST_PAGES = 6
"""Pages that a range of ids must have to be cut; a cut costs about one request."""

MOST_OF_THEM = 0.9
"""Share of the leads that the totals count, without which a list of all is no such list."""

WORTH_SEEING = 3
"""Requests that walking may cost more than asking what happened: it sees what no filter does."""

_FEW_TRIES = 3

_NO_EVENT = frozenset({"campaign_name", "campaign_status", "campaign_is_evergreen"})
"""Members of the totals that move without anything happening to a lead."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that leads do, for which the list of leads has a filter.

    Attributes:
        name: the filter's name for it.
        column: column of a lead that says when it last happened.
        totals: columns of a campaign's totals of which at least one moves with every event.
        daily: column of a campaign's day that counts it.
    """

    name: str
    column: str
    totals: tuple[str, ...]
    daily: str

    def asks(self, days: int) -> dict[str, object]:
        """Members of the request for leads that did this within so many days."""
        values = {"occurrence-days": days}
        return {"queries": [{"actionType": self.name, "values": values}]}

    def is_obeyed(self, leads: pa.Table, since: datetime) -> bool:
        """Whether an answer looks filtered: unknown members of a request are ignored (quirk A9),
        and then a filter returns everybody."""
        inside = leads.filter(pc.field(self.column) >= pa.scalar(since, columns.TIME.arrow))
        return 2 * inside.num_rows >= leads.num_rows


ACTIVITIES = (
    Activity(
        "last-contacted",
        "timestamp_last_contact",
        ("emails_sent_count", "contacted_count", "bounced_count"),
        "sent",
    ),
    Activity(
        "email-open",
        "timestamp_last_open",
        ("open_count", "open_count_unique", "open_count_unique_by_step"),
        "unique_opened",
    ),
    Activity(
        "link-click",
        "timestamp_last_click",
        ("link_click_count", "link_click_count_unique", "link_click_count_unique_by_step"),
        "unique_clicks",
    ),
    Activity("reply", "timestamp_last_reply", ("reply_count", "reply_count_automatic"), "replies"),
)
INTEREST = Activity(
    "lead-status-change", "timestamp_last_interest_change", ("total_opportunities",), "replies"
)
"""Asked whenever anything moved: most changes of interest move no total."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How changed leads are found.

    Attributes:
        campaigns: to be walked.
        activities: to be asked for instead.
    """

    campaigns: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()


def id_at(moment: datetime) -> str:
    """What the time-ordered ids of a moment begin with; smaller than any of them."""
    digits = f"{round(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def is_time_ordered(identifier: str) -> bool:
    """Whether an id carries its time (UUIDv7)."""
    return len(identifier) == 36 and identifier[14] == "7"


def parts(leads: int, workers: int) -> int:
    """Into how many ranges a list of about so many leads is cut from the beginning."""
    return max(1, min(workers, leads // (FEWEST_PAGES * PAGE_SIZE)))


def cuts(parts: int, at: datetime) -> list[str]:
    """Ids at which a list is cut that nobody has seen: equal spans of the time in which ids were
    given out in order, and what lies behind the present apart. Where leads are dense, the ranges
    are cut again."""
    if parts < 2:
        return []
    span = (at + RANDOM_FROM - ORDERED_SINCE) / (parts - 1)
    moments = [ORDERED_SINCE + span * part for part in range(1, parts)]
    return [id_at(moment) + "-7000-8000-000000000000" for moment in moments]


def resume_after(greatest: Callable[[str], str | None], last_read: datetime) -> str | None:
    """The id from which new leads are listed; None to begin with the first.

    Args:
        greatest: the greatest stored id below a bound.
        last_read: when leads were last read completely.
    """
    below = id_at(last_read - OVERLAP)
    for _ in range(_FEW_TRIES):
        found = greatest(below)
        if found is None or is_time_ordered(found):
            return found
        below = found
    return None


def ascends(ids: Iterable[str], after: str | None) -> bool:
    """Whether ids rise, each above the one before and all above the cursor."""
    last = after or ""
    for identifier in ids:
        if identifier <= last:
            return False
        last = identifier
    return True


def days_back(last_read: datetime, at: datetime) -> int:
    """Whole days that surely reach back over the last reading: a day more than that."""
    return ceil((at - last_read) / timedelta(days=1) + 1)


def moved(totals: Mapping[str, Row], known: Mapping[str, Row]) -> dict[str, Row]:
    """Campaigns of which any total differs, their number of leads included.

    Args:
        totals: typed totals by campaign.
        known: the same as they were when leads were last read.
    """
    return {
        campaign: row
        for campaign, row in totals.items()
        if differs(row, known.get(campaign), but=_NO_EVENT)
    }


def changes(moving: Mapping[str, Row], known: Mapping[str, Row], days: Collection[Row]) -> Changes:
    """How the changed leads are found with the fewest requests.

    Args:
        moving: totals of the campaigns that moved.
        known: totals as they were when leads were last read, by campaign.
        days: stored days of all campaigns, as far back as the filters look.
    """
    if not moving:
        return Changes()
    asked = [a for a in ACTIVITIES if _happened(a, moving, known)] + [INTEREST]
    filters = sum(1 + ceil(_found(a, moving, known, days) / PAGE_SIZE) for a in asked)
    walks = sum(1 + ceil((row.get("leads_count") or 0) / PAGE_SIZE) for row in moving.values())
    if walks <= filters + WORTH_SEEING:
        return Changes(campaigns=tuple(moving))
    return Changes(activities=tuple(asked))


def _happened(activity: Activity, moving: Mapping[str, Row], known: Mapping[str, Row]) -> bool:
    return any(
        (row.get(name) or 0) != (known.get(campaign, {}).get(name) or 0)
        for campaign, row in moving.items()
        for name in activity.totals
    )


def _found(
    activity: Activity,
    moving: Mapping[str, Row],
    known: Mapping[str, Row],
    days: Collection[Row],
) -> int:
    """About how many leads a filter returns: the days it reaches back over, and what came since."""
    name = activity.totals[0]
    since = sum(
        max(0, (row.get(name) or 0) - (known.get(campaign, {}).get(name) or 0))
        for campaign, row in moving.items()
    )
    return since + sum(row.get(activity.daily) or 0 for row in days)


def dates_within(reach: int, at: datetime) -> list[date]:
    """The days that filters which look back so many days touch."""
    today = at.astimezone(UTC).date()
    return [today - timedelta(days=back) for back in range(reach + 1)]
