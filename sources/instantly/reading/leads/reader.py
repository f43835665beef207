"""Reading the leads of one workspace: all of them on a slow clock, else what is new or moved.

    due     all, in ranges of ids ────────────────→ rows that changed; what is missing is marked
            where those make no list: by campaign, and what is in lists
    else    what did not fit ─────────────────────→ the same leads again, by their ids
            behind the newest id ─────────────────→ new leads
            did totals move? walk, or ask what leads did ──→ changed leads

Only a walk of which every list ended properly may mark leads as deleted, and one that misses
suspiciously many is refused. A campaign that vanishes while it is walked costs only itself: its
leads are left as they are. So are leads whose row does not fit. A lead that is in no campaign and
in no list is not met where campaigns have to be walked, so its absence says nothing.
"""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sources.instantly.endpoint import PAGE_SIZE, Endpoint, Row
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import NotFound
from sources.instantly.reading.batch import Batch, Put
from sources.instantly.reading.keeper import refuse_short
from sources.instantly.reading.leads import plan
from sources.instantly.reading.leads.pages import Item, LeadTables, glance
from sources.instantly.reading.leads.plan import Activity
from sources.instantly.reading.leads.ranges import Disordered, Ranges
from sources.instantly.reading.leads.sieve import ID, Asking, Held
from sources.instantly.reading.leads.walk import Chain, Collector, side_by_side
from sources.instantly.reading.plan import DAYS, TOTALS, Past
from sources.instantly.reading.visit import REQUESTS_AT_ONCE, Visit
from sources.instantly.shaping import columns

LEADS = BY_TABLE["leads"]

_LOOKED_UP_AT_ONCE = 1_000


