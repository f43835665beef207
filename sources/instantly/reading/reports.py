"""The reports of campaigns: ask for what moved, and for nothing else.

    /campaigns/analytics              1 request: the totals of every campaign
        │  totals differ from the stored ones → the campaign moved
        │  + the trailing days, 1 request each for all campaigns: a day that differs → it moved
        ▼
    /campaigns/analytics/daily        1 request per campaign that moved: all its days
        │  a day differs from the stored one → the day moved
        ▼
    /campaigns/analytics/steps        1 request per campaign × day that moved  (a day's steps)
                                      1 request per campaign that moved        (lifetime steps)
                                      or of which a day moved

A late reply on a day three months old moves the totals, is found on its day, and costs three
requests; a quiet campaign costs none. Events count on the day they happen (quirk C15) and days are
restated (quirks C16, C17), so a fixed look-back would either miss them or read everything again.
The lifetime report is asked although the days are known, because distinct counts do not add up
over days (quirk C19).

What a campaign yields is handed on as one unit, its totals with it: if one of its requests fails
for good, nothing of the campaign is stored, and the next run still finds that it moved. Totals that
do not fit say nothing, so their campaign counts as moved; a day or step that did not fit is asked
for again, whatever the totals say.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, TypeVar

from sources.instantly.conversation import paging
from sources.instantly.conversation.client import Client
from sources.instantly.endpoint import Endpoint, Row
from sources.instantly.errors import NotFound, OutOfContract, Paused
from sources.instantly.reading.listener import Listener
from sources.instantly.reading.plan import (
    DAYS,
    STEP_DAYS,
    STEPS,
    TOTALS,
    Past,
    moved_campaigns,
    moved_days,
    strayed,
)
from sources.instantly.reading.quarantine import Quarantine
from sources.instantly.reading.window import Window
from sources.instantly.shaping import columns
from sources.instantly.shaping.rows import UNATTRIBUTED

CAMPAIGNS_AT_ONCE = 50
"""Campaigns whose days are planned and read together, and then handed on."""

Work = TypeVar("Work")
Emit = Callable[[Endpoint, Sequence[Row], Sequence[Row]], None]
"""Takes the rows of a report, and what was known of the keys that were asked for."""


@dataclass(slots=True)
class _Unit:
    """What is read of one campaign."""

    campaign_id: str
    created: date | None
    days: list[Row] = field(default_factory=list)
    step_days: dict[date, list[Row]] = field(default_factory=dict)
    steps: list[Row] = field(default_factory=list)
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class CampaignReports:
    """Reads the reports of one workspace.

    Attributes:
        client: the conversation with the workspace.
        past: what the warehouse knows of it.
        window: which days to ask for.
        tables: names of the selected tables.
        created: the day each campaign was created, the first that is worth asking for.
        executor: runs requests side by side.
        listener: told how work goes on.
        name: the workspace, for the listener.
        quarantine: takes the rows that do not fit.
    """

    client: Client
    past: Past
    window: Window
    tables: frozenset[str]
    created: Mapping[str, date]
    executor: Executor
    listener: Listener
    name: str
    quarantine: Quarantine
    _asked_for: Counter[str] = field(default_factory=Counter, init=False)
    """By table the requests that were decided on, campaigns at a time."""

    def read(self, emit: Emit) -> Mapping[str, Row]:
        """Asks for what moved and hands it on, some campaigns at a time.

        Returns:
            The totals of every campaign, typed; without those that do not fit.

        Raises:
            Paused: it is time to publish what was handed on, whole campaigns. Those whose totals
                stand still come last and in one go: nothing would tell that they were read.
            InstantlyError: a request failed for good; what was handed on before is whole.
        """
        rows = self.quarantine.observed(TOTALS, self._ask(TOTALS))
        totals = {row["campaign_id"]: row for row in _typed(TOTALS, rows)}
        listed = totals | self._unread_totals()
        moved = self._moved(listed)
        strays = self._strays(listed, moved.get(DAYS.table, set()))
        for campaign, days in self._unread_days(listed).items():
            strays.setdefault(campaign, set()).update(days)
        first = set().union(*moved.values())
        busy = first | strays.keys()
        by_id = {row["campaign_id"]: row for row in rows}
        self._emit_totals(emit, [row for row in rows if row["campaign_id"] not in busy])
        waiting = [campaign for campaign in listed if campaign in first]
        waiting += [campaign for campaign in listed if campaign in busy - first]
        for start in range(0, len(waiting), CAMPAIGNS_AT_ONCE):
            if start and waiting[start] in first and self.window.reads.is_pause_due:
                what = f"{start} of {len(waiting)} campaigns were read"
                raise Paused(f"{what}; the run goes on there")
            chunk = waiting[start : start + CAMPAIGNS_AT_ONCE]
            units = self._read_units(chunk, moved, strays)
            self._emit_units(emit, units)
            there = [unit.campaign_id for unit in units if unit.campaign_id in by_id]
            self._emit_totals(emit, [by_id[campaign] for campaign in there])
        return totals

    def _moved(self, totals: Mapping[str, Row]) -> dict[str, set[str]]:
        """Per report, the campaigns that have something new, or of which something did not fit."""
        return {
            endpoint.table: moved_campaigns(endpoint, totals, self.past, self.window)
            | {str(kept.key.get("campaign_id")) for kept in self.past.unread(endpoint)}
            & totals.keys()
            for endpoint in (DAYS, STEPS, STEP_DAYS)
            if endpoint.table in self.tables
        }

    def _unread_totals(self) -> dict[str, Row]:
        """Campaigns whose totals do not fit, with totals that differ from all that were ever."""
        found = [dict(misfit.key) for misfit in self.quarantine.found(TOTALS) if misfit.key]
        return {row["campaign_id"]: row for row in _typed(TOTALS, found)}

    def _unread_days(self, totals: Mapping[str, Row]) -> dict[str, set[date]]:
        """Campaigns with days of which the steps did not fit."""
        found: dict[str, set[date]] = {}
        for kept in self.past.unread(STEP_DAYS) if STEP_DAYS.table in self.tables else ():
            if kept.key["campaign_id"] in totals:  # campaign and day are known from the request
                day = date.fromisoformat(kept.key["date"])
                found.setdefault(kept.key["campaign_id"], set()).add(day)
        return found

    def _strays(self, totals: Mapping[str, Row], moved: set[str]) -> dict[str, set[date]]:
        """Campaigns whose totals stand still while a trailing day does not, with those days."""
        still = totals.keys() - moved
        days = self.window.trailing()
        if DAYS.table not in self.tables or self.window.asks_everything or not (still and days):
            return {}
        if len(still) <= len(days):
            return {campaign: set() for campaign in still}
        stored = {(row["campaign_id"], row["date"]): row for row in self._known(DAYS, still, days)}
        found: dict[str, set[date]] = {}
        for day, swept in zip(days, self.executor.map(self._sweep, days), strict=True):
            for campaign in still:
                if strayed(stored.get((campaign, day)), swept.get(campaign)):
                    found.setdefault(campaign, set()).add(day)
        return found

    def _sweep(self, day: date) -> dict[str, Mapping[str, Any]]:
        """The totals of one day, by campaign: one request for the whole workspace."""
        params = _span(day, day) | {"exclude_total_leads_count": "true"}
        rows = self.quarantine.cut(TOTALS, self._ask(TOTALS, params))
        return {row["campaign_id"]: row for row in rows}

    def _read_units(
        self,
        campaigns: Sequence[str],
        moved: Mapping[str, set[str]],
        strays: Mapping[str, set[date]],
    ) -> list[_Unit]:
        units = [_Unit(campaign, self.created.get(campaign)) for campaign in campaigns]
        if DAYS.table in self.tables:
            self._each(self._read_days, units, DAYS)
        if STEP_DAYS.table in self.tables:
            self._each(self._read_step_day, self._pairs(units, strays), STEP_DAYS)
        if STEPS.table in self.tables and not self.window.is_backfill:
            lifetimes = [unit for unit in units if unit.campaign_id in moved[STEPS.table]]
            still = [unit for unit in units if unit.campaign_id not in moved[STEPS.table]]
            days = self._moved_days(still, STEPS)
            lifetimes += [unit for unit in still if days[unit.campaign_id]]
            self._each(self._read_steps, lifetimes, STEPS)
        return self._remaining(units)

    def _pairs(
        self, units: Sequence[_Unit], strays: Mapping[str, set[date]]
    ) -> list[tuple[_Unit, date]]:
        """Campaign × day of which the steps are asked."""
        there = [unit for unit in units if not unit.is_gone]
        moved = self._moved_days(there, STEP_DAYS)
        return [
            (unit, day)
            for unit in there
            for day in sorted(moved[unit.campaign_id] | strays.get(unit.campaign_id, set()))
        ]

    def _moved_days(self, units: Sequence[_Unit], since: Endpoint) -> dict[str, set[date]]:
        """By campaign, the days just read that say something new since `since` was read."""
        known: dict[str, list[Row]] = {}
        for row in self.past.as_known_to(since, DAYS, [unit.campaign_id for unit in units]):
            known.setdefault(row["campaign_id"], []).append(row)
        return {
            unit.campaign_id: moved_days(
                _typed(DAYS, unit.days),
                [r for r in known.get(unit.campaign_id, []) if self._asked(unit, r["date"])],
                everything=self.window.asks_everything,
            )
            for unit in units
        }

    def _asked(self, unit: _Unit, day: date) -> bool:
        return self.window.holds(day, unit.created)

    def _each(self, read: Callable[[Work], None], work: Sequence[Work], endpoint: Endpoint) -> None:
        """Runs requests side by side; the first that fails for good ends the rest."""
        self._asked_for[endpoint.table] += len(work)
        self.listener.table_started(self.name, endpoint.table, self._asked_for[endpoint.table])
        for _ in self.executor.map(read, work):
            self.listener.advance(self.name, endpoint.table)

    def _read_days(self, unit: _Unit) -> None:
        first, last = self.window.first_day(unit.created), self.window.end
        if first is None or first <= last:  # the API refuses a window that ends before it starts
            unit.days = self._rows(DAYS, unit, _span(first, last))

    def _read_step_day(self, pair: tuple[_Unit, date]) -> None:
        unit, day = pair
        unit.step_days[day] = self._rows(STEP_DAYS, unit, _span(day, day), date=day)

    def _read_steps(self, unit: _Unit) -> None:
        unit.steps = self._rows(STEPS, unit, {})
        mine = ("campaign_id", unit.campaign_id)
        if not any(mine in misfit.key for misfit in self.quarantine.found(STEPS)):
            _refuse_steps_from_one(unit.campaign_id, unit.steps)

    def _rows(
        self, endpoint: Endpoint, unit: _Unit, params: Mapping[str, str], **same: object
    ) -> list[Row]:
        """Rows of a report of one campaign; none once the campaign is known to be gone."""
        if unit.is_gone or endpoint.parent is None:
            return []
        asked = {endpoint.parent.param: unit.campaign_id, **params}
        own = {endpoint.parent.column: unit.campaign_id, **same}
        try:
            return self.quarantine.observed(endpoint, self._ask(endpoint, asked), **own)
        except NotFound:
            unit.is_gone = True
            return []

    def _ask(
        self, endpoint: Endpoint, params: Mapping[str, str] | None = None
    ) -> Iterable[Mapping[str, Any]]:
        return chain.from_iterable(paging.elements(self.client, endpoint, params))

    def _remaining(self, units: Sequence[_Unit]) -> list[_Unit]:
        """Units without campaigns that were deleted while we asked."""
        there = [unit for unit in units if not unit.is_gone]
        if len(units) > 1 and not there:
            raise OutOfContract(
                f"{DAYS.operation}: not found (404) for all {len(units)} campaigns that the "
                "totals list; nothing of them was loaded"
            )
        return there

    def _emit_units(self, emit: Emit, units: Sequence[_Unit]) -> None:
        by_id = {unit.campaign_id: unit for unit in units}
        if DAYS.table in self.tables:
            known = self._known(DAYS, by_id)
            asked = [r for r in known if self._asked(by_id[r["campaign_id"]], r["date"])]
            emit(DAYS, [row for unit in units for row in unit.days], asked)
        if STEP_DAYS.table in self.tables:
            rows = [row for unit in units for day in unit.step_days.values() for row in day]
            known = self._known(STEP_DAYS, by_id, {day for u in units for day in u.step_days})
            emit(STEP_DAYS, rows, [r for r in known if _was_asked(by_id, r)])
        asked_steps = [unit for unit in units if unit.steps]
        if asked_steps:
            rows = [row for unit in asked_steps for row in unit.steps]
            emit(STEPS, rows, self._known(STEPS, {unit.campaign_id for unit in asked_steps}))

    def _emit_totals(self, emit: Emit, rows: Sequence[Row]) -> None:
        """Totals are what the next run compares with, so a backfill of some days stores none."""
        if rows and not self.window.is_backfill:
            emit(TOTALS, rows, self._known(TOTALS, [row["campaign_id"] for row in rows]))

    def _known(
        self, endpoint: Endpoint, campaigns: Iterable[str], days: Iterable[date] | None = None
    ) -> list[Row]:
        return self.past.latest(endpoint, list(campaigns), None if days is None else sorted(days))


def _was_asked(units: Mapping[str, _Unit], row: Row) -> bool:
    return row["date"] in units[row["campaign_id"]].step_days


def _typed(endpoint: Endpoint, rows: Iterable[Row]) -> Iterator[Row]:
    yield from columns.table(endpoint, rows).to_pylist()


def _span(first: date | None, last: date) -> dict[str, str]:
    """A window of whole UTC days, both ends included (quirks C12, C13)."""
    start = {"start_date": first.isoformat()} if first else {}
    return start | {"end_date": last.isoformat()}


def _refuse_steps_from_one(campaign_id: str, steps: Sequence[Row]) -> None:
    """Guards the zero base of steps (quirk C1): the first mail of a sequence is step 0."""
    sending = [row["step"] for row in steps if row["step"] > UNATTRIBUTED and row.get("sent")]
    if sending and min(sending) > 0:
        raise OutOfContract(
            f"{STEPS.operation}: campaign {campaign_id} sent mail, but none at step 0; the API "
            "seems to count steps from 1 now, so nothing of it was loaded"
        )
