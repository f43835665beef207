"""A person in a warehouse file: where they are, and how they get out of it.

    address ─> how it may be spelled, packed or hashed ─> SQL picks the cells ─> Python decides

    a row about the person   a column of addresses names them (or holds their hash), or it
                             belongs to a lead of theirs                            → deleted
    any other text or JSON   with the address in it                                → [forgotten]

Which columns hold addresses is told by the endpoint table, so a new entity is covered on the day
it is added; what is no entity (the run log, loader's tables) has only texts. The reports stay:
they count events and name nobody but our own mailboxes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from pipelines.warehouse_file import RAW, has_column, quoted
from sources.instantly import BY_TABLE
from sources.instantly.shaping.addresses import MAY_PACK, columns_of_addresses, normalised, without
from sources.instantly.shaping.forgotten import MARK, OWN_SIDE, Forgotten
from sources.instantly.shaping.privacy import Privacy

if TYPE_CHECKING:
    import duckdb

TEXTS = """
    select
        columns.database_name, columns.schema_name, columns.table_name, columns.column_name,
        columns.data_type in ('VARCHAR', 'JSON') as is_plain
    from duckdb_columns() as columns
    inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
    where not columns.internal and columns.data_type similar to '.*(VARCHAR|JSON).*'
    order by all
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one table holds of a person: rows about them, and rows that mention them."""

    table: str
    rows: int
    mentions: int


@dataclass(frozen=True, slots=True)
class _Texts:
    """A table with its columns of text; lists of texts, which only marts have, are not plain."""

    catalog: str
    schema: str
    table: str
    columns: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def name(self) -> str:
        """In full, because a file may be called like the schema of the marts."""
        return ".".join(map(quoted, (self.catalog, self.schema, self.table)))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those that hold addresses; only raw tables of people who are written to have any."""
        if self.schema != RAW or self.table not in BY_TABLE or self.table in OWN_SIDE:
            return ()
        known = columns_of_addresses(BY_TABLE[self.table])
        return tuple(column for column in self.columns if column in known)


class JsonColumns(Protocol):
    """Columns of JSON in a database that is only attached, which DuckDB sees as texts."""

    def columns(self, schema: str, table: str) -> frozenset[str]:
        """Their names in a table."""
        ...

    def mend(self, schema: str, table: str, column: str, texts: Mapping[str, str]) -> None:
        """Puts texts in the place of those with these MD5 sums."""
        ...


