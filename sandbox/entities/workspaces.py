"""The workspace of the key, its members, and the links of an agency to its sub-workspaces."""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call, Operation, not_found
from sandbox.clock import DAY, iso
from sandbox.ids import uuid7
from sandbox.paging import page
from sandbox.world import Member, Workspace, World


def row(workspace: Workspace) -> dict[str, Any]:
    """A workspace as the API shows it."""
    spec = workspace.spec
    return {
        "id": workspace.id,
        "timestamp_created": iso(workspace.created_at),
        "timestamp_updated": iso(workspace.updated_at),
        "owner": workspace.members[0].user_id,
        "name": workspace.name,
        "plan_id": spec.plan if spec.paid else None,
        "plan_id_crm": None,
        "plan_id_inbox_placement": "pid_ip_growth" if spec.inbox_placement else None,
        "add_unsub_to_block": True,
        "default_opportunity_value": 1000,
    }


def _member(member: Member, workspace: Workspace) -> dict[str, Any]:
    person = member.person
    inviter = {} if person.role == "owner" else {"issuer_id": workspace.members[0].user_id}
    return {
        "id": member.id,
        "email": person.email,
        "user_id": member.user_id,
        "user_email": person.email,
        "name": {"first": person.first, "last": person.last},
        "role": person.role,
        "timestamp_created": iso(member.joined_at),
        "workspace_id": workspace.id,
        "accepted": person.accepted,
        **inviter,
    }


def _members(call: Call) -> dict[str, Any]:
    found = [m for m in call.workspace.members if m.is_member]
    if accepted := call.query.get("accepted"):
        found = [m for m in found if m.person.accepted is (accepted == "true")]
    return page(
        call,
        found,
        cursor=lambda member: member.id,
        render=lambda member: _member(member, call.workspace),
        sticky=False,
        null_at_end=True,
    )


def _one_member(call: Call) -> dict[str, Any]:
    for member in call.workspace.members:
        if member.id == call.path["id"] and member.is_member:
            return _member(member, call.workspace)
    raise not_found()


def links(world: World) -> list[dict[str, Any]]:
    """Every link between an admin workspace and a sub-workspace."""
    rows = []
    for admin in world.workspaces:
        for number, (key, status) in enumerate(admin.spec.admin_of):
            sub = world.workspace(key)
            at = admin.created_at + (number + 1) * DAY
            rows.append(
                {
                    "id": uuid7(at, world.seed, "link", admin.id, sub.id),
                    "admin_workspace_id": admin.id,
                    "sub_workspace_id": sub.id,
                    "status": status,
                    "timestamp_created": iso(at),
                    "timestamp_updated": iso(at + DAY),
                    "sub_workspace_name": sub.name,
                    "admin_workspace_name": admin.name,
                }
            )
    return rows


def acts_for(world: World, admin: Workspace, sub_id: str) -> Workspace | None:
    """The sub-workspace that a key of `admin` may act on, if the link was accepted."""
    for link in links(world):
        pair = (link["admin_workspace_id"], link["sub_workspace_id"], link["status"])
        if pair == (admin.id, sub_id, "accepted"):
            return world.workspace(sub_id)
    return None


def _own_links(call: Call) -> list[dict[str, Any]]:
    own = call.workspace.id
    return [
        link
        for link in links(call.world)
        if own in (link["admin_workspace_id"], link["sub_workspace_id"])
    ]


def _group(call: Call) -> dict[str, Any]:
    return page(call, _own_links(call), cursor=lambda link: link["id"], render=dict)


def _one_link(call: Call) -> dict[str, Any]:
    for link in _own_links(call):
        if link["id"] == call.path["id"]:
            return link
    raise not_found()


def _admin(call: Call) -> dict[str, Any]:
    """The admin workspace; without one the name is the text Undefined (quirk D37)."""
    for link in _own_links(call):
        if link["sub_workspace_id"] == call.workspace.id:
            return {
                "workspace_name": link["admin_workspace_name"],
                "has_admin_workspace": True,
                "workspace_group_member_id": link["id"],
            }
    return {"workspace_name": "Undefined", "has_admin_workspace": False}


OPERATIONS = (
    Operation("GET", "/workspaces/current", lambda call: row(call.workspace), "workspaces:read"),
    Operation("GET", "/workspace-members", _members, "workspace_members:read"),
    Operation("GET", "/workspace-members/{id}", _one_member, "workspace_members:read"),
    Operation("GET", "/workspace-group-members", _group, "workspace_group_members:read"),
    Operation("GET", "/workspace-group-members/admin", _admin),
    Operation("GET", "/workspace-group-members/{id}", _one_link, "workspace_group_members:read"),
)
