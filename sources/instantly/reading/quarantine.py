"""What a reading set apart because it does not fit, and when that is too much.

    answer ─→ cut ─→ rows with a key ─→ typed ─→ rows that fit ─→ the table
               └──── misfits ──────────────┴──→ quarantine: table, key, column, reason
                                                  │
                          next run: asked for again, as if nothing were known of it

A row that does not fit is not gone: its last good version stays open, its last observation is not
followed by zeros, its lead is not marked as deleted. It is not known either: what decides about
requests asks for it again in every run until it fits, or is no longer there. E-mails alone are not,
because nothing but their time finds them; they wait for `--since` or `--full-refresh`.

One odd row is the API's slip, many of them are a changed contract: then nothing of the table is to
be believed, and it is refused.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.errors import OutOfContract
from sources.instantly.shaping import misfits
from sources.instantly.shaping.misfits import Kept, Misfit
from sources.instantly.shaping.rows import distinct

FEW = 10
"""So many rows never refuse a table, whatever share they are, unless no other row came."""
MOST = 10_000
"""More than this always do."""
DEFAULT_SHARE = 0.01

SCHEMA = pa.schema(
    [
        ("workspace_id", pa.string()),
        ("table_name", pa.string()),
        ("row_key", pa.string()),
        ("column_name", pa.string()),
        ("reason", pa.string()),
        ("rows", pa.int64()),
        ("first_seen_at", pa.timestamp("us", "UTC")),
        ("last_seen_at", pa.timestamp("us", "UTC")),
        ("resolved_at", pa.timestamp("us", "UTC")),
    ]
)
KEY = ("workspace_id", "table_name", "row_key", "column_name")


_KINDS_SAID = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table `quarantine`, before what is hidden of people is hidden.

    Attributes:
        endpoint: whose row this is.
        key, column, reason, rows, first_seen_at, last_seen_at: as in `Kept`.
        resolved_at: when it was seen well, or gone; None until then.
    """

    endpoint: Endpoint
    key: Mapping[str, Any]
    column: str
    reason: str
    rows: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None = None


