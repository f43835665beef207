"""What of people is stored at all: columns left empty, and columns kept as keyed hashes.

    PRIVACY_DROP=leads.phone      +49 30 …        →  null
    PRIVACY_HASH=leads.email,     " Jane@X.com"   →  hmac-sha256(PRIVACY_KEY, "jane@x.com")
                 emails.lead      "jane@x.com"    →  the same 64 hex digits, so joins still work

Works on the batch that is about to be written. What decides whether a row is new looks at the
content before this (`row_version`), so a hash never hides a change and never makes one. A report
has no such fingerprint: its rows are compared value by value with stored ones, which is why only
its key may be hashed (`reading.discretion` undoes that for the comparison) and nothing of it
dropped; it counts events, and names somebody in its key or nowhere.

Only texts and JSON can be dropped and only texts hashed. Numbers and times name nobody, and ids
are how tables and requests find each other. Plain SHA-256 was refused: addresses are few enough
to try them all, a key that is not in the warehouse cannot be tried.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Load
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import UnknownColumn
from sources.instantly.shaping import columns
from sources.instantly.shaping.addresses import normalised

HASHED = r"(?:[0-9a-f]{64}|)(?:,(?:[0-9a-f]{64}|))*"
"""What every stored value of a hashed column looks like, as a pattern for the whole of it."""
_HASH = re.compile("[0-9a-f]{64}")

IDS_AND_ADDRESSES = frozenset({"resource_id"})
"""Columns in which an id, which stays, may stand in the place of an address (quirk D16)."""

Chosen = Mapping[str, frozenset[str]]
"""Columns by table."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """The columns of people that are not stored as they are. Without any, nothing happens.

    Attributes:
        dropped: columns that stay empty.
        hashed: columns that hold hashes.
        key: the secret behind the hashes; never stored, logged or shown.
    """

    dropped: Chosen = field(default_factory=dict)
    hashed: Chosen = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)

    @classmethod
    def of(
        cls,
        drop: Iterable[str],
        hash_: Iterable[str],
        key: str = "",
        endpoints: Mapping[str, Endpoint] = BY_TABLE,
    ) -> "Privacy":
        """From names written `table.column`.

        Args:
            drop: columns to leave empty.
            hash_: columns to hash.
            key: the secret behind the hashes.
            endpoints: the tables there are.

        Raises:
            UnknownColumn: there is no such column, or it cannot be dropped or hashed.
        """
        dropped = _chosen(drop, "PRIVACY_DROP", endpoints)
        hashed = _chosen(hash_, "PRIVACY_HASH", endpoints)
        for table, names in hashed.items():
            if both := sorted(names & dropped.get(table, frozenset())):
                raise UnknownColumn(
                    f"PRIVACY_DROP and PRIVACY_HASH both name {table}.{both[0]}; keep it in one"
                )
        return cls(dropped, hashed, key.encode())

    def __bool__(self) -> bool:
        return bool(self.dropped or self.hashed)

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart without giving either away; empty where nothing is hashed."""
        return self.digest("instantly-warehouse") if self.hashed else ""

    def digest(self, text: str) -> str:
        """The hash of one value, 64 hex digits.

        An empty text stays empty and a hash stays what it is: rows that were stored pass here
        again when they are marked as deleted.
        """
        plain = normalised(text)
        if not plain or _HASH.fullmatch(plain):
            return plain
        return hmac.digest(self.key, plain.encode(), "sha256").hex()

    def spelling(self, column: str) -> Callable[[str], str]:
        """How values of a hashed column are written; those of a list of addresses one by one."""
        if column in IDS_AND_ADDRESSES:
            return lambda text: self.digest(text) if "@" in text else text
        if column.endswith("_list"):
            return lambda text: ",".join(self.digest(part) for part in text.split(","))
        return self.digest

    def hides(self, endpoint: Endpoint, column: str) -> bool:
        """Whether a column holds hashes."""
        return column in self.hashed.get(endpoint.table, ())

    def apply(self, endpoint: Endpoint, rows: pa.Table) -> pa.Table:
        """The batch as it may be written."""
        for column in self.dropped.get(endpoint.table, ()):
            rows = _with(rows, column, lambda values: pa.nulls(len(values), values.type))
        for column in self.hashed.get(endpoint.table, ()):
            write = self.spelling(column)
            rows = _with(rows, column, lambda values, write=write: each_distinct(values, write))
        return rows


def each_distinct(texts: pa.ChunkedArray, change: Callable[[str], Any], kind: Any = None) -> Any:
    """The texts changed one by one, equal ones once, as an array of their type; nulls stay."""
    known = texts.cast(pa.string()).combine_chunks().dictionary_encode()
    changed = [change(text) for text in known.dictionary.to_pylist()]
    return pa.array(changed, kind or texts.type).take(known.indices)


def _with(rows: pa.Table, column: str, change: Callable[[pa.ChunkedArray], Any]) -> pa.Table:
    at = rows.schema.get_field_index(column)
    return rows if at < 0 else rows.set_column(at, rows.schema.field(at), change(rows[column]))


def _chosen(
    names: Iterable[str], setting: str, endpoints: Mapping[str, Endpoint]
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        table, _, column = name.partition(".")
        if not column or table not in endpoints:
            raise UnknownColumn(
                f"{setting}: {name!r} names no table; write table.column, for instance leads.phone"
            )
        if why := _why_not(endpoints[table], column, is_hash=setting == "PRIVACY_HASH"):
            raise UnknownColumn(f"{setting}: {name} {why}")
        found.setdefault(table, set()).add(column)
    return {table: frozenset(chosen) for table, chosen in found.items()}


def _why_not(endpoint: Endpoint, column: str, *, is_hash: bool) -> str | None:
    """Why a column cannot be chosen; None when it can."""
    known, is_key = columns.declared(endpoint), column in endpoint.key
    there_are = ", ".join(choices(endpoint)) or "none"
    if column not in known:
        return f"is no column of that table; there are {there_are}"
    if column not in choices(endpoint):
        return f"holds no text about a person; choose of {there_are}"
    if is_key and not is_hash:
        return "is part of the key and cannot be dropped; PRIVACY_HASH can hide it"
    if is_hash and known[column] is columns.JSON:
        return "holds JSON, which cannot be hashed; PRIVACY_DROP can leave it out"
    if endpoint.load is Load.OBSERVATIONS and not is_key:
        return "belongs to a report, of which only the key can be hashed"
    return None


@cache
def choices(endpoint: Endpoint) -> tuple[str, ...]:
    """The columns of a table that may say something about a person: texts and JSON but no ids."""
    members = columns.schema_of(endpoint.entity)["properties"]
    return tuple(
        name
        for name, kind in columns.declared(endpoint).items()
        if kind in (columns.TEXT, columns.JSON)
        and (name in IDS_AND_ADDRESSES or not (name == "id" or name.endswith("_id")))
        and members.get(name, {}).get("format") != "uuid"
    )
