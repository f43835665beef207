"""What comes and goes in a workspace: campaigns, members, leads, accounts, rows of any list."""

from __future__ import annotations

from typing import Any

from sandbox import leadbook
from sandbox.campaign import Campaign
from sandbox.changes.registry import of_campaign, of_workspace
from sandbox.clock import DAY
from sandbox.specs import CampaignSpec, Person, Step, Variant
from sandbox.world import Member, Workspace, World


@of_workspace("new_campaign")
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


@of_workspace("new_member")
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


@of_workspace("remove_member")
def remove_member(world: World, workspace: Workspace, email: str) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """A user leaves; what they own stays theirs."""
    for member in workspace.members:
        if member.person.email == email and member.is_member:
            member.is_member = False
            return {"member_id": member.id, "user_id": member.user_id}
    raise LookupError(f"no member {email!r} in {workspace.name}")


@of_workspace("rename_workspace")
def rename_workspace(world: World, workspace: Workspace, name: str) -> dict[str, Any]:
    """Another name, the same id."""
    workspace.name = name
    workspace.updated_at = world.clock
    return {"name": name}


@of_workspace("swap_key")
def swap_key(world: World, workspace: Workspace, to: str) -> dict[str, Any]:
    """Keys of this workspace open another one from now on."""
    other = world.workspace(to)
    for value, (owner, key) in list(world.keys.items()):
        if owner is workspace:
            world.keys[value] = (other, key)
    return {"workspace_id": other.id}


@of_workspace("overlay")
def overlay(
    world: World,
    workspace: Workspace,  # noqa: ARG001 -- one signature for all
    template: str,
    fields: dict[str, Any],
    id: str = "*",
) -> dict[str, Any]:
    """Lay members over rows of any list, by path template: new fields, codes, odd texts."""
    world.overlays.setdefault(template, {}).setdefault(id, {}).update(fields)
    return {"template": template, "id": id, "fields": fields}


@of_workspace("hide")
def hide(
    world: World,
    workspace: Workspace,  # noqa: ARG001 -- one signature for all
    template: str,
    id: str,
    hidden: bool = True,
) -> dict[str, Any]:
    """A row vanishes from its list (or returns): any template, by id or address."""
    gone = world.hidden.setdefault(template, set())
    (gone.add if hidden else gone.discard)(id)
    return {"template": template, "id": id, "hidden": hidden}


@of_workspace("new_account")
def new_account(world: World, workspace: Workspace) -> dict[str, Any]:
    """A further sending account; campaigns do not use it yet."""
    return {"email": workspace.add_mailbox(world.clock).email}


# Leads ------------------------------------------------------------------------------------------


@of_campaign("add_leads")
def add_leads(world: World, campaign: Campaign, count: int = 10) -> dict[str, Any]:
    """Leads are loaded now; they are written to from tomorrow on."""
    first = campaign.leads_total()
    campaign.batches.append((world.clock, first, count))
    return {"ids": [leadbook.id_of(campaign, lead) for lead in range(first, first + count)]}


@of_campaign("remove_leads")
def remove_leads(world: World, campaign: Campaign, leads: list[int]) -> dict[str, Any]:  # noqa: ARG001 -- one signature for all
    """Leads are taken out: fewer in `leads_count`, still in `contacted_count` (quirk C25)."""
    campaign.removed_leads.update(leads)
    return {"ids": [leadbook.id_of(campaign, lead) for lead in leads]}


@of_campaign("edit_lead")
def edit_lead(
    world: World,  # noqa: ARG001 -- one signature for all
    campaign: Campaign,
    lead: int,
    fields: dict[str, Any],
) -> dict[str, Any]:
    """A person edits a lead; neither its times nor any total move (quirk D1)."""
    campaign.lead_fields.setdefault(lead, {}).update(fields)
    return {"id": leadbook.id_of(campaign, lead), "fields": fields}
