"""What people or the platform change in the source, drawn."""

from __future__ import annotations

from random import Random

from chaos.schedule import Change

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


def any_change(rng: Random) -> Change:
    """One or the other."""
    return coming_or_going(rng) if rng.random() < 0.3 else change(rng)


def quiet(rng: Random) -> Change:
    """A reply moves between two days, and no total says so."""
    return Change("move_reply", {"campaign": rng.randrange(2), "days_ago": 0, "to_days_ago": 1})
