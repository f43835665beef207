"""What dbt knows about the marts: columns, keys, what belongs to what, what is checked, who reads.

A mart's key is that of its `valid_grain`, a reference its `has_parent`: the tests are where a grain
is said, because there it is also held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

REF = re.compile(r"ref\('(\w+)'\)")
DIMENSION = "dim_"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `type` is what the contract enforces, `checks` what is tested of it alone."""

    name: str
    type: str
    description: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows belong to a row of another mart; not `is_tested` where only the keys say so."""

    to: str
    key: tuple[str, ...]
    is_tested: bool


@dataclass(frozen=True, slots=True)
class Mart:
    """One table that people read. `optional_key` may be null, `readers` are exposures."""

    name: str
    unique_id: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional_key: tuple[str, ...]
    references: tuple[Reference, ...]
    checks: tuple[str, ...]
    readers: tuple[str, ...]

    @property
    def is_dimension(self) -> bool:
        """True for the tables that others belong to."""
        return self.name.startswith(DIMENSION)


def marts_of(manifest: Mapping[str, Any]) -> tuple[Mart, ...]:
    """All marts of a dbt manifest, by name."""
    models = [n for n in manifest["nodes"].values() if _is_mart(n)]
    tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]
    by_model: dict[str, list[Mapping[str, Any]]] = {model["unique_id"]: [] for model in models}
    for test in tests:
        if test["attached_node"] in by_model:
            by_model[test["attached_node"]].append(test)
    keys = {m["name"]: _grain(by_model[m["unique_id"]])[0] for m in models}
    found = [_mart(m, by_model[m["unique_id"]], keys, manifest["exposures"]) for m in models]
    return tuple(sorted(found, key=lambda mart: mart.name))


def _is_mart(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["fqn"][1] == "marts"


def _mart(
    model: Mapping[str, Any],
    tests: Iterable[Mapping[str, Any]],
    keys: Mapping[str, tuple[str, ...]],
    exposures: Mapping[str, Any],
) -> Mart:
    tests = sorted(tests, key=lambda test: test["name"])
    key, optional = _grain(tests)
    columns = tuple(_column(column, tests) for column in model["columns"].values())
    tested = tuple(
        Reference(_target(test), tuple(_arguments(test)["key"]), is_tested=True)
        for test in tests
        if _kind(test) == "has_parent"
    )
    return Mart(
        name=model["name"],
        unique_id=model["unique_id"],
        description=_one_line(model["description"]),
        columns=columns,
        key=key,
        optional_key=optional,
        references=tested or _implied(model["name"], (*key, *optional), keys),
        checks=tuple(_in_words(test) for test in tests if not test["column_name"]),
        readers=tuple(
            exposure["label"] or exposure["name"]
            for exposure in exposures.values()
            if model["unique_id"] in exposure["depends_on"]["nodes"]
        ),
    )


def _column(column: Mapping[str, Any], tests: Iterable[Mapping[str, Any]]) -> Column:
    own = [test for test in tests if test["column_name"] == column["name"]]
    return Column(
        column["name"],
        column["data_type"],
        _one_line(column["description"]),
        tuple(_in_words(test) for test in own),
    )


def _implied(
    name: str, own: tuple[str, ...], keys: Mapping[str, tuple[str, ...]]
) -> tuple[Reference, ...]:
    """The dimension with the longest key that stands whole in a mart's own key.

    Not in its columns: the steps of a subsequence are not those of the campaign beside them.
    """
    fitting = [
        Reference(other, key, is_tested=False)
        for other, key in sorted(keys.items())
        if other.startswith(DIMENSION) and other != name and key and set(own).issuperset(key)
    ]
    return (max(fitting, key=lambda reference: len(reference.key)),) if fitting else ()


def _grain(tests: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that say which row it is: those always there, and those that may be null."""
    for test in tests:
        if _kind(test) == "valid_grain":
            arguments = _arguments(test)
            return tuple(arguments["key"]), tuple(arguments.get("optional", ()))
    return (), ()


def _kind(test: Mapping[str, Any]) -> str:
    return test["test_metadata"]["name"]


def _arguments(test: Mapping[str, Any]) -> Mapping[str, Any]:
    return test["test_metadata"]["kwargs"]


def _target(test: Mapping[str, Any]) -> str:
    return REF.findall(_arguments(test)["to"])[0]


def _in_words(test: Mapping[str, Any]) -> str:
    """A test as a promise about the rows."""
    kind, arguments = _kind(test), _arguments(test)
    match kind:
        case "valid_grain":
            return f"one row per {_listed(*_grain([test]))}"
        case "has_parent":
            return f"every row has its `{_target(test)}`"
        case "adds_up_to":
            return f"the counts add up to those of `{_target(test)}`"
        case "rates_hold":
            return "every rate lies between 0 and 1 and in its interval, or the row says otherwise"
        case "accepted_values":
            return "one of " + ", ".join(f"`{value}`" for value in arguments["values"])
        case "not_null":
            return "never null"
    return kind.replace("_", " ")


def _listed(key: tuple[str, ...], optional: tuple[str, ...]) -> str:
    return ", ".join([*(f"`{name}`" for name in key), *(f"`{n}` (may be null)" for n in optional)])


def _one_line(text: str) -> str:
    return " ".join(text.split())
