"""What a row means for the person who reads it, in one phrase, and how urgent that is.

    a campaign, a mailbox, a table of a run ──> Phrase(level, text) ──> worst first

A phrase is made of the fields of one row and says its numbers; the first rule that fits speaks,
the most urgent rules first. Bounds are on the sure side: a bounce rate alarms only when the lower
end of its interval is above the bound, so that 2 bounces on 20 mails alarm nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.words import count, is_unknown, known, name, plural, rate

LEVELS = ("act", "look", "fine", "quiet")
"""Do something; look into it; nothing to do; nothing to see."""

BOUNCES_ACT = 0.05
BOUNCES_LOOK = 0.02
"""Providers begin to distrust a domain at about two bounces in a hundred, and block it at five."""
REPLIES_LOW = 0.01
SENT_ENOUGH = 200
SILENT_DAYS = 4
"""A weekend and a holiday beside it are no silence."""
WARMUP_LOW = 90

BROKEN = ("accounts unhealthy", "bounce protection", "account suspended")
RESTING = {"paused": "Paused", "completed": "Completed", "draft": "Draft", "unknown": "Not active"}
METRICS = {"reply": "replies", "positive": "positive replies", "click": "clicks", "open": "opens"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One of `LEVELS`, a sentence, and the page that shows what it speaks of."""

    level: str
    text: str
    page: str = "campaigns"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return LEVELS.index(self.level)


def of_campaign(row: Row, as_of: dt.date | None) -> Phrase:
    """A row of `queries.campaigns`."""
    if row["is_deleted"]:
        return Phrase("quiet", "Deleted; its numbers stay.")
    rules = (
        _broken(row),
        _bounces(row),
        _silence(row, as_of),
        _winner(row),
        _differing(row),
        _split(row),
        _no_replies(row),
        _resting(row),
    )
    return next((phrase for phrase in rules if phrase), _sending(row))


def of_account(row: Row, as_of: dt.date | None) -> Phrase:
    """A row of `queries.accounts`."""
    if row["is_deleted"]:
        return Phrase("quiet", "Removed; its numbers stay.")
    status = name(row["status_name"], "unknown")
    if status not in ("active", "paused", "maintenance"):
        said = f": {name(row['error_message'])}" if known(row["error_message"]) else ""
        return Phrase("act", f"{status.capitalize()}{said}. Reconnect it in Instantly.")
    if phrase := _bounces(row):
        return phrase
    warmup = name(row["warmup_status_name"], "unknown")
    if warmup in ("banned", "permanently suspended"):
        return Phrase("act", f"Warm-up {warmup}.")
    if status != "active":
        return Phrase("quiet", f"{status.capitalize()}.")
    if not is_unknown(row["warmup_score"]) and row["warmup_score"] < WARMUP_LOW:
        return Phrase("look", f"Warm-up score {row['warmup_score']:.0f} of 100.")
    if (days := _days_since(row["last_sent_on"], as_of)) and days > SILENT_DAYS:
        return Phrase("look", f"Nothing sent for {plural(days, 'day')}.")
    return Phrase("fine", "Sends." if known(row["sent"]) else "Nothing sent yet.")


def of_workspace(row: Row, phrases: Sequence[Phrase]) -> Phrase:
    """A row of `workspace_performance`, and the phrases of what is in it."""
    if row["is_deleted"]:
        return Phrase("quiet", "Gone; its numbers stay.")
    if urgent := sum(phrase.level == "act" for phrase in phrases):
        things = "thing needs" if urgent == 1 else "things need"
        return Phrase("act", f"{urgent:,} {things} you.")
    if worth := sum(phrase.level == "look" for phrase in phrases):
        return Phrase("look", f"{plural(worth, 'thing')} to look into.")
    if not known(row["sent"]):
        return Phrase("quiet", "Nothing sent yet.")
    return Phrase("fine", "All goes well.")


def of_run(row: Row) -> Phrase:
    """A row of `sync_status`: the newest reading of one table."""
    message = f": {name(row['message'])}" if known(row["message"]) else ""
    if row["status"] != "ok":
        return Phrase("act", f"{name(row['status']).capitalize()}{message}.")
    return Phrase("fine", f"{plural(int(row['changed'] or 0), 'row')} changed{message}.")


