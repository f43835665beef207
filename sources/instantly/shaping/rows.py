"""From one element of an answer to rows: pure functions, one per shape that is not already a row.

    campaign ── sequences[0] ── steps[i] ── variants[j]   →  one row per (i, j), with its text
    {"step": "0", "variant": "1", "sent": 12, …}          →  step 0, variant 1
    {"step": null | "null", …}                            →  step −1: mail or events of no step
    {"step": "1_0_2", …} of an e-mail                     →  subsequence 1, step 0, variant 2

Steps and variants have no ids: the position is the key (reference.md 5.1). The reports count them
from zero as texts (quirk C1) and collect what they cannot attribute under null or the text
"null" (quirk C4); those rows are kept under −1, because they hold real replies.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

import orjson

UNATTRIBUTED = -1
"""Stands for a step or variant that the API left open."""

Row = dict[str, Any]


def as_it_is(element: Mapping[str, Any]) -> Iterator[Row]:
    """The element is the row."""
    yield dict(element)


def copy_variants(campaign: Mapping[str, Any]) -> Iterator[Row]:
    """One row per step and variant of a campaign's copy; none for a draft without copy."""
    yield from _variants(campaign, campaign_id=campaign["id"])


def subsequence_variants(subsequence: Mapping[str, Any]) -> Iterator[Row]:
    """One row per step and variant of a subsequence's copy, which is built like a campaign's."""
    yield from _variants(subsequence, subsequence_id=subsequence["id"])


def _variants(element: Mapping[str, Any], **owner: str) -> Iterator[Row]:
    """Only the first sequence counts (quirk D11). Members of the step stand beside those of the
    variant, so that a new member of either arrives as a column."""
    sequences = element.get("sequences") or [{}]
    for step, settings in enumerate(sequences[0].get("steps") or []):
        for variant, text in enumerate(settings.get("variants") or []):
            yield {
                **{name: value for name, value in settings.items() if name != "variants"},
                **text,
                **owner,
                "step": step,
                "variant": variant,
                "copy_hash": copy_hash(text.get("subject"), text.get("body")),
            }


def copy_hash(subject: str | None, body: str | None) -> str:
    """Fingerprint of a text: SHA-256 over the lengths and texts of subject and body, as hex."""
    parts = [subject or "", body or ""]
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()


def step_and_variant(element: Mapping[str, Any]) -> Iterator[Row]:
    """A report row with integer `step` and `variant`."""
    yield {
        **element,
        "step": position(element.get("step")),
        "variant": position(element.get("variant")),
    }


def position(value: str | int | None) -> int:
    """The zero-based position that a report row names, −1 where it names none.

    Raises:
        ValueError: the value is neither a whole number nor null.
    """
    if value is None or value == "null":
        return UNATTRIBUTED
    return int(value)


_WHOLE = re.compile(r"[+-]?[0-9]+")
_COMPOSITE = re.compile(r"([0-9]{1,9})_([0-9]{1,9})_([0-9]{1,9})")


def email_step(email: Mapping[str, Any]) -> Iterator[Row]:
    """An e-mail with the parts of its `step` as integers, all from zero; the text stays.

    `1_0_2` is the first step of the first subsequence in its third variant; subsequence 0 is the
    campaign's own sequence (quirk C3). What has no such text, as manual mail and many replies,
    or another one, has null in all three: a guess would be counted as a variant.
    """
    found = _COMPOSITE.fullmatch(str(email.get("step")))
    parts = [int(part) for part in found.groups()] if found else [None] * 3
    names = ("subsequence_index", "step_index", "variant_index")
    yield {**email, **dict(zip(names, parts, strict=True))}


def of_an_account(element: Mapping[str, Any]) -> Iterator[Row]:
    """A day of an account; none for the rows that name no account (quirk C31)."""
    if element.get("email_account"):
        yield dict(element)


def warmup_days(answer: Mapping[str, Any]) -> Iterator[Row]:
    """One row per account and day: the API nests them as address → day → counts."""
    for email, days in answer["email_date_data"].items():
        for day, counts in days.items():
            yield {**counts, "email": email, "date": day}


def warmup_totals(answer: Mapping[str, Any]) -> Iterator[Row]:
    """One row per account: the sums over the days that `warmup_days` has."""
    for email, counts in answer["aggregate_data"].items():
        yield {**counts, "email": email}


def sending_status(answer: Mapping[str, Any]) -> Iterator[Row]:
    """The diagnosis without the time at which it was made."""
    diagnostics = answer.get("diagnostics")
    if isinstance(diagnostics, Mapping):
        diagnostics = {k: value for k, value in diagnostics.items() if k != "last_updated"}
    yield {**answer, "diagnostics": diagnostics}


def subscriptions(answer: Mapping[str, Any]) -> Iterator[Row]:
    """One row per subscription; whether all are cancelled follows from `cancel_at_time`."""
    yield from (dict(element) for element in answer["subscriptions"])


def combined(rows: Iterable[Row], key: Sequence[str]) -> list[Row]:
    """Rows made unique by key; the counts of rows with the same key are added up.

    A report may hold a null row beside a row with the text "null": two parts of what belongs to
    no step. Copies of one and the same row must have been taken out before (`distinct`).
    """
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        identity = tuple(row.get(column) for column in key)
        held = found.get(identity)
        found[identity] = row if held is None else _added(held, row, key)
    return list(found.values())


def distinct(elements: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Elements without exact copies: answers have held the same row twice (quirk B13)."""
    seen: set[bytes] = set()
    for element in elements:
        text = _content(element)
        if text not in seen:
            seen.add(text)
            yield element


def _content(element: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(element, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested more deeply than orjson writes
        return json.dumps(element, sort_keys=True).encode("utf-8", "surrogatepass")


def last_by_key(rows: Iterable[Row], key: Sequence[str]) -> list[Row]:
    """Rows made unique by key, the last one read standing: rows shift while pages are walked."""
    return list({tuple(row.get(column) for column in key): row for row in rows}.values())


def _added(one: Row, other: Row, key: Sequence[str]) -> Row:
    total = {**one, **other}
    for name in total:
        left, right = _number(one.get(name)), _number(other.get(name))
        if name not in key and _is_count(left) and _is_count(right):
            total[name] = left + right
    return total


def _number(value: Any) -> Any:
    """A number that came as a text is counted like one."""
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value


def _is_count(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
