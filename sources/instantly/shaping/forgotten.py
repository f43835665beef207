"""People who asked to be forgotten are kept out: their rows go, their address goes from texts.

    a row whose column of addresses names the person    → not written
    any other text or JSON with the address in it       → "[forgotten]" stands there instead

Only keyed hashes of the addresses are known here, so every address of a batch is hashed and looked
up; texts without any sign of one are passed over without a look. Our own side (members, sending
accounts) is never touched: whoever is forgotten as a lead and later joins the team is a member.
"""

import hmac
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sources.instantly.endpoint import Endpoint
from sources.instantly.shaping.addresses import (
    MAY_HOLD,
    columns_of_addresses,
    found_in,
    normalised,
    without,
)
from sources.instantly.shaping.privacy import each_distinct

MARK = "[forgotten]"
_MAY_HOLD = pc.MatchSubstringOptions(MAY_HOLD)
OWN_SIDE = frozenset({"workspace_members", "accounts", "dfy_accounts"})
"""Tables of people and mailboxes that write, not of those who are written to."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The people to keep out.

    Attributes:
        salt: what the hashes of this warehouse are keyed with.
        hashes: of the addresses, as `hash_of` makes them.
    """

    salt: bytes = b""
    hashes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def hash_of(self, address: str) -> str:
        """HMAC-SHA-256 of an address, 64 hex digits."""
        return hmac.digest(self.salt, normalised(address).encode(), "sha256").hex()

    def holds(self, address: str) -> bool:
        """Whether this address, in any spelling, is to be kept out."""
        return self.hash_of(address) in self.hashes

    def apply(self, endpoint: Endpoint, rows: pa.Table) -> pa.Table:
        """The batch without the people; the same object where nobody is to be kept out."""
        if not self or not rows.num_rows or endpoint.table in OWN_SIDE:
            return rows
        for column in columns_of_addresses(endpoint):
            if column in rows.column_names:
                stays = each_distinct(rows[column], lambda text: not self.names(text), pa.bool_())
                rows = rows.filter(stays.fill_null(True))
        for at, column in enumerate(rows.schema):
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                rows = rows.set_column(at, column, self.scrubbed(rows.column(at)))
        return rows

    def names(self, text: str) -> bool:
        """Whether a column of addresses names one of the people."""
        return any(self.holds(found.address) for found in found_in(text))

    def scrubbed(self, texts: pa.ChunkedArray) -> Any:
        """The texts without the people's addresses."""
        may = pc.call_function("match_substring_regex", [texts], _MAY_HOLD).fill_null(False)
        looked_at = texts.filter(may)
        if not len(looked_at):
            return texts
        clean = each_distinct(looked_at, lambda text: without(text, self.holds, MARK))
        values, mask = texts.combine_chunks(), may.combine_chunks()
        return pc.call_function("replace_with_mask", [values, mask, clean])
