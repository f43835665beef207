"""All mail of a workspace in one place: per account and day, and as messages of an inbox.

    streams of campaigns and subsequences ──▶ Traffic   who sent, to whom, on which day
                                         └──▶ Inbox     one row per message, by time of storage

Both are counted from the same events as the campaign reports, so that accounts, e-mails and
campaigns agree. They are built once per moment of the world and kept until it moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.campaign import Campaign
from sandbox.clock import FOREVER
from sandbox.streams import Bools, Ints
from sandbox.world import Workspace, World

KINDS = ("sent", "opened", "replied", "automatic", "clicked", "bounced")
SENT, REPLY, AUTOMATIC, MANUAL = 0, 1, 2, 3
_MESSAGES = (("sent", SENT), ("replied", REPLY), ("automatic", AUTOMATIC), ("opportunity", MANUAL))
_ANSWERED_AFTER = 1_800


@dataclass(frozen=True)
class Traffic:
    """Events of one kind over a workspace, sorted by time; `lead` is unique over campaigns."""

    at: Ints
    account: Ints
    lead: Ints
    step: Ints

    def between(self, since: int, until: int) -> Traffic:
        """The events with since <= at < until."""
        low, high = np.searchsorted(self.at, (since, until))
        return Traffic(
            self.at[low:high], self.account[low:high], self.lead[low:high], self.step[low:high]
        )


@dataclass(frozen=True)
class Inbox:
    """Messages by time of storage (milliseconds); `sequence` indexes Workspace.sequences()."""

    stored_ms: Ints
    at: Ints
    sequence: Ints
    kind: Ints
    lead: Ints
    step: Ints
    variant: Ints
    key: Ints

    def take(self, index: Ints | Bools) -> Inbox:
        """The messages at these positions."""
        return Inbox(*(column[index] for column in vars(self).values()))


def traffic(world: World, workspace: Workspace) -> dict[str, Traffic]:
    """Events of a workspace by kind, up to now."""
    key = ("traffic", world.now)
    if key not in workspace.cache:
        workspace.cache[key] = {kind: _traffic(world, workspace, kind) for kind in KINDS}
    return workspace.cache[key]


def _traffic(world: World, workspace: Workspace, kind: str) -> Traffic:
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    for number, sequence in enumerate(workspace.sequences()):
        stream = sequence.seen(kind, world.now)
        senders = np.array([box.number for box in workspace.senders(sequence)] or [0])
        account = senders[stream.lead % len(senders)]
        campaign = _campaign_number(workspace, number)
        parts.append((stream.at, account, campaign << 32 | stream.lead, stream.step))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else []
    if not columns:
        return Traffic(*(np.empty(0, np.int64) for _ in range(4)))
    order = np.argsort(columns[0], kind="stable")
    return Traffic(*(column[order] for column in columns))


def _campaign_number(workspace: Workspace, sequence: int) -> int:
    return workspace.sequences()[sequence].seed[2]


def inbox(world: World, workspace: Workspace) -> Inbox:
    """Every message of a workspace up to now; bounce notices are never here (quirk D19)."""
    key = ("inbox", world.now)
    if key not in workspace.cache:
        workspace.cache[key] = _inbox(world, workspace)
    return workspace.cache[key]


def _inbox(world: World, workspace: Workspace) -> Inbox:
    parts = [Inbox(*(np.empty(0, np.int64) for _ in range(8)))]
    for number, sequence in enumerate(workspace.sequences()):
        parts += [_messages(world, sequence, number, *pair) for pair in _MESSAGES]
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    whole = Inbox(*(np.concatenate(column) for column in columns))
    return whole.take(np.lexsort((whole.key, whole.kind, whole.stored_ms)))


def _messages(world: World, sequence: Campaign, number: int, stream_name: str, kind: int) -> Inbox:
    later = _ANSWERED_AFTER if kind == MANUAL else 0
    stream = sequence.streams()[stream_name].between(-FOREVER, world.now + 1 - later)
    if kind == MANUAL:
        stream = stream.take(stream.key % 16 == 0)
    stored = (stream.at + later) * 1_000 + stream.key % 1_000
    if kind != SENT and sequence.stored_at:
        late = [sequence.stored_at.get(key, 0) * 1_000 for key in stream.key.tolist()]
        stored = np.maximum(stored, np.array(late, np.int64))
    same = np.full(len(stream), number), np.full(len(stream), kind)
    columns = (stream.lead, stream.step, stream.variant, stream.key)
    return Inbox(stored, stream.at + later, *same, *columns)
