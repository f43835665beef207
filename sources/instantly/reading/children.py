"""Requests that are made for rows of another table: one per row, or one per batch of them.

    rows of the parent ─→ which are asked for ─→ side by side ─→ their rows, with the parent's id
                            every run      all
                            moved          those whose totals differ from what was known when this
                                           table was last read completely
                            slow clock     those that are new since then; all when the clock strikes

A parent that answers 404 has been deleted meanwhile: that costs its own rows and nothing else.
When all of several do so, it is the route that is gone, and the table is skipped.

Which rows are gone is said parent by parent: only rows of parents that were asked, and of parents
that are no longer listed, may end. What a slow clock did not ask for stays as it was.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sources.instantly.conversation.paging import Element
from sources.instantly.endpoint import Endpoint, Load, Parent, Place, Row, When
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import NotFound
from sources.instantly.reading.batch import EVERY_ROW, Batch, Closing, Put
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.visit import Visit
from sources.instantly.shaping import columns
from sources.instantly.shaping.observations import differs

Totals = Mapping[str, Row]
"""Typed rows of the table that says what moved, by the id of the parent."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered for some parents.

    Attributes:
        parents: whose rows these are.
        elements: the answer.
        is_missing: the API knows none of them.
    """

    parents: tuple[str, ...]
    elements: Sequence[Element]
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Children:
    """Asks for the children of one workspace's rows.

    Attributes:
        visit: the workspace.
        keeper: makes batches of rows.
    """

    visit: Visit
    keeper: Keeper

    def read(
        self,
        endpoint: Endpoint,
        cut: Sequence[Endpoint],
        parents: Sequence[str],
        put: Put,
        totals: Totals | None = None,
    ) -> list[Row]:
        """Asks for what is worth asking and hands it on.

        Args:
            endpoint: a table with a parent.
            cut: tables that are cut from the same answers.
            parents: ids of all rows of the parent.
            put: takes the rows.
            totals: what is known of the parents now, where that decides who is asked.

        Returns:
            The rows of `endpoint` as they were read, typed; none for a table of versions.
        """
        chosen = self._chosen(endpoint, cut, parents, totals or {})
        answers = answers_of(self.visit, endpoint, chosen)
        if endpoint.load is Load.VERSIONS:
            put(self._versions(endpoint, list(answers), parents, chosen))
            return []
        typed: list[Row] = []
        for answered in answers:
            for table in (endpoint, *cut):
                rows = self._rows(table, answered)
                put(self.keeper.observations(table, rows, self._known(table, answered, rows)))
                if table is endpoint:
                    typed += columns.table(table, rows).to_pylist()
        return typed

    def _chosen(
        self,
        endpoint: Endpoint,
        cut: Sequence[Endpoint],
        parents: Sequence[str],
        totals: Totals,
    ) -> Sequence[str]:
        """The parents that are asked for in this run."""
        if self.visit.reads.is_backfill:
            return []  # nothing of this belongs to a day
        if endpoint.when is When.EVERY_RUN or self.visit.reads.everything:
            return parents
        if endpoint.when is When.MOVED:
            moved = self._moved(endpoint, totals) | self._unread_parents((endpoint, *cut))
            return [parent for parent in parents if parent in moved]
        if self.visit.is_walk_due(endpoint):
            return parents
        known = self._known_parents(endpoint) - self._unread_parents((endpoint, *cut))
        return [parent for parent in parents if parent not in known]

    def _moved(self, endpoint: Endpoint, totals: Totals) -> set[str]:
        """Parents of which the totals are not what they were when this was last read."""
        parent, visit = parent_of(endpoint), self.visit
        seen = visit.history.last_complete(endpoint.table, visit.workspace_id)
        if seen is None or endpoint.moved_by is None:
            return set(totals)
        source, among = BY_TABLE[endpoint.moved_by], {parent.column: list(totals)}
        rows = visit.history.latest(source, visit.workspace_id, among=among, as_of=seen)
        known = {row[parent.column]: row for row in rows}
        return {name for name, row in totals.items() if differs(row, known.get(name))}

    def _known_parents(self, endpoint: Endpoint) -> set[Any]:
        """Parents that were there when this was last read, and so were asked for then."""
        parent, visit = parent_of(endpoint), self.visit
        seen = visit.history.last_complete(endpoint.table, visit.workspace_id)
        if seen is None:
            return set()
        source = BY_TABLE[parent.table]
        return visit.history.known_at(source, visit.workspace_id, parent.member, seen)

    def _unread_parents(self, tables: Iterable[Endpoint]) -> set[Any]:
        """Parents of which a row did not fit when they were last asked for."""
        return {
            kept.key.get(parent_of(table).column)
            for table in tables
            for kept in self.visit.unread(table)
        }

    def _versions(
        self,
        endpoint: Endpoint,
        answers: Sequence[Answered],
        parents: Sequence[str],
        chosen: Collection[str],
    ) -> Batch:
        parent = parent_of(endpoint)
        missing = {name for answered in answers if answered.is_missing for name in answered.parents}
        if parent.may_lack:
            missing = set()
        rows = [row for answered in answers for row in self._cut(endpoint, answered)]
        held, listed = self._parents_of_rows(endpoint), set(parents)
        is_walk = len(chosen) == len(parents) and not self.visit.reads.is_backfill
        if is_walk:
            closing = Closing(parent.column, but=frozenset(missing)) if missing else EVERY_ROW
        else:
            gone = set(held) - listed
            closing = Closing(parent.column, only=frozenset((gone | set(chosen)) - missing))
        return self.keeper.versions(
            endpoint,
            rows,
            closing,
            is_complete=is_walk,
            held=sum(name in listed for name in held),  # rows of the others went with their parents
        )

    def _parents_of_rows(self, endpoint: Endpoint) -> list[Any]:
        """The parent of each row that is open."""
        column, visit = parent_of(endpoint).column, self.visit
        found = visit.history.stored(endpoint, visit.workspace_id, [column])
        return found[column].to_pylist()

    def _rows(self, endpoint: Endpoint, answered: Answered) -> list[Row]:
        """The rows of an answer to a report."""
        same = _same(endpoint, answered)
        return self.visit.quarantine.observed(endpoint, answered.elements, **same)

    def _cut(self, endpoint: Endpoint, answered: Answered) -> list[Row]:
        """The rows of an answer of which every version is kept."""
        return self.visit.quarantine.cut(endpoint, answered.elements, **_same(endpoint, answered))

    def _known(self, endpoint: Endpoint, answered: Answered, rows: Sequence[Row]) -> list[Row]:
        """The latest observations of what the answer speaks of.

        What is missing from an answer counts nothing now. Two cases say less: a day that the
        report does not reach, and an entity of its own (a subsequence in the totals of a campaign)
        that may have been deleted and then keeps its numbers.
        """
        visit, column = self.visit, parent_of(endpoint).column
        if answered.is_missing:
            return []
        among = {column: answered.parents}
        known = visit.history.latest(endpoint, visit.workspace_id, among=among)
        if column not in endpoint.key:
            read = {tuple(row[name] for name in endpoint.key) for row in rows}
            return [row for row in known if tuple(row[name] for name in endpoint.key) in read]
        day = next((c for c in endpoint.key if columns.declared(endpoint)[c] is columns.DAY), None)
        if day is None:
            return known
        days = columns.table(endpoint, rows)[day].to_pylist()
        return [row for row in known if days and min(days) <= row[day] <= max(days)]


def parent_of(endpoint: Endpoint) -> Parent:
    """The parent of a table that has one."""
    if endpoint.parent is None:
        raise ValueError(f"{endpoint.table} has no parent")
    return endpoint.parent


def answers_of(
    visit: Visit,
    endpoint: Endpoint,
    parents: Sequence[str],
    params: Mapping[str, Any] | None = None,
) -> Iterator[Answered]:
    """Asks for the children of these parents, side by side; answers come in their order.

    Args:
        visit: the workspace.
        endpoint: a table with a parent.
        parents: ids.
        params: further members of each request.

    Raises:
        NotFound: the API knows none of several parents.
    """
    parent = parent_of(endpoint)

    def ask(batch: tuple[str, ...]) -> Answered:
        try:
            return Answered(batch, visit.ask(endpoint, *_request(parent, batch, params or {})))
        except NotFound as missing:
            if not parent.may_lack:
                lost.append(missing)
            return Answered(batch, (), is_missing=True)

    lost: list[NotFound] = []
    batches = list(_batches(parents, parent.batch))
    yield from visit.side_by_side(endpoint, ask, batches)
    if len(lost) == len(batches) > 1:
        raise lost[-1]


def _request(
    parent: Parent, batch: Sequence[str], params: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Members of query or body, and what stands in the path."""
    if parent.place is Place.PATH:
        return dict(params), {parent.param: batch[0]}
    asked = list(batch) if parent.batch > 1 else batch[0]
    return {**params, parent.param: asked}, {}


def _batches(parents: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(parents), size):
        yield tuple(parents[start : start + size])


def _same(endpoint: Endpoint, answered: Answered) -> dict[str, str]:
    """What every row of an answer has in common; in a batch each says itself whose it is."""
    parent = parent_of(endpoint)
    return {parent.column: answered.parents[0]} if parent.batch == 1 else {}


def identifiers(elements: Iterable[Element], member: str) -> list[str]:
    """The ids of a parent's rows, each once, in the order of the list."""
    found = (element.get(member) for element in elements)
    return list(dict.fromkeys(name for name in found if name and isinstance(name, str)))