class Search:
    """Looks for one person in an open file, and takes them out where it may write.

    Args:
        connection: to the file; two functions are added to the session.
        address: the person's.
        privacy: columns in which the person stands as a hash.
        schemas: where to look; None: everywhere, as a file is ours alone.
        json: mends columns of JSON where DuckDB cannot write such a type itself.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        address: str,
        privacy: Privacy,
        schemas: Collection[str] | None = None,
        json: JsonColumns | None = None,
    ) -> None:
        self._connection = connection
        self._schemas = schemas
        self._json = json
        self._address = normalised(address)
        self._person = _only(self._address)
        self._digest = privacy.digest(self._address) if privacy.hashed else ""
        for name, function, kind in (
            ("names_the_person", self._names, "BOOLEAN"),
            ("without_the_person", self._without, "VARCHAR"),
        ):
            connection.create_function(name, function, ["VARCHAR"], kind)

    def _names(self, text: str) -> bool:
        return self._is_hashed_in(text) or self._person.names(text)

    def _without(self, text: str) -> str:
        plain = without(text, self._person.holds, MARK)
        return plain.replace(self._digest, MARK) if self._digest else plain

    def _is_hashed_in(self, text: str) -> bool:
        return bool(self._digest) and self._digest in text

    @property
    def _tables(self) -> tuple[_Texts, ...]:
        found: dict[tuple[str, str, str], dict[str, bool]] = {}
        for *table, column, is_plain in self._connection.execute(TEXTS).fetchall():
            if self._schemas is None or table[1] in self._schemas:
                found.setdefault(tuple(table), {})[column] = is_plain
        return tuple(
            _Texts(*table, tuple(columns), tuple(filter(columns.get, columns)))
            for table, columns in found.items()
        )

    @cached_property
    def _pattern(self) -> str:
        """RE2: what a cell looks like that may hold the person."""
        spellings = ({sign, quote(sign, safe="")} for sign in self._address)
        plain = "".join(f"(?:{'|'.join(map(re.escape, either))})" for either in spellings)
        return "|".join(filter(None, (f"(?i:{plain})", MAY_PACK, self._digest)))

    def own_side(self) -> str | None:
        """The raw table of our own side that names the person, None when none does."""
        for table in self._tables:
            if table.schema == RAW and table.table in OWN_SIDE:
                endpoint = BY_TABLE[table.table]
                columns = [c for c in columns_of_addresses(endpoint) if c in table.columns]
                if self._count(table, self._any(columns, self._is_named)):
                    return table.table
        return None

    def traces(self, *, raw: bool) -> tuple[Trace, ...]:
        """Where the person is: in raw tables, or in those that are made of them."""
        found = (
            Trace(table.table, self._count(table, rows), self._count(table, mentions))
            for table, rows, mentions in self._conditions()
            if (table.schema == RAW) is raw
        )
        return tuple(trace for trace in found if trace.rows or trace.mentions)

    def erase(self) -> tuple[Trace, ...]:
        """Takes the person out of every table; what was done, per table.

        Marts are built anew and better dropped before: their lists of texts cannot be mended.
        """
        done = []
        for table, rows, mentions in self._conditions():
            if not table.plain:
                continue
            scrubbed = self._count(table, mentions)
            if scrubbed:
                self._mend(table, rows, mentions)
            deleted = self._run(f"delete from {table.name} where {rows}")  # noqa: S608 names of the catalog
            done.append(Trace(table.table, deleted, scrubbed))
        return tuple(trace for trace in done if trace.rows or trace.mentions)

    def _mend(self, table: _Texts, rows: str, mentions: str) -> None:
        """Takes the person out of texts and JSON of rows that are not about them."""
        apart = self._json.columns(table.schema, table.table) if self._json else frozenset()
        for column in apart.intersection(table.plain):
            cell = _cell(column)
            found = self._rows(
                f"select distinct md5({cell}), without_the_person({cell}) from {table.name} "  # noqa: S608 names of the catalog
                f"where not {rows} and {self._is_mentioned(column)}"
            )
            if self._json and found:
                self._json.mend(table.schema, table.table, column, dict(found))
        mended = ", ".join(
            f"{quoted(column)} = case when {self._is_picked(column)} "
            f"then without_the_person({_cell(column)}) else {quoted(column)} end"
            for column in table.plain
            if column not in apart
        )
        if mended:
            self._run(f"update {table.name} set {mended} where {mentions}")  # noqa: S608 names of the catalog

    def _conditions(self) -> Iterator[tuple[_Texts, str, str]]:
        """Per table: which rows are about the person, and which others mention them."""
        for table in self._tables:
            about = [self._any(table.addresses, self._is_named)]
            if table.schema == RAW and "lead_id" in table.columns:
                about.append("coalesce(list_contains($leads, lead_id), false)")
            rows = f"({' or '.join(about)})"
            yield table, rows, f"not {rows} and {self._any(table.columns, self._is_mentioned)}"

    @cached_property
    def _leads(self) -> list[str]:
        """The ids of the person's leads: their mail may come from another address."""
        if not has_column(self._connection, RAW, "leads", "email"):
            return []
        sql = f"select id from {RAW}.leads where {self._is_named('email')}"  # noqa: S608 names of this module
        found = self._connection.execute(sql, {"pattern": self._pattern})
        return [identifier for (identifier,) in found.fetchall()]

    def _is_picked(self, column: str) -> str:
        return f"coalesce(regexp_matches({_cell(column)}, $pattern), false)"

    def _is_named(self, column: str) -> str:
        return f"({self._is_picked(column)} and names_the_person({_cell(column)}))"

    def _is_mentioned(self, column: str) -> str:
        cell = _cell(column)
        return f"({self._is_picked(column)} and without_the_person({cell}) <> {cell})"

    @staticmethod
    def _any(columns: Iterable[str], condition: Callable[[str], str]) -> str:
        conditions = [condition(column) for column in columns]
        return f"({' or '.join(conditions)})" if conditions else "false"

    def _count(self, table: _Texts, condition: str) -> int:
        return self._run(f"select count(*) from {table.name} where {condition}")  # noqa: S608 names of the catalog

    def _run(self, sql: str) -> int:
        found = self._rows(sql)
        return int(found[0][0]) if found else 0

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        known = {"pattern": lambda: self._pattern, "leads": lambda: self._leads}
        values = {name: value() for name, value in known.items() if f"${name}" in sql}
        return self._connection.execute(sql, values).fetchall()


def _cell(column: str) -> str:
    return f"{quoted(column)}::varchar"


def _only(address: str) -> Forgotten:
    """Recognises one person, by the same rules by which a load keeps people out."""
    nobody = Forgotten()
    return Forgotten(hashes=frozenset({nobody.hash_of(address)}))
