"""What people do to a campaign: copy, variants, names, tracking, starting, pausing, deleting."""

from __future__ import annotations

from typing import Any

from sandbox.campaign import Campaign, Text, Version
from sandbox.changes.registry import of_campaign
from sandbox.clock import DAY, FOREVER, day_text
from sandbox.specs import Effect
from sandbox.world import World


@of_campaign("edit_copy")
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


@of_campaign("add_variant")
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


@of_campaign("remove_variant")
def remove_variant(world: World, campaign: Campaign, step: int = 0) -> dict[str, Any]:
    """The last listed variant of a step is taken away; its numbers stay (quirk C33)."""
    listed = [t for t in campaign.steps[step] if t.is_listed(world.now)]
    if len(listed) < 2:
        raise ValueError("a step keeps at least one variant")
    listed[-1].removed = world.now
    return {"step": step, "variant": campaign.steps[step].index(listed[-1])}


@of_campaign("pause_variant")
def pause_variant(
    world: World, campaign: Campaign, step: int = 0, variant: int = 0, paused: bool = True
) -> dict[str, Any]:
    """Switch a variant off, or on again with `paused` false."""
    campaign.steps[step][variant].pauses.append((world.now, paused))
    return {"step": step, "variant": variant, "v_disabled": paused}


@of_campaign("rename")
def rename(world: World, campaign: Campaign, name: str) -> dict[str, Any]:
    """Another name, the same id."""
    campaign.names.append((world.now, name))
    return {"name": name}


@of_campaign("set_tracking")
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


@of_campaign("pause_campaign")
def pause_campaign(world: World, campaign: Campaign, paused: bool = True) -> dict[str, Any]:
    """Stop sending, or go on with `paused` false; sequences cut by a pause are not resumed."""
    campaign.pauses.append((world.now, paused))
    return {"paused": paused}


@of_campaign("start_campaign")
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


@of_campaign("delete_campaign")
def delete_campaign(world: World, campaign: Campaign) -> dict[str, Any]:
    """Gone from list and totals; day and step reports still answer by id (quirk C10)."""
    campaign.deleted_at = world.now
    return {}


@of_campaign("set_owner")
def set_owner(world: World, campaign: Campaign, user_id: str | None) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """Another owner."""
    campaign.owner = user_id
    return {"owned_by": user_id}


@of_campaign("set_fields")
def set_fields(world: World, campaign: Campaign, fields: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """Lay members over the campaign's row: new ones, odd texts, other types."""
    campaign.fields.update(fields)
    return {"fields": fields}
