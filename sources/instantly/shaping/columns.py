"""From rows to Arrow: the one room in which a value gets its type.

    {"sent": 12, "newField": {…}}   +   schema of the entity   →   pyarrow.Table
      declared members: their declared type, null where absent (columns exist on empty tables too)
      unknown members:  a column of their own name that holds the value as JSON

Declared types come from `schemas/*.json`, the entity schemas of the API. dlt's own inference was
refused: a value whose type changes becomes a second column and turns the first into null without
a word. A value that does not fit its declared type is an error that names table and member,
because a silent null would shrink a rate; what the API has not declared yet is kept as JSON,
which no later type can break.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import pyarrow as pa
from dlt.common.normalizers.naming.snake_case import NamingConvention

from sources.instantly.endpoint import Endpoint, Load, Row
from sources.instantly.errors import OutOfContract

WORKSPACE = "workspace_id"
OBSERVED_AT = "observed_at"
ROW_VERSION = "row_version"
DELETED_AT = "deleted_at"
COLLIDING = "colliding_members"
"""Holds, as one JSON object, unknown members whose names become a column that is taken."""

_LARGEST = 2**63


def _integer(value: Any) -> int:
    number = int(value)
    is_whole = not isinstance(value, float) or value.is_integer()
    if not (is_whole and -_LARGEST <= number < _LARGEST):
        raise ValueError("no 64-bit whole number")
    return number


def _boolean(value: Any) -> bool:
    if value not in (True, False):
        raise ValueError("neither true nor false")
    return bool(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _time(value: str | datetime) -> datetime | None:
    """Empty texts stand where a time is meant to be absent (quirk D10)."""
    if isinstance(value, datetime) or value == "":
        return value or None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(value: str | date) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(value[:10]) if value else None


@dataclass(frozen=True, slots=True)
class Kind:
    """A column type: how Arrow stores it, what dlt calls it, and how a JSON value gets there."""

    arrow: pa.DataType
    dlt: str
    convert: Callable[[Any], Any]


INTEGER = Kind(pa.int64(), "bigint", _integer)
DOUBLE = Kind(pa.float64(), "double", float)
BOOLEAN = Kind(pa.bool_(), "bool", _boolean)
TEXT = Kind(pa.string(), "text", _text)
JSON = Kind(pa.string(), "json", _json)
TIME = Kind(pa.timestamp("us", tz="UTC"), "timestamp", _time)
DAY = Kind(pa.date32(), "date", _day)

_KINDS = {
    "integer": INTEGER,
    "number": DOUBLE,
    "boolean": BOOLEAN,
    "string": TEXT,
    "date-time": TIME,
    "date": DAY,
}


def schema_of(entity: str) -> dict[str, Any]:
    """The JSON schema of an entity, as the API publishes it."""
    return json.loads(
        (files("sources.instantly") / "schemas" / f"{entity}.json").read_text("utf-8")
    )


@cache
def declared(endpoint: Endpoint) -> Mapping[str, Kind]:
    """The columns of a raw table that always exist, in order, with their types.

    `workspace_id` first, then the key, then the members of the entity, and last the column of
    the table's history (`history_columns`).
    """
    schema = schema_of(endpoint.entity)["properties"]
    kinds = {column_name(member): _kind(spec) for member, spec in schema.items()}
    kinds |= {column: _KINDS[kind] for column, kind in endpoint.added}
    for member, _ in endpoint.left_out:
        kinds.pop(column_name(member), None)
    keys = {column: kinds.get(column, TEXT) for column in (WORKSPACE, *endpoint.key)}
    return keys | kinds | history_columns(endpoint)


def history_columns(endpoint: Endpoint) -> dict[str, Kind]:
    """The columns that keep a table's history: content, when it was seen, when it was gone."""
    return {
        Load.VERSIONS: {ROW_VERSION: INTEGER},
        Load.OBSERVATIONS: {OBSERVED_AT: TIME},
        Load.ROWS: {ROW_VERSION: INTEGER, OBSERVED_AT: TIME, DELETED_AT: TIME},
    }[endpoint.load]


