"""From rows to Arrow: the one room in which a value gets its type.

    {"sent": 12, "newField": {…}}   +   schema of the entity   →   pyarrow.Table
      declared members: their declared type, null where absent (columns exist on empty tables too)
      unknown members:  a column of their own name that holds the value as JSON

Declared types come from `schemas/*.json`, the entity schemas of the API. dlt's own inference was
refused: a value whose type changes becomes a second column and turns the first into null without
a word. A value that does not fit its declared type is an error that names table and column,
because a silent null would shrink a rate; it never shows the value, which may be a person.
What becomes of such a row is decided in `shaping.misfits`. What the API has not declared yet is
kept as JSON, which no later type can break.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
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
"""Holds, as one JSON object, unknown members whose names become a column that is taken, or none."""
_LOADERS = "_dlt_"
"""What the names of the loader's own columns begin with."""

_LARGEST = 2**63


def is_too_large(number: float) -> bool:
    """Whether no column of numbers takes it; NaN is too large for any."""
    return not abs(number) < _LARGEST


class DoesNotFit(OutOfContract):
    """A value cannot be what its column is declared to hold.

    Attributes:
        column: where it stands; empty where the row as a whole cannot be stored.
        reason: what came where what was expected; never the value itself.
    """

    def __init__(self, endpoint: Endpoint, column: str, reason: str) -> None:
        super().__init__(
            f"{endpoint.operation} answered {column or 'a row'}: {reason} ({endpoint.table}); "
            "nothing of it was loaded"
        )
        self.column, self.reason = column, reason


def _digits(value: Any) -> Any:
    """Python reads `1_000` as a number; nobody else does."""
    if isinstance(value, str) and "_" in value:
        raise ValueError("no number")
    return value


def _integer(value: Any) -> int:
    number = int(_digits(value))
    is_whole = not isinstance(value, float) or value.is_integer()
    if not (is_whole and -_LARGEST <= number < _LARGEST):
        raise ValueError("no 64-bit whole number")
    return number


def _double(value: Any) -> float:
    """Many members that are counts or codes are declared as numbers, so what no whole number of 64
    bits can be would only fail later, in SQL, and there for all rows."""
    number = float(_digits(value))
    if is_too_large(number):
        raise ValueError("no number of 64 bits")
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
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(value: str | date) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(value[:10]) if value != "" else None


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


@dataclass(frozen=True, slots=True)
class Kind:
    """A column type: how Arrow stores it, what dlt calls it, and how a JSON value gets there.

    Attributes:
        arrow: Arrow's type.
        dlt: dlt's name for it.
        expects: what a value has to be, for people.
        convert: the value that Arrow takes; an exception says that it does not fit.
    """

    arrow: pa.DataType
    dlt: str
    expects: str
    convert: Callable[[Any], Any]


INTEGER = Kind(pa.int64(), "bigint", "a whole number of 64 bits", _integer)
DOUBLE = Kind(pa.float64(), "double", "a number within 64 bits", _double)
BOOLEAN = Kind(pa.bool_(), "bool", "true or false", _boolean)
TEXT = Kind(pa.string(), "text", "a text", _text)
JSON = Kind(pa.string(), "json", "JSON", _json)
TIME = Kind(pa.timestamp("us", tz="UTC"), "timestamp", "a time", _time)
DAY = Kind(pa.date32(), "date", "a day", _day)
_KEY_TEXT = replace(TEXT, convert=_name)
"""A text that names a row: `5` and `"5"` must not become one row."""

_KINDS = {
    "integer": INTEGER,
    "number": DOUBLE,
    "boolean": BOOLEAN,
    "string": TEXT,
    "date-time": TIME,
    "date": DAY,
}