def of_unread(rows: Sequence[Row]) -> Phrase:
    """Rows of `sync_status` of one workspace, none of which is `ok`: what the pages lack."""
    tables = [name(row["table_name"]) for row in rows]
    more = f" and {plural(len(tables) - 2, 'more table')}" if len(tables) > 2 else ""
    message = next((f": {name(row['message'])}" for row in rows if known(row["message"])), "")
    return Phrase("act", f"Not read: {', '.join(tables[:2])}{more}{message}.", "trust")


def _broken(row: Row) -> Phrase | None:
    status = known(row["status_name"])
    if status not in BROKEN:
        return None
    return Phrase("act", f"Instantly has stopped it: {status}.")


def _bounces(row: Row) -> Phrase | None:
    low = known(row["bounce_rate_low"])
    if low is None or low <= BOUNCES_LOOK:
        return None
    numbers = f"{rate(row['bounce_rate'])} bounce ({count(row['bounced'])} of {count(row['sent'])})"
    if low > BOUNCES_ACT:
        return Phrase("act", f"{numbers}: stop, and check the list.")
    return Phrase("look", f"{numbers}: check where the list is from.")


def _silence(row: Row, as_of: dt.date | None) -> Phrase | None:
    if row["status_name"] != "active" or not (days := _days_since(row["last_sent_on"], as_of)):
        return None
    if days <= SILENT_DAYS:
        return None
    return Phrase("act", f"Active, but nothing sent for {plural(days, 'day')}: leads or limits?")


def _days_since(last: Any, as_of: dt.date | None) -> int | None:
    if is_unknown(last) or as_of is None:
        return None
    return (as_of - (last.date() if isinstance(last, dt.datetime) else last)).days


def _verdicts(row: Row, status: str) -> Iterator[Row]:
    yield from (verdict for verdict in row["verdicts"] if verdict["status"] == status)


def _winner(row: Row) -> Phrase | None:
    won = list(_verdicts(row, "winner"))
    if not won:
        return None
    first = won[0]
    what = f"Step {first['step']}: {name(first['winner'])} wins on {_metric(first)}"
    rest = f", and {plural(len(won) - 1, 'more step')}" if len(won) > 1 else ""
    return Phrase("act", f"{what}{rest}: pause the others.", "ab")


def _split(row: Row) -> Phrase | None:
    off = [verdict for verdict in _verdicts(row, "split is off") if not verdict["auto"]]
    if not off:
        return None
    return Phrase(
        "look", f"Step {off[0]['step']}: the variants did not get even shares of mail.", "ab"
    )


def _differing(row: Row) -> Phrase | None:
    if not row["differing"]:
        return None
    number = int(row["differing"])
    verb = "does" if number == 1 else "do"
    text = f"{plural(number, 'number')} {verb} not add up: see Trust."
    return Phrase("look", text, "trust")


def _no_replies(row: Row) -> Phrase | None:
    high = known(row["reply_rate_high"])
    if high is None or row["sent"] < SENT_ENOUGH or high >= REPLIES_LOW:
        return None
    return Phrase("look", f"Hardly a reply: {_replies(row)}, at most {rate(high)}.")


def _resting(row: Row) -> Phrase | None:
    words = RESTING.get(name(row["status_name"], "unknown"))
    if not words:
        return None
    return Phrase("quiet", f"{words}." if known(row["sent"]) else f"{words}: nothing sent yet.")


def _sending(row: Row) -> Phrase:
    """What the judgement says about a campaign that goes as it should."""
    for first in _verdicts(row, "leading"):
        days = known(first["days"])
        more = f", {plural(int(days), 'day')} to a verdict at this pace" if days else ""
        text = f"Sending; step {first['step']}: {name(first['leader'])} leads{more}."
        return Phrase("fine", text)
    if any(verdict["auto"] for verdict in _verdicts(row, "split is off")):
        return Phrase("fine", "Sending; Instantly itself selects the variants.")
    if any(_verdicts(row, "too early")):
        return Phrase("fine", "Sending; too early to call a variant.")
    return Phrase("fine", "Sending; no variants to compare." if known(row["sent"]) else "Waiting.")


def _metric(verdict: Row) -> str:
    return METRICS.get(verdict["metric"], verdict["metric"])


def _replies(row: Row) -> str:
    """`0.3 % (3 of 1,120)`."""
    return f"{rate(row['reply_rate'])} ({count(row['unique_replies'])} of {count(row['sent'])})"