def _kind(spec: Mapping[str, Any]) -> Kind:
    types = [kind for kind in _listed(spec.get("type")) if kind != "null"]
    if len(types) != 1:
        return JSON
    if types[0] == "string":
        return _KINDS.get(spec.get("format", ""), TEXT)
    return _KINDS.get(types[0], JSON)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def column_name(member: str) -> str:
    """The column that a member of an answer becomes, in dlt's snake case."""
    return NamingConvention().normalize_identifier(member)


def table(endpoint: Endpoint, rows: Iterable[Row], **same: Any) -> pa.Table:
    """Rows as a typed Arrow table.

    Args:
        rows: members by their API names; names of declared columns are taken as they are.
        same: columns with one value on every row, such as `workspace_id` and, where a table keeps
            it, `observed_at`. Rows that keep a `row_version` get it here.

    Raises:
        OutOfContract: a value does not fit the declared type of its column.
    """
    named = [_named(endpoint, {**row, **same}) for row in rows]
    kinds = dict(declared(endpoint))
    for row in named:
        for column in row.keys() - kinds.keys():
            kinds[column] = JSON
    if ROW_VERSION in kinds:
        for row in named:
            row[ROW_VERSION] = row_version(row)
    arrays = [_array(endpoint, column, kind, named) for column, kind in kinds.items()]
    return pa.Table.from_arrays(arrays, names=list(kinds))


def json_columns(endpoint: Endpoint, columns: Collection[str]) -> list[str]:
    """Those of a table's columns that hold JSON."""
    known = declared(endpoint)
    return [column for column in columns if known.get(column, JSON) is JSON]


def row_version(row: Mapping[str, Any]) -> int:
    """A 64-bit fingerprint of a row's content.

    Absent and null are the same, because empty members are often left out (quirk D3). When it was
    seen, or gone, is no content.
    """
    content = {
        name: value
        for name, value in row.items()
        if value is not None and name not in (ROW_VERSION, OBSERVED_AT, DELETED_AT)
    }
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _named(endpoint: Endpoint, row: Row) -> Row:
    """The row by column names; unknown members that would overwrite a column are set apart."""
    named: Row = {}
    colliding: Row = {}
    for member in sorted(row, key=lambda name: (column_name(name) != name, name)):
        column = column_name(member)
        if column in named or _takes_a_declared_column(endpoint, member, column):
            colliding[member] = row[member]
        else:
            named[column] = row[member]
    for member, _ in endpoint.left_out:
        named.pop(column_name(member), None)
    return named | ({COLLIDING: colliding} if colliding else {})


def _takes_a_declared_column(endpoint: Endpoint, member: str, column: str) -> bool:
    is_another = member != column and member not in _members(endpoint)
    return is_another and column in declared(endpoint)


@cache
def _members(endpoint: Endpoint) -> frozenset[str]:
    return frozenset(schema_of(endpoint.entity)["properties"])


def _array(endpoint: Endpoint, column: str, kind: Kind, rows: Sequence[Row]) -> pa.Array:
    convert = kind.convert
    values: list[Any] = []
    for row in rows:
        value = row.get(column)
        try:
            values.append(None if value is None else convert(value))
        except (TypeError, ValueError, OverflowError) as wrong:
            raise OutOfContract(_misfit(endpoint, column, kind, value, row)) from wrong
    return pa.array(values, type=kind.arrow)


def _misfit(endpoint: Endpoint, column: str, kind: Kind, value: Any, row: Row) -> str:
    where = ", ".join(f"{name} {row[name]}" for name in endpoint.key if row.get(name) is not None)
    return (
        f"{endpoint.operation} answered {column} = {str(value)[:60]!r} where {kind.dlt} is "
        f"expected ({endpoint.table}: {where or 'no key'}); nothing of it was loaded"
    )
