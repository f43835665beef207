"""A lead as the API shows it, from its campaign's book or from a list.

Members without a value are left out (quirk D3). `lt_interest_status` also holds numbers of custom
labels (quirk D6), `pl_value_lead` is a text (quirk D5), and the keys of `payload` are the users'.
"""

from __future__ import annotations

from typing import Any

from sandbox.answers import Call
from sandbox.campaign import Campaign
from sandbox.clock import iso
from sandbox.entities.lead_lists import ListLeads, label_number, verification
from sandbox.ids import chance
from sandbox.leadbook import INTERESTED, NONE, Book, Last, ids, interest_of, loaded_at
from sandbox.people import Contact, payload

_ESP = (1, 1, 2, 2, 3, 999)


def row(call: Call, campaign: Campaign, lead: int, person: Contact, book: Book) -> dict[str, Any]:
    """A lead of a campaign."""
    loaded = loaded_at(campaign, lead)
    members: dict[str, Any] = {
        "id": ids(campaign)[lead],
        "timestamp_created": iso(loaded),
        "timestamp_updated": iso(loaded + 30),
        "organization": call.workspace.id,
        "campaign": campaign.id,
        "status": int(book.status[lead]),
        **_person(person),
        "email_open_count": int(book.opened.count[lead]),
        "email_reply_count": int(book.replied.count[lead] + book.automatic.count[lead]),
        "email_click_count": int(book.clicked.count[lead]),
        "status_summary": {},
        "lt_interest_status": _interest(call, book, lead),
        "timestamp_last_interest_change": _stamp(int(book.interest_at[lead])),
        "pl_value_lead": str(campaign.spec.pl_value) if campaign.spec.pl_value else None,
        "uploaded_by_user": campaign.owner,
        "upload_method": "manual",
        **_last(call, campaign, lead, book),
    }
    members |= campaign.lead_fields.get(lead, {})
    return {name: value for name, value in members.items() if value is not None}


def _person(person: Contact) -> dict[str, Any]:
    return {
        "email": person.email,
        "first_name": person.first,
        "last_name": person.last,
        "company_name": person.company,
        "company_domain": person.domain,
        "job_title": person.title if person.number % 3 else None,
        "phone": person.phone,
        "payload": payload(person),
        "verification_status": verification(person),
        "esp_code": _ESP[person.number % len(_ESP)],
    }


def _interest(call: Call, book: Book, lead: int) -> int | None:
    status = interest_of(book, lead)
    if status == INTERESTED and lead % 5 == 0 and call.workspace.spec.labels:
        return label_number(call.workspace, lead % len(call.workspace.spec.labels))
    return status


def _last(call: Call, campaign: Campaign, lead: int, book: Book) -> dict[str, Any]:
    """What happened last: step and variant are numbers from zero here (reference 5.2)."""
    replied = book.replied if book.replied.at[lead] >= book.automatic.at[lead] else book.automatic
    members: dict[str, Any] = _place("email_opened", book.opened, lead)
    members |= _place("email_replied", replied, lead)
    members |= _place("email_clicked", book.clicked, lead)
    members |= {
        "timestamp_last_open": _stamp(int(book.opened.at[lead])),
        "timestamp_last_reply": _stamp(int(replied.at[lead])),
        "timestamp_last_click": _stamp(int(book.clicked.at[lead])),
    }
    sent = int(book.sent.at[lead])
    if sent > NONE:
        senders = call.workspace.senders(campaign)
        step = f"0_{int(book.sent.step[lead])}_{int(book.sent.variant[lead])}"
        members |= {
            "timestamp_last_contact": iso(sent),
            "timestamp_last_touch": iso(sent),
            "last_contacted_from": senders[lead % len(senders)].email,
        }
        if chance(campaign.id, lead, "summary") < 0.7:
            last = {"from": "campaign", "stepID": step, "timestamp_executed": iso(sent)}
            members["status_summary"] = {"lastStep": last}
    return members


def _place(name: str, last: Last, lead: int) -> dict[str, int]:
    if last.at[lead] == NONE or last.step[lead] < 0 or last.variant[lead] < 0:
        return {}
    return {f"{name}_step": int(last.step[lead]), f"{name}_variant": int(last.variant[lead])}


def _stamp(at: int) -> str | None:
    return iso(at) if at > NONE else None


def list_row(call: Call, source: ListLeads, lead: int, person: Contact) -> dict[str, Any]:
    """A lead that sits in a list and in no campaign."""
    made = iso(source.loaded_at(lead))
    members = {
        "id": source.ids[lead],
        "timestamp_created": made,
        "timestamp_updated": made,
        "organization": call.workspace.id,
        "status": 1,
        **_person(person),
        "email_open_count": 0,
        "email_reply_count": 0,
        "email_click_count": 0,
        "status_summary": {},
        "list_id": source.id,
        "enrichment_status": 1 if source.spec.enriched else None,
        "upload_method": "api",
    }
    return {name: value for name, value in members.items() if value is not None}
