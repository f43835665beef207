"""From a page of leads to Arrow, without a dictionary per lead.

    body ─→ [ {…}, {…}, … ]          the envelope; each lead still the bytes that came
              │
              ├─ typed structs, one per lead ─→ columns          what the schema describes
              └─ shaping.columns.table                           whatever does not fit that

Leads are by far the largest table. Decoding them into dictionaries and those into columns costs
three to four times the CPU of going there directly (`benchmarks/leads.py`), so msgspec reads them
into structs whose members are the declared columns, and whole batches of pages become columns at
once. It decides nothing: a page that holds an unknown member, a number where a text is declared, a
time in another spelling, goes through `shaping.columns`, which is the authority on what fits; what
does not is set apart. Both ways give the same table. orjson was refused for this: it has no way
around the dictionaries, and no way to leave a value as the bytes that came.

Members that hold members (`payload` with the users' own variables, `status_summary`) stay the JSON
text that came, so no key of a user can be lost to a column name; their bytes become a column
without a text for each. The fingerprint of a lead is taken from its bytes too: it is known before
anything is typed, so that what the warehouse holds already need not be, and an API that writes the
same lead differently costs one row written in vain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from sources.instantly.endpoint import PAGE_SIZE, Endpoint
from sources.instantly.reading.leads.variables import (
    PAYLOAD,
    variable_column,
    variable_values,
    with_variables,
)
from sources.instantly.reading.quarantine import Quarantine
from sources.instantly.shaping import columns, misfits

Item = Raw | Mapping[str, Any]
"""A lead as bytes; as a dictionary only where its page was no JSON in the strict sense."""

Versions = npt.NDArray[np.int64]
"""A fingerprint per lead."""

_FINGERPRINT_BYTES = 8
_DECODED = {
    columns.INTEGER: int | None,
    columns.DOUBLE: float | None,
    columns.BOOLEAN: bool | None,
    columns.TEXT: str | None,
    columns.TIME: str | None,
    columns.JSON: Raw,
}
"""What a value of a column is read as before Arrow takes it."""


class _Envelope(msgspec.Struct):
    items: list[Raw]
    next_starting_after: str | None = None


class Glance(msgspec.Struct):
    """What deciding about a lead takes, without reading the rest of it."""

    id: str = ""
    campaign: str | None = None


_envelope = msgspec.json.Decoder(_Envelope).decode
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_glance = msgspec.json.Decoder(Glance).decode


def page(body: bytes) -> dict[str, Any]:
    """A page with its leads as they came.

    Raises:
        ValueError: it is no page of objects; the ordinary decoding says what is wrong with it.
    """
    try:
        envelope = _envelope(body)
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep
    if any(memoryview(item)[:1] != b"{" for item in envelope.items):
        raise ValueError("a page of something else than objects")
    return {"items": envelope.items, "next_starting_after": envelope.next_starting_after}


def glance(item: Item) -> Glance:
    """Id and campaign of a lead, empty where they are no texts."""
    try:
        return _glance(item) if isinstance(item, Raw) else msgspec.convert(item, Glance)
    except msgspec.ValidationError:
        return Glance()


@dataclass(slots=True)
class LeadTables:
    """Types the leads of one workspace.

    Attributes:
        plain: the endpoint of leads.
        workspace_id: whose leads.
        at: when they count as observed.
        variables: custom variables that have columns of their own.
        quarantine: takes the leads that do not fit.
        endpoint: the endpoint with these columns.
    """

    plain: Endpoint
    workspace_id: str
    at: datetime
    variables: tuple[str, ...] = ()
    quarantine: Quarantine = field(default_factory=Quarantine)
    endpoint: Endpoint = field(init=False)
    _struct: Callable[[Raw], msgspec.Struct] = field(init=False)
    _same: dict[str, Any] = field(init=False)
    _salt: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.endpoint = with_variables(self.plain, self.variables)
        self._struct = msgspec.json.Decoder(_struct_of(self.plain)).decode
        self._same = {columns.WORKSPACE: self.workspace_id, columns.OBSERVED_AT: self.at}
        self._salt = _salt(self.variables)

    def versions(self, items: Sequence[Item]) -> Versions:
        """64 bits of every lead's bytes; other variables chosen, another fingerprint."""
        digests = b"".join(
            blake2b(
                item if isinstance(item, Raw) else orjson.dumps(item),
                digest_size=_FINGERPRINT_BYTES,
                key=self._salt,
            ).digest()
            for item in items
        )
        return np.frombuffer(digests, ">i8").astype("i8")

    def table(self, items: Sequence[Item], versions: Versions | None = None) -> pa.Table:
        """Those of some leads that fit, typed.

        Args:
            items: leads of any number of pages.
            versions: their fingerprints, where they are known.
        """
        if versions is None:
            versions = self.versions(items)
        as_bytes = [item for item in items if isinstance(item, Raw)]
        if items and len(as_bytes) == len(items):
            try:
                return self._by_columns(as_bytes, versions)
            except (ValueError, TypeError, OverflowError, pa.ArrowException):
                pass  # at least one of them is odd: then some at a time, the odd ones by rows
        if len(items) <= PAGE_SIZE:
            return self._by_rows(items, versions)
        starts = range(0, len(items), PAGE_SIZE)
        some = [slice(start, start + PAGE_SIZE) for start in starts]
        tables = [self.table(items[part], versions[part]) for part in some]
        return pa.concat_tables(tables, promote_options="default")

    def _by_columns(self, items: Sequence[Raw], versions: Versions) -> pa.Table:
        structs = [self._struct(item) for item in items]
        names = structs[0].__struct_fields__
        values = zip(*map(msgspec.structs.astuple, structs), strict=True)
        read = dict(zip(names, values, strict=True))
        if any(None in read[column] for column in self.plain.key):
            raise ValueError("a lead without its key")
        return self._assembled(versions, read)

    def _assembled(self, versions: Versions, read: Mapping[str, Sequence[Any]]) -> pa.Table:
        kinds = columns.declared(self.endpoint)
        known = {
            name: _array(kinds[name], values) for name, values in read.items() if name in kinds
        }
        known |= {
            name: pa.repeat(pa.scalar(value, kinds[name].arrow), len(versions))
            for name, value in self._same.items()
        }
        known |= self._own(versions, known[PAYLOAD])
        empty = {kind.arrow: pa.nulls(len(versions), kind.arrow) for kind in kinds.values()}
        arrays = [known.get(name, empty[kind.arrow]) for name, kind in kinds.items()]
        return pa.Table.from_arrays(arrays, names=list(kinds))

    def _by_rows(self, items: Sequence[Item], versions: Versions) -> pa.Table:
        kinds = columns.declared(self.endpoint)
        rows = [_row(item, kinds) if isinstance(item, Raw) else dict(item) for item in items]
        sifted = misfits.sift(self.endpoint, rows, **self._same)
        self.quarantine.take(self.endpoint, sifted.misfits)
        table, versions = sifted.table, versions[list(sifted.kept)]
        for name, values in self._own(versions, table[PAYLOAD]).items():
            table = table.set_column(table.column_names.index(name), name, values)
        return table

    def _own(self, versions: Versions, payloads: pa.Array) -> dict[str, pa.Array]:
        """The columns that no member of a lead fills."""
        texts = payloads.to_pylist() if self.variables else []
        values = variable_values(texts, self.variables)
        own = {
            variable_column(name): pa.array(texts, pa.string())
            for name, texts in zip(self.variables, values, strict=True)
        }
        return own | {columns.ROW_VERSION: pa.array(versions, pa.int64())}


