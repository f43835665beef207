"""What can happen to a world besides mail: people edit, platforms recount, things vanish.

`apply(world, kind, arguments)` looks the campaign up (`campaign` is an id, a name or a number,
`workspace` a key, name or id) and calls the function registered for the kind. Each returns what it
did, with ids, so that a test knows where to look. A change takes effect at the world's present:
mail that was sent before stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sandbox.campaign import Campaign, Text, Version, ZeroedDay
from sandbox.clock import DAY, FOREVER, day_text
from sandbox.simulate import Stream, joined
from sandbox.specs import CampaignSpec, Effect, Person, Step, Variant
from sandbox.world import Member, Workspace, World

_OnCampaign = Callable[..., dict[str, Any]]
CHANGES: dict[str, _OnCampaign] = {}
_OF_CAMPAIGN: set[str] = set()
_PER_MAIL = 16


def apply(world: World, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Make one change; LookupError or ValueError say what does not fit."""
    workspace = world.workspace(arguments.pop("workspace", None))
    if kind not in _OF_CAMPAIGN:
        return {"kind": kind, **CHANGES[kind](world, workspace, **arguments)}
    campaign = _campaign(world, workspace, arguments.pop("campaign", 0))
    done = CHANGES[kind](world, campaign, **arguments)
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


def _of_campaign(function: _OnCampaign) -> _OnCampaign:
    name = function.__name__
    CHANGES[name] = function
    _OF_CAMPAIGN.add(name)
    return function


def _of_workspace(function: _OnCampaign) -> _OnCampaign:
    CHANGES[function.__name__] = function
    return function


# Copy and settings ------------------------------------------------------------------------------


@_of_campaign
def edit_copy(
    world: World,
    campaign: Campaign,
    step: int = 0,
    variant: int = 0,
    subject: str | None = None,
    body: str | None = None,
    **effect: float,
) -> dict[str, Any]:
    """A new text at the same position; `effect` members replace the true probabilities."""
    text = campaign.steps[step][variant]
    old = text.at(world.now)
    subject = old.subject if subject is None else subject
    body = old.body + "<div>P.S. Edited.</div>" if body is None else body
    new = Version(world.now, subject, body, Effect(**(vars(old.effect) | effect)))
    text.versions.append(new)
    return {"step": step, "variant": variant, "subject": subject, "body": body}


@_of_campaign
def add_variant(
    world: World,
    campaign: Campaign,
    step: int = 0,
    subject: str = "One more idea",
    body: str = "<p>A later variant.</p>",
    **effect: float,
) -> dict[str, Any]:
    """A further variant of a step, sent from now on."""
    version = Version(world.now, subject, body, Effect(**effect))
    campaign.steps[step].append(Text(world.now, [version]))
    return {"step": step, "variant": len(campaign.steps[step]) - 1}


@_of_campaign
def remove_variant(world: World, campaign: Campaign, step: int = 0) -> dict[str, Any]:
    """The last listed variant of a step is taken away; its numbers stay (quirk C33)."""
    listed = [t for t in campaign.steps[step] if t.is_listed(world.now)]
    if len(listed) < 2:
        raise ValueError("a step keeps at least one variant")
    listed[-1].removed = world.now
    return {"step": step, "variant": campaign.steps[step].index(listed[-1])}


@_of_campaign
def pause_variant(
    world: World, campaign: Campaign, step: int = 0, variant: int = 0, paused: bool = True
) -> dict[str, Any]:
    """Switch a variant off, or on again with `paused` false."""
    campaign.steps[step][variant].pauses.append((world.now, paused))
    return {"step": step, "variant": variant, "v_disabled": paused}


@_of_campaign
def rename(world: World, campaign: Campaign, name: str) -> dict[str, Any]:
    """Another name, the same id."""
    campaign.names.append((world.now, name))
    return {"name": name}


@_of_campaign
def set_tracking(
    world: World,
    campaign: Campaign,
    open_tracking: bool | None = None,
    link_tracking: bool | None = None,
) -> dict[str, Any]:
    """Tracking of mails sent from now on; what is not given stays."""
    opens, links = campaign.tracks(world.now)
    opens = opens if open_tracking is None else open_tracking
    links = links if link_tracking is None else link_tracking
    campaign.tracking.append((world.now, opens, links))
    return {"open_tracking": opens, "link_tracking": links}


