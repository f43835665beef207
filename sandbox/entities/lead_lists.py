"""Lead lists with their leads and verification counts, and the custom interest labels.

Both lists are walked by creation time (quirk B9). Leads of a list older than October 2025 carry
random ids, so there the order of ids is not the order of time (quirk B12).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sandbox.answers import Call, Operation, not_found
from sandbox.clock import DAY, iso, parse
from sandbox.ids import uuid4, uuid7
from sandbox.paging import one, page
from sandbox.people import Contact, contact, number_of
from sandbox.specs import ListSpec
from sandbox.world import Workspace

_ORDERED_SINCE = parse("2025-10-15")
_VERIFIED = (1, 1, 1, 1, 1, 1, -1, -2, -3, 11)
_NAMES = {
    1: "verified",
    -1: "invalid",
    -2: "risky",
    -3: "catch_all",
    -4: "job_change",
    11: "verification_job_pending_user",
    12: "verification_job_pending_leadfinder",
}


@dataclass(frozen=True)
class ListLeads:
    """The leads of one list; `ids` ascend."""

    spec: ListSpec
    id: str
    created_at: int
    ids: list[str]
    person_block: int

    def loaded_at(self, lead: int) -> float:
        """When a lead came in: in order of ids, save for random ids."""
        place = lead * 7 % len(self.ids) if self.created_at < _ORDERED_SINCE else lead
        return self.created_at + place / 1_000


def list_leads(call: Call) -> list[ListLeads]:
    """Every list of the workspace with its leads."""
    key = "list leads"
    if key not in call.workspace.cache:
        count = len(call.workspace.spec.lists)
        call.workspace.cache[key] = [_leads(call, number) for number in range(count)]
    gone = call.world.hidden.get("/lead-lists", set())
    return [each for each in call.workspace.cache[key] if each.id not in gone]


def _leads(call: Call, number: int) -> ListLeads:
    workspace, today = call.workspace, call.world.today
    spec, made = workspace.spec.lists[number], workspace.list_at(number, today)
    identifier = workspace.list_id(number, today)
    if made < _ORDERED_SINCE:
        ids = sorted(uuid4("list lead", identifier, lead) for lead in range(spec.leads))
    else:
        ids = [uuid7(made + n / 1_000, "list lead", identifier, n) for n in range(spec.leads)]
    return ListLeads(spec, identifier, made, ids, 90 + number)


def verification(person: Contact) -> int:
    """Verdict on an address, the same wherever it appears."""
    return _VERIFIED[person.number % 997 % len(_VERIFIED)]


def _rows(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "organization_id": call.workspace.id,
            "has_enrichment_task": each.spec.enriched,
            "owned_by": call.workspace.members[0].user_id,
            "name": each.spec.name,
            "timestamp_created": iso(each.created_at),
        }
        for each in list_leads(call)
    ]


def _list(call: Call) -> dict[str, Any]:
    search = call.query.get("search", "").lower()
    found = [row for row in _rows(call) if search in row["name"].lower()]
    return _by_time(call, found)


def _by_time(call: Call, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return page(call, rows, cursor=lambda row: str(row["timestamp_created"]), render=dict)


def _stats(call: Call) -> dict[str, Any]:
    for each in list_leads(call):
        if each.id == call.path["id"]:
            workspace = call.workspace
            numbers = [number_of(each.person_block, lead) for lead in range(len(each.ids))]
            people = [contact(workspace.seed, workspace.number, number) for number in numbers]
            counts = Counter(_NAMES[verification(person)] for person in people)
            stats = {name: counts.get(name, 0) for name in _NAMES.values()}
            return {"stats": stats, "total_leads": len(each.ids)}
    raise not_found()


def label_number(workspace: Workspace, number: int) -> int:
    """The generated status of a custom label."""
    return 10_000 + 37 * workspace.number + number


def labels(call: Call) -> list[dict[str, Any]]:
    """Custom labels of the workspace."""
    workspace = call.workspace
    return [
        {
            "id": uuid7(workspace.created_at + DAY * 2 + number, "label", workspace.id, number),
            "timestamp_created": iso(workspace.created_at + DAY * 2 + number),
            "created_by": workspace.members[0].user_id,
            "organization_id": workspace.id,
            "label": label,
            "interest_status_label": tone,
            "interest_status": label_number(workspace, number),
            "description": None,
            "use_with_ai": number == 0,
        }
        for number, (label, tone) in enumerate(workspace.spec.labels)
    ]


def _labels(call: Call) -> dict[str, Any]:
    found = labels(call)
    if tone := call.query.get("interest_status"):
        found = [label for label in found if label["interest_status_label"] == tone]
    return _by_time(call, found)


OPERATIONS = (
    Operation("GET", "/lead-lists", _list, "lead_lists:read"),
    Operation("GET", "/lead-lists/{id}", lambda c: one(_rows(c), c.path["id"]), "lead_lists:read"),
    Operation("GET", "/lead-lists/{id}/verification-stats", _stats),
    Operation("GET", "/lead-labels", _labels, "lead-labels:read"),
    Operation(
        "GET", "/lead-labels/{id}", lambda c: one(labels(c), c.path["id"]), "lead-labels:read"
    ),
)
