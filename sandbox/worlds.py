"""The named worlds that the sandbox serves.

`demo` is what a newcomer sees: one workspace in which every rule of the metrics has a case. `fifty`
is for counting requests, `empty` for the first day of a workspace, `agency` for several workspaces
with plans and scopes that differ. Tests derive their own with `small` and `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sandbox.ids import chance
from sandbox.specs import (
    CampaignSpec,
    Change,
    Effect,
    KeySpec,
    ListSpec,
    Person,
    Step,
    Variant,
    WorkspaceSpec,
    WorldSpec,
)

PEOPLE = (
    Person("Ada", "Moreno", "ada@example.com", "owner"),
    Person("Bjørn", "Ødegård", "bjorn@example.com", "admin"),
    Person("Chiara", "D’Amico", "chiara@example.com", "editor"),
    Person("Dmitri", "Волков", "dmitri@example.com", "editor"),
    Person("Eve", "Laurent", "eve@example.com", "editor", member=False),
    Person("Farid", "Haidari", "farid@example.com", "client", accepted=False),
)


LISTS = (
    ListSpec("Imported 2025", 130, 480),
    ListSpec("Messe Köln «Halle 7»", 60, 50),
    ListSpec("SuperSearch: CFOs", 45, 20, enriched=True),
)


def world(name: str) -> WorldSpec:
    """The world of this name; LookupError names those that exist."""
    if name not in WORLDS:
        raise LookupError(f"no world {name!r}; there are {', '.join(sorted(WORLDS))}")
    return WORLDS[name]()


def texts(*pairs: tuple[str, Effect], body: str = "Hi {{firstName}},") -> tuple[Variant, ...]:
    """Variants A, B, … from subjects and effects."""
    return tuple(
        Variant(subject, f"<div>{body}</div><div>{subject}</div>", effect)
        for subject, effect in pairs
    )


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


def _demo() -> WorldSpec:
    workspace = WorkspaceSpec(
        "Demo Outreach GmbH",
        "demo",
        _demo_campaigns(),
        PEOPLE,
        mailboxes=9,
        age_days=600,
        lists=LISTS,
    )
    changes = (
        Change(1.0, "restate_day", {"campaign": 1, "days_ago": 21, "sent": 3}),
        Change(
            2.0,
            "edit_copy",
            {
                "campaign": 3,
                "step": 0,
                "variant": 1,
                "reply": 0.055,
                "subject": "{{companyName}}: a shorter second try",
            },
        ),
        Change(2.5, "late_reply", {"campaign": 0, "days_ago": 33, "step": 0, "variant": 1}),
        Change(3.0, "move_reply", {"campaign": 0, "days_ago": 2, "to_days_ago": 5}),
        Change(4.0, "delete_campaign", {"campaign": 8}),
    )
    return WorldSpec("demo", (workspace,), changes)


def _demo_campaigns() -> tuple[CampaignSpec, ...]:
    return (*_demo_experiments(), *_demo_oddities())


def _demo_experiments() -> tuple[CampaignSpec, ...]:
    """Campaigns with something to decide: a winner, no difference, a late arm, an edited text."""
    follow_up = Step(
        texts(("", Effect(0.38, 0.01, 0.012)), ("Re: one question", Effect(0.39, 0.012, 0.013)))
    )
    winner = (
        Step(
            texts(
                ("Quick question about {{companyName}}", Effect(0.44, 0.012, 0.024)),
                ("{{firstName}}, 11 hours a week back?", Effect(0.55, 0.02, 0.058, 0.015, 0.38)),
            ),
            3,
        ),
        follow_up,
    )
    even = (
        Step(
            texts(
                ("{Hi|Hello|Hey} {{firstName}} — a thought", Effect(0.47, 0.015, 0.045)),
                ("Saw your note on “quality”", Effect(0.46, 0.015, 0.045)),
            ),
            4,
        ),
        Step(
            texts(
                ("Worth a look?", Effect(0.4, 0.01, 0.015)),
            )
        ),
    )
    late = Variant(
        "Variant C, born late ✨",
        "<div>C 🚀 {{firstName}}</div>",
        Effect(0.5, 0.02, 0.045),
        since_day=24,
    )
    three = (
        Step(
            (
                *texts(
                    ("How {{companyName}} buys", Effect(0.42, 0.01, 0.028)),
                    ('The "boring" part of buying', Effect(0.43, 0.01, 0.026)),
                ),
                late,
            )
        ),
        Step(
            texts(("", Effect(0.33, 0.01, 0.012)), ("Last one, promise", Effect(0.35, 0.01, 0.016)))
        ),
    )
    edited = (
        Step(
            texts(
                ("Спасибо за вчера, {{firstName}}", Effect(0.41, 0.01, 0.03)),
                ("Второе письмо: 15 минут?", Effect(0.4, 0.01, 0.022)),
            )
        ),
        Step(
            texts(
                ("{{companyName}} — напоминание", Effect(0.36, 0.01, 0.014)),
            )
        ),
    )
    return (
        CampaignSpec(
            "Founders, DACH – Q4", winner, 5200, 92, 45, pl_value=1500, subsequences=1, tags=(0,)
        ),
        CampaignSpec(
            'Heads of Ops "no difference"', even, 8400, 180, 43, owner=1, null_style="text"
        ),
        CampaignSpec("Beschaffung & Einkauf 🚀", three, 3200, 55, 45, owner=2, tags=(0, 1)),
        CampaignSpec(
            "Восток: руководители закупок", edited, 2600, 45, 40, owner=3, null_style="variant"
        ),
    )


def _demo_oddities() -> tuple[CampaignSpec, ...]:
    """Campaigns that a metric can trip over."""
    arabic = (
        Step(
            texts(
                ("سؤال سريع عن {{companyName}}", Effect(0.5, 0.0, 0.035)),
                ("{{firstName}}، دقيقتان؟", Effect(0.5, 0.0, 0.04)),
            ),
            3,
        ),
        Step(
            texts(
                ("متابعة", Effect(0.4, 0.0, 0.018)),
            )
        ),
    )
    automatic = (
        Step(
            texts(
                ("给{{companyName}}的一个建议", Effect(0.45, 0.02, 0.022)),
                ("关于交付时间", Effect(0.47, 0.02, 0.034)),
            ),
            3,
            reweighted=((18, (0.25, 0.75)),),
        ),
        Step(
            texts(
                ("再次联系", Effect(0.35, 0.01, 0.012)),
            )
        ),
    )
    plain = (
        Step(
            texts(
                ("Webinar | 12 seats", Effect(0.48, 0.06, 0.02)),
                ("=SUM(1;1) is not how you plan", Effect(0.45, 0.05, 0.021)),
            )
        ),
    )
    doomed = (
        Step(
            texts(
                ("O'Neil's \"last\" offer; really", Effect(0.36, 0.01, 0.015)),
                ("Before it goes away", Effect(0.37, 0.01, 0.018)),
            )
        ),
    )
    return (
        CampaignSpec(
            "الشرق الأوسط – بدون تتبع", arabic, 1500, 28, 38, open_tracking=False, owner=4
        ),
        CampaignSpec(
            "自动选择 (auto)", automatic, 1800, 34, 41, auto_variant_select="reply_rate", owner=2
        ),
        CampaignSpec("Draft: ideas, not sent", (), 120, 20, None, owner=1),
        CampaignSpec("Webinar invitees (done)", plain, 620, 48, 44, owner=None, tags=(1,)),
        CampaignSpec("O'Neil | legacy offer", doomed, 900, 16, 36, owner=4, null_style="text"),
    )


def _fifty() -> WorldSpec:
    campaigns = tuple(_drawn_campaign("fifty", number, 90, 12, 22) for number in range(50))
    return WorldSpec("fifty", (WorkspaceSpec("Fifty Campaigns Inc", "fifty", campaigns, PEOPLE),))


def _drawn_campaign(
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


def _empty() -> WorldSpec:
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


def _agency() -> WorldSpec:
    """An agency with five sub-workspaces: two healthy, one unpaid, one plain, one narrow."""

    def campaigns(key: str, count: int) -> tuple[CampaignSpec, ...]:
        return tuple(_drawn_campaign(key, number, 40, 8, 16) for number in range(count))

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


WORLDS: dict[str, Callable[[], WorldSpec]] = {
    "demo": _demo,
    "fifty": _fifty,
    "empty": _empty,
    "agency": _agency,
    "small": small,
}