@dataclass(slots=True)
class Quarantine:
    """Takes what does not fit, in one reading of one workspace; from several threads.

    Attributes:
        share: of the rows of a table that may be unfit.
    """

    share: float = DEFAULT_SHARE
    _read: Counter[str] = field(default_factory=Counter)
    _found: dict[str, Counter[Misfit]] = field(default_factory=dict)
    _met: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(
        self, endpoint: Endpoint, elements: Iterable[Mapping[str, Any]], **same: Any
    ) -> list[Row]:
        """The rows of an answer that have a whole key."""
        rows: list[Row] = []
        odd: list[Misfit] = []
        for row in misfits.cut(endpoint, elements, **same):
            if isinstance(row, Misfit):
                odd.append(row)
            else:
                rows.append(row)
        self.take(endpoint, odd, read=len(rows) + len(odd))
        return rows

    def typed(self, endpoint: Endpoint, rows: Sequence[Row], **same: Any) -> pa.Table:
        """Those of the rows that fit, typed."""
        sifted = misfits.sift(endpoint, rows, **same)
        self.take(endpoint, sifted.misfits)
        return sifted.table

    def observed(
        self, endpoint: Endpoint, elements: Iterable[Mapping[str, Any]], **same: Any
    ) -> list[Row]:
        """The rows of a report that fit, unique by key.

        A row whose key another, unfit one has goes with it: the counts of both are one number.
        """
        rows = self.cut(endpoint, distinct(elements), **same)
        sifted = misfits.sift(endpoint, rows)
        self.take(endpoint, sifted.misfits)
        fit = [rows[place] for place in sifted.kept]
        if sifted.misfits:
            unfit = {misfit.key for misfit in sifted.misfits}
            keys = sifted.table.select(endpoint.key).to_pylist()
            fit = [
                row for row, key in zip(fit, keys, strict=True) if tuple(key.items()) not in unfit
            ]
        return endpoint.unique(fit, endpoint.key)

    def take(self, endpoint: Endpoint, odd: Sequence[Misfit], *, read: int = 0) -> None:
        """Takes rows that do not fit, and notes how many were read."""
        with self._lock:
            self._read[endpoint.table] += read
            if odd:
                self._found.setdefault(endpoint.table, Counter()).update(odd)

    def holds(self, endpoint: Endpoint, row: Mapping[str, Any]) -> bool:
        """Whether a row of the table, in its types, may be one that did not fit."""
        return any(misfit.may_be(row) for misfit in self.found(endpoint))

    def found(self, endpoint: Endpoint) -> list[Misfit]:
        """What did not fit a table so far."""
        with self._lock:
            return list(self._found.get(endpoint.table, ()))

    def rows(self, endpoint: Endpoint) -> dict[Misfit, int]:
        """What did not fit a table so far, and how many rows that is.

        A row with a whole key is one, however often pages that shift or overlap have shown it.
        """
        with self._lock:
            found = dict(self._found.get(endpoint.table, ()))
        whole = len(endpoint.key)
        return {misfit: 1 if len(misfit.key) == whole else n for misfit, n in found.items()}

    def met(self, endpoint: Endpoint, rows: Iterable[Mapping[str, Any]]) -> None:
        """Notes rows of a table that is not asked again for what did not fit, as it goes by."""
        keys = {key_text({name: row[name] for name in endpoint.key}) for row in rows}
        with self._lock:
            self._met.setdefault(endpoint.table, set()).update(keys)

    def lines(
        self, endpoint: Endpoint, known: Iterable[Kept], at: datetime, *, asked_again: bool
    ) -> list[Line]:
        """Rows that do not fit, and those of earlier runs, which may do so now.

        Args:
            endpoint: the table.
            known: what the warehouse holds of it.
            at: when this was read.
            asked_again: everything that did not fit before was asked for, so what is not among
                the misfits now fits, or is gone.
        """
        before = {(key_text(kept.key), kept.column): kept for kept in known}
        lines = []
        for misfit, rows in self.rows(endpoint).items():
            key, column = dict(misfit.key), misfit.column
            kept = before.pop((key_text(key), column), None)
            since = kept.first_seen_at if kept else at
            lines.append(Line(endpoint, key, column, misfit.reason, rows, since, at))
        met = self._met.get(endpoint.table, ())
        for (key_, _), kept in before.items():
            is_over = asked_again or key_ in met
            line = Line(endpoint, **{name: getattr(kept, name) for name in kept.__slots__})
            lines.append(replace(line, resolved_at=at if is_over else None))
        return lines

    def refuse_too_many(self, endpoint: Endpoint, name: str) -> None:
        """Guards a table of which so much does not fit that the API must have changed.

        Raises:
            OutOfContract: more than FEW rows and more than the share of those that were read, or
                all of several, or more than MOST.
        """
        found, read = self.rows(endpoint), self._read[endpoint.table]
        unfit = sum(found.values())
        is_all = unfit >= read > 1
        if unfit <= MOST and not is_all and (unfit <= FEW or unfit <= self.share * read):
            return
        kinds: Counter[str] = Counter()
        for misfit, rows in found.items():
            kinds[_problem(misfit)] += rows
        ((usual, _),) = kinds.most_common(1)
        raise OutOfContract(
            f"{endpoint.operation}: {unfit} of {read} rows for {endpoint.table} of {name!r} do not "
            f"fit, most of them because of {usual}; the API seems to have changed"
            + ("" if is_all else ", or set QUARANTINE_SHARE higher if it has not")
        )


def said(lines: Sequence[Line]) -> str:
    """What does not fit a table, for people, without whose rows these are; empty for nothing."""
    if not lines:
        return ""
    kinds: Counter[str] = Counter()
    for line in lines:
        kinds[_problem(line)] += line.rows
    usual = ", ".join(kind for kind, _ in kinds.most_common(_KINDS_SAID))
    more = " and more" if len(kinds) > _KINDS_SAID else ""
    rows = sum(kinds.values())
    what = "1 row does not fit and was" if rows == 1 else f"{rows} rows do not fit and were"
    return f"{what} set apart ({usual}{more}); see instantly.quarantined_rows"


def _problem(what: Misfit | Line) -> str:
    return f"{what.column}: {what.reason}" if what.column else what.reason


def key_text(key: Mapping[str, Any]) -> str:
    """A key as it is stored: one JSON object."""
    return orjson.dumps(dict(key), option=orjson.OPT_SORT_KEYS).decode()
