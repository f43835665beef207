"""The four campaign reports, counted from events.

    events of a campaign ──window──▶ counts per (step, variant) | per day | in total

Every counter is computed for the window that was asked, so distinct counts are truly distinct in
it and do not add up over windows (quirk C19). An event counts on the day it happens, whatever day
the mail was sent (quirk C15). `replies` counts every reply, automatic ones included ("every reply
counted"); `unique_replies` knows human repliers only (quirk C21).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.campaign import Campaign
from sandbox.clock import DAY, FOREVER, day_text
from sandbox.ids import chance
from sandbox.streams import Ints, Stream

_COUNTED = (
    ("opened", "opened", "unique_opened"),
    ("replied", None, "unique_replies"),
    ("automatic", "replies_automatic", "unique_replies_automatic"),
    ("clicked", "clicks", "unique_clicks"),
)


@dataclass(frozen=True)
class Window:
    """Events with since <= at < until are counted; `is_open` means that no date was given."""

    since: int = -FOREVER
    until: int = FOREVER

    @property
    def is_open(self) -> bool:
        """Lifetime."""
        return self.since == -FOREVER and self.until == FOREVER

    def cut(self, now: int) -> Window:
        """The part of the window that has happened."""
        return Window(self.since, min(self.until, now + 1))


def _events(campaign: Campaign, kind: str, window: Window, now: int) -> Stream:
    cut = window.cut(now)
    return campaign.streams(windowed=not window.is_open)[kind].between(cut.since, cut.until)


def _distinct(group: Ints, lead: Ints, groups: int) -> Ints:
    """Number of different leads in each group."""
    pairs = np.unique(group << 32 | lead)
    return np.bincount(pairs >> 32, minlength=groups)


def steps(
    campaign: Campaign, window: Window, now: int, with_opportunities: bool
) -> list[dict[str, Any]]:
    """Rows per step and variant with anything to count, unsorted (reference 5.3)."""
    key = ("steps", window, with_opportunities)
    if key not in campaign.cache:
        campaign.cache[key] = _steps(campaign, window, now, with_opportunities)
    return campaign.cache[key]


def _steps(
    campaign: Campaign, window: Window, now: int, with_opportunities: bool
) -> list[dict[str, Any]]:
    width = max((len(texts) for texts in campaign.steps), default=0) + 1
    groups = (len(campaign.steps) + 1) * width
    table = _step_counts(campaign, window, now, width, groups)
    if with_opportunities:
        table |= _step_outcomes(campaign, window, now, width, groups)
    used = np.flatnonzero(np.sum(list(table.values()), axis=0))
    rows = [
        {
            "step": _label(int(code) // width - 1, campaign),
            "variant": _label(int(code) % width - 1, campaign),
            **{name: int(column[code]) for name, column in table.items()},
        }
        for code in used
    ]
    if window.is_open and rows and all(code >= width for code in used):
        rows += _empty_null_row(campaign, list(table))
    rows.sort(key=lambda row: chance(campaign.id, row["step"], row["variant"]))
    return rows


def _step_counts(
    campaign: Campaign, window: Window, now: int, width: int, groups: int
) -> dict[str, Ints]:
    streams = {
        kind: _events(campaign, kind, window, now)
        for kind in ("sent", "opened", "replied", "automatic", "clicked")
    }
    codes = {kind: (s.step + 1) * width + s.variant + 1 for kind, s in streams.items()}
    totals = {kind: np.bincount(code, minlength=groups) for kind, code in codes.items()}
    table = {"sent": totals["sent"]}
    for kind, every, distinct in _COUNTED:
        name, values = every, totals[kind]
        if name is None:
            name, values = "replies", totals["replied"] + totals["automatic"]
        table[name] = values
        table[distinct] = _distinct(codes[kind], streams[kind].lead, groups)
    return table


def _step_outcomes(
    campaign: Campaign, window: Window, now: int, width: int, groups: int
) -> dict[str, Ints]:
    """Opportunities; booked and won look at the status of now, not of the window (quirk C35)."""
    stream = _events(campaign, "opportunity", window, now)
    code = (stream.step + 1) * width + stream.variant + 1
    won = np.isin(stream.lead, campaign.seen("won", now).lead)
    booked = np.isin(stream.lead, campaign.seen("booked", now).lead) & ~won
    return {
        "opportunities": np.bincount(code, minlength=groups),
        "unique_opportunities": _distinct(code, stream.lead, groups),
        "meetings_booked": _distinct(code[booked], stream.lead[booked], groups),
        "won": _distinct(code[won], stream.lead[won], groups),
    }


def _label(index: int, campaign: Campaign) -> str | None:
    if index >= 0:
        return str(index)
    return "null" if campaign.spec.null_style == "text" else None


def _empty_null_row(campaign: Campaign, names: list[str]) -> list[dict[str, Any]]:
    """Some campaigns answer a null row without any count (quirk C4)."""
    if chance(campaign.id, "empty null row") > 0.3:
        return []
    label = _label(-1, campaign)
    return [{"step": label, "variant": label, **dict.fromkeys(names, 0)}]


def daily(campaigns: Iterable[Campaign], window: Window, now: int) -> list[dict[str, Any]]:
    """Rows per day, ascending; several campaigns are merged (quirk C5)."""
    merged: dict[int, dict[str, int]] = {}
    for campaign in campaigns:
        for day, counts in _daily(campaign, window, now).items():
            total = merged.setdefault(day, dict.fromkeys(counts, 0))
            for name, count in counts.items():
                total[name] += count
    return [{"date": day_text(day), **merged[day]} for day in sorted(merged)]


def _daily(campaign: Campaign, window: Window, now: int) -> dict[int, dict[str, int]]:
    key = ("daily", window)
    if key not in campaign.cache:
        campaign.cache[key] = _count_days(campaign, window, now)
    return campaign.cache[key]


def _count_days(campaign: Campaign, window: Window, now: int) -> dict[int, dict[str, int]]:
    kinds = ("sent", "opened", "replied", "automatic", "clicked", "opportunity")
    streams = {kind: _events(campaign, kind, window, now) for kind in kinds}
    days = [s.at[[0, -1]] // DAY for s in streams.values() if len(s)]
    if not days:
        return {day: _zeros() for day in _shown_zero_days(campaign, window)}
    first = int(min(pair[0] for pair in days))
    width = int(max(pair[1] for pair in days)) - first + 1
    table = _day_counts(streams, first, width)
    names, columns = list(table), np.stack(list(table.values()), axis=1)
    busy = set(np.flatnonzero(columns.any(axis=1)).tolist())
    shown = [day for day in range(width) if day in busy or _is_shown_quiet(campaign, first + day)]
    rows = {first + day: dict(zip(names, columns[day].tolist(), strict=True)) for day in shown}
    return {day: _zeros() for day in _shown_zero_days(campaign, window)} | rows


def _day_counts(streams: dict[str, Stream], first: int, width: int) -> dict[str, Ints]:
    days = {kind: s.at // DAY - first for kind, s in streams.items()}
    every = {kind: np.bincount(day, minlength=width) for kind, day in days.items()}
    unique = {kind: _distinct(days[kind], s.lead, width) for kind, s in streams.items()}
    fresh = days["sent"][streams["sent"].step == 0]
    return {
        "sent": every["sent"],
        "contacted": unique["sent"],
        "new_leads_contacted": np.bincount(fresh, minlength=width),
        "opened": every["opened"],
        "unique_opened": unique["opened"],
        "replies": every["replied"] + every["automatic"],
        "unique_replies": unique["replied"],
        "replies_automatic": every["automatic"],
        "unique_replies_automatic": unique["automatic"],
        "clicks": every["clicked"],
        "unique_clicks": unique["clicked"],
        "opportunities": every["opportunity"],
        "unique_opportunities": unique["opportunity"],
    }


def _zeros() -> dict[str, int]:
    empty = Stream(*(np.empty(0, np.int64) for _ in range(5)))
    kinds = ("sent", "opened", "replied", "automatic", "clicked", "opportunity")
    return dict.fromkeys(_day_counts(dict.fromkeys(kinds, empty), 0, 1), 0)


def _is_shown_quiet(campaign: Campaign, day: int) -> bool:
    """Long gaps are missing, a single zero row appears now and then (quirk C24)."""
    return chance(campaign.id, "quiet", day) < 0.12


def _shown_zero_days(campaign: Campaign, window: Window) -> list[int]:
    return [
        zero.day
        for zero in campaign.zeroed.values()
        if zero.row and window.since <= zero.day * DAY < window.until
    ]


def totals(campaign: Campaign, window: Window, now: int) -> dict[str, int]:
    """The counters of `/campaigns/analytics`; `opens` beside them counts repeats (quirk C20)."""
    key = ("totals", window)
    if key not in campaign.cache:
        campaign.cache[key] = _totals(campaign, window, now)
    return campaign.cache[key]


def _totals(campaign: Campaign, window: Window, now: int) -> dict[str, int]:
    def events(kind: str) -> Stream:
        return _events(campaign, kind, window, now)

    sent, human, automatic = events("sent"), events("replied"), events("automatic")
    last = len(campaign.steps) - 1
    return {
        "opens": len(events("opened")),
        **_uniques("open_count", events("opened")),
        "reply_count": len(human) + len(automatic),
        **_uniques("reply_count", human),
        "reply_count_automatic": len(automatic),
        **_uniques("reply_count_automatic", automatic),
        "link_click_count": len(events("clicked")),
        **_uniques("link_click_count", events("clicked")),
        "bounced_count": len(np.unique(events("bounced").lead)),
        "unsubscribed_count": len(np.unique(events("unsubscribed").lead)),
        "completed_count": int((sent.step == last).sum()),
        "emails_sent_count": len(sent),
        "contacted_count": len(np.unique(sent.lead)),
        "new_leads_contacted_count": int((sent.step == 0).sum()),
        "total_opportunities": len(np.unique(events("opportunity").lead)),
    }


def _uniques(name: str, stream: Stream) -> dict[str, int]:
    return {
        f"{name}_unique": len(np.unique(stream.lead)),
        f"{name}_unique_by_step": len(np.unique((stream.step + 1) << 32 | stream.lead)),
    }


def interest(campaign: Campaign, window: Window, now: int, every: bool) -> dict[str, int]:
    """Interest totals of the overview: the first event per contact unless `every`."""

    def count(kind: str) -> int:
        stream = _events(campaign, kind, window, now)
        return len(stream) if every else len(np.unique(stream.lead))

    return {
        "total_interested": count("opportunity"),
        "total_meeting_booked": count("booked"),
        "total_meeting_completed": count("won"),
        "total_closed": count("won"),
    }
