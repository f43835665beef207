"""Drawing a schedule: a theme that is sure to happen, and whatever else happens in a night.

    number modulo themes ─> theme ─> its steps ─┐
    Random(seed:number) ─> world, fillers ──────┴─> Schedule

Themes go round so that every kind of trouble comes up in any two dozen schedules, and a mutant that
one theme must find is found there. All else is drawn. Three rules keep a schedule fair:

- A reply that moves between days leaves the totals as they are. Such quiet changes are promised
  within the trailing days only (docs/loading.md), so they come after the last passing of time.
- An answer that lies (whole, well-formed, wrong) cannot be told from the truth. After one the
  promise is convergence by `--full-refresh`.
- Nothing is drawn that needs the patience of a quarter of an hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from chaos.schedule import (
    Backup,
    Change,
    Death,
    Debris,
    Fault,
    Overlap,
    Pass,
    Restore,
    Room,
    Run,
    Schedule,
    Step,
    World,
)

DATES = (
    dt.date(2026, 11, 17),
    dt.date(2026, 4, 2),  # the clocks of Europe have just changed
    dt.date(2027, 3, 16),  # those of America
    dt.date(2027, 1, 4),
    dt.date(2028, 3, 2),  # a leap day among the last twelve
    dt.date(2026, 11, 4),
)
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati")
CLOCKS = (-86_400, -7_200, 7_200, 86_400)
LISTS = ("GET /workspace-members", "GET /campaigns")
REPORTS = (
    "GET /campaigns/analytics",
    "GET /campaigns/analytics/daily",
    "GET /campaigns/analytics/steps",
)
ROWS = LISTS + REPORTS
BROKEN = ("reset", "cut", "cut_chunk", "bad_gzip", "garbage", "html")
ALL = ("GET /workspaces/current", *ROWS)
WALK = {"where": {"limit": "100"}}
"""The pages of a list, not the question whether the key may ask for it at all."""

SYNC_EFFECTS = 560
"""About as many side effects as a first load has; a run with fewer is simply not killed."""

MEMBERS = ("bjorn@example.com", "chiara@example.com")
CANARY = "canary-q7x@people.example"
"""An address that is looked for where it must not be."""

ODD = (
    {"name": "‮reversed‬ 🚀 «'; drop table campaigns; --»"},
    {"name": "x" * 20_000},
    {"newMember": {"deep": [1, {"a": None}]}, "anotherOne": 0},
    {"status": 77},
    {"name": "line\none\ttwo\u2028three"},
    {"daily_limit": 12.5, "pl_value": 2**53},
    {"timestamp_created": "0001-01-01T00:00:00.000Z"},
    {"timestamp_updated": "2999-12-31T23:59:59.999Z"},
)


MEMBERS_OF = {
    "GET /workspace-members": ("id", "timestamp_created"),
    "GET /campaigns": ("id", "status"),
    "GET /campaigns/analytics": ("campaign_id", "emails_sent_count"),
    "GET /campaigns/analytics/daily": ("date", "sent"),
    "GET /campaigns/analytics/steps": ("variant", "sent"),
    "GET /subsequences": ("id", "timestamp_created"),
    "GET /subsequences/analytics": ("subsequence_id", "emails_sent_count"),
    "GET /subsequences/{id}/analytics/steps": ("variant", "sent"),
    "GET /accounts": ("email", "status"),
    "GET /accounts/analytics/daily": ("date", "sent"),
    "GET /account-campaign-mappings/{email}": ("campaign_id", "timestamp_created"),
    "GET /custom-tags": ("id", "timestamp_created"),
    "GET /custom-tag-mappings": ("id", "timestamp_created"),
}
"""Of every operation a member of the key and one that has a type."""


def _one_of(rng: Random, *choices: Callable[[Random], Any]) -> Any:
    return rng.choice(choices)(rng)


# Changes ----------------------------------------------------------------------------------------


def change(rng: Random, campaigns: int = 2) -> Change:
    """Something that people or the platform do; quiet changes are not among them."""
    where = {"campaign": rng.randrange(campaigns)}
    place = {"step": rng.randrange(2), "variant": rng.randrange(2)}
    kind, arguments = rng.choice(
        [
            ("rename", {"name": f"Renamed {rng.randrange(1000)} »again« 🚀"}),
            ("edit_copy", {**place, "subject": f"Another text {rng.randrange(1000)}"}),
            ("add_variant", {"step": place["step"]}),
            ("remove_variant", {"step": place["step"]}),
            ("pause_variant", place),
            ("set_tracking", {"open_tracking": rng.random() < 0.5}),
            ("late_reply", {"days_ago": rng.randint(1, 9), **place}),
            ("late_reply", {"days_ago": rng.randint(0, 3), "automatic": True}),
            ("restate_day", {"days_ago": rng.randint(1, 9), "sent": rng.randint(1, 4)}),
            ("zero_day", {"days_ago": rng.randint(2, 9), "row": rng.random() < 0.5}),
            ("pause_campaign", {"paused": True}),
            ("set_fields", {"fields": rng.choice(ODD)}),
        ]
    )
    return Change(kind, {**where, **arguments})


def coming_or_going(rng: Random) -> Change:
    """Something appears or vanishes."""
    kind, arguments = rng.choice(
        [
            ("new_member", {"email": f"new{rng.randrange(1000)}@example.com"}),
            ("remove_member", {"email": rng.choice(MEMBERS)}),
            ("new_campaign", {"name": "Late", "started_days_ago": rng.randint(0, 4), "leads": 90}),
            ("delete_campaign", {"campaign": 1}),
            ("rename_workspace", {"name": f"Renamed {rng.randrange(1000)} Ltd"}),
        ]
    )
    return Change(kind, arguments)


def _any_change(rng: Random) -> Change:
    return coming_or_going(rng) if rng.random() < 0.3 else change(rng)


def _quiet(rng: Random) -> Change:
    return Change("move_reply", {"campaign": rng.randrange(2), "days_ago": 0, "to_days_ago": 1})


# Faults -----------------------------------------------------------------------------------------


def _struck(rng: Random, most: int = 2) -> dict[str, Any]:
    return {"nth": rng.randint(1, 3), "times": rng.randint(1, most)}


def passing(rng: Random) -> Fault:
    """A fault that heals when asked again: the run must not even limp."""
    status = rng.choice((429, 500, 502, 503, 408))
    return rng.choice(
        [
            Fault("status", rng.choice(ALL), _struck(rng) | {"status": status}),
            Fault(rng.choice(BROKEN), rng.choice(ALL), _struck(rng)),
            Fault(rng.choice(("null", "error")), rng.choice(ALL), _struck(rng)),
            Fault(rng.choice(("items_null", "items_missing")), rng.choice(ROWS), _struck(rng)),
            Fault("delay", rng.choice(ALL), _struck(rng) | {"seconds": 0.4}),
            Fault("slow", "GET /workspaces/current", {"seconds": 0.001}),
            Fault("duplicate_rows", rng.choice(ROWS), {"times": None}),
        ]
    )


def held(rng: Random) -> Fault:
    """A 429 that says how long to wait."""
    told = rng.choice(("1", "2", "3", "date +2", "date +3"))
    options = {"status": 429, "headers": {"Retry-After": told}, "nth": rng.randint(1, 8)}
    return Fault("status", rng.choice(REPORTS[1:]), options)


def envelope(rng: Random) -> Fault:
    """Not an answer, for ever: taken for an empty one it would be a loss without a word."""
    action = rng.choice(("null", "error", "items_null", "items_missing"))
    where = rng.choice(LISTS if action.startswith("items") else ROWS)
    return Fault(action, where, {"times": None}, ends=frozenset({5}))


def refusal(rng: Random) -> Fault:
    """A fault that no patience heals, with the exit code it must end in."""
    patch = {"fields": {"sent": "many"}, "times": None}
    said = {"message": f"no such lead: {CANARY}"}
    edge = {"status": 403, "body": "error code: 1010\n", "times": None}
    return rng.choice(
        [
            Fault("status", rng.choice(ALL), {"status": 401, "times": None}, frozenset({2})),
            Fault("status", "GET /campaigns", {"status": 400, "body": said}, frozenset({1})),
            Fault("status", rng.choice(ALL), edge, frozenset({1})),
            Fault("redirect", rng.choice(ALL), {"times": None}, frozenset({5})),
            Fault("patch", "GET /campaigns/analytics/daily", patch, frozenset({5})),
            Fault("repeat_cursor", rng.choice(LISTS), {"times": None}, frozenset({5})),
            Fault("reset", "*", {"times": None}, frozenset({1})),
        ]
    )


def odd(rng: Random) -> Fault:
    """One row per answer does not fit: no key, or a value of another type.

    Few of them are set apart, which is a partial success; where they are most of a table, it is
    refused; an answer without rows has none.
    """
    operation = rng.choice(list(MEMBERS_OF))
    key, typed = MEMBERS_OF[operation]
    fields = rng.choice(({key: {"not": "a key"}}, {typed: {"not": "many"}}, {typed: ["some day"]}))
    if rng.random() < 0.5 and key != "variant":  # of a step, null is a place like others
        fields = {key: None}
    rows = {"rows": {str(rng.choice((0, 0, 1))): fields}, "times": None}
    return Fault("patch", operation, rows, ends=frozenset({0, 3, 5}))


def partial(rng: Random) -> Fault:
    """One table that the key or the plan does not open."""
    status = {"status": rng.choice((402, 403)), "times": None}
    return Fault("status", rng.choice(ROWS), status, frozenset({3}))


def lie(rng: Random) -> Fault:
    """An answer that is whole, well-formed and wrong."""
    gone = {"status": 404, "body": {"statusCode": 404, "message": "Resource not found"}}
    return rng.choice(
        [
            Fault("short", rng.choice(REPORTS[1:]), {"keep": 1} | _struck(rng), lies=True),
            Fault("items_empty", "GET /workspace-members", WALK, frozenset({0, 5}), lies=True),
            Fault("no_cursor", "GET /campaigns", WALK, frozenset({0, 5}), lies=True),
            Fault("status", REPORTS[2], gone | _struck(rng), lies=True),
        ]
    )


# Deaths -----------------------------------------------------------------------------------------


def _killed_at_effect(rng: Random) -> Death:
    return Death(effect=rng.randint(1, SYNC_EFFECTS))


def _killed_in_sync(rng: Random) -> Death:
    stage = rng.choice((None, "copy", "load", "load", "load", "publish"))
    return Death("SIGKILL", stage, round(rng.uniform(0, {"load": 2.0}.get(stage or "", 0.2)), 3))


def _killed_in_run(rng: Random) -> Death:
    stage, longest = rng.choice((("transform", 12.0), ("judge", 4.0), ("publish", 0.15)))
    return Death("SIGKILL", stage, round(rng.uniform(0, longest), 3))


def _told_to_stop(rng: Random) -> Death:
    death = _killed_in_sync(rng)
    return replace(death, how=rng.choice(("SIGTERM", "SIGINT")))


# Themes -----------------------------------------------------------------------------------------


def _faults(rng: Random) -> list[Step]:
    return [
        Run(faults=tuple(passing(rng) for _ in range(rng.randint(2, 4)))),
        Pass(rng.choice((5, 24))),
        Run(faults=tuple(passing(rng) for _ in range(rng.randint(2, 4)))),
    ]


def _envelopes(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.5 else [Run(), Pass(24)]
    return [*first, Run(faults=(envelope(rng),)), Run(faults=(envelope(rng),))]


def _refusals(rng: Random) -> list[Step]:
    return [Run(), Pass(24), Run(faults=(refusal(rng),)), Run(faults=(refusal(rng), passing(rng)))]


def _partials(rng: Random) -> list[Step]:
    return [Run(), Pass(30), Run(faults=(partial(rng),))]


def _drift(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.3 else [Run(), Pass(24)]
    second = Run(faults=(odd(rng),), options=("--full-refresh",))
    return [*first, Run(faults=(odd(rng),)), _any_change(rng), second]


def _effects(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.4 else [Run(), Pass(rng.choice((6, 24)))]
    return [*first, *(Run(death=_killed_at_effect(rng)) for _ in range(3))]


def _kills(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.3 else [Run(), Pass(rng.choice((6, 24)))]
    return [*first, *(Run(death=_killed_in_sync(rng)) for _ in range(3))]


def _signals(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.3 else [Run(), Pass(24)]
    slow = (Fault("delay", "*", {"seconds": 0.5, "times": None}),)
    return [*first, *(Run(death=_told_to_stop(rng), faults=slow) for _ in range(2))]


def _overlap(rng: Random) -> list[Step]:
    after = rng.choice((None, round(rng.uniform(0, 2), 2)))
    before = [Run(), Pass(24)] if rng.random() < 0.5 else []
    return [*before, Overlap(after=after), Overlap(after=round(rng.uniform(0, 2), 2))]


def _backup(rng: Random) -> list[Step]:
    return [
        Run(),
        Backup(),
        Pass(24),
        _any_change(rng),
        Run(),
        Restore(),
        *([Pass(8), Run(death=_killed_in_sync(rng))] if rng.random() < 0.5 else []),
    ]


def _debris(rng: Random) -> list[Step]:
    kinds = ("a run folder full of garbage", "a lock file full of garbage", "no lock file")
    harder = ("a write-ahead log of somebody else", "the run folder vanishes at load")
    return [Run(), Debris(rng.choice(kinds)), Pass(24), Debris(rng.choice(harder)), Run()]


def _disk(rng: Random) -> list[Step]:
    quota = Room(rng.choice((0, 4_096, 65_536, 1_000_000, 3_000_000, 6_000_000)))
    full = Room(rng.choice((0, 8_192, 262_144, 1_048_576, 4_194_304)), "load")
    return [Run(), Pass(24), Run(room=quota), Run(room=full)]


def _time(rng: Random) -> list[Step]:
    return [
        Run(zone=rng.choice(ZONES)),
        Pass(rng.choice((11, 13, 24))),
        Run(zone=rng.choice(ZONES), clock=rng.choice(CLOCKS)),
        Pass(rng.choice((2, 24))),
        _any_change(rng),
        Run(zone=rng.choice(ZONES), clock=rng.choice(CLOCKS)),
    ]


def _changes(rng: Random) -> list[Step]:
    return [Run(), change(rng), coming_or_going(rng), Run(), Pass(26), change(rng), change(rng)]


def _meanwhile(rng: Random) -> list[Step]:
    def moving() -> Run:
        when = sorted(rng.randint(1, 25) for _ in range(2))
        return Run(meanwhile=tuple((n, _any_change(rng)) for n in when))

    return [*([Run(), Pass(24)] if rng.random() < 0.5 else []), moving(), moving()]


def _quietly(rng: Random) -> list[Step]:
    return [Run(), _quiet(rng), Run()]


def _lies(rng: Random) -> list[Step]:
    return [Run(), Pass(24), Run(faults=(lie(rng),)), *([Run()] if rng.random() < 0.3 else [])]


def _copies(rng: Random) -> list[Step]:
    return [Run(faults=(Fault("stale_copy", "GET /campaigns", WALK), passing(rng)))]


def _limits(rng: Random) -> list[Step]:
    return [Run(faults=(held(rng),)), Pass(24), Run(faults=(held(rng),))]


def _options(rng: Random) -> list[Step]:
    some = rng.choice(("campaigns", "campaign_analytics_daily", "workspace_members"))
    return [
        Run(options=("--tables", some)),
        Pass(24),
        Run(options=rng.choice((("--full-refresh",), ("--tables", "step_analytics")))),
        _any_change(rng),
    ]


def _marts(rng: Random) -> list[Step]:
    return [
        Run(),
        _any_change(rng),
        _any_change(rng),
        Run(),
        Pass(rng.choice((24, 72))),
        _any_change(rng),
        Run("run", death=_killed_in_run(rng)),
    ]


def _readers(rng: Random) -> list[Step]:
    return [Run("run"), Pass(24), _any_change(rng), Run(death=_killed_in_sync(rng)), Run()]


def _agencies(rng: Random) -> list[Step]:
    def one(fault: Fault) -> Fault:
        where = {"where": {"workspace": rng.choice(("small", "second"))}}
        ends = frozenset({0} if fault.ends == {0} else {3})
        return replace(fault, options={**fault.options, **where}, ends=ends)

    faults = [one(_one_of(rng, envelope, partial, passing, refusal)) for _ in range(2)]
    return [*([Run(), Pass(24)] if rng.random() < 0.7 else []), *(Run(faults=(f,)) for f in faults)]


def _pages(rng: Random) -> list[Step]:
    late = {"nth": 2, "times": rng.choice((1, 2))} | WALK
    action = rng.choice(("items_null", "items_missing", "cut", "html", "null"))
    forever = {"nth": 2, "times": None} | WALK
    cursor = Fault("repeat_cursor", "GET /campaigns", forever, frozenset({5}))
    return [
        Run(faults=(Fault(action, "GET /campaigns", late),)),
        Run(faults=(cursor,)),
        Run(meanwhile=((4, Change("new_campaign", {"name": "Between pages", "leads": 40})),)),
    ]


THEMES: dict[str, Callable[[Random], list[Step]]] = {
    "faults": _faults,
    "effects": _effects,
    "kills": _kills,
    "overlap": _overlap,
    "envelopes": _envelopes,
    "changes": _changes,
    "marts": _marts,
    "limits": _limits,
    "signals": _signals,
    "backup": _backup,
    "quiet": _quietly,
    "disk": _disk,
    "refusals": _refusals,
    "time": _time,
    "copies": _copies,
    "meanwhile": _meanwhile,
    "readers": _readers,
    "pages": _pages,
    "debris": _debris,
    "lies": _lies,
    "agencies": _agencies,
    "options": _options,
    "partials": _partials,
    "drift": _drift,
}
"""What a schedule is sure to meet; number n meets the (n modulo their number)-th."""

WITH_MARTS = ("marts", "readers", "time")


def theme_of(number: int) -> str:
    """The theme of a schedule."""
    return list(THEMES)[number % len(THEMES)]


def draw(seed: int, number: int) -> Schedule:
    """The schedule of this seed and number: always the same one."""
    rng = Random(f"{seed}:{number}")
    theme = theme_of(number)
    world = World(
        seed=rng.randrange(1, 10_000),
        date=rng.choice(DATES),
        campaigns=rng.choice((2, 2, 3)),
        days=rng.randint(7, 13),
        pace=rng.choice((5.0, 7.0, 9.0)),
        drafts=103 if theme in ("pages", "copies") else rng.choice((0, 0, 1)),
        workspaces=2 if theme == "agencies" else 1,
        subsequences=rng.choice((0, 1, 2)),
    )
    is_quiet = theme == "quiet"
    steps = [*_before(rng, is_quiet), *THEMES[theme](rng), *_after(rng, is_quiet)]
    is_whole = theme in WITH_MARTS or (rng.random() < 0.06 and not is_quiet)
    return Schedule(
        seed=seed,
        number=number,
        theme=theme,
        world=world,
        steps=tuple(steps),
        finale="run" if is_whole else "sync",
        requests_per_minute=600 if theme == "limits" else rng.choice((1200, 3000, 6000)),
        readers=3 if theme == "readers" else int(rng.random() < 0.15),
        is_full=rng.random() < 0.2,
    )


def _before(rng: Random, is_quiet: bool) -> list[Step]:
    """Nothing, mostly; now and then the night begins badly."""
    if is_quiet or rng.random() < 0.7:
        return []
    return [_one_of(rng, _a_killed_run, _a_faulty_run, _any_change)]


def _after(rng: Random, is_quiet: bool) -> list[Step]:
    """What happens between the theme and the morning."""
    if is_quiet:
        return []
    found = [_one_of(rng, _any_change, _a_pass, _a_pass, _a_killed_run, _a_faulty_run)]
    if rng.random() < 0.5:
        found.append(_one_of(rng, _any_change, _a_killed_run, _quiet))
    return found


def _a_pass(rng: Random) -> Pass:
    return Pass(rng.choice((1, 6, 24, 49, 170)))


def _a_killed_run(rng: Random) -> Run:
    return Run(death=_one_of(rng, _killed_at_effect, _killed_in_sync, _told_to_stop))


def _a_faulty_run(rng: Random) -> Run:
    return Run(faults=(passing(rng), passing(rng)), zone=rng.choice(ZONES))
