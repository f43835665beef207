"""What a world is made of, written down before anything is simulated.

    WorldSpec
      └─ WorkspaceSpec         plan, keys, members, mailboxes, sub-workspaces
           └─ CampaignSpec     pace, tracking, owner, flaws of its reports
                └─ Step ─ Variant ─ Effect      the true probabilities
      └─ Change                what happens when the clock passes a day

Every value is frozen, so that a test can derive its own world with `dataclasses.replace` and two
servers built from one specification answer alike. Days are counted from the start of a campaign
(`since_day`) or from the date of the world (`Change.day`), never given as dates: a world then
looks the same whenever it is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALL_SCOPES = ("all:all",)


@dataclass(frozen=True)
class Effect:
    """True probabilities of one text, per delivered mail; `positive` is per human reply."""

    open: float = 0.45
    click: float = 0.02
    reply: float = 0.03
    automatic: float = 0.015
    positive: float = 0.3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 1:
                raise ValueError(f"Effect.{name} must lie between 0 and 1, got {value}")


@dataclass(frozen=True)
class Variant:
    """One text of a step. `since_day` counts from the start of its campaign."""

    subject: str
    body: str
    effect: Effect = field(default_factory=Effect)
    since_day: int = 0
    paused_day: int | None = None


@dataclass(frozen=True)
class Step:
    """One mail of a sequence; `delay_days` is the wait before the next one."""

    variants: tuple[Variant, ...]
    delay_days: int = 3
    reweighted: tuple[tuple[int, tuple[float, ...]], ...] = ()

    def __post_init__(self) -> None:
        if not self.variants:
            raise ValueError("a step needs at least one variant")


@dataclass(frozen=True)
class CampaignSpec:
    """One campaign. `started_days_ago=None` is a draft; `owner` indexes the people of the
    workspace, `tags` its tags; `subsequences` (at most 2) follow interested leads and clickers."""

    name: str
    steps: tuple[Step, ...] = ()
    leads: int = 1_000
    leads_per_day: float = 20
    started_days_ago: int | None = 45
    open_tracking: bool | None = True
    link_tracking: bool | None = True
    auto_variant_select: str | None = None
    stop_on_reply: bool = True
    owner: int | None = 0
    bounce_rate: float = 0.018
    unsubscribe_rate: float = 0.002
    unattributed: float = 0.08  # share of automatic replies that belong to no step
    null_style: str = "null"  # "null", "text" (the text "null"), "variant" (null variant only)
    pl_value: float | None = None
    tags: tuple[int, ...] = ()
    subsequences: int = 0

    def __post_init__(self) -> None:
        if self.null_style not in ("null", "text", "variant"):
            raise ValueError(f"null_style {self.null_style!r} is none of null, text, variant")
        if self.started_days_ago is not None and not self.steps:
            raise ValueError(f"campaign {self.name!r} has started but has no steps")


@dataclass(frozen=True)
class Person:
    """A user; `member=False` has left the workspace but may still own campaigns."""

    first: str
    last: str
    email: str
    role: str = "editor"
    member: bool = True
    accepted: bool = True


@dataclass(frozen=True)
class KeySpec:
    """A bearer key: its name in the sandbox, its scopes, whether it was revoked."""

    name: str
    scopes: tuple[str, ...] = ALL_SCOPES
    revoked: bool = False


@dataclass(frozen=True)
class ListSpec:
    """A lead list with leads of its own, outside every campaign."""

    name: str
    leads: int = 40
    created_days_ago: int = 60
    enriched: bool = False


@dataclass(frozen=True)
class WorkspaceSpec:
    """One workspace. `paid=False` answers 402; `admin_of` names its sub-workspaces by key.

    `furnished` workspaces have the rows of daily life: placement tests, webhooks, jobs, orders.
    """

    name: str
    key: str
    campaigns: tuple[CampaignSpec, ...] = ()
    people: tuple[Person, ...] = (Person("Ada", "Moreno", "ada@example.com", "owner"),)
    keys: tuple[KeySpec, ...] = (KeySpec("main"),)
    age_days: int = 200
    paid: bool = True
    inbox_placement: bool = True
    plan: str = "pid_hg_v1"
    mailboxes: int = 6
    lists: tuple[ListSpec, ...] = (ListSpec("Trade fair"), ListSpec("Newsletter", 25, 90, True))
    tags: tuple[str, ...] = ("EMEA", "Priority ⭐", "Client: 'Q4'", "warm")
    labels: tuple[tuple[str, str], ...] = (("Asked for pricing", "positive"), ("Later", "neutral"))
    furnished: bool = True
    admin_of: tuple[tuple[str, str], ...] = ()  # (key of the sub-workspace, status of the link)

    def __post_init__(self) -> None:
        for campaign in self.campaigns:
            if campaign.owner is not None and campaign.owner >= len(self.people):
                raise ValueError(f"campaign {campaign.name!r} is owned by nobody of {self.name!r}")


@dataclass(frozen=True)
class Change:
    """Something that happens `day` days after the date of the world; arguments as in control."""

    day: float
    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorldSpec:
    """A whole world: its workspaces (the first is the main one) and what will happen in it."""

    name: str
    workspaces: tuple[WorkspaceSpec, ...]
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        keys = [workspace.key for workspace in self.workspaces]
        if not keys or len(set(keys)) != len(keys):
            raise ValueError("a world needs workspaces with different keys")
