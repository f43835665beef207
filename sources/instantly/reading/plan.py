"""What of the reports is worth asking for: decisions only, no requests.

A table is compared with what was known when *it* was last read completely, not with the newest
totals: a table that was selected later, or failed last time, still sees the movement it missed.
A reading that paused between two campaigns has read whole what was observed up to then.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.reading.history import History
from sources.instantly.reading.window import Window
from sources.instantly.shaping import columns
from sources.instantly.shaping.misfits import Kept
from sources.instantly.shaping.observations import differs

TOTALS = BY_TABLE["campaign_analytics"]
DAYS = BY_TABLE["campaign_analytics_daily"]
STEPS = BY_TABLE["step_analytics"]
STEP_DAYS = BY_TABLE["step_analytics_daily"]
REPORTS = (TOTALS, DAYS, STEPS, STEP_DAYS)
"""The reports of campaigns, read together because one decides what of the next is asked."""

_NO_EVENT = frozenset({"campaign_name", "campaign_status", "campaign_is_evergreen", "leads_count"})
"""Members of the totals that move without any mail or event: no reason to ask for days."""

_ONE_DAY_TOTALS = {
    "sent": "emails_sent_count",
    "unique_opened": "open_count_unique",
    "replies": "reply_count",
    "unique_replies": "reply_count_unique",
    "replies_automatic": "reply_count_automatic",
    "clicks": "link_click_count",
    "unique_clicks": "link_click_count_unique",
    "unique_opportunities": "total_opportunities",
}
"""Column of a campaign's day → the same count in totals that were asked for that one day."""


@dataclass(frozen=True, slots=True)
class Past:
    """What one workspace's reports looked like before."""

    history: History
    workspace_id: str

    def latest(
        self, endpoint: Endpoint, campaigns: Collection[str], days: Collection[date] | None = None
    ) -> list[Row]:
        """The newest observation of every key."""
        return self.history.latest(endpoint, self.workspace_id, among=_among(campaigns, days))

    def as_known_to(
        self, endpoint: Endpoint, of: Endpoint, campaigns: Collection[str]
    ) -> list[Row]:
        """What `endpoint` had to go by, of another table, when it was last read completely."""
        seen = self.history.last_complete(endpoint.table, self.workspace_id)
        pauses = self.history.pauses(endpoint.table, self.workspace_id)
        if seen is None and not pauses:
            return []
        among = _among(campaigns)
        return self.history.latest(of, self.workspace_id, among=among, as_of=seen, or_at=pauses)

    def unread(self, endpoint: Endpoint) -> list[Kept]:
        """Rows of a report that did not fit when they were last met."""
        return self.history.quarantined(endpoint.table, self.workspace_id)


def _among(
    campaigns: Collection[str], days: Collection[date] | None = None
) -> Mapping[str, Collection[Any]]:
    return {"campaign_id": campaigns} | ({} if days is None else {"date": days})


def moved_campaigns(
    endpoint: Endpoint, totals: Mapping[str, Row], past: Past, window: Window
) -> set[str]:
    """Campaigns whose totals say that a report has something new.

    Args:
        endpoint: the report.
        totals: typed totals by campaign.
        past: what was known.
        window: whether movement matters at all.
    """
    if window.asks_everything:
        return set(totals)
    known = {row["campaign_id"]: row for row in past.as_known_to(endpoint, TOTALS, list(totals))}
    return {
        campaign
        for campaign, row in totals.items()
        if differs(row, known.get(campaign), but=_NO_EVENT)
    }


def moved_days(read: Iterable[Row], known: Iterable[Row], *, everything: bool = False) -> set[date]:
    """Days of one campaign whose steps have something new.

    Args:
        read: typed days as just read.
        known: days as known when the steps were last read, of the same stretch of time.
        everything: also days that did not move.
    """
    stored = {row["date"]: row for row in known}
    fresh = {row["date"]: row for row in read}
    days = stored.keys() | fresh.keys()
    return {
        day
        for day in days
        if (is_active(fresh.get(day)) or is_active(stored.get(day)))
        and (everything or _day_differs(fresh.get(day), stored.get(day)))
    }


def _day_differs(fresh: Row | None, stored: Row | None) -> bool:
    return stored is not None if fresh is None else differs(fresh, stored)


def is_active(row: Row | None) -> bool:
    """Whether a report row counts anything at all."""
    return row is not None and any(
        row.get(name) for name, kind in columns.declared(DAYS).items() if kind is columns.INTEGER
    )


def strayed(day: Row | None, swept: Mapping[str, object] | None) -> bool:
    """Whether a campaign's stored day disagrees with the totals asked for that one day.

    Args:
        day: the stored day, None when none is.
        swept: the campaign's totals of that day, None when it had none.
    """
    return any(
        (day or {}).get(column, 0) != swept[member]
        if swept is not None and member in swept
        else swept is None and bool((day or {}).get(column))
        for column, member in _ONE_DAY_TOTALS.items()
    )