@_of_campaign
def pause_campaign(world: World, campaign: Campaign, paused: bool = True) -> dict[str, Any]:
    """Stop sending, or go on with `paused` false; sequences cut by a pause are not resumed."""
    campaign.pauses.append((world.now, paused))
    return {"paused": paused}


@_of_campaign
def start_campaign(world: World, campaign: Campaign) -> dict[str, Any]:
    """A draft starts tomorrow; one without copy gets a plain step of two variants."""
    if not campaign.is_draft():
        raise ValueError("the campaign has started already")
    if not campaign.steps:
        plain = [
            Version(-FOREVER, s, "<p>Hello {{firstName}}</p>", Effect()) for s in ("Hi", "Hey")
        ]
        campaign.steps = [[Text(-FOREVER, [version]) for version in plain]]
        campaign.reweights = [[]]
        campaign.delays = (3,)
    campaign.start_day = world.now // DAY + 1
    return {"first_day": day_text(campaign.start_day)}


@_of_campaign
def delete_campaign(world: World, campaign: Campaign) -> dict[str, Any]:
    """Gone from list and totals; day and step reports still answer by id (quirk C10)."""
    campaign.deleted_at = world.now
    return {}


@_of_campaign
def set_owner(world: World, campaign: Campaign, user_id: str | None) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """Another owner."""
    campaign.owner = user_id
    return {"owned_by": user_id}