def _struct_of(endpoint: Endpoint) -> type[msgspec.Struct]:
    """A struct with the members of the entity; an unknown member is an error."""
    kinds = columns.declared(endpoint)
    members = columns.schema_of(endpoint.entity)["properties"]
    fields = [
        (
            columns.column_name(member),
            _DECODED[kinds[columns.column_name(member)]],
            msgspec.field(
                name=member,
                default=Raw() if kinds[columns.column_name(member)] is columns.JSON else None,
            ),
        )
        for member in members
        if columns.column_name(member) in kinds
    ]
    return msgspec.defstruct(endpoint.entity.title(), fields, forbid_unknown_fields=True, gc=False)


def _array(kind: columns.Kind, values: Sequence[Any]) -> pa.Array:
    if kind is columns.JSON:
        return _texts(values)
    if kind is columns.DOUBLE:
        numbers = pa.array(values, kind.arrow)
        ends = pc.call_function("min_max", [numbers]).as_py().values()
        if any(columns.is_too_large(end) for end in ends if end is not None):
            raise ValueError("a number beyond all bounds")
        return numbers
    if kind is not columns.TIME:
        return pa.array(values, kind.arrow)
    times = pa.array(values, pa.string()).cast(kind.arrow)
    pc.call_function("min_max", [times]).as_py()  # raises for a year that no calendar of ours has
    return times


def _texts(values: Sequence[Raw]) -> pa.Array:
    """JSON as it came, null for null and for what is absent; the bytes are never a text of ours."""
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(values))]
    texts = pa.Array.from_buffers(pa.string(), len(values), buffers)
    texts.validate(full=True)  # raises for what is not UTF-8
    nothing = [pc.call_function("equal", [texts, pa.scalar(text)]) for text in ("", "null")]
    is_nothing = pc.call_function("or", nothing)
    return pc.call_function("replace_with_mask", [texts, is_nothing, pa.scalar(None, pa.string())])


def _row(item: Raw, kinds: Mapping[str, columns.Kind]) -> dict[str, Any]:
    """A lead by members; what becomes JSON text keeps its spelling."""
    row: dict[str, Any] = {}
    for member, value in _members(item).items():
        kind = kinds.get(columns.column_name(member), columns.JSON)
        row[member] = None if bytes(value) == b"null" else _value(value, kind)
    return row


def _value(value: Raw, kind: columns.Kind) -> Any:
    if kind is columns.JSON:
        return orjson.Fragment(bytes(value))
    try:
        return orjson.loads(bytes(value))
    except orjson.JSONDecodeError:  # a number beyond all bounds; no type takes a fragment
        return orjson.Fragment(bytes(value))


def _salt(variables: Sequence[str]) -> bytes:
    """Makes every lead count as changed, once, when other variables are chosen."""
    if not variables:
        return b""
    return blake2b(orjson.dumps(sorted(variables)), digest_size=16).digest()
