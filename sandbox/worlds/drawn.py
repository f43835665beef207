"""Worlds of many campaigns, each drawn from its number: `fifty`, `agency` and `large`."""

from __future__ import annotations

from dataclasses import replace

from sandbox.ids import chance
from sandbox.specs import CampaignSpec, Effect, KeySpec, Step, WorkspaceSpec, WorldSpec
from sandbox.worlds.parts import PEOPLE, texts


def fifty() -> WorldSpec:
    """One workspace of 50 campaigns over 90 days, for counting requests."""
    campaigns = tuple(drawn_campaign("fifty", number, 90, 12, 22) for number in range(50))
    return WorldSpec("fifty", (WorkspaceSpec("Fifty Campaigns Inc", "fifty", campaigns, PEOPLE),))


def drawn_campaign(
    world_name: str, number: int, days: int, slow: float, fast: float
) -> CampaignSpec:
    """A campaign whose steps, variants, pace and effects depend on its number alone."""

    def draw(*path: object) -> float:
        return chance(world_name, number, *path)

    def effect(step: int, variant: int) -> Effect:
        return Effect(
            open=0.3 + 0.3 * draw("open", step, variant),
            click=0.005 + 0.03 * draw("click", step, variant),
            reply=(0.012 + 0.05 * draw("reply", step, variant)) / (step + 1),
            automatic=0.005 + 0.02 * draw("automatic", step),
            positive=0.15 + 0.3 * draw("positive", step, variant),
        )

    steps = []
    for step in range(2 + (draw("steps") < 0.5)):
        letters = "ABC"[: 2 + (draw("variants", step) < 0.4)]
        pairs = [
            (f"{letter}: idea {number}.{step}", effect(step, i)) for i, letter in enumerate(letters)
        ]
        steps.append(Step(texts(*pairs), 2 + int(3 * draw("delay", step))))
    pace = slow + (fast - slow) * draw("pace")
    return CampaignSpec(
        f"Campaign {number + 1:02d}",
        tuple(steps),
        leads=round(pace * (days + 75) * 5 / 7),
        leads_per_day=pace,
        started_days_ago=days,
        owner=number % 5,
        null_style=("null", "text", "variant")[number % 3],
        open_tracking=number % 10 != 7,
        subsequences=int(number % 8 == 0),
        tags=(number % 4,),
    )


def agency() -> WorldSpec:
    """An agency with five sub-workspaces: two healthy, one unpaid, one plain, one narrow."""

    def campaigns(key: str, count: int) -> tuple[CampaignSpec, ...]:
        return tuple(drawn_campaign(key, number, 40, 8, 16) for number in range(count))

    def sub(name: str, key: str, count: int) -> WorkspaceSpec:
        return WorkspaceSpec(name, key, campaigns(key, count), PEOPLE)

    accepted = tuple(
        (key, "accepted") for key in ("acme", "globex", "initech", "umbrella", "hooli")
    )
    admin = WorkspaceSpec(
        "Northlight Agency",
        "northlight",
        campaigns("northlight", 1),
        PEOPLE,
        keys=(KeySpec("main"), KeySpec("reader", ("all:read",)), KeySpec("old", revoked=True)),
        admin_of=(*accepted, ("pending", "pending")),
    )
    return WorldSpec(
        "agency",
        (
            admin,
            sub("Acme Tools", "acme", 4),
            replace(sub("Globex « Europe »", "globex", 3), keys=(KeySpec("main", ("all:read",)),)),
            replace(sub("Initech", "initech", 2), paid=False),
            replace(sub("Umbrella", "umbrella", 2), inbox_placement=False, plan="pid_g_v1"),
            replace(
                sub("Hooli", "hooli", 2),
                keys=(KeySpec("main", ("campaigns:read",)), KeySpec("full")),
            ),
            sub("Not Yet Ours", "pending", 1),
        ),
    )


def large() -> WorldSpec:
    """An agency of 5 workspaces with 200 campaigns and 20,000 leads in all."""
    keys = ("north", "east", "south", "west", "centre")
    spaces = tuple(
        WorkspaceSpec(
            f"{key.title()} Office",
            key,
            tuple(
                replace(drawn_campaign(key, number, 40, 3, 4), leads=100) for number in range(40)
            ),
            PEOPLE,
            mailboxes=12,
            lists=(),
            admin_of=tuple((k, "accepted") for k in keys[1:]) if key == "north" else (),
        )
        for key in keys
    )
    return WorldSpec("large", spaces)
