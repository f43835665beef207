"""One run's messenger: it looks before, is told how the run ended, and tells whoever asked for it.

    watch(settings) ─> run ─> finished(report) | failed(line) | last_words(line) ─> hooks

A run that another one holds off (exit 4) and one that somebody stopped with Ctrl-C (130) are nobody
else's business: the first is how overlapping schedules are meant to end, and a run that holds the
lock for ever ends at its deadline, as a failure. Of a process that is being ended (SIGTERM, the
deadline) there are three seconds left, and no look into the file.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipelines.errors import Exit
from pipelines.logs import LOGGER
from pipelines.notify import aftermath
from pipelines.notify.delivery import Delivery, post, run_command
from pipelines.notify.event import PRODUCT, Event, TableNews, Totals
from pipelines.notify_settings import NotifySettings, Occasion, host_of
from pipelines.outcome import SyncReport, TableOutcome, is_refused_shrink

if TYPE_CHECKING:
    from pipelines.destinations import Place
    from pipelines.secrecy import Mask
    from pipelines.settings import Settings

SECONDS_OF_A_COMMAND = 30.0
SECONDS_OF_A_POST = 10.0
ATTEMPTS = 2
SECONDS = 35.0
SECONDS_LEFT = 3.0
QUIET_ENDS = frozenset({Exit.DONE, Exit.LOCKED, Exit.INTERRUPTED})

logger = logging.getLogger(f"{LOGGER}.notify")
logger.setLevel(logging.WARNING)  # a hook that fails is said with --quiet, too


@dataclass(slots=True)
class Notifier:
    """Tells of one run.

    Attributes:
        settings: whom to tell, on what occasions.
        run_id, command: the run.
        mask: over everything that is sent.
        environment: for the command, without keys.
        warehouse: the published file, once the settings could be read.
    """

    settings: NotifySettings
    run_id: str
    command: str
    mask: Callable[[str], str]
    environment: Mapping[str, str]
    warehouse: Place | None = None
    _settled_after_days: int = 0
    _as_of: datetime | None = None
    _marts_as_of: datetime | None = None
    _begun: float = field(default_factory=time.monotonic)

    def watch(self, settings: Settings) -> None:
        """Looks at the file as it is before the run."""
        self.warehouse = settings.place
        self._settled_after_days = settings.settled_after_days
        with _harmless():
            self._as_of = aftermath.as_of(self.warehouse)
            self._marts_as_of = aftermath.marts_as_of(self.warehouse)

    def finished(self, report: SyncReport) -> None:
        """The run is published, whole or in part (exit 0 or 3)."""
        with _harmless():
            event = self._event_of(report)
            if self.settings.occasions.intersection(event.occasions):
                self._tell(event, SECONDS)

    def failed(self, line: str, code: int) -> None:
        """The run ended without publishing; `line` is what stands on stderr."""
        with _harmless():
            if event := self._failure(line, code):
                if self.warehouse:  # pieces of the run may have been published before it failed
                    event = replace(event, as_of=aftermath.as_of(self.warehouse))
                self._tell(event, SECONDS)

    def last_words(self, line: str, code: int) -> None:
        """The same for a process that is about to be ended: whoever is slow is not waited for."""
        with _harmless():
            if event := self._failure(line, code):
                self._tell(event, SECONDS_LEFT)

    def _failure(self, line: str, code: int) -> Event | None:
        """The event of a failure, None where nobody asked for it."""
        if code in QUIET_ENDS:
            return None
        also = (Occasion.MASS_DELETE,) if is_refused_shrink(line) else ()
        occasions = (Occasion.FAILURE, *also)
        if not self.settings.occasions.intersection(occasions):
            return None
        return self._event(occasions, code, self._as_of, message=line)

    def _event_of(self, report: SyncReport) -> Event:
        """The event of a run that was published."""
        warehouse = self.warehouse
        assert warehouse is not None, "a run that finished had settings"
        gone = aftermath.deleted(warehouse, self._as_of, report)
        names = {outcome.workspace_id: outcome.workspace_name for outcome in report.outcomes}
        restated = aftermath.restated(warehouse, self._marts_as_of, self._settled_after_days, names)
        is_mass = any(_is_many(outcome, rows) for outcome, rows in gone.items()) or any(
            is_refused_shrink(outcome.message) for outcome in report.incomplete
        )
        happened = {
            Occasion.PARTIAL: report.is_partial,
            Occasion.MASS_DELETE: is_mass,
            Occasion.RESTATEMENT: bool(restated),
        }
        occasions = tuple(o for o in Occasion if happened.get(o)) or (Occasion.SUCCESS,)
        return self._event(
            occasions,
            Exit.PARTIAL if report.is_partial else Exit.DONE,
            aftermath.as_of(warehouse),
            totals=Totals(len(report.outcomes), report.rows, report.changed, report.requests),
            tables=tuple(
                _news(outcome, gone.get(outcome, 0))
                for outcome in report.outcomes
                if outcome.status != "ok" or outcome in gone
            ),
            restated=restated,
        )

    def _event(
        self, occasions: tuple[Occasion, ...], code: int, as_of: datetime | None, **found: object
    ) -> Event:
        return Event(
            occasions=occasions,
            run_id=self.run_id,
            command=self.command,
            exit_code=int(code),
            warehouse=self.warehouse.name if self.warehouse else "",
            as_of=as_of,
            finished_at=datetime.now(UTC),
            seconds=time.monotonic() - self._begun,
            version=version(PRODUCT),
            **found,  # ty: ignore[invalid-argument-type] members of Event, by name
        )

    def _tell(self, event: Event, seconds: float) -> None:
        """Tells everybody at once, and says who did not hear within the time."""
        until = time.monotonic() + seconds
        told = self.mask(event.as_json())
        words, url = self.settings.notify_command, self.settings.notify_url
        deliveries = []
        if words:
            give = partial(run_command, words, told, self.environment, SECONDS_OF_A_COMMAND)
            deliveries.append(Delivery(give, f"NOTIFY_COMMAND ({words[0]})"))
        if url:
            send = partial(post, url, told, SECONDS_OF_A_POST, ATTEMPTS)
            deliveries.append(Delivery(send, f"NOTIFY_URL ({host_of(url)})"))
        for why in filter(None, [delivery.failure(until) for delivery in deliveries]):
            _say_lost(why)


def notifier_for(command: str, run_id: str, mask: Mask) -> Notifier | None:
    """The messenger of a run; None when nobody asked to be told, or the asking makes no sense.

    The latter is an error that reading the settings is about to say.
    """
    from pipelines.settings import child_environment, notify_settings

    settings = notify_settings()
    if settings is None or not settings.tells_somebody:
        return None
    if settings.notify_url:
        mask.hide((settings.notify_url.get_secret_value(),))
    return Notifier(settings, run_id, command, mask, child_environment())


@contextmanager
def _harmless() -> Generator[None]:
    """Whatever happens in telling is a line of warning: the run has ended as it has ended."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 nothing here may change how a run ends
        _say_lost(f"{type(error).__name__}: {error}")


def _say_lost(why: str) -> None:
    logger.warning("notification failed: %s", why, extra={"event": "notification_failed"})


def _is_many(outcome: TableOutcome, deleted: int) -> bool:
    """Whether a load without `--allow-shrink` would have refused to lose so many rows."""
    from sources.instantly.reading.keeper import is_short

    return is_short(held=outcome.rows + deleted, read=outcome.rows)


def _news(outcome: TableOutcome, deleted: int) -> TableNews:
    return TableNews(
        workspace_id=outcome.workspace_id,
        workspace=outcome.workspace_name,
        table=outcome.table_name,
        status=outcome.status,
        rows=outcome.rows,
        changed=outcome.changed,
        deleted=deleted,
        message=outcome.message,
    )
