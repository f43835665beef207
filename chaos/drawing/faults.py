"""What the API does wrong, drawn, with the exit codes that are right for whoever meets it."""

from __future__ import annotations

from random import Random
from typing import Any

from chaos.drawing.changes import CANARY
from chaos.schedule import Fault

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
