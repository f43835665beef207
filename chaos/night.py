"""A night at one warehouse: commands are started, disturbed, and held against what is promised.

    run ─> truth before ─> faults on ─> the command ─> faults off ─> truth after ─> what is wrong?

`Night` knows how one command is judged; which commands there are is told by `play` (a drawn
schedule) and `points` (every side effect in turn).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from chaos import disk, verdict
from chaos.command import Commands, Outcome, Started
from chaos.places import Place
from chaos.reading import wrong
from chaos.schedule import Change, Fault, Run, Schedule, World
from chaos.source import TRUTHS, Source
from chaos.tables import Finding, Memory, Truths, ask, compare
from chaos.warehouse import Warehouse
from chaos.warm import Warm
from chaos.watch import TimedLog, citizen
from sandbox import Sandbox
from sandbox.clock import http_date
from sandbox.specs import CampaignSpec, WorkspaceSpec, WorldSpec
from sandbox.worlds import small
from sandbox.worlds.parts import PEOPLE

CORE = tuple(truth.table for truth in TRUTHS[:8])
TRAILING_DAYS = 3
PARTIAL = 3
STORIES = {
    "edit_copy": "copy",
    "remove_variant": "copy",
    "set_tracking": "tracking",
    "restate_day": "days",
    "zero_day": "days",
    "delete_campaign": "gone",
}
"""Changes that give a campaign a past which a fresh warehouse cannot know."""


@dataclass
class Result:
    """What came of a schedule, and what it cost."""

    schedule: Schedule
    events: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    unproven: set[str] = field(default_factory=set)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings


def spec(world: World) -> WorldSpec:
    """The world in the sandbox's words."""
    spec = small(world.campaigns, world.days, world.pace)
    (first,) = spec.workspaces
    drafts = tuple(CampaignSpec(f"Draft {n}", started_days_ago=None) for n in range(world.drafts))
    leading, *rest = first.campaigns
    leading = replace(leading, subsequences=world.subsequences)
    spaces = [replace(first, campaigns=(leading, *rest, *drafts))]
    if world.workspaces > 1:
        spaces.append(WorkspaceSpec("Second Ltd", "second", first.campaigns[:2], PEOPLE))
    return WorldSpec("chaos", tuple(spaces))