_HISTORY: Mapping[Load, Mapping[str, Kind]] = {
    Load.VERSIONS: {ROW_VERSION: INTEGER},
    Load.OBSERVATIONS: {OBSERVED_AT: TIME},
    Load.ROWS: {ROW_VERSION: INTEGER, OBSERVED_AT: TIME, DELETED_AT: TIME},
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
    return {**keys, **kinds, **history_columns(endpoint)}


def history_columns(endpoint: Endpoint) -> Mapping[str, Kind]:
    """The columns that keep a table's history: content, when it was seen, when it was gone."""
    return _HISTORY[endpoint.load]


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
    """The column that a member of an answer becomes, in dlt's snake case; empty for no name."""
    try:
        return NamingConvention().normalize_identifier(member)
    except ValueError:
        return ""


@cache
def key_kinds(endpoint: Endpoint) -> Mapping[str, Kind]:
    """The columns of a table's key with what their values have to be; none of them may be null."""
    known = declared(endpoint)
    return {name: _KEY_TEXT if known[name] is TEXT else known[name] for name in endpoint.key}


def table(endpoint: Endpoint, rows: Iterable[Row], **same: Any) -> pa.Table:
    """Rows as a typed Arrow table.

    Args:
        rows: members by their API names; names of declared columns are taken as they are.
        same: columns with one value on every row, such as `workspace_id` and, where a table keeps
            it, `observed_at`. Rows that keep a `row_version` get it here.

    Raises:
        DoesNotFit: a value does not fit its column, or a part of the key is missing.
    """
    named = [_named(endpoint, row) | same for row in rows]
    kinds = dict(declared(endpoint))
    for row in named:
        for column in row.keys() - kinds.keys():
            kinds[column] = JSON
    if ROW_VERSION in kinds:
        for row in named:
            row[ROW_VERSION] = _version(endpoint, row)
    strict = kinds | dict(key_kinds(endpoint))
    arrays = [_array(endpoint, column, kind, named) for column, kind in strict.items()]
    return pa.Table.from_arrays(arrays, names=list(kinds))


def json_columns(endpoint: Endpoint, columns: Collection[str]) -> list[str]:
    """Those of a table's columns that hold JSON."""
    known = declared(endpoint)
    return [column for column in columns if known.get(column, JSON) is JSON]


def new_columns(endpoint: Endpoint, columns: Iterable[str]) -> list[str]:
    """Those of a table's columns that no schema declares, in order of their names."""
    return sorted(set(columns) - declared(endpoint).keys())


def _version(endpoint: Endpoint, row: Row) -> int:
    try:
        return row_version(row)
    except TypeError as wrong:
        raise DoesNotFit(endpoint, "", "what cannot be written as JSON") from wrong


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
    places = _places(endpoint, tuple(row))
    named = {column: row[member] for member, column in places.columns}
    if places.colliding:
        named[COLLIDING] = {member: row[member] for member in places.colliding}
    return named


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the members of a row stand: in a column each, or together with those that collide."""

    columns: Sequence[tuple[str, str]]
    colliding: Sequence[str]


@lru_cache(maxsize=1024)  # rows of a report have a shape, those with free members have many
def _places(endpoint: Endpoint, members: tuple[str, ...]) -> _Places:
    taken: dict[str, str] = {}
    colliding: list[str] = []
    for member in sorted(members, key=lambda name: (column_name(name) != name, name)):
        column = column_name(member)
        if column in taken or _takes_a_declared_column(endpoint, member, column):
            colliding.append(member)
        else:
            taken[column] = member
    for member, _ in endpoint.left_out:
        taken.pop(column_name(member), None)
    return _Places([(member, column) for column, member in taken.items()], colliding)


def _takes_a_declared_column(endpoint: Endpoint, member: str, column: str) -> bool:
    if not column or column.startswith(_LOADERS):
        return True
    is_ours = column == WORKSPACE or column in history_columns(endpoint)
    is_another = member not in _members(endpoint) and (member != column or is_ours)
    return is_another and column in declared(endpoint)


@cache
def _members(endpoint: Endpoint) -> frozenset[str]:
    return frozenset(schema_of(endpoint.entity)["properties"])


def _array(endpoint: Endpoint, column: str, kind: Kind, rows: Sequence[Row]) -> pa.Array:
    convert, is_key = kind.convert, column in endpoint.key
    values: list[Any] = []
    value: Any = None
    try:
        for row in rows:
            value = row.get(column)
            converted = None if value is None else convert(value)
            if converted is None and is_key:
                raise ValueError("a key has no holes")
            values.append(converted)
        return pa.array(values, type=kind.arrow)
    except (TypeError, ValueError, OverflowError, RecursionError) as wrong:
        came = value if len(values) < len(rows) else "odd"
        raise DoesNotFit(endpoint, column, misfit(came, kind)) from wrong


def misfit(value: Any, kind: Kind) -> str:
    """What came where what was expected, without saying it."""
    kinds = {type(None): "nothing", dict: "an object", list: "a list", str: "a text"}
    came = kinds.get(type(value), "true or false" if isinstance(value, bool) else "a number")
    if came == kind.expects:
        return f"{came} that cannot be stored"
    return f"{came} where {kind.expects} is expected"
