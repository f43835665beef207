"""Messages: the mails that were sent, the answers to them, and answers to those.

Newest first by time of storage unless asked for `asc`; the only list with bounds on that time
(quirk D22). `step` is the composite `<sequence>_<step>_<variant>`, all from zero, 0 being the main
sequence (quirk C3). Threads are no UUIDs (quirk D18). 20 requests a minute (quirk A16).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sandbox.answers import Call, Operation, invalid, not_found
from sandbox.campaign import Campaign
from sandbox.clock import iso, parse
from sandbox.ids import born_ms, chance, digest, uuid7
from sandbox.leadbook import ids
from sandbox.ledger import AUTOMATIC, MANUAL, REPLY, SENT, Inbox, inbox
from sandbox.paging import answer, limit
from sandbox.people import Contact, contact, number_of
from sandbox.streams import Bools, Ints
from sandbox.subsequence import Subsequence

_UE_TYPE = {SENT: 1, REPLY: 2, AUTOMATIC: 2, MANUAL: 3}
_TYPES = {"sent": (SENT,), "received": (REPLY, AUTOMATIC), "manual": (MANUAL,)}
_ANSWERS = ("Tell me more.", "Not now, thanks.", "Who else uses this? 🙂", "Bitte nach Ostern.")


def _message_id(call: Call, box: Inbox, at: int) -> str:
    sequence = call.workspace.sequences()[int(box.sequence[at])]
    path = ("email", sequence.id, int(box.kind[at]), int(box.key[at]))
    return uuid7(int(box.stored_ms[at]) / 1_000, *path)


def _person(call: Call, sequence: Campaign, lead: int) -> Contact:
    workspace = call.workspace
    return contact(workspace.seed, workspace.number, number_of(sequence.seed[2], lead))


def _row(call: Call, box: Inbox, at: int) -> dict[str, Any]:
    sequence = call.workspace.sequences()[int(box.sequence[at])]
    kind, lead = int(box.kind[at]), int(box.lead[at])
    parent = sequence.parent if isinstance(sequence, Subsequence) else sequence
    person = _person(call, parent, lead)
    senders = call.workspace.senders(sequence)
    account = senders[lead % len(senders)].email
    received = kind in (REPLY, AUTOMATIC)
    text, subject = _words(sequence, box, at, person)
    thread = digest("thread", sequence.id, lead, size=12).hex()
    body = {} if call.flag("preview_only") else {"text": text, "html": f"<div>{text}</div>"}
    row = {
        "id": _message_id(call, box, at),
        "timestamp_created": iso(int(box.stored_ms[at]) / 1_000),
        "timestamp_email": iso(int(box.at[at])),
        "message_id": f"<{thread}.{int(box.key[at])}.{kind}@mail.example>",
        "subject": subject,
        "from_address_email": person.email if received else account,
        "to_address_email_list": account if received else person.email,
        "body": body,
        "organization_id": call.workspace.id,
        "campaign_id": parent.id,
        "lead": person.email,
        "lead_id": ids(parent)[lead],
        "eaccount": account,
        "ue_type": _UE_TYPE[kind],
        "step": _composite(sequence, int(box.step[at]), int(box.variant[at])),
        "is_unread": int(received and chance(sequence.id, lead, "unread") < 0.3),
        "is_auto_reply": int(kind == AUTOMATIC),
        "is_focused": int(kind != AUTOMATIC),
        "i_status": 0 if kind == AUTOMATIC else None,
        "thread_id": thread,
        "content_preview": text[:60],
    }
    if sequence is not parent:
        row["subsequence_id"] = sequence.id
    return {name: value for name, value in row.items() if value is not None}


def _composite(sequence: Campaign, step: int, variant: int) -> str | None:
    number = sequence.number + 1 if isinstance(sequence, Subsequence) else 0
    return f"{number}_{step}_{variant}" if step >= 0 and variant >= 0 else None


def _words(sequence: Campaign, box: Inbox, at: int, person: Contact) -> tuple[str, str]:
    """Text and subject: the copy that was in force for sent mail, an answer otherwise."""
    step, variant = max(0, int(box.step[at])), max(0, int(box.variant[at]))
    version = sequence.steps[step][variant].at(int(box.at[at]))
    subject = version.subject.replace("{{firstName}}", person.first)
    subject = subject.replace("{{companyName}}", person.company)
    kind = int(box.kind[at])
    if kind == SENT:
        return f"Hello {person.first}, {subject}", subject
    if kind == AUTOMATIC:
        return "I am out of office until Monday.", f"Automatic reply: {subject}"
    if kind == MANUAL:
        return "Happy to. Would Thursday suit you?", f"Re: {subject}"
    return _ANSWERS[int(box.key[at]) % len(_ANSWERS)], f"Re: {subject}"


def _wanted(call: Call, box: Inbox) -> Bools:
    """Which messages pass the filters of the query."""
    query, passes = call.query, np.ones(len(box.at), bool)
    sequences = call.workspace.sequences()
    if campaign := query.get("campaign_id"):
        parents = [getattr(s, "parent", s).id == campaign for s in sequences]
        passes &= np.array(parents, bool)[box.sequence] if parents else passes
    if kind := query.get("email_type"):
        passes &= np.isin(box.kind, _TYPES.get(kind, ()))
    if lead := query.get("lead"):
        passes &= _of_lead(call, box, lead.lower())
    if account := query.get("eaccount"):
        passes &= _of_account(call, box, set(account.split(",")))
    return passes & _stored_between(call, box)


def _stored_between(call: Call, box: Inbox) -> Bools:
    passes = np.ones(len(box.at), bool)
    try:
        if since := call.query.get("min_timestamp_created"):
            passes &= box.stored_ms >= _milliseconds(since)
        if until := call.query.get("max_timestamp_created"):
            passes &= box.stored_ms <= _milliseconds(until)
    except ValueError:
        raise invalid('querystring/min_timestamp_created must match format "date-time"') from None
    return passes


def _milliseconds(text: str) -> int:
    fraction = text.partition(".")[2][:3]
    return parse(text) * 1_000 + (int(fraction) if fraction.isdigit() else 0)


def _of_lead(call: Call, box: Inbox, address: str) -> Bools:
    passes = np.zeros(len(box.at), bool)
    digits = address.partition("@")[0].rpartition(".")[2]
    for number, sequence in enumerate(call.workspace.sequences()):
        lead = int(digits) % 100_000 if digits.isdigit() else -1
        if lead >= 0 and _person(call, sequence, lead).email.lower() == address:
            passes |= (box.sequence == number) & (box.lead == lead)
    return passes


def _of_account(call: Call, box: Inbox, accounts: set[str]) -> Bools:
    passes = np.zeros(len(box.at), bool)
    for number, sequence in enumerate(call.workspace.sequences()):
        senders = call.workspace.senders(sequence)
        for place, sender in enumerate(senders):
            if sender.email in accounts:
                passes |= (box.sequence == number) & (box.lead % len(senders) == place)
    return passes


def _list(call: Call) -> dict[str, Any]:
    size = limit(call)
    box = inbox(call.world, call.workspace)
    order = np.flatnonzero(_wanted(call, box))
    ascending = call.query.get("sort_order") == "asc"
    after = call.query.get("starting_after")
    rows: list[int] = []
    for at in _from(call, box, order if ascending else order[::-1], after, ascending):
        rows.append(at)
        if len(rows) == size:
            break
    page = answer(
        call,
        rows,
        size,
        cursor=lambda at: _message_id(call, box, at),
        render=lambda at: _row(call, box, at),
    )
    if call.query.get("latest_of_thread") == "true":
        items = reversed(page["items"])
        page["items"] = list({item["thread_id"]: item for item in items}.values())
    return page


def _from(call: Call, box: Inbox, order: Ints, after: str | None, ascending: bool) -> Iterator[int]:
    """Positions behind the cursor; messages of one millisecond are ordered by id."""
    stored = box.stored_ms[order] if ascending else -box.stored_ms[order]
    start = 0
    if after:
        try:
            born = born_ms(after) if ascending else -born_ms(after)
        except ValueError:
            raise invalid("querystring/starting_after must be a valid cursor") from None
        start = int(np.searchsorted(stored, born, side="left"))
    while start < len(order):
        end = int(np.searchsorted(stored, stored[start], side="right"))
        group = sorted(
            ((_message_id(call, box, int(at)), int(at)) for at in order[start:end]),
            reverse=not ascending,
        )
        for identifier, at in group:
            if not after or (identifier > after if ascending else identifier < after):
                yield at
        start = end


def _single(call: Call) -> dict[str, Any]:
    box = inbox(call.world, call.workspace)
    try:
        born = born_ms(call.path["id"])
    except ValueError:
        raise not_found() from None
    for at in np.flatnonzero(box.stored_ms == born):
        if _message_id(call, box, int(at)) == call.path["id"]:
            return _row(call, box, int(at))
    raise not_found()


def _unread(call: Call) -> dict[str, int]:
    box = inbox(call.world, call.workspace)
    received = np.flatnonzero(np.isin(box.kind, (REPLY, AUTOMATIC)))
    sequences = call.workspace.sequences()
    unread = (
        chance(sequences[int(box.sequence[at])].id, int(box.lead[at]), "unread") < 0.3
        for at in received
    )
    return {"count": sum(unread)}


OPERATIONS = (
    Operation("GET", "/emails", _list, "emails:read", lane="emails"),
    Operation("GET", "/emails/unread/count", _unread, "emails:read"),
    Operation("GET", "/emails/{id}", _single, "emails:read"),
)
