"""The tables of one workspace: which reader reads which, and what one has to know of another.

    lists ──────────→ campaigns ──→ reports of campaigns ──totals──→ leads
      │                   └──────→ the oldest day ──→ account days, events, e-mails
      └─ rows of parents ─→ children ──totals──→ children of what moved

Endpoints that are cut from the same answers, or that decide about each other's requests, are read
together: a *unit*. What an endpoint says of itself (its way) chooses the reader; nothing here is
about one table, but for the workspace's own row, which is known since the first contact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sources.instantly.conversation.paging import Element
from sources.instantly.endpoint import Endpoint, Row, Way
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.reading.account_days import AccountDays
from sources.instantly.reading.batch import Put
from sources.instantly.reading.children import Children, identifiers, parent_of
from sources.instantly.reading.emails import EmailsReader
from sources.instantly.reading.events import Events
from sources.instantly.reading.keeper import Keeper
from sources.instantly.reading.leads.reader import LeadsReader
from sources.instantly.reading.listings import Listings
from sources.instantly.reading.plan import TOTALS, Past
from sources.instantly.reading.reports import CampaignReports
from sources.instantly.reading.visit import Visit
from sources.instantly.reading.window import EVER
from sources.instantly.shaping import columns

Unit = tuple[Endpoint, ...]
"""Tables that are read together; the first asks."""


def units(tables: Iterable[str]) -> list[Unit]:
    """The tables in the order in which they are read."""
    found: dict[str, list[Endpoint]] = {}
    for endpoint in (BY_TABLE[table] for table in tables):
        asks = TOTALS.table if endpoint.way is Way.REPORTS else endpoint.source or endpoint.table
        found.setdefault(asks, []).append(endpoint)
    return [tuple(unit) for unit in found.values()]


@dataclass(slots=True)
class Tables:
    """Reads the tables of one workspace.

    Attributes:
        visit: the workspace.
        itself: its own row.
        put: takes the rows.
    """

    visit: Visit
    itself: Element
    put: Put
    _keeper: Keeper = field(init=False)
    _listings: Listings = field(init=False)
    _children: Children = field(init=False)
    _needed: frozenset[str] = field(init=False)
    _elements: dict[str, list[Element]] = field(default_factory=dict)
    _totals: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        visit, reads = self.visit, self.visit.reads
        self._keeper = Keeper(
            visit.history,
            visit.workspace_id,
            visit.name,
            visit.at,
            reads.allow_shrink,
            visit.quarantine,
        )
        self._listings = Listings(visit, self._keeper)
        self._children = Children(visit, self._keeper)
        self._needed = frozenset(need for table in reads.tables for need in BY_TABLE[table].needs)

    def read(self, unit: Unit) -> None:
        """Reads a unit and hands its rows on.

        Raises:
            InstantlyError: it could not be read; of versions nothing has been handed on then.
        """
        readers = {
            Way.LISTING: self._read_listing,
            Way.REPORTS: self._read_reports,
            Way.CHILDREN: self._read_children,
            Way.ACCOUNT_DAYS: self._read_account_days,
            Way.EVENTS: self._read_events,
            Way.LEADS: self._read_leads,
            Way.EMAILS: self._read_emails,
        }
        readers[unit[0].way](unit)

    def _read_listing(self, unit: Unit) -> None:
        first = unit[0]
        is_short = first.newest_first and not self.visit.is_walk_due(first)
        if is_short and not self.visit.unread(first):
            self.put(self._listings.newest(first))
            return
        elements = self._listed(first)
        if first.table in self._needed:
            self._elements[first.table] = elements
        cut = self.visit.quarantine.cut
        batches = [self._keeper.versions(table, cut(table, elements)) for table in unit]
        for batch in batches:
            self.put(batch)

    def _listed(self, endpoint: Endpoint) -> list[Element]:
        if endpoint.table == "workspaces":
            return [self.itself]
        parents = endpoint.instead
        return self._listings.whole(endpoint, self._ids(parents.table) if parents else ())

    def _read_reports(self, unit: Unit) -> None:
        visit = self.visit

        def emit(endpoint: Endpoint, rows: Sequence[Row], known: Sequence[Row]) -> None:
            self.put(self._keeper.observations(endpoint, rows, known))

        totals = CampaignReports(
            client=visit.client,
            past=Past(visit.history, visit.workspace_id),
            window=visit.window,
            tables=frozenset(endpoint.table for endpoint in unit),
            created=self._created(),
            executor=visit.executor,
            listener=visit.listener,
            name=visit.name,
            quarantine=visit.quarantine,
        ).read(emit)
        self._totals[TOTALS.table] = list(totals.values())

    def _read_children(self, unit: Unit) -> None:
        first, *cut = unit
        parents = self._ids(parent_of(first).table, parent_of(first).member)
        column = parent_of(first).column
        totals = {row[column]: row for row in self._totals.get(first.moved_by or "", ())}
        rows = self._children.read(first, cut, parents, self.put, totals)
        if first.table in self._needed:
            self._totals[first.table] = rows

    def _read_account_days(self, unit: Unit) -> None:
        for endpoint in unit:
            parent = parent_of(endpoint)
            accounts = self._ids(parent.table, parent.member)
            reader = AccountDays.of(self.visit, self._keeper, endpoint)
            reader.read(accounts, min(self._created().values(), default=None), self.put)

    def _read_events(self, unit: Unit) -> None:
        for endpoint in unit:
            parent = endpoint.parent
            parents = self._ids(parent.table, parent.member) if parent else None
            Events(self.visit, self._keeper).read(endpoint, parents, self._oldest(), self.put)

    def _read_leads(self, _unit: Unit) -> None:
        totals = {row["campaign_id"]: row for row in self._totals.get(TOTALS.table, ())}
        LeadsReader(self.visit, self._ids("campaigns"), totals).read(self.put)

    def _read_emails(self, _unit: Unit) -> None:
        EmailsReader(self.visit, self._keeper, self._oldest()).read(self.put)

    def _ids(self, table: str, member: str = "id") -> list[str]:
        """The ids of a parent's rows: those that were listed, and of the rows that we have those
        that may stand behind a row without its key, or their children would count as gone."""
        listed = identifiers(self._elements.get(table, ()), member)
        visit, endpoint = self.visit, BY_TABLE[table]
        if not visit.quarantine.found(endpoint):
            return listed
        names = {*endpoint.key, member}
        held = visit.history.stored(endpoint, visit.workspace_id, names).to_pylist()
        hidden = [row[member] for row in held if visit.quarantine.holds(endpoint, row)]
        return list(dict.fromkeys([*listed, *hidden]))

    def _created(self) -> dict[str, date]:
        """The day each campaign was created."""
        campaigns = self._elements.get("campaigns", ())
        days = {str(campaign.get("id")): _day_of(campaign) for campaign in campaigns}
        return {campaign: day for campaign, day in days.items() if day}

    def _oldest(self) -> date | None:
        """The first day on which anything can have happened: a campaign may be moved in."""
        days = [*self._created().values(), *filter(None, [_day_of(self.itself)])]
        return min(days, default=None)


def _day_of(element: Mapping[str, Any]) -> date | None:
    """The day on which something was created, None where that cannot be read."""
    try:
        day = columns.DAY.convert(element.get("timestamp_created"))
    except (TypeError, ValueError):
        return None
    return day and max(day, EVER)
