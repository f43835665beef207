"""Leads: a POST that reads, a hundred rows a page, in order of id.

    sources (campaigns, lists) ──ids──▶ cursor ──filters──▶ rows from the lead book

There is no filter on times and `timestamp_updated` does not follow activity (quirk D1); `queries`
look back whole days for what a lead did. Empty members are left out (quirk D3), unknown members of
the body are ignored (quirk A9). With `distinct_contacts` the order and the cursor are the address.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox import leadbook
from sandbox.answers import Call, Operation, not_found
from sandbox.campaign import Campaign
from sandbox.clock import DAY
from sandbox.entities.campaigns import row as campaign_row
from sandbox.entities.lead_lists import ListLeads, list_leads
from sandbox.entities.lead_rows import list_row, row
from sandbox.leadbook import BOUNCED, COMPLETED, UNSUBSCRIBED, Book, Last
from sandbox.paging import answer, limit
from sandbox.people import contact, number_of
from sandbox.streams import Bools

_INTEREST = {
    "FILTER_LEAD_INTERESTED": 1,
    "FILTER_LEAD_NOT_INTERESTED": -1,
    "FILTER_LEAD_MEETING_BOOKED": 2,
    "FILTER_LEAD_CLOSED": 4,
    "FILTER_LEAD_OUT_OF_OFFICE": 0,
}


@dataclass(frozen=True)
class Found:
    """One lead: where it is, its number there, its id."""

    source: Campaign | ListLeads
    lead: int
    id: str


def _list(call: Call) -> dict[str, Any]:
    size = limit(call, source="body")
    if call.body.get("distinct_contacts"):
        return _contacts(call, size)
    after = str(call.body.get("starting_after") or "")
    rows: list[Found] = []
    for found in _walk(call, after):
        rows.append(found)
        if len(rows) > size:
            break
    return answer(call, rows, size, lambda found: found.id, lambda found: _row(call, found))


def _contacts(call: Call, size: int) -> dict[str, Any]:
    """One row per address, in order of the address."""
    after = str(call.body.get("starting_after") or "")
    known = {str(_row(call, found)["email"]): found for found in _walk(call, "")}
    rows = [known[email] for email in sorted(known) if email > after][: size + 1]
    emails = {found.id: email for email, found in known.items()}
    return answer(call, rows, size, lambda found: emails[found.id], lambda f: _row(call, f))


def _walk(call: Call, after: str) -> Iterator[Found]:
    """Leads behind the cursor that pass the filters, by id ascending."""
    sources = _sources(call)
    if len(sources) == 1:
        yield from _walk_one(call, sources[0], after)
        return
    everything = _merged(call, sources)
    start = bisect.bisect_right(everything, (after, 1 << 40, 0)) if after else 0
    masks = [_mask(call, source) for source in sources]
    for identifier, place, lead in itertools.islice(everything, start, None):
        mask = masks[place]
        if mask is None or mask[lead]:
            yield Found(sources[place], lead, identifier)


def _walk_one(call: Call, source: Campaign | ListLeads, after: str) -> Iterator[Found]:
    ids = _ids(source)
    mask = _mask(call, source)
    for lead in range(bisect.bisect_right(ids, after), len(ids)):
        if mask is None or mask[lead]:
            yield Found(source, lead, ids[lead])


def _ids(source: Campaign | ListLeads) -> list[str]:
    return leadbook.ids(source) if isinstance(source, Campaign) else source.ids


def _merged(call: Call, sources: list[Campaign | ListLeads]) -> list[tuple[str, int, int]]:
    key = ("leads", tuple(len(_ids(source)) for source in sources), tuple(map(id, sources)))
    if key not in call.workspace.cache:
        call.workspace.cache[key] = sorted(
            (identifier, place, lead)
            for place, source in enumerate(sources)
            for lead, identifier in enumerate(_ids(source))
        )
    return call.workspace.cache[key]


def _sources(call: Call) -> list[Campaign | ListLeads]:
    """Where to look: a campaign, a list, or everything."""
    body, clock = call.body, call.world.clock
    campaigns = [c for c in call.workspace.listed() if c.created_at <= clock]
    lists = list_leads(call)
    if wanted := body.get("campaign"):
        return [c for c in campaigns if c.id == wanted]
    if wanted := body.get("list_id"):
        return [each for each in lists if each.id == wanted]
    chosen: list[Campaign | ListLeads] = []
    if not body.get("in_list"):
        chosen += campaigns
    if not body.get("in_campaign"):
        chosen += lists
    return chosen


def _mask(call: Call, source: Campaign | ListLeads) -> Bools | None:
    """Which leads of a source pass; None is all of them."""
    mask = np.ones(len(_ids(source)), bool)
    if isinstance(source, Campaign):
        mask[list(source.removed_leads)] = False
        book = leadbook.book(source, call.now)
        for query in call.body.get("queries") or []:
            mask &= _activity(query, book, call.now)
        if preset := call.body.get("filter"):
            mask &= _preset(str(preset), book)
    elif call.body.get("queries") or call.body.get("filter"):
        mask &= call.body.get("filter") == "FILTER_VAL_NOT_CONTACTED"
    if call.body.get("ids") or call.body.get("excluded_ids"):
        mask &= _by_id(call, source)
    if call.body.get("search") or call.body.get("contacts"):
        mask &= _by_person(call, source)
    return None if mask.all() else mask


def _activity(query: dict[str, Any], book: Book, now: int) -> Bools:
    """A condition of `queries`: what was done within so many days back."""
    values = query.get("values") or {}
    action = query.get("actionType")
    if action == "lead-status":
        asked = values.get("lead-status") or {}
        same = book.interest == asked.get("status")
        return ~same if asked.get("condition") == "is-not" else same
    if action == "lead-status-change":
        return book.interest_at >= now - int(values.get("occurrence-days", 30)) * DAY
    kinds = {"reply": "replied", "email-open": "opened", "link-click": "clicked"}
    last: Last = getattr(book, kinds.get(str(action), "sent"))
    at = last.at
    if action == "reply":
        at = np.maximum(at, book.automatic.at)
    passes = at >= now - int(values.get("occurrence-days", 30)) * DAY
    if count := values.get("occurrence-count"):
        wanted = int(count.get("count", 0))
        compare = {"more": last.count > wanted, "less": last.count < wanted}
        passes &= compare.get(str(count.get("condition")), last.count == wanted)
    return passes


def _preset(name: str, book: Book) -> Bools:
    everyone = np.ones(len(book.status), bool)
    if name in _INTEREST:
        return book.interest == _INTEREST[name]
    contacted = book.sent.count > 0
    return {
        "FILTER_VAL_CONTACTED": contacted,
        "FILTER_VAL_NOT_CONTACTED": ~contacted,
        "FILTER_VAL_COMPLETED": book.status == COMPLETED,
        "FILTER_VAL_UNSUBSCRIBED": book.status == UNSUBSCRIBED,
        "FILTER_VAL_BOUNCED": book.status == BOUNCED,
        "FILTER_VAL_ACTIVE": book.status == leadbook.ACTIVE,
        "FILTER_VAL_REPLIED": book.replied.count > 0,
        "FILTER_VAL_LINK_CLICKED": book.clicked.count > 0,
        "FILTER_VAL_NO_OPENS": contacted & (book.opened.count == 0),
        "FILTER_VAL_OPENED_NO_REPLY": (book.opened.count > 0) & (book.replied.count == 0),
        "FILTER_VAL_COMPLETED_NO_REPLY": (book.status == COMPLETED) & (book.replied.count == 0),
    }.get(name, everyone)


def _by_id(call: Call, source: Campaign | ListLeads) -> Bools:
    wanted = set(call.body.get("ids") or ())
    unwanted = set(call.body.get("excluded_ids") or ())
    return np.array([(not wanted or i in wanted) and i not in unwanted for i in _ids(source)])


def _by_person(call: Call, source: Campaign | ListLeads) -> Bools:
    contacts = {str(each).lower() for each in call.body.get("contacts") or ()}
    search = str(call.body.get("search") or "").lower()
    passes = []
    for lead in range(len(_ids(source))):
        person = contact(call.workspace.seed, call.workspace.number, _number(source, lead))
        text = f"{person.first} {person.last} {person.email}".lower()
        passes.append((not contacts or person.email in contacts) and search in text)
    return np.array(passes, bool)


def _number(source: Campaign | ListLeads, lead: int) -> int:
    campaign = source.seed[2] if isinstance(source, Campaign) else source.person_block
    return number_of(campaign, lead)


def _row(call: Call, found: Found) -> dict[str, Any]:
    person = contact(call.workspace.seed, call.workspace.number, _number(found.source, found.lead))
    if isinstance(found.source, ListLeads):
        return list_row(call, found.source, found.lead, person)
    book = leadbook.book(found.source, call.now)
    return row(call, found.source, found.lead, person, book)


def _single(call: Call) -> dict[str, Any]:
    for source in _sources(call):
        ids = _ids(source)
        place = bisect.bisect_left(ids, call.path["id"])
        if place < len(ids) and ids[place] == call.path["id"]:
            if isinstance(source, Campaign) and place in source.removed_leads:
                break
            return _row(call, Found(source, place, ids[place]))
    raise not_found()


def _matches(call: Call) -> dict[str, Any]:
    """Campaigns that hold an address."""
    address = call.query.get("search", "").lower()
    items = []
    for campaign in call.workspace.listed():
        digits = address.partition("@")[0].rpartition(".")[2]
        lead = int(digits) % 100_000 if digits.isdigit() else campaign.leads_total()
        if lead < campaign.leads_total() and lead not in campaign.removed_leads:
            person = contact(
                call.workspace.seed, call.workspace.number, number_of(campaign.seed[2], lead)
            )
            if person.email == address:
                items.append(campaign_row(campaign, call.workspace, call.now))
    return {"items": items}


OPERATIONS = (
    Operation("POST", "/leads/list", _list, "leads:read"),
    Operation("GET", "/leads/{id}", _single, "leads:read"),
    Operation("GET", "/campaigns/search-by-contact", _matches, "campaigns:read"),
)
