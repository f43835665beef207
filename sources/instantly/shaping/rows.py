"""From one element of an answer to rows: pure functions, one per shape that is not already a row.

    campaign ── sequences[0] ── steps[i] ── variants[j]   →  one row per (i, j), with its text
    {"step": "0", "variant": "1", "sent": 12, …}          →  step 0, variant 1
    {"step": null | "null", …}                            →  step −1: mail or events of no step

Steps and variants have no ids: the position is the key (reference.md 5.1). The reports count them
from zero as texts (quirk C1) and collect what they cannot attribute under null or the text
"null" (quirk C4); those rows are kept under −1, because they hold real replies.
"""

import hashlib
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
    """One row per step and variant of a campaign's copy; none for a draft without copy.

    Only the first sequence counts (quirk D11). Members of the step stand beside those of the
    variant, so that a new member of either arrives as a column.
    """
    sequences = campaign.get("sequences") or [{}]
    for step, settings in enumerate(sequences[0].get("steps") or []):
        for variant, text in enumerate(settings.get("variants") or []):
            yield {
                **{name: value for name, value in settings.items() if name != "variants"},
                **text,
                "campaign_id": campaign["id"],
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
        text = orjson.dumps(element, option=orjson.OPT_SORT_KEYS)
        if text not in seen:
            seen.add(text)
            yield element


def last_by_key(rows: Iterable[Row], key: Sequence[str]) -> list[Row]:
    """Rows made unique by key, the last one read standing: rows shift while pages are walked."""
    return list({tuple(row.get(column) for column in key): row for row in rows}.values())


def _added(one: Row, other: Row, key: Sequence[str]) -> Row:
    total = {**one, **other}
    for name in total:
        left, right = one.get(name), other.get(name)
        if name not in key and _is_count(left) and _is_count(right):
            total[name] = left + right
    return total


def _is_count(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
