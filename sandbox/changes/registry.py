"""The kinds of change by name, and how one is made.

`apply` looks the campaign up (`campaign` is an id, a name or a number, `workspace` a key, name or
id), lets the function registered for the kind act, and makes everything that was counted be counted
again. Each function returns what it did, with ids, so that a test knows where to look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.campaign import Campaign
from sandbox.world import Workspace, World


@dataclass(frozen=True)
class Kind:
    """A change: the function that makes it, and whether it is told a campaign or a workspace."""

    function: Callable[..., dict[str, Any]]
    of_campaign: bool


CHANGES: dict[str, Kind] = {}


def of_campaign(name: str) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., Any]]:
    """Register a function (world, campaign, …)."""
    return _registering(name, True)


def of_workspace(name: str) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., Any]]:
    """Register a function (world, workspace, …)."""
    return _registering(name, False)


def _registering(
    name: str, campaign: bool
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., Any]]:
    def register(function: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
        CHANGES[name] = Kind(function, campaign)
        return function

    return register


def apply(world: World, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Make one change; LookupError or ValueError say what does not fit."""
    workspace = world.workspace(arguments.pop("workspace", None))
    workspace.move_on()
    change = CHANGES[kind]
    if not change.of_campaign:
        return {"kind": kind, **change.function(world, workspace, **arguments)}
    campaign = _campaign(world, workspace, arguments.pop("campaign", 0))
    done = change.function(world, campaign, **arguments)
    campaign.touched.append(world.now)
    campaign.replan()
    return {"kind": kind, "campaign_id": campaign.id, **done}


def _campaign(world: World, workspace: Workspace, wanted: str | int) -> Campaign:
    if isinstance(wanted, int):
        if not 0 <= wanted < len(workspace.campaigns):
            raise LookupError(f"{workspace.name} has {len(workspace.campaigns)} campaigns")
        return workspace.campaigns[wanted]
    for campaign in workspace.campaigns:
        if wanted in (campaign.id, campaign.name(world.now), campaign.spec.name):
            return campaign
    raise LookupError(f"no campaign {wanted!r} in {workspace.name}")
