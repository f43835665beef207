"""Faults on demand: what a network, an edge or a bad day of the API does to an answer.

A rule names an operation, which of its requests it hits and what goes wrong:

    {"operation": "GET /campaigns", "nth": 2, "times": 1, "action": "status", "status": 503}

`operation` may be `*`; `nth` counts matching requests from 1 since the rule was set; `times` is how
many are hit, null for all that follow. `where` narrows to requests whose members of path, query or
body hold these values, or that a `workspace` (by key) made. ACTIONS lists what can be done;
parameters stand beside the action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACTIONS: Mapping[str, str] = {
    "status": "answer `status` with `body` (JSON value or text) and `headers`",
    "html": "200 with an HTML page",
    "null": "200 with the JSON value null",
    "error": "200 with {error: ...}",
    "body": "200 with `body`",
    "text": "200 with `body`, a text, as it is: what no JSON value can say",
    "items_null": "the page with items: null",
    "items_missing": "the page without items",
    "items_empty": "the page with items: [] and its cursor",
    "repeat_cursor": "the page with the cursor that was asked for",
    "no_cursor": "the page without its cursor, as if it were the last",
    "duplicate_rows": "the page with every row twice",
    "short": "the first `keep` rows only, and no cursor",
    "patch": "every row with `fields` laid over it, or single ones: `rows` has fields by place",
    "drop": "every row without the members in `fields`",
    "reverse": "the page with its rows in the opposite order",
    "garbage": "half of the JSON, with a matching length",
    "cut": "half of the body, then the connection closes",
    "cut_chunk": "a chunk that says it is the whole body, half of it, then the connection closes",
    "bad_gzip": "a body that says it is gzip and is spoilt half-way",
    "reset": "the connection is reset before an answer",
    "slow": "the body byte by byte, `seconds` between two",
    "delay": "the answer `seconds` late",
    "silence": "no answer at all, for `seconds` (600)",
    "redirect": "302 to `location`",
}

_OF_ENVELOPES: Mapping[str, Any] = {"items_null": None, "items_missing": {}, "items_empty": []}


@dataclass
class Rule:
    """One fault; `hits` counts the requests that matched, struck or not."""

    operation: str
    action: str
    nth: int = 1
    times: int | None = 1
    where: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    hits: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Rule:
        """A rule from its JSON form; ValueError says what is wrong with it."""
        known = {"operation", "action", "nth", "times", "where"}
        if raw.get("action") not in ACTIONS:
            raise ValueError(f"unknown action {raw.get('action')!r}; known: {', '.join(ACTIONS)}")
        return cls(
            operation=raw.get("operation", "*"),
            action=raw["action"],
            nth=raw.get("nth", 1),
            times=raw.get("times", 1),
            where=raw.get("where", {}),
            options={name: value for name, value in raw.items() if name not in known},
        )

    def strikes(self, operation: str, members: Mapping[str, str]) -> bool:
        """Whether this request is hit; counts it if it matches."""
        if self.operation not in ("*", operation):
            return False
        if any(members.get(name) != str(value) for name, value in self.where.items()):
            return False
        self.hits += 1
        last = None if self.times is None else self.nth + self.times
        return self.hits >= self.nth and (last is None or self.hits < last)


def mangled(rule: Rule, body: Any, asked_cursor: str | None) -> Any:
    """The answer's JSON value after a fault that only touches content."""
    if isinstance(body, list) and rule.action in _OF_ENVELOPES:
        return _OF_ENVELOPES[rule.action]
    rows = body["items"] if isinstance(body, dict) and "items" in body else body
    match rule.action:
        case "items_null":
            return body | {"items": None}
        case "items_missing":
            return {name: value for name, value in body.items() if name != "items"}
        case "items_empty":
            return body | {"items": []}
        case "repeat_cursor" | "no_cursor" if isinstance(body, list):
            return body
        case "repeat_cursor":
            first = rows[0].get("id") if rows else None
            return body | {"next_starting_after": asked_cursor or first}
        case "no_cursor":
            return {name: value for name, value in body.items() if name != "next_starting_after"}
        case "short":
            return _with_rows({"items": []}, body, rows[: rule.options.get("keep", 0)])
        case "duplicate_rows":
            return _with_rows(body, body, [row for row in rows for _ in range(2)])
        case "reverse" if isinstance(rows, list):
            return _with_rows(body, body, rows[::-1])
        case "patch" | "drop":
            return _with_rows(body, body, _all_changed(rule, _as_list(rows)))
    return body


def _as_list(rows: Any) -> list[dict[str, Any]]:
    return rows if isinstance(rows, list) else [rows]


def _with_rows(envelope: Any, body: Any, rows: list[Any]) -> Any:
    if isinstance(body, list):
        return rows
    return envelope | {"items": rows} if "items" in body else rows[0]


def _all_changed(rule: Rule, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if "rows" not in rule.options:
        return [_changed(rule, row) for row in rows]
    single = {int(place): fields for place, fields in rule.options["rows"].items()}
    return [row | single.get(place, {}) for place, row in enumerate(rows)]


def _changed(rule: Rule, row: dict[str, Any]) -> dict[str, Any]:
    fields = rule.options.get("fields", {})
    if rule.action == "drop":
        return {name: value for name, value in row.items() if name not in fields}
    return row | fields
