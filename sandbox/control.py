"""The control face under /sandbox: move time, change the world, break answers, read the truth.

    POST   /sandbox/advance   {"days": n} or {"hours": n}     -> the new clock
    POST   /sandbox/changes   {"kind": ..., ...} or a list     -> what was done
    GET    /sandbox/requests  counts · /sandbox/log  in full;  DELETE starts counting again
    POST   /sandbox/faults    one rule or a list;  GET lists, DELETE removes them
    GET    /sandbox/truth     true effects · /sandbox/keys  the bearer keys · /sandbox/clock

No key is asked for: it listens on the loopback and holds nothing real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.changes import CHANGES, apply
from sandbox.clock import DAY, HOUR, iso
from sandbox.faults import Rule
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.app import App


def advance(app: App, days: float = 0, hours: float = 0) -> dict[str, Any]:
    """Move the world on; only forward."""
    seconds = round(days * DAY + hours * HOUR)
    if seconds < 0:
        raise ValueError("time moves forward only")
    app.world.advance(seconds, apply)
    return clock(app)


def change(app: App, raw: Any) -> Any:
    """Apply one change or several; each moves the clock by a minute."""
    if isinstance(raw, list):
        return [change(app, each) for each in raw]
    arguments = dict(raw or {})
    kind = arguments.pop("kind", None)
    if kind not in CHANGES:
        raise ValueError(f"unknown kind of change {kind!r}; known: {', '.join(sorted(CHANGES))}")
    app.world.ticks += 1
    return apply(app.world, kind, arguments)


def add_faults(app: App, raw: Any) -> list[dict[str, Any]]:
    """Set one rule or several, after those that stand."""
    app.rules += [Rule.read(each) for each in (raw if isinstance(raw, list) else [raw])]
    return list_faults(app)


def list_faults(app: App) -> list[dict[str, Any]]:
    """The rules and how often each was matched."""
    return [vars(rule) | {"where": dict(rule.where)} for rule in app.rules]


def clock(app: App) -> dict[str, Any]:
    """The moment that the server says it is."""
    return {"clock": iso(app.world.clock), "world": app.world.spec.name, "seed": app.world.seed}


def keys(world: World) -> list[dict[str, Any]]:
    """Every bearer key with its workspace and scopes."""
    return [
        {
            "key": value,
            "name": key.name,
            "scopes": list(key.scopes),
            "revoked": key.revoked,
            "workspace": workspace.spec.key,
            "workspace_id": workspace.id,
            "workspace_name": workspace.name,
        }
        for value, (workspace, key) in world.keys.items()
    ]


def truth(world: World) -> dict[str, Any]:
    """True effects per campaign, step, variant and copy version, from when on each held."""
    return {
        "campaigns": [
            {
                "workspace_id": workspace.id,
                "campaign_id": campaign.id,
                "campaign_name": campaign.name(world.now),
                "steps": [
                    {"step": number, "variants": [_texts(i, text) for i, text in enumerate(texts)]}
                    for number, texts in enumerate(campaign.steps)
                ],
            }
            for workspace in world.workspaces
            for campaign in workspace.campaigns
        ]
    }


def _texts(number: int, text: Any) -> dict[str, Any]:
    versions = [
        {
            "since": iso(version.since) if version.since > 0 else None,
            "subject": version.subject,
            **vars(version.effect),
        }
        for version in text.versions
    ]
    return {"variant": number, "versions": versions}


def _reset(app: App) -> dict[str, Any]:
    app.log.clear()
    return app.log.summary()


def _no_faults(app: App) -> list[dict[str, Any]]:
    app.rules.clear()
    return []


_FACE: dict[tuple[str, str], Callable[[App, Any], Any]] = {
    ("POST", "advance"): lambda app, body: advance(app, **(body or {"days": 1})),
    ("POST", "changes"): change,
    ("GET", "changes"): lambda _app, _body: sorted(CHANGES),
    ("GET", "requests"): lambda app, _body: app.log.summary(),
    ("DELETE", "requests"): lambda app, _body: _reset(app),
    ("GET", "log"): lambda app, _body: app.log.rows(),
    ("GET", "faults"): lambda app, _body: list_faults(app),
    ("POST", "faults"): add_faults,
    ("DELETE", "faults"): lambda app, _body: _no_faults(app),
    ("GET", "truth"): lambda app, _body: truth(app.world),
    ("GET", "keys"): lambda app, _body: keys(app.world),
    ("GET", "clock"): lambda app, _body: clock(app),
}


def answer(app: App, method: str, path: str, raw: bytes) -> tuple[int, Any]:
    """Status and JSON value of a request under /sandbox."""
    handler = _FACE.get((method, path.removeprefix("/sandbox/")))
    if handler is None:
        known = ", ".join(f"{method} /sandbox/{name}" for method, name in _FACE)
        return 404, {"error": f"no {method} {path}; there is {known}"}
    try:
        return 200, handler(app, orjson.loads(raw) if raw else None)
    except (ValueError, LookupError, TypeError) as problem:
        return 400, {"error": str(problem)}
