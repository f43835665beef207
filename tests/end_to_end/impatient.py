"""The command for which minutes are seconds: what hangs is given up soon enough for a test.

Started as a program, it is the installed command with the constants of waiting lowered; imported,
it lowers them for a load in the same process. Nothing else is changed, and nothing else lowers
them.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from sources.instantly import Patience

RETRY_SECONDS = 1.0
"""Instead of 15 minutes."""
SILENCE_SECONDS = 0.5
"""Instead of one minute, and of two for a whole answer."""
SLOWEST_PER_SECOND = 20.0
"""Instead of one request a second, as often as a limit is met."""


def _patience(*, retry_seconds: float, **asked: Any) -> Patience:
    return Patience(retry_seconds=min(retry_seconds, RETRY_SECONDS), **asked)


def lower(put: Callable[[str, object], None], **asked: Any) -> None:
    """Lowers every constant of waiting.

    Args:
        put: puts a value in the place of a name, as `monkeypatch.setattr` does.
        asked: further members of `Patience`.
    """
    put("pipelines.connections.Patience", partial(_patience, **asked))
    conversation = "sources.instantly.conversation"
    put(f"{conversation}.wires.SILENCE_SECONDS", SILENCE_SECONDS)
    put(f"{conversation}.answers.LONGEST_SECONDS", SILENCE_SECONDS)
    put(f"{conversation}.pace.SLOWEST_PER_SECOND", SLOWEST_PER_SECOND)


def _put(name: str, value: object) -> None:
    module, _, attribute = name.rpartition(".")
    __import__(module)
    setattr(sys.modules[module], attribute, value)


if __name__ == "__main__":
    from pipelines.cli import main

    lower(_put)
    main()
