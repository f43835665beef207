"""Where log lines go, what they look like, and what is never in them.

    logger "instantly_warehouse" ──> stderr: text for people, JSON lines for collectors

stdout is for results, so that `report --format csv > file` stays clean. Every JSON line carries the
run's id. The keys are masked at the last moment, in the finished text: an error of `requests`, a
header in a traceback, a URL in the message of a library would pass any mask applied earlier.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from pipelines.progress import LogFormat

MASK = "***"
LOGGER = "instantly_warehouse"
OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Mask:
    """Hides the configured keys in any text, also as they look inside a URL or a JSON string."""

    def __init__(self) -> None:
        self._spellings: tuple[str, ...] = ()

    def hide(self, secrets: tuple[str, ...]) -> None:
        """From now on these keys are hidden; the longest first, one may hold another."""
        spellings = {
            form for key in secrets for form in (key, quote(key, ""), json.dumps(key)[1:-1])
        }
        self._spellings = tuple(sorted(spellings, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text with every key in it replaced."""
        for spelling in self._spellings:
            text = text.replace(spelling, MASK)
        return text


class TextFormatter(logging.Formatter):
    """`12:00:31 acme.campaigns: …`, with the level's name where something is wrong."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s %(message)s", datefmt="%H:%M:%S")
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """One line; more only for a traceback."""
        text = super().format(record)
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname.lower()}: {text}"
        return self._mask(text)


class JsonFormatter(logging.Formatter):
    """`{"at": …, "level": …, "run_id": …, "message": …}` and the fields given as `extra`."""

    def __init__(self, mask: Callable[[str], str], run_id: str) -> None:
        super().__init__()
        self._mask, self._run_id = mask, run_id

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; a traceback is a field of it."""
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "run_id": self._run_id,
            "message": record.getMessage(),
        }
        fields |= {name: v for name, v in vars(record).items() if name not in OWN_FIELDS}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return self._mask(json.dumps(fields, ensure_ascii=False, default=str))


def set_up(log_format: LogFormat, level: str, run_id: str, mask: Callable[[str], str]) -> None:
    """Gives our logger its one handler; called again it replaces the former one."""
    is_json = log_format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(mask, run_id) if is_json else TextFormatter(mask))
    logger = logging.getLogger(LOGGER)
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    _capture_warnings(handler, shown=level == "DEBUG")


def _capture_warnings(handler: logging.Handler, *, shown: bool) -> None:
    """Python's warnings are for developers: with -v, and never between two JSON lines."""
    logging.captureWarnings(True)
    warnings = logging.getLogger("py.warnings")
    warnings.handlers = [handler]
    warnings.setLevel("WARNING" if shown else "CRITICAL")
    warnings.propagate = False