class Night:
    """A source, a warehouse, and what is known of both. `result` fills as it goes on."""

    def __init__(
        self,
        schedule: Schedule,
        api: Sandbox,
        folder: Path,
        place: Place,
        mutant: str | None,
        cache: Path | None,
        has_disk: bool,
        warm: Warm | None = None,
    ) -> None:
        self.schedule = schedule
        self.api = api
        self.result = Result(schedule)
        self.has_disk = has_disk
        self.place = place
        self.keys = [api.keys[space.spec.key] for space in api.app.world.workspaces]
        self.secrets = (*self.keys, *place.secrets)
        self.folder = folder
        self.commands = Commands(
            folder / "data", self._settings(), cache or folder / "cache", mutant, warm
        )
        self.memory = Memory()
        self.backups: list[tuple[Callable[[], None], Memory]] = []
        self.pasts: dict[str, set[str]] = {}
        self.tables = set(CORE)
        self.is_doubtful = False
        """An answer lied, or moved what nobody promised to see: only a full refresh tells."""
        self.has_changed = False
        """Whether the last command published."""
        self._known: tuple[object, Truths] = (None, {})
        self.log = TimedLog()
        api.app.log = self.log

    def _settings(self) -> dict[str, str]:
        spaces = self.api.app.world.workspaces
        own = {
            "INSTANTLY_BASE_URL": self.api.url,
            "INSTANTLY_REQUESTS_PER_MINUTE": str(self.schedule.requests_per_minute),
            "INSTANTLY_TABLES": "core",
            **self.place.settings,
        }
        if len(spaces) == 1:
            return own | {"INSTANTLY_API_KEY": self.keys[0]}
        names = [space.spec.key for space in spaces]
        named = {f"INSTANTLY_API_KEY_{n.upper()}": k for n, k in zip(names, self.keys, strict=True)}
        return own | {"INSTANTLY_WORKSPACES": ",".join(names)} | named

    def say(self, text: str) -> None:
        """Note an event."""
        self.result.events.append(text)

    def find(self, *findings: Finding) -> None:
        """Note broken promises."""
        for finding in findings:
            self.say(f"   !! {finding}")
        self.result.findings += findings

    def sources(self) -> list[Source]:
        """The source as it is now, workspace by workspace."""
        clock = self.api.clock.date()
        first = self.schedule.world.date - timedelta(days=self.schedule.world.days + 2)
        spaces = zip(self.api.app.world.workspaces, self.keys, strict=True)
        return [Source(self.api.url, key, space.id, clock, first) for space, key in spaces]

    def truth(self) -> Truths:
        """What the source says now; asked once per moment: its clock moves with any change."""
        moment = (self.api.clock, frozenset(self.tables))
        if self._known[0] != moment:
            self._known = (moment, ask(self.sources(), self.tables))
        return self._known[1]

    # Runs ---------------------------------------------------------------------------------------

    def run(
        self,
        run: Run,
        *,
        also: frozenset[int] = frozenset(),
        loses_its_folder: bool = False,
        is_cold: bool = False,
    ) -> Outcome:
        """One command, held against everything that is promised of it.

        `also` are further exit codes that are right; `is_cold`: the installed program, whatever
        other commands are.
        """
        if run.room and run.room.stage and not self.has_disk:
            run = replace(run, room=replace(run.room, stage=None))
        before, was = self.truth(), self.place.state()
        self.log.clear()
        self.set_faults(run.faults)
        with self._meanwhile(run):
            commands = self.commands.cold() if is_cold else self.commands
            started = commands.start(run, has_stages=loses_its_folder)
            if loses_its_folder and started.wait_for("load"):
                self.place.lose_run_folders()
            signalled = self._interfere(run, started)
            outcome = started.outcome()
        struck = self.lift(run.faults)
        self.say(f"   {outcome}")
        self._settle()
        state = self.place.state()
        self.has_changed = state != was
        right = verdict.codes(run, outcome, struck) | also
        self.find(*verdict.honest(outcome, right, was, state, may_change=run.is_stopped))
        self.find(*verdict.silent(outcome, self.secrets))
        self._citizen()
        self._count(run, outcome, time.monotonic() - signalled)
        if self.has_changed:
            self.check(
                before,
                run,
                lied=any(fault.lies for fault in struck),
                is_odd=outcome.code == PARTIAL and any(f.action == "patch" for f in struck),
            )
        elif outcome.code in verdict.DONE:
            self.find(Finding("false success", f"exit {outcome.code}, and nothing was published"))
        return outcome

    def _settle(self) -> None:
        """Nothing goes on for a command that is dead."""
        seconds = self.place.settled()
        if seconds > verdict.SECONDS_TO_SETTLE:
            self.find(Finding("overlap", f"it went on for {seconds:.1f} s after its end"))

    def _interfere(self, run: Run, started: Started) -> float:
        """Does to a working command what the schedule says; returns when the signal was sent."""
        death = run.death
        if run.room and run.room.stage and started.wait_for(run.room.stage):
            with disk.full(self.commands.folder, run.room.bytes):
                started.outcome()
        if run.blow and started.wait_for(run.blow.stage):
            time.sleep(run.blow.after)
            self.place.suffer(run.blow)
            self.result.tally["blows"] += 1
        if death and death.effect is None:
            if death.stage:
                started.wait_for(death.stage)
            time.sleep(death.after)
            started.send(death.how)
        return time.monotonic()

    def _count(self, run: Run, outcome: Outcome, seconds: float) -> None:
        """Counts commands, kills and signals; what was told to stop has stopped in time."""
        self.result.tally["commands"] += 1
        if outcome.code == -9:
            self.result.tally["kills"] += 1
        elif run.death and run.death.how != "SIGKILL":
            self.result.tally["signals"] += 1
            if seconds > verdict.SECONDS_TO_STOP:
                text = f"told to stop, it went on for {seconds:.1f} s"
                self.find(Finding("dishonest", text))

    def set_faults(self, faults: tuple[Fault, ...]) -> None:
        """The API goes wrong as these say."""
        for fault in faults:
            action, options = fault.action, dict(fault.options)
            if action == "stale_copy":
                action, options = "body", options | {"body": self._with_a_stale_copy()}
            if "Retry-After" in options.get("headers", {}):
                self._hold(fault, options)
            self.api.fault(action, fault.operation, **options)

    def _hold(self, fault: Fault, options: dict[str, Any]) -> None:
        """A Retry-After in seconds, or as the moment by the server's clock; the log is told."""
        told = str(options["headers"]["Retry-After"])
        seconds = float(told.removeprefix("date +"))
        if told.startswith("date +"):
            moment = http_date(self.api.clock.timestamp() + seconds)
            options["headers"] = {"Retry-After": moment}
        self.log.holds[fault.operation] = seconds

    def _with_a_stale_copy(self) -> dict[str, Any]:
        """A first page of campaigns in which an older copy of the last row comes first."""
        page = self.sources()[0].get("/campaigns", limit="100")
        stale = page["items"][-1] | {"name": "As it was before", "status": 2}
        return page | {"items": [stale, *page["items"]]}

    def lift(self, faults: tuple[Fault, ...]) -> list[Fault]:
        """Takes the faults away; those that struck, counted."""
        struck = []
        for fault, rule in zip(faults, self.api.app.rules, strict=True):
            times = max(0, rule.hits - rule.nth + 1)
            if times:
                struck.append(fault)
                self.result.tally["faults"] += (
                    times if rule.times is None else min(times, rule.times)
                )
        self.api.clear_faults()
        return struck

    @contextlib.contextmanager
    def _meanwhile(self, run: Run) -> Generator[None]:
        """Changes the source once so many requests of the product have been answered."""
        done = threading.Event()

        def change() -> None:
            for requests, what in run.meanwhile:
                while len(self.log.arrivals) < requests and not done.wait(0.002):
                    pass
                if not done.is_set():
                    self.change(what)

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _citizen(self) -> None:
        found = citizen(self.log.arrivals, self.schedule.requests_per_minute)
        self.find(*(Finding("bad citizen", text) for text in found))

    def check(self, before: Truths, run: Run, *, lied: bool = False, is_odd: bool = False) -> None:
        """A file that was published says what the source said, before or after.

        `lied`: an answer could not be told from the truth; `is_odd`: one had rows that do not fit.
        """
        after = self.truth()
        if "--full-refresh" in run.options and not lied:
            self.is_doubtful = False
        if lied:
            self._doubt()
        if self.is_doubtful:
            self.say("   only a full refresh can tell: not compared")
            return
        try:
            with self.place.open() as warehouse:
                is_full = "--full-refresh" in run.options
                findings = self._compared(warehouse, before, after, is_full=is_full)
                findings += [] if is_odd else _apart_without_cause(warehouse)
                findings += [Finding("snapshot", what) for what in wrong(warehouse.ask)]
        except duckdb.Error as error:
            findings = [Finding("snapshot", str(error).splitlines()[0])]
        self.find(*(_of_a_night(finding) for finding in findings))

    def _compared(
        self, warehouse: Warehouse, before: Truths, after: Truths, *, is_full: bool
    ) -> list[Finding]:
        """The file against both truths, as far as tables were read; tables with a truth join."""
        read = {pair for pair, status in warehouse.fared().items() if status == "ok"}
        known = {truth.table for truth in TRUTHS}
        if not read:
            return [Finding("snapshot", "it does not say of any table that it was read")]
        self.tables |= {table for table, _ in read} & known
        self.result.unproven |= {table for table, _ in read} - known
        slow = set() if is_full else {truth.table for truth in TRUTHS if truth.is_slow}
        due = {(table, space) for table, space in read if table not in slow}
        old, new = (_only(truths, due) for truths in (before, after))
        findings, self.memory = compare(warehouse, self.memory, old, new)
        return findings

    def _doubt(self) -> None:
        """Forget what the file should say: an answer lied to it."""
        self.is_doubtful = True
        spaces = self.api.app.world.workspaces
        self.memory = self.memory.without_contents(space.id for space in spaces)
        for space in spaces:
            for campaign in space.campaigns:
                self.pasts.setdefault(campaign.id, set()).update(("copy", "tracking", "days"))

    def backup(self) -> None:
        """The warehouse is copied away, and with it what it may say."""
        if put_back := self.place.keep():
            self.backups.append((put_back, self.memory.copy()))

    def restore(self) -> None:
        """The oldest backup is put back."""
        if self.backups:
            put_back, memory = self.backups[0]
            put_back()
            self.memory = memory.copy()

    def change(self, change: Change) -> None:
        """The source changes; what a fresh warehouse could not know of it is remembered."""
        try:
            done = self.api.change(change.kind, **change.arguments)
        except (LookupError, ValueError) as misfit:
            self.say(f"   {change.kind} did not fit: {misfit}")
            return
        if story := STORIES.get(change.kind):
            self.pasts.setdefault(done["campaign_id"], set()).add(story)
        if change.kind == "move_reply":
            first = (self.api.clock - timedelta(days=TRAILING_DAYS - 1)).date().isoformat()
            if done["to"] < first:
                self.say("   it moved outside of the trailing days")
                self.is_doubtful = True


def _apart_without_cause(warehouse: Warehouse) -> list[Finding]:
    """Rows that are set apart although every answer was as it should be."""
    tables = [truth.table for truth in TRUTHS if warehouse.set_apart(truth.table)]
    text = f"rows of {', '.join(tables)} are set apart, and the source is as it should be"
    return [Finding("lost", text)] if tables else []


def _of_a_night(finding: Finding) -> Finding:
    """A file that was published and is wrong is a false success, whatever is wrong with it."""
    if finding.kind not in ("lost", "doubled", "stale"):
        return finding
    return Finding("false success", str(finding))


def _only(truths: Truths, read: set[tuple[str, str]]) -> Truths:
    """The truths of what was read."""
    chosen = {
        table: {space: rows for space, rows in spaces.items() if (table, space) in read}
        for table, spaces in truths.items()
    }
    return {table: spaces for table, spaces in chosen.items() if spaces}
