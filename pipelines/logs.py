"""Where log lines go and what they look like.

    logger "instantly_warehouse" ──┐
    loggers of libraries, warnings ┼──> stderr: text for people, JSON lines for collectors
    threads that died unseen     ──┘

stdout is for results, so that `report --format csv > file` stays clean. With JSON every line on
stderr is an object, whoever wrote it: what a library logs, warns of or drops in a thread takes the
same way, because one line of another kind stops a collector. Every object has `time`, `level`,
`event`, `command`, `run_id` and `message`. Keys are masked in the finished line.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.progress import LogFormat

LOGGER = "instantly_warehouse"
OF_DLT = "dlt"
OF_WARNINGS = "py.warnings"
OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
OTHERS = {OF_WARNINGS: "warning"}
"""What a line of somebody else's logger is called; `library` where nothing is listed."""

Masking = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which call of the program a line is from."""

    run_id: str
    command: str = ""


class TextFormatter(logging.Formatter):
    """`12:00:31 acme.campaigns: …`, with the level's name where something is wrong."""

    def __init__(self, mask: Masking) -> None:
        super().__init__("%(asctime)s %(message)s", datefmt="%H:%M:%S")
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """One line; more only for a traceback."""
        text = super().format(record)
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname.lower()}: {text}"
        return self._mask(text)


class JsonFormatter(logging.Formatter):
    """`{"time": …, "level": …, "event": …, …}` and the fields given as `extra`."""

    def __init__(self, mask: Masking, origin: Origin) -> None:
        super().__init__()
        self._mask, self._origin = mask, origin

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; a traceback is a field of it."""
        is_ours = record.name.split(".")[0] == LOGGER
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": "message" if is_ours else OTHERS.get(record.name, "library"),
            "command": self._origin.command,
            "run_id": self._origin.run_id,
            "message": record.getMessage(),
        }
        if not is_ours:
            fields["logger"] = record.name
        fields |= {name: v for name, v in vars(record).items() if name not in OWN_FIELDS}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return self._mask(json.dumps(fields, ensure_ascii=False, default=str))


class _Ours(logging.StreamHandler):
    """A handler whose format stays: dlt puts its own format on whatever its logger has."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__(sys.stderr)
        self.formatter = formatter

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 the name of the base class
        """Nothing."""


def set_up(log_format: LogFormat, level: str, origin: Origin, mask: Masking) -> None:
    """Gives our logger its one handler, and the others' too; called again it replaces them."""
    is_json = log_format == "json"
    handler = _Ours(JsonFormatter(mask, origin) if is_json else TextFormatter(mask))
    _give(logging.getLogger(LOGGER), handler, level)
    _hear_others(handler, logging.getLevelNamesMapping()[level])
    _hear_what_dies_unseen()


def error_line(log_format: LogFormat, origin: Origin, mask: Masking, text: str, code: int) -> str:
    """The last line of a process that cannot wait for a lock any more, ready to be written."""
    if log_format != "json":
        return mask(f"error: {text}")
    fields = {"event": "failed", "exit_code": code}
    own = {"name": LOGGER, "levelno": logging.ERROR, "levelname": "ERROR", "msg": text}
    return JsonFormatter(mask, origin).format(logging.makeLogRecord(own | fields))


def _give(logger: logging.Logger, handler: logging.Handler, level: int | str) -> None:
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def _hear_others(handler: logging.Handler, level: int) -> None:
    """What libraries say from warnings up; Python's warnings are for developers: with -v alone.

    The root's other handlers stay: they are of whoever called us in their process.
    """
    logging.captureWarnings(True)
    is_shown = level <= logging.DEBUG
    _give(
        logging.getLogger(OF_WARNINGS), handler, logging.WARNING if is_shown else logging.CRITICAL
    )
    _give(logging.getLogger(OF_DLT), handler, logging.ERROR)
    root = logging.getLogger()
    for former in [h for h in root.handlers if isinstance(h, _Ours)]:
        root.removeHandler(former)
    root.addHandler(handler)
    handler.addFilter(lambda record: _is_ours_or_loud(record, max(level, logging.WARNING)))


def _is_ours_or_loud(record: logging.LogRecord, least: int) -> bool:
    """A filter, not a level of the root, which would change what other handlers there get."""
    return record.name.split(".")[0] == LOGGER or record.levelno >= least


def _hear_what_dies_unseen() -> None:
    """Errors in threads and in destructors, which Python would print between our lines."""
    logger = logging.getLogger(LOGGER)

    def of_a_thread(died: threading.ExceptHookArgs) -> None:
        if died.exc_type is SystemExit or died.exc_value is None:
            return
        _log_unseen(logger, "a thread ended in an error", died.exc_value)

    def of_nobody(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_value is not None:
            _log_unseen(logger, "an error while tidying up was dropped", lost.exc_value)

    threading.excepthook = of_a_thread
    sys.unraisablehook = of_nobody


def _log_unseen(logger: logging.Logger, what: str, error: BaseException) -> None:
    """For developers, as warnings are: nothing hangs on it, or it would have been raised."""
    trace = (type(error), error, error.__traceback__)
    logger.debug("%s: %s", what, type(error).__name__, exc_info=trace, extra={"event": "unseen"})
