"""Raw tables against the truth: field by field, as multisets, in nobody's type but the column's.

    truth rows ──canonical──┐
                            ├─ key by key ─> lost · doubled · stale
    warehouse rows ─────────┘

`Memory` is what a published file is allowed to say. Usually that is one truth; a source that
changes while it is read may be stored as it was before or after; what the source has deleted must
stay as it was last known. A backup that is put back takes its memory with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from chaos.source import TRUTHS, Row, Source, Truth
from chaos.warehouse import Key, Warehouse, canonical, column, key_of

Content = tuple[tuple[str, Any], ...]
Said = Content | None
Truths = Mapping[str, Mapping[str, Sequence[Row]]]
"""Table → workspace id → rows."""

BOOKKEEPING = frozenset({"row_version", "observed_at", "deleted_at", "workspace_id"})
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; `kind` is the word of the last line."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def ask(sources: Iterable[Source], tables: Iterable[str]) -> Truths:
    """The truth of the tables, for every workspace."""
    wanted = set(tables)
    return {
        truth.table: {source.workspace_id: list(truth.rows(source)) for source in sources}
        for truth in TRUTHS
        if truth.table in wanted
    }


@dataclass
class Memory:
    """Per table and key, the contents that are right; several where the source moved meanwhile.

    `doubted` are tables and workspaces that were lied to, and not compared since: what the source
    has deleted by then nobody can say, so the file is believed.
    """

    allowed: dict[str, dict[Key, set[Said]]] = field(default_factory=dict)
    kept: dict[str, set[Key]] = field(default_factory=dict)
    doubted: set[tuple[str, str]] = field(default_factory=set)

    def copy(self) -> Memory:
        """A memory of its own, for a backup."""
        allowed = {table: dict(rows) for table, rows in self.allowed.items()}
        kept = {table: set(keys) for table, keys in self.kept.items()}
        return Memory(allowed, kept, set(self.doubted))

    def without_contents(self, workspaces: Iterable[str]) -> Memory:
        """What is left once an answer has lied: which rows there were, not what they said."""
        tables = [truth.table for truth in TRUTHS]
        return Memory(kept=self.kept, doubted=set(product(tables, workspaces)))


def compare(
    warehouse: Warehouse, memory: Memory, before: Truths, after: Truths
) -> tuple[list[Finding], Memory]:
    """Holds the file against the truth before and after the run that published it.

    Only tables and workspaces of which both truths are given are looked at.
    Returns what is wrong, and what a later file that still holds these rows may say.
    """
    findings: list[Finding] = []
    new = memory.copy()
    for truth in TRUTHS:
        if truth.table in before and truth.table in after:
            findings += _table(warehouse, truth, before[truth.table], after[truth.table], new)
    return findings, new


def _table(
    warehouse: Warehouse,
    truth: Truth,
    before: Mapping[str, Sequence[Row]],
    after: Mapping[str, Sequence[Row]],
    memory: Memory,
) -> Iterator[Finding]:
    types = warehouse.types("instantly_raw", truth.table)
    held = [row for row in warehouse.current(truth) if row["workspace_id"] in after]
    old, now = (_by_key(truth, types, rows) for rows in (before, after))
    yield from _unknown_members(truth, types, after)
    known = memory.allowed.get(truth.table, {})
    expected = _expected(truth, known, old, now, after)
    for key in _set_apart(truth, warehouse, expected):
        expected[key] |= known.get(key, {None})
    yield from _told(truth, "doubled", _doubled(truth, held))
    rows = {key_of(truth, row): _content(truth, row, types) for row in held}
    for key in _believed(truth, rows, now, memory):
        expected[key] = {_said(truth, rows[key])}
    memory.doubted -= {(truth.table, workspace) for workspace in after}
    lost = [key for key, right in expected.items() if key not in rows and None not in right]
    yield from _told(truth, "lost", lost)
    stale = [
        (key, _difference(content, expected.get(key, set())))
        for key, content in rows.items()
        if _said(truth, content) not in expected.get(key, {None})
    ]
    yield from _told(truth, "stale", stale)
    others = {k: v for k, v in memory.allowed.get(truth.table, {}).items() if k[0] not in after}
    memory.allowed[truth.table] = others | {k: v for k, v in expected.items() if k in rows}
    yield from _history(warehouse, truth, memory)


def _expected(
    truth: Truth,
    known: Mapping[Key, set[Said]],
    old: Mapping[Key, Content],
    now: Mapping[Key, Content],
    after: Mapping[str, Sequence[Row]],
) -> dict[Key, set[Said]]:
    """What each key may say: the truth before or after, or of old where the source is silent."""
    expected = {
        key: {_said(truth, rows[key]) if key in rows else None for rows in (old, now)}
        for key in old.keys() | now.keys()
    }
    for key in _deleted(truth, known, now, after):
        expected[key] = expected.get(key, set()) | known[key]
    return expected


def _set_apart(truth: Truth, warehouse: Warehouse, keys: Iterable[Key]) -> Iterator[Key]:
    """Keys of which the file says that they could not be read: they stay as they were."""
    lines = [line.items() for line in warehouse.set_apart(truth.table)]
    for key in keys if lines else ():
        named = dict(zip(("workspace_id", *truth.key), key, strict=True)).items()
        if any(line <= named for line in lines):
            yield key


def _said(truth: Truth, content: Content) -> Said:
    """The content, None where a report counts nothing at all: quiet rows are as good as none."""
    is_quiet = truth.load == "observations" and not any(_counts(content).values())
    return None if is_quiet else content


def _by_key(
    truth: Truth, types: Mapping[str, str], rows: Mapping[str, Sequence[Row]]
) -> dict[Key, Content]:
    """The source's rows by key, in the words of the columns."""
    found: dict[Key, Content] = {}
    for workspace, elements in rows.items():
        for element in elements:
            named = {column(name): value for name, value in element.items()}
            row = {
                name: canonical(value, types[name])
                for name, value in named.items()
                if name in types
            } | {"workspace_id": workspace}
            found[key_of(truth, row)] = _content(truth, row, types)
    return found


