"""What a schedule is sure to meet: its theme, and the steps that make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from chaos.drawing.changes import any_change, change, coming_or_going, quiet
from chaos.drawing.deaths import (
    killed_at_effect,
    killed_in_run,
    killed_in_sync,
    struck,
    told_to_stop,
)
from chaos.drawing.faults import (
    WALK,
    envelope,
    held,
    lie,
    odd,
    partial,
    passing,
    refusal,
)
from chaos.schedule import (
    Backup,
    Change,
    Debris,
    Fault,
    Overlap,
    Pass,
    Restore,
    Room,
    Run,
    Step,
)

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati")
CLOCKS = (-86_400, -7_200, 7_200, 86_400)

Theme = Callable[[Random], list[Step]]


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
    return [*first, Run(faults=(odd(rng),)), any_change(rng), second]


def _effects(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.4 else [Run(), Pass(rng.choice((6, 24)))]
    return [*first, *(Run(death=killed_at_effect(rng)) for _ in range(3))]


def _kills(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.3 else [Run(), Pass(rng.choice((6, 24)))]
    return [*first, *(Run(death=killed_in_sync(rng)) for _ in range(3))]


def _signals(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.3 else [Run(), Pass(24)]
    slow = (Fault("delay", "*", {"seconds": 0.5, "times": None}),)
    return [*first, *(Run(death=told_to_stop(rng), faults=slow) for _ in range(2))]


def _overlap(rng: Random) -> list[Step]:
    after = rng.choice((None, round(rng.uniform(0, 2), 2)))
    before = [Run(), Pass(24)] if rng.random() < 0.5 else []
    return [*before, Overlap(after=after), Overlap(after=round(rng.uniform(0, 2), 2))]


def _backup(rng: Random) -> list[Step]:
    return [
        Run(),
        Backup(),
        Pass(24),
        any_change(rng),
        Run(),
        Restore(),
        *([Pass(8), Run(death=killed_in_sync(rng))] if rng.random() < 0.5 else []),
    ]


def _debris(rng: Random) -> list[Step]:
    kinds = ("a run folder full of garbage", "a lock file full of garbage", "no lock file")
    harder = ("a write-ahead log of somebody else", "the run folder vanishes at load")
    return [Run(), Debris(rng.choice(kinds)), Pass(24), Debris(rng.choice(harder)), Run()]


def _debris_of_a_server(rng: Random) -> list[Step]:
    kinds = ("a run folder full of garbage", "a draft of a run that died")
    vanishes = Debris("the run folder vanishes at load")
    return [Run(), Debris(rng.choice(kinds)), Pass(24), vanishes, Run()]


def _server(rng: Random) -> list[Step]:
    first = [] if rng.random() < 0.3 else [Run(), Pass(rng.choice((6, 24)))]
    return [*first, *(Run(blow=struck(rng, "copy", "load", "publish")) for _ in range(3))]


def _server_marts(rng: Random) -> list[Step]:
    blow = struck(rng, "transform", "transform", "judge", "publish")
    return [Run("run"), any_change(rng), Pass(24), Run("run", blow=blow)]


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
        any_change(rng),
        Run(zone=rng.choice(ZONES), clock=rng.choice(CLOCKS)),
    ]


def _changes(rng: Random) -> list[Step]:
    return [Run(), change(rng), coming_or_going(rng), Run(), Pass(26), change(rng), change(rng)]


def _meanwhile(rng: Random) -> list[Step]:
    def moving() -> Run:
        when = sorted(rng.randint(1, 25) for _ in range(2))
        return Run(meanwhile=tuple((n, any_change(rng)) for n in when))

    return [*([Run(), Pass(24)] if rng.random() < 0.5 else []), moving(), moving()]


def _quietly(rng: Random) -> list[Step]:
    return [Run(), quiet(rng), Run()]


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
        any_change(rng),
    ]


def _marts(rng: Random) -> list[Step]:
    return [
        Run(),
        any_change(rng),
        any_change(rng),
        Run(),
        Pass(rng.choice((24, 72))),
        any_change(rng),
        Run("run", death=killed_in_run(rng)),
    ]


def _readers(rng: Random) -> list[Step]:
    return [Run("run"), Pass(24), any_change(rng), Run(death=killed_in_sync(rng)), Run()]


def _agencies(rng: Random) -> list[Step]:
    def one(fault: Fault) -> Fault:
        where = {"where": {"workspace": rng.choice(("small", "second"))}}
        ends = frozenset({0} if fault.ends == {0} else {3})
        return replace(fault, options={**fault.options, **where}, ends=ends)

    faults = [one(rng.choice((envelope, partial, passing, refusal))(rng)) for _ in range(2)]
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


THEMES: dict[str, Theme] = {
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
"""On the file; number n meets the (n modulo their number)-th."""

THEMES_OF_A_SERVER: dict[str, Theme] = {
    **THEMES,
    "debris": _debris_of_a_server,
    "server": _server,
    "server marts": _server_marts,
}
"""In a database: no file of another program lies about, and the server goes away at work."""

WITH_MARTS = ("marts", "readers", "time", "server marts")
