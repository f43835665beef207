"""Playing a schedule: step by step against a sandbox of its own, and the morning after.

steps ─> Night.run, one by one
finale ─> a clean command ─> raw tables = truth ─> marts = a fresh warehouse's ─> again: no change
"""

from __future__ import annotations

import time
import traceback
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos import disk, marts, verdict
from chaos.command import Commands
from chaos.drawing.changes import CANARY
from chaos.night import Night, Result, spec
from chaos.places import DuckdbFile, Place, placed
from chaos.schedule import (
    Backup,
    Change,
    Debris,
    Fault,
    Overlap,
    Pass,
    Restore,
    Run,
    Schedule,
    Step,
)
from chaos.tables import Finding
from chaos.verdict import LOCKED
from chaos.warm import Warm
from chaos.watch import readers
from sandbox import Sandbox

SECONDS_TO_LOCK = 60.0
COLD_EVERY = 4
"""Where commands are forks, the one in the morning is the installed program each fourth time."""

VANISHES = "the run folder vanishes at load"

OTHER_NAME = "localhost"
"""What the second of two commands calls the sandbox, to tell its requests from the first one's."""


def play(
    schedule: Schedule,
    mutant: str | None = None,
    cache: Path | None = None,
    warm: Warm | None = None,
) -> Result:
    """Plays a schedule in a temporary folder.

    Args:
        schedule: the night.
        mutant: what is wrong with the product; the night ends as soon as somebody notices.
        cache: what the product may keep between runs, shared by schedules.
        warm: most commands fork off this instead of being the installed program.
    """
    wants_disk = any(isinstance(step, Run) and step.room for step in schedule.steps)
    with (
        TemporaryDirectory(prefix="chaos-") as named,
        Sandbox(
            spec(schedule.world), schedule.world.seed, schedule.world.date, rate_limit=None
        ) as api,
    ):
        folder = Path(named) / "data"
        folder.mkdir()
        with (
            disk.small_disk(folder, wants_disk) as has_disk,
            placed(schedule.destination, folder) as place,
        ):
            player = Player(schedule, api, Path(named), place, mutant, cache, has_disk, warm)
            with readers(place, schedule.readers) as wrong:
                _guarded(player)
            player.result.findings += [Finding("snapshot", text) for text in wrong]
        return player.result


def _guarded(player: Player) -> None:
    """A schedule that breaks this program is a bad one: what cannot be read cannot be right."""
    try:
        player.play()
    except Exception as error:  # noqa: BLE001 whatever it is, it belongs into the story
        player.say(traceback.format_exc())
        player.find(Finding("broken", f"{type(error).__name__}: {error}"))


