"""Chosen custom variables of leads as columns of their own.

    LEAD_VARIABLES=Industry,companySize
    payload {"Industry": "Steel", "companySize": 40}   →   variable_industry      "Steel"
                                                            variable_company_size  "40"

Users name their variables, so two of them may differ by case alone, or be called like a column of
the loader. All of them stay in the one JSON column `payload`; those that somebody asked for by
name are copied out as text, because one lead's number is another lead's word.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec
from msgspec import Raw

from sources.instantly.endpoint import Endpoint
from sources.instantly.shaping import columns

PAYLOAD = "payload"

_members = msgspec.json.Decoder(dict[str, Raw]).decode


def variable_column(name: str) -> str:
    """The column of `leads` that a custom variable is copied to."""
    return columns.column_name(f"variable_{name}")


def twins(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that would become one column, None when every name has its own."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(variable_column(name), name)
        if other != name:
            return other, name
    return None


def with_variables(endpoint: Endpoint, names: Sequence[str]) -> Endpoint:
    """The endpoint of leads with a text column for each chosen variable.

    Raises:
        ValueError: two names become the same column.
    """
    if pair := twins(names):
        raise ValueError(f"{pair[0]!r} and {pair[1]!r} become one column")
    chosen = tuple((variable_column(name), "string") for name in names)
    return replace(endpoint, added=(*endpoint.added, *chosen))


def variable_values(
    payloads: Iterable[str | None], names: Sequence[str]
) -> Iterator[list[str | None]]:
    """The texts of the chosen variables, a list per name.

    Args:
        payloads: the JSON text of each lead's custom variables, None for a lead without.
        names: exact keys; a value that is no text comes as its JSON.
    """
    decoded = [_variables(payload) for payload in payloads]
    for name in names:
        yield [json_text(members.get(name), unquoted=True) for members in decoded]


def _variables(payload: str | None) -> dict[str, Raw]:
    if payload is None or not payload.startswith("{"):
        return {}
    return _members(payload)


def json_text(value: Raw | None, *, unquoted: bool = False) -> str | None:
    """JSON as it came, None for null and for what is absent.

    Args:
        value: one JSON value.
        unquoted: a text stands for itself, without quotes and escapes.
    """
    text = "" if value is None else str(memoryview(value), "utf-8")
    if text in ("", "null"):
        return None
    return msgspec.json.decode(text, type=str) if unquoted and text[0] == '"' else text