@dataclass(slots=True)
class LeadsReader:
    """Reads the leads of one workspace.

    Attributes:
        visit: the workspace.
        campaigns: ids of its campaigns.
        totals: their totals as just read and typed, by campaign.
    """

    visit: Visit
    campaigns: Sequence[str]
    totals: Mapping[str, Row]
    _tables: LeadTables = field(init=False)

    def __post_init__(self) -> None:
        visit = self.visit
        variables = tuple(visit.reads.lead_variables)
        self._tables = LeadTables(LEADS, visit.workspace_id, visit.at, variables, visit.quarantine)

    def read(self, put: Put) -> None:
        """Reads what is due and hands on what changed; the last batch says whether all was walked.

        A backfill is about days, of which leads have none, so it asks for nothing here.

        Raises:
            SuspiciouslyShort: a walk of everything misses too many leads.
            InstantlyError: a request failed for good; what was handed on before is true.
        """
        put(self._batch(self._tables.table([])))
        if self.visit.reads.is_backfill:
            return
        self.visit.listener.table_started(self.visit.name, LEADS.table)
        with ThreadPoolExecutor(1, thread_name_prefix="typist") as typist:
            self._read_due(put, typist)

    def _read_due(self, put: Put, typist: Executor) -> None:
        last_read = self.visit.history.last_complete(LEADS.table, self.visit.workspace_id)
        if last_read is None or self.visit.is_walk_due(LEADS):
            self._walk_all(put, typist)
            return
        try:
            self._read_news(put, typist, last_read)
        except Disordered:
            self._walk_all(put, typist, is_distinct=False)

    # All of them ------------------------------------------------------------------------------

    def _walk_all(self, put: Put, typist: Executor, *, is_distinct: bool = True) -> None:
        """Walks every lead; not `is_distinct` where some may have been handed on before."""
        held, is_first = Held.of(self._stored([ID, columns.ROW_VERSION])), self._holds_nothing()
        leads = Collector(self._tables, held, put, typist, is_first, is_distinct)
        vanished: set[str] = set()
        try:
            self._walk_ranges(leads, held)
        except Disordered:
            leads.flush()
            leads.is_distinct = False
            vanished = self._walk([Chain.in_lists(), *self._chains(self.campaigns)], leads)
        leads.flush()
        self._mark_missing(put, held, vanished)
        put(self._batch(self._tables.table([]), is_complete=True))

    def _walk_ranges(self, leads: Collector, held: Held) -> None:
        """Walks the list of all leads from several ids on.

        Raises:
            Disordered: they are no such list, or it lacks leads that the totals count.
        """
        counted = sum(row.get("leads_count") or 0 for row in self.totals.values())
        parts = plan.parts(max(counted, len(held)), REQUESTS_AT_ONCE)
        present = plan.cuts(min(parts, 2), self.visit.at)
        cuts = [*(held.cuts(parts) or plan.cuts(parts, self.visit.at)), *present]
        ranges = Ranges(cuts, self._pages, leads.add)
        side_by_side(
            self.visit.executor, lambda _, failed: ranges.work(failed), range(REQUESTS_AT_ONCE)
        )
        ranges.check()
        if leads.met < plan.MOST_OF_THEM * counted:
            raise Disordered

    def _holds_nothing(self) -> bool:
        """Whether there is no row of this workspace, deleted ones included."""
        return self.visit.history.greatest(LEADS, self.visit.workspace_id, ID) is None

    def _chains(self, campaigns: Collection[str]) -> list[Chain]:
        """A list per campaign, the longest first, so that no long one is left for the end."""
        sizes = {
            campaign: self.totals.get(campaign, {}).get("leads_count") or 0
            for campaign in campaigns
        }
        longest_first = sorted(sizes, key=lambda campaign: -sizes[campaign])
        return [Chain.of_campaign(campaign) for campaign in longest_first]

    def _walk(self, chains: Sequence[Chain], leads: Collector) -> set[str]:
        """Walks lists to their ends; returns the campaigns that turned out to be gone."""
        vanished: set[str] = set()
        walked = frozenset(chain.campaign for chain in chains if chain.campaign)

        def work(chain: Chain, failed: threading.Event) -> None:
            try:
                for items in self._pages(chain):
                    leads.add(chain.own(items, walked))
                    if failed.is_set():
                        return
            except NotFound:
                if chain.campaign is None:
                    raise
                vanished.add(chain.campaign)

        side_by_side(self.visit.executor, work, chains)
        return vanished

    def _pages(self, chain: Chain) -> Iterator[list[Item]]:
        for items in chain.pages(self.visit.client, LEADS):
            self.visit.listener.advance(self.visit.name, LEADS.table)
            yield items

    def _mark_missing(self, put: Put, held: Held, vanished: Collection[str]) -> None:
        """Writes `deleted_at` into the rows that a walk of everything did not meet."""
        missing = [
            identifier
            for ids in held.not_met(_LOOKED_UP_AT_ONCE)
            for identifier in self._walkable(ids, vanished)
            if not self.visit.quarantine.holds(LEADS, {ID: identifier})
        ]
        if not self.visit.reads.allow_shrink:
            found = len(held) - len(missing)
            refuse_short(LEADS, self.visit.name, held=len(held), read=found)
        for start in range(0, len(missing), _LOOKED_UP_AT_ONCE):
            rows = self._stored(None, missing[start : start + _LOOKED_UP_AT_ONCE])
            put(self._batch(self._deleted(rows)))

    def _walkable(self, ids: list[str], vanished: Collection[str]) -> list[str]:
        """Those leads that the walk would have met."""
        rows = self._stored([ID, "campaign", "list_id"], ids)
        campaign, in_list = pc.field("campaign"), pc.field("list_id").is_valid()
        is_spared = campaign.isin(pa.array(list(vanished), pa.string()))
        return rows.filter((campaign.is_valid() | in_list) & ~is_spared)[ID].to_pylist()

    def _deleted(self, rows: pa.Table) -> pa.Table:
        """The rows as they are stored, deleted as of now."""
        place = rows.column_names.index(columns.DELETED_AT)
        now = pa.repeat(pa.scalar(self.visit.at, columns.TIME.arrow), rows.num_rows)
        return rows.set_column(place, columns.DELETED_AT, now)

    # What is new or moved ---------------------------------------------------------------------

    def _read_news(self, put: Put, typist: Executor, last_read: datetime) -> None:
        def held(ids: list[str]) -> pa.Table:
            return self._stored([ID, columns.ROW_VERSION], ids)

        leads = Collector(self._tables, Asking(held), put, typist)
        self._read_unread(leads)
        self._read_new(leads, last_read)
        self._read_changed(leads, last_read)
        leads.flush()

    def _read_unread(self, leads: Collector) -> None:
        """The leads that did not fit, by their ids; where one has none, only a walk finds it."""
        unread = [kept.key.get(ID) for kept in self.visit.unread(LEADS)]
        if None in unread:
            raise Disordered
        for start in range(0, len(unread), PAGE_SIZE):
            ids = unread[start : start + PAGE_SIZE]
            for items in self._pages(Chain({"ids": ids})):
                if not {glance(item).id for item in items} <= {*ids}:
                    raise Disordered
                leads.add(items)

    def _read_new(self, leads: Collector, last_read: datetime) -> None:
        """One list over the whole workspace, from the newest id to the present."""

        def greatest(below: str) -> str | None:
            history, workspace = self.visit.history, self.visit.workspace_id
            return history.greatest(LEADS, workspace, ID, below=below)

        last = plan.resume_after(greatest, last_read)
        present = plan.id_at(self.visit.at + plan.RANDOM_FROM)
        for items in self._pages(Chain(after=last)):
            ids = [glance(item).id for item in items]
            if not plan.ascends(ids, last):
                raise Disordered
            leads.add(items, ids)
            last = ids[-1] if ids else last
            if last and last > present:
                return

    def _read_changed(self, leads: Collector, last_read: datetime) -> None:
        """Leads of campaigns that moved, by whichever way needs fewer requests."""
        past = Past(self.visit.history, self.visit.workspace_id)
        known = {
            row["campaign_id"]: row for row in past.as_known_to(LEADS, TOTALS, list(self.totals))
        }
        reach = plan.days_back(last_read, self.visit.at)
        days = past.latest(DAYS, list(self.totals), plan.dates_within(reach, self.visit.at))
        moving = plan.moved(self.totals, known)
        how = plan.changes(moving, known, days)
        campaigns = how.campaigns
        if how.activities and not self._ask_what_happened(how.activities, reach, leads):
            campaigns = tuple(moving)
        self._walk(self._chains(campaigns), leads)

    def _ask_what_happened(
        self, activities: Sequence[Activity], reach: int, leads: Collector
    ) -> bool:
        """One list per activity; False when the API does not filter, and they were given up."""
        since = self.visit.at - timedelta(days=reach + 1)
        ignored = threading.Event()

        def work(activity: Activity, failed: threading.Event) -> None:
            for number, items in enumerate(self._pages(Chain(activity.asks(reach)))):
                tells = number == 0 and len(items) >= PAGE_SIZE
                if tells and not activity.is_obeyed(self._tables.table(items), since):
                    ignored.set()
                if ignored.is_set() or failed.is_set():
                    return
                leads.add(items)

        side_by_side(self.visit.executor, work, activities)
        return not ignored.is_set()

    # The warehouse ----------------------------------------------------------------------------

    def _stored(self, names: Collection[str] | None, ids: list[str] | None = None) -> pa.Table:
        among: dict[str, Any] | None = None if ids is None else {ID: ids}
        history, workspace = self.visit.history, self.visit.workspace_id
        return history.stored(self._endpoint, workspace, names, among=among)

    @property
    def _endpoint(self) -> Endpoint:
        return self._tables.endpoint

    def _batch(self, rows: pa.Table, *, is_complete: bool = False) -> Batch:
        workspace = self.visit.workspace_id
        return Batch(self._endpoint, rows, workspace, is_complete=is_complete, is_distinct=True)