class Player(Night):
    """One schedule at play."""

    def play(self) -> None:
        """All steps, then the morning."""
        self.change(Change("new_member", {"email": CANARY}))
        for number, step in enumerate(self.schedule.steps, 1):
            self.say(f"{number}. {step}")
            self._step(step)
            if self.commands.mutant and self.result.findings:
                return
        self._finale()

    def _step(self, step: Step) -> None:
        match step:
            case Run():
                self.run(step)
            case Overlap():
                self._overlap(step)
            case Pass():
                self.api.advance(hours=step.hours)
            case Change():
                self.change(step)
            case Backup():
                self.backup()
            case Restore():
                self.restore()
            case Debris():
                self._debris(step.what)

    def _debris(self, what: str) -> None:
        if what == VANISHES:
            self.run(Run(), also=frozenset({1}), loses_its_folder=True)
            return
        with self.place.strewn(what) as also:
            if also:
                self.run(Run(), also=also)

    def _overlap(self, overlap: Overlap) -> None:
        """One of the two is told at once that it is second, and asks nobody anything."""
        before, was = self.truth(), self.place.state()
        slow = Fault("delay", "GET /workspaces/current", {"seconds": 4.0})
        self.log.clear()
        self.set_faults((slow,))
        commands = self.commands.cold()
        first = commands.start(Run(overlap.verb))
        self._wait_for_overlap(overlap)
        address = self.api.url.replace("127.0.0.1", OTHER_NAME)
        second = commands.start(Run(overlap.other), INSTANTLY_BASE_URL=address)
        ended = {"first": (first, first.outcome()), "second": (second, second.outcome())}
        self.lift((slow,))
        self.result.tally["commands"] += 2
        for which, (_, outcome) in ended.items():
            self.say(f"   the {which} {outcome}")
        self.find(*verdict.overlapped(list(ended.values()), self._spans(), self.place.names))
        state = self.place.state()
        for _, outcome in ended.values():
            right, may_change = frozenset({0, LOCKED}), outcome.code == LOCKED
            self.find(*verdict.honest(outcome, right, was, state, may_change=may_change))
        if state != was:
            self.check(before, Run(overlap.verb))

    def _wait_for_overlap(self, overlap: Overlap) -> None:
        if overlap.after is not None:
            time.sleep(overlap.after)
            return
        end = time.monotonic() + SECONDS_TO_LOCK
        while time.monotonic() < end and not self.log.arrivals:
            time.sleep(0.01)

    def _spans(self) -> list[tuple[float, float] | None]:
        """From when to when the first and the second command asked, None where one never did."""
        spans: list[tuple[float, float] | None] = []
        for is_second in (False, True):
            own = [a.at for a in self.log.arrivals if a.host.startswith(OTHER_NAME) is is_second]
            spans.append((min(own), max(own)) if own else None)
        return spans

    # The morning --------------------------------------------------------------------------------

    def _finale(self) -> None:
        """One clean command, the truth, and a second one that changes nothing."""
        options = ("--full-refresh",) if self.is_doubtful or self.schedule.is_full else ()
        final = Run(self.schedule.finale, options)
        self.say(f"finally: {final}")
        known = len(self.result.findings)
        outcome = self.run(final, is_cold=self.schedule.number % COLD_EVERY == 0)
        self.result.findings[known:] = map(_of_the_morning, self.result.findings[known:])
        if outcome.code != 0:
            self.find(Finding("stale", f"the clean command at the end {outcome}"))
            return
        with self.place.open() as warehouse:
            fared = warehouse.fared()
            if any(status != "ok" for status in fared.values()):
                self.find(Finding("lost", f"not everything was read: {fared}"))
            self.find(*verdict.astray(warehouse, self.secrets))
        if self.schedule.finale == "run":
            self._against_a_fresh_one(is_full=bool(options))
        self._again(final)
        self.find(*verdict.left_behind(self.commands, self.place, self.secrets))

    def _against_a_fresh_one(self, *, is_full: bool) -> None:
        """The marts are those of a file that one clean run has made, wherever ours are."""
        folder = self.folder / "fresh"
        folder.mkdir()
        elsewhere = {
            name: v for name, v in self.commands.settings.items() if name not in self.place.settings
        }
        commands = Commands(folder, elsewhere, self.commands.cache, warm=self.commands.warm)
        outcome = commands.start(Run("run")).outcome()
        if outcome.code != 0:
            self.find(Finding("stale", f"a fresh warehouse {outcome}"))
            return
        with self.place.open() as ours, DuckdbFile(folder).open() as fresh:
            self.find(*marts.compare(ours, fresh, self.pasts, is_full=is_full))
            self.result.unproven |= set(marts.unknown(ours))

    def _again(self, final: Run) -> None:
        """A second clean command changes no business row."""
        before = _business(self.place)
        outcome = self.run(replace(final, options=()))
        if outcome.code == 0:
            after = _business(self.place)
            for table in before.keys() | after.keys():
                old, new = before.get(table, Counter()), after.get(table, Counter())
                if old != new:
                    rows = [*(new - old), *(old - new)]
                    text = f"a second run changed {len(rows)} rows of {table}: {rows[:1]}"
                    self.find(Finding("doubled", text[:400]))


def _of_the_morning(finding: Finding) -> Finding:
    """After the clean command a wrong row is what it is: lost, doubled or stale."""
    for kind in ("lost", "doubled", "stale"):
        if finding.kind == "false success" and finding.text.startswith(f"{kind}: "):
            return Finding(kind, finding.text.removeprefix(f"{kind}: "))
    return finding


def _business(place: Place) -> dict[str, Counter[str]]:
    """All rows but those about the runs themselves."""
    history = ("sync_runs", "sync_status", "warehouse_info")
    with place.open() as warehouse:
        return {
            f"{schema}.{table}": Counter(
                repr(sorted(row.items()))
                for row in warehouse.rows(schema, table, but=("judged_at",))
            )
            for schema in ("instantly_raw", "instantly")
            for table in warehouse.tables(schema)
            if table not in history and not table.startswith("_dlt")
        }
