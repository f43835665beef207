"""Lists that are walked from their first row to their last.

    every run      all pages; what is missing is gone
    newest first   between two full walks: pages until one holds nothing new; nothing is gone
    instead        a list that the API refuses to give at once: the lists of each campaign

Stopping early is right only while the list really comes newest first, which no document promises
(quirk B11): pages in another order turn the walk into a full one. Rows that were just listed and
are known in this very content need not be written again; of those with another content the old
version ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sources.instantly.conversation.paging import Element
from sources.instantly.endpoint import Endpoint, Parent
from sources.instantly.errors import NotFound, RequestRefused
from sources.instantly.reading.batch import Batch, Closing
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.visit import Visit


@dataclass(frozen=True, slots=True)
class Listings:
    """Walks the lists of one workspace.

    Attributes:
        visit: the workspace.
        keeper: makes batches of rows.
    """

    visit: Visit
    keeper: Keeper

    def whole(self, endpoint: Endpoint, parents: Sequence[str] = ()) -> list[Element]:
        """Every element of a list.

        Args:
            endpoint: the list.
            parents: ids to ask for one by one where the API refuses to list all at once.
        """
        try:
            return [element for page in self.visit.walk(endpoint) for element in page]
        except RequestRefused:
            if endpoint.instead is None:
                raise
        return self._by_parents(endpoint, endpoint.instead, parents)

    def _by_parents(
        self, endpoint: Endpoint, parent: Parent, identifiers: Sequence[str]
    ) -> list[Element]:
        def ask(identifier: str) -> list[Element]:
            try:
                return self.visit.ask(endpoint, {parent.param: identifier})
            except NotFound:  # deleted meanwhile, and its rows with it
                return []

        answers = self.visit.side_by_side(endpoint, ask, identifiers)
        return [element for answer in answers for element in answer]

    def newest(self, endpoint: Endpoint) -> Batch:
        """The new rows of a list that comes newest first; all rows where it does not.

        Args:
            endpoint: a list with `newest_first` and a key of one column.
        """
        (key,) = endpoint.key
        elements: list[Element] = []
        known: set[str] = set()
        last, falls = None, True
        for page in self.visit.walk(endpoint):
            elements += page
            last, falls = _falling(endpoint, page, last, falls)
            held = self._held(endpoint, page)
            known |= held
            if falls and page and len(held) == len({str(element.get(key)) for element in page}):
                return self._part(endpoint, elements, known)
        return self.keeper.versions(endpoint, self.visit.quarantine.cut(endpoint, elements))

    def _held(self, endpoint: Endpoint, elements: Sequence[Element]) -> set[str]:
        """Keys of those elements that the warehouse holds."""
        (key,) = endpoint.key
        wanted = [str(element.get(key)) for element in elements]
        visit = self.visit
        found = visit.history.stored(endpoint, visit.workspace_id, [key], among={key: wanted})
        return set(found[key].to_pylist())

    def _part(
        self, endpoint: Endpoint, elements: Sequence[Element], known: Collection[str]
    ) -> Batch:
        (key,) = endpoint.key
        closing = Closing(key, only=frozenset(known))
        rows = self.visit.quarantine.cut(endpoint, elements)
        return self.keeper.versions(endpoint, rows, closing, is_complete=False)


def _falling(
    endpoint: Endpoint, page: Sequence[Element], last: str | None, falls: bool
) -> tuple[str | None, bool]:
    """The time at which a page ends, and whether the list has come newest first until there.

    Times are compared as texts: a list spells all of them in one way.
    """
    times = [str(element.get(endpoint.newest_first) or "") for element in page]
    in_order = all(
        later >= earlier for later, earlier in pairwise([*([last] if last else []), *times])
    )
    return (times[-1] if times else last), falls and in_order