def _content(truth: Truth, row: Row, types: Mapping[str, str]) -> Content:
    """What a row says, without our own bookkeeping and without what is empty."""
    said = {
        name: value
        for name, value in row.items()
        if value is not None
        and name in types
        and not name.startswith("_dlt")
        and name not in BOOKKEEPING
        and name not in truth.may_be_old
        and name not in truth.left_out
    }
    return tuple(sorted(said.items()))


def _unknown_members(
    truth: Truth, types: Mapping[str, str], rows: Mapping[str, Sequence[Row]]
) -> Iterator[Finding]:
    """A member that has a value and no column would be lost without a trace."""
    members = {
        column(name)
        for elements in rows.values()
        for row in elements
        for name, value in row.items()
        if value is not None
    }
    if missing := members - types.keys() - truth.left_out:
        yield Finding("lost", f"{truth.table} has no column for {', '.join(sorted(missing))}")


def _deleted(
    truth: Truth,
    known: Mapping[Key, set[Said]],
    now: Mapping[Key, Content],
    after: Mapping[str, Sequence[Row]],
) -> set[Key]:
    """Keys of observations whose campaign the source no longer reports: they stay as they were."""
    if truth.load != "observations":
        return set()
    reported = {key[:2] for key in now}
    return {key for key in known if key[0] in after and key[:2] not in reported}


def _believed(
    truth: Truth, rows: Iterable[Key], now: Iterable[Key], memory: Memory
) -> Iterator[Key]:
    """Keys of observations that a lie may have touched and the source says nothing of any more."""
    reported = {key[:2] for key in now}
    for key in rows if truth.load == "observations" else ():
        if (truth.table, key[0]) in memory.doubted and key[:2] not in reported:
            yield key


def _counts(content: Content) -> dict[str, Any]:
    return {
        name: value
        for name, value in content
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and name not in ("step", "variant", "campaign_status")
    }


def _difference(content: Content, right: set[Said]) -> str:
    wanted = [dict(each) for each in right if each is not None]
    if not wanted:
        return "the source has no such row"
    said = dict(content)
    names = [n for n in sorted(wanted[0].keys() | said) if wanted[0].get(n) != said.get(n)]
    told = [f"{n} is {str(said.get(n))[:60]}, not {str(wanted[0].get(n))[:60]}" for n in names[:3]]
    return "; ".join(told)


def _doubled(truth: Truth, held: Sequence[Row]) -> list[Key]:
    return [key for key, times in Counter(key_of(truth, r) for r in held).items() if times > 1]


def _history(warehouse: Warehouse, truth: Truth, memory: Memory) -> Iterator[Finding]:
    """What was once seen is kept: no version and no observation leaves the file."""
    at = "_dlt_valid_from" if truth.load == "versions" else "observed_at"
    if truth.load == "rows":
        return
    rows = warehouse.rows("instantly_raw", truth.table)
    seen = Counter((*key_of(truth, row), row[at]) for row in rows)
    yield from _told(truth, "doubled", [k for k, n in seen.items() if n > 1])
    yield from _told(truth, "lost", list(memory.kept.get(truth.table, set()) - seen.keys()))
    memory.kept[truth.table] = set(seen)


def _told(truth: Truth, kind: str, what: Sequence[Any]) -> Iterator[Finding]:
    """One finding per table, with the first few rows."""
    if what:
        shown = "; ".join(str(each)[:300] for each in what[:SHOWN])
        yield Finding(kind, f"{len(what)} rows of {truth.table}: {shown}")
