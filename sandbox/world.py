"""The running world: workspaces at a moment, and the clock that decides what has happened.

Two times are kept. `now` is how far the simulated mail has come; it moves only when asked. `clock`
is what the server says in its `Date` header; it also moves by a minute with every change, so that
two observations around a change can be told apart without new mail arriving in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.campaign import Campaign
from sandbox.clock import DAY, NOON, midnight
from sandbox.ids import api_key, uuid4, uuid7
from sandbox.specs import KeySpec, Person, WorkspaceSpec, WorldSpec
from sandbox.subsequence import Subsequence


class Member:
    """A user of a workspace; `left_at` closes the membership."""

    def __init__(self, person: Person, at: int, *path: object) -> None:
        self.person = person
        self.joined_at = at
        self.id = uuid7(at, "member", *path)
        self.user_id = uuid4("user", person.email)
        self.is_member = person.member


@dataclass(frozen=True)
class Mailbox:
    """A sending account of a workspace."""

    number: int
    email: str
    created_at: int
    first: str
    last: str


class Workspace:
    """One live workspace."""

    def __init__(self, spec: WorkspaceSpec, seed: int, number: int, today: int) -> None:
        self.spec = spec
        self.number = number
        self.seed = seed
        self.name = spec.name
        self.created_at = today - spec.age_days * DAY + 9 * 3600 + number
        self.updated_at = self.created_at
        self.id = uuid4("workspace", seed, spec.key, number)
        self.members = [
            Member(person, self.created_at + 3600 * (1 + i * 31), seed, number, i)
            for i, person in enumerate(spec.people)
        ]
        self.mailboxes: list[Mailbox] = []
        for _ in range(spec.mailboxes):
            self.add_mailbox(self.created_at + DAY + len(self.mailboxes) * 97)
        self.cache: dict[Any, Any] = {}
        self.campaigns: list[Campaign] = []
        for campaign in spec.campaigns:
            self.add(campaign, today)

    def add(self, spec: Any, today: int) -> Campaign:
        """A further campaign."""
        seed = (self.seed, self.number, len(self.campaigns))
        owner = None if spec.owner is None else self.members[spec.owner].user_id
        campaign = Campaign(spec, seed, today, owner)
        campaign.subsequences = [Subsequence(campaign, n) for n in range(spec.subsequences)]
        self.campaigns.append(campaign)
        return campaign

    def add_mailbox(self, at: int) -> Mailbox:
        """A further sending account."""
        number = len(self.mailboxes)
        person = self.spec.people[number % len(self.spec.people)]
        email = f"{person.email.split('@')[0]}{number + 1}@try-{self.spec.key}.example"
        self.mailboxes.append(Mailbox(number, email, at, person.first, person.last))
        return self.mailboxes[-1]

    def tag_id(self, number: int) -> str:
        """Id of the n-th tag."""
        return uuid7(self.created_at + DAY * (number + 1), "tag", self.id, number)

    def list_id(self, number: int, today: int) -> str:
        """Id of the n-th lead list."""
        return uuid7(self.list_at(number, today), "list", self.id, number)

    def list_at(self, number: int, today: int) -> int:
        """When the n-th lead list was made."""
        return today - self.spec.lists[number].created_days_ago * DAY + 36_000 + number

    def senders(self, campaign: Campaign) -> list[Mailbox]:
        """The accounts that a campaign sends from: lead n is written to by account n modulo."""
        first, boxes = campaign.seed[2], self.mailboxes[: self.spec.mailboxes]
        count = min(3, len(boxes))
        return [boxes[(first + each) % len(boxes)] for each in range(count)]

    def move_on(self) -> None:
        """Forget what was counted."""
        self.cache.clear()
        for campaign in self.campaigns:
            campaign.move_on()

    def sequences(self) -> list[Campaign]:
        """Everything that sends: campaigns, deleted ones too, and their subsequences."""
        return [each for c in self.campaigns for each in (c, *c.subsequences)]

    def listed(self) -> list[Campaign]:
        """Campaigns that were not deleted."""
        return [campaign for campaign in self.campaigns if campaign.deleted_at is None]

    def find(self, campaign_id: str) -> Campaign | None:
        """The campaign with this id, deleted ones included (quirk C10)."""
        return next((c for c in self.campaigns if c.id == campaign_id), None)


class World:
    """Workspaces, keys, links between workspaces, and the clock."""

    def __init__(self, spec: WorldSpec, seed: int, date: dt.date) -> None:
        self.spec = spec
        self.seed = seed
        self.today = midnight(date)
        self.now = self.today + NOON
        self.ticks = 0
        self.workspaces = [
            Workspace(workspace, seed, number, self.today)
            for number, workspace in enumerate(spec.workspaces)
        ]
        self.keys = {
            api_key(seed, workspace.spec.key, key.name): (workspace, key)
            for workspace in self.workspaces
            for key in workspace.spec.keys
        }
        order = sorted(enumerate(spec.changes), key=lambda pair: (pair[1].day, pair[0]))
        self._pending = [(self.now + int(c.day * DAY), c) for _, c in order]
        self.overlays: dict[str, dict[str, dict[str, Any]]] = {}
        self.hidden: dict[str, set[str]] = {}
        self.most_rows: int | None = None

    @property
    def clock(self) -> int:
        """The moment the server says it is, Unix seconds."""
        return self.now + 60 * self.ticks

    def workspace(self, name: str | None = None) -> Workspace:
        """A workspace by key, name or id; the first one by default."""
        for workspace in self.workspaces:
            if name is None or name in (workspace.spec.key, workspace.name, workspace.id):
                return workspace
        raise LookupError(f"no workspace {name!r}; there are {self._names()}")

    def _names(self) -> str:
        return ", ".join(workspace.spec.key for workspace in self.workspaces)

    def owner_of(self, key: str) -> tuple[Workspace, KeySpec] | None:
        """The workspace and the rights of a bearer key."""
        return self.keys.get(key)

    def advance(self, seconds: int, apply: Callable[[World, str, dict[str, Any]], Any]) -> None:
        """Move on; changes that fall due on the way are applied at their own moment."""
        target = self.now + seconds
        while self._pending and self._pending[0][0] <= target:
            self.now, change = self._pending.pop(0)
            apply(self, change.kind, dict(change.arguments))
        self.now = target
        for workspace in self.workspaces:
            workspace.move_on()