@_of_campaign
def set_fields(world: World, campaign: Campaign, fields: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """Lay members over the campaign's row: new ones, odd texts, other types."""
    campaign.fields.update(fields)
    return {"fields": fields}


# Restatements -----------------------------------------------------------------------------------


@_of_campaign
def late_reply(
    world: World,
    campaign: Campaign,
    days_ago: int = 60,
    step: int = 0,
    variant: int = 0,
    automatic: bool = False,
    positive: bool = False,
) -> dict[str, Any]:
    """One more reply counted on an old day, by a lead that had this mail and never replied."""
    day = world.now // DAY - days_ago
    at = min(day * DAY + DAY - 1_800, world.now)
    streams = campaign.streams()
    sent = streams["sent"].between(-FOREVER, at)
    fits = (sent.step == step) & (sent.variant == variant)
    fits &= ~np.isin(sent.lead, streams["replied"].lead)
    fits &= ~np.isin(sent.lead, streams["automatic"].lead)
    found = np.flatnonzero(fits)
    if not len(found):
        raise LookupError(f"no mail of step {step}, variant {variant} before {day_text(day)}")
    mail = sent.take(found[-1:])
    reply = Stream(np.array([at]), mail.lead, mail.step, mail.variant, mail.key + 9)
    _insert(campaign, "automatic" if automatic else "replied", reply)
    if positive and not automatic:
        _insert(campaign, "opportunity", reply)
    return {"date": day_text(day), "lead": int(mail.lead[0]), "step": step, "variant": variant}


@_of_campaign
def restate_day(
    world: World,
    campaign: Campaign,
    days_ago: int = 20,
    sent: int = 3,
    step: int | None = None,
    variant: int | None = None,
) -> dict[str, Any]:
    """A sweep takes mails (and all that came of them) out of a past day."""
    day = world.now // DAY - days_ago
    stream = campaign.streams()["sent"].between(day * DAY, day * DAY + DAY)
    fits = (stream.step == step) | (step is None)
    fits &= (stream.variant == variant) | (variant is None)
    chosen = stream.take(np.flatnonzero(fits)[:sent])
    mails = chosen.key // _PER_MAIL

    def edit(streams: dict[str, Stream]) -> None:
        for kind, events in streams.items():
            streams[kind] = events.take(~np.isin(events.key // _PER_MAIL, mails))

    campaign.edits.append(edit)
    return {"date": day_text(day), "removed": len(chosen)}


@_of_campaign
def move_reply(
    world: World, campaign: Campaign, days_ago: int = 1, to_days_ago: int = 3
) -> dict[str, Any]:
    """A reply of one day is recounted on another."""
    day, other = world.now // DAY - days_ago, world.now // DAY - to_days_ago
    found = campaign.seen("replied", world.now).between(day * DAY, day * DAY + DAY)
    if not len(found):
        raise LookupError(f"no reply on {day_text(day)}")
    key = int(found.key[0])

    def edit(streams: dict[str, Stream]) -> None:
        old = streams["replied"]
        at = np.where(old.key == key, old.at - (day - other) * DAY, old.at)
        streams["replied"] = joined([Stream(at, old.lead, old.step, old.variant, old.key)])

    campaign.edits.append(edit)
    return {
        "date": day_text(day),
        "to": day_text(other),
        "step": int(found.step[0]),
        "variant": int(found.variant[0]),
    }


@_of_campaign
def zero_day(
    world: World, campaign: Campaign, days_ago: int = 20, totals: bool = True, row: bool = True
) -> dict[str, Any]:
    """A whole past day turns to 0 (quirk C17), in the lifetime totals too unless told otherwise.

    With `row` the day still answers, with zeros; without it the day is missing.
    """
    day = world.now // DAY - days_ago
    campaign.zeroed[day] = ZeroedDay(day, totals, row)
    return {"date": day_text(day)}


@_of_campaign
def restore_day(world: World, campaign: Campaign, days_ago: int = 20) -> dict[str, Any]:
    """Undo `zero_day`."""
    day = world.now // DAY - days_ago
    campaign.zeroed.pop(day, None)
    return {"date": day_text(day)}


@_of_campaign
def remove_leads(world: World, campaign: Campaign, leads: list[int]) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """Leads are taken out: fewer in `leads_count`, still in `contacted_count` (quirk C25)."""
    campaign.removed_leads.update(leads)
    return {"leads": sorted(campaign.removed_leads)}


def _insert(campaign: Campaign, kind: str, more: Stream) -> None:
    def edit(streams: dict[str, Stream]) -> None:
        streams[kind] = joined([streams[kind], more])

    campaign.edits.append(edit)


# Workspaces -------------------------------------------------------------------------------------


@_of_workspace
def new_campaign(
    world: World,
    workspace: Workspace,
    name: str = "New campaign",
    leads: int = 400,
    leads_per_day: float = 20,
    started_days_ago: int | None = 0,
    variants: int = 2,
) -> dict[str, Any]:
    """A further campaign, by default started today; `started_days_ago` null makes a draft."""
    texts = tuple(
        Variant(f"{name} {letter}", f"<p>{letter}</p>") for letter in "ABCDEFGH"[:variants]
    )
    spec = CampaignSpec(name, (Step(texts), Step(texts)), leads, leads_per_day, started_days_ago)
    campaign = workspace.add(spec, world.now // DAY * DAY)
    return {"campaign_id": campaign.id}


@_of_workspace
def new_member(
    world: World,
    workspace: Workspace,
    email: str = "new@example.com",
    first: str = "Noor",
    last: str = "Haddad",
    role: str = "editor",
) -> dict[str, Any]:
    """A user joins."""
    person = Person(first, last, email, role)
    member = Member(person, world.clock, workspace.seed, workspace.number, len(workspace.members))
    workspace.members.append(member)
    return {"member_id": member.id, "user_id": member.user_id}


@_of_workspace
def remove_member(world: World, workspace: Workspace, email: str) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """A user leaves; what they own stays theirs."""
    for member in workspace.members:
        if member.person.email == email and member.is_member:
            member.is_member = False
            return {"member_id": member.id, "user_id": member.user_id}
    raise LookupError(f"no member {email!r} in {workspace.name}")


@_of_workspace
def rename_workspace(world: World, workspace: Workspace, name: str) -> dict[str, Any]:
    """Another name, the same id."""
    workspace.name = name
    workspace.updated_at = world.clock
    return {"name": name}


@_of_workspace
def swap_key(world: World, workspace: Workspace, to: str) -> dict[str, Any]:
    """Keys of this workspace open another one from now on."""
    other = world.workspace(to)
    for value, (owner, key) in list(world.keys.items()):
        if owner is workspace:
            world.keys[value] = (other, key)
    return {"workspace_id": other.id}


@_of_workspace
def overlay(
    world: World,
    workspace: Workspace,
    template: str,
    fields: dict[str, Any],
    id: str = "*",
) -> dict[str, Any]:
    """Lay members over rows of any list, by path template: new fields, codes, odd texts."""
    world.overlays.setdefault(template, {}).setdefault(id, {}).update(fields)
    return {"template": template, "id": id, "fields": fields}
