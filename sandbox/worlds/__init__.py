"""The named worlds that the sandbox serves.

`demo` is what a newcomer sees: one workspace in which every rule of the metrics has a case. `fifty`
is for counting requests, `empty` for the first day of a workspace, `agency` for several workspaces
with plans and scopes that differ, `large` for 200 campaigns and 20,000 leads in five workspaces.
Tests derive their own with `small` and `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.specs import CampaignSpec, Person, Step, Variant, WorkspaceSpec, WorldSpec
from sandbox.worlds.demo import demo
from sandbox.worlds.drawn import agency, fifty, large
from sandbox.worlds.parts import PEOPLE


def world(name: str) -> WorldSpec:
    """The world of this name; LookupError names those that exist."""
    if name not in WORLDS:
        raise LookupError(f"no world {name!r}; there are {', '.join(sorted(WORLDS))}")
    return WORLDS[name]()


def small(
    campaigns: int = 2, days: int = 20, leads_per_day: float = 12, variants: int = 2
) -> WorldSpec:
    """A little world for tests: some campaigns of two steps, all started `days` ago."""
    steps = tuple(
        Step(tuple(Variant(f"S{step} V{i}", f"<p>{step}{i}</p>") for i in range(variants)))
        for step in range(2)
    )
    specs = tuple(
        CampaignSpec(
            f"Campaign {n}",
            steps,
            leads=round(leads_per_day * (days + 60)),
            leads_per_day=leads_per_day,
            started_days_ago=days,
        )
        for n in range(campaigns)
    )
    return WorldSpec("small", (WorkspaceSpec("Small Ltd", "small", specs, PEOPLE),))


def empty() -> WorldSpec:
    """A workspace on its first day: an owner, a key, nothing else."""
    workspace = WorkspaceSpec(
        "Just Begun",
        "empty",
        people=(Person("Nia", "Okafor", "nia@example.com", "owner"),),
        age_days=1,
        mailboxes=0,
        lists=(),
        tags=(),
        labels=(),
        furnished=False,
    )
    return WorldSpec("empty", (workspace,))


WORLDS: dict[str, Callable[[], WorldSpec]] = {
    "demo": demo,
    "fifty": fifty,
    "empty": empty,
    "agency": agency,
    "large": large,
    "small": small,
}
