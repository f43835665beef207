"""Custom tags, and what they hang on: accounts by address, campaigns by id (quirks D15, D16)."""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call, Operation
from sandbox.clock import DAY, iso
from sandbox.entities.accounts import listed, tag_numbers
from sandbox.entities.campaigns import tag_ids
from sandbox.ids import uuid7
from sandbox.paging import by_id, one

ACCOUNT, CAMPAIGN = 1, 2


def _tags(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    rows = []
    for number, label in enumerate(workspace.spec.tags):
        made = iso(workspace.created_at + DAY * (number + 1))
        rows.append(
            {
                "id": workspace.tag_id(number),
                "timestamp_created": made,
                "timestamp_updated": made,
                "organization_id": workspace.id,
                "label": label,
                "description": None if number else "Everything outside the Americas",
            }
        )
    return rows


def _list(call: Call) -> dict[str, Any]:
    search = call.query.get("search", "").lower()
    found = [tag for tag in _tags(call) if search in tag["label"].lower()]
    if wanted := call.query.get("resource_ids"):
        resources = set(wanted.split(","))
        used = {m["tag_id"] for m in _mappings(call) if m["resource_id"] in resources}
        found = [tag for tag in found if tag["id"] in used]
    return by_id(call, found)


def _mappings(call: Call) -> list[dict[str, Any]]:
    workspace = call.workspace
    places = [
        (workspace.tag_id(number), box.email, ACCOUNT, box.created_at + DAY)
        for box in listed(call)
        for number in tag_numbers(box, workspace)
    ]
    places += [
        (tag, campaign.id, CAMPAIGN, campaign.created_at + 60)
        for campaign in workspace.listed()
        for tag in tag_ids(workspace, campaign)
    ]
    return [
        {
            "id": uuid7(at, "mapping", tag, resource),
            "tag_id": tag,
            "resource_id": resource,
            "resource_type": kind,
            "timestamp_created": iso(at),
            "organization_id": workspace.id,
        }
        for tag, resource, kind, at in places
    ]


def _mapping_list(call: Call) -> dict[str, Any]:
    """Newest first; the only filter that works is `resource_ids` (quirk D17)."""
    found = _mappings(call)
    if wanted := call.query.get("resource_ids"):
        found = [m for m in found if m["resource_id"] in wanted.split(",")]
    return by_id(call, found, descending=True)


OPERATIONS = (
    Operation("GET", "/custom-tags", _list, "custom_tags:read"),
    Operation(
        "GET", "/custom-tags/{id}", lambda c: one(_tags(c), c.path["id"]), "custom_tags:read"
    ),
    Operation("GET", "/custom-tag-mappings", _mapping_list, "custom_tag_mappings:read"),
)
