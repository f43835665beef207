"""What keeps keys out of what this program leaves behind: a mask over its words, no core dumps.

    every line, table, event  ──> Mask ──> what is printed, logged, sent
    memory at a crash         ──> nowhere

Keys are masked at the last moment, in the finished text: an error of `requests`, a header in a
traceback, a URL in the message of a library would pass any mask applied earlier.
"""

from __future__ import annotations

import json
from urllib.parse import quote

MASK = "***"
ONE_BYTE = 1


class Mask:
    """Hides the configured keys in any text, also as they look inside a URL or a JSON string."""

    def __init__(self) -> None:
        self._spellings: tuple[str, ...] = ()

    def hide(self, secrets: tuple[str, ...]) -> None:
        """From now on these keys are hidden, too; the longest first, one may hold another."""
        spellings = {
            form for key in secrets for form in (key, quote(key, ""), json.dumps(key)[1:-1])
        }
        known = spellings.union(self._spellings)
        self._spellings = tuple(sorted(known, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text with every key in it replaced."""
        for spelling in self._spellings:
            text = text.replace(spelling, MASK)
        return text


def leave_no_cores() -> None:
    """No core dump of this process and its children, whose memory holds keys and people.

    The limit is one byte and not zero: Linux hands a dump to a collector that core_pattern names
    (`|/usr/lib/systemd/…`) whatever the limit is, unless it is exactly one (core(5)). No file can
    be as small, so there is none either way.
    """
    try:
        import resource
    except ImportError:  # not a Unix: no core files
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    soft = ONE_BYTE if most == resource.RLIM_INFINITY else min(ONE_BYTE, most)
    resource.setrlimit(resource.RLIMIT_CORE, (soft, most))
