"""A machine whose clock is wrong by hours, without touching the machine.

`time.time` is wrong for everybody in the process, and `datetime.now` for the product's modules. The
class cannot be replaced for all: libraries ask `isinstance` of values that C code made. Child
processes keep the right time, as children on another machine would.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from importlib import import_module
from typing import Any

OURS = ("pipelines", "sources")
READ_THE_CLOCK = (
    "pipelines.cli",
    "pipelines.run",
    "pipelines.pieces",
    "pipelines.sync",
    "pipelines.judge",
    "pipelines.lock",
    "pipelines.outcome",
    "sources.instantly",
)


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, dt.datetime)


def shift(seconds: int) -> None:
    """From now on the clock is wrong by so many seconds; imports the product first."""
    for module in READ_THE_CLOCK:
        import_module(module)
    offset = dt.timedelta(seconds=seconds)
    right = time.time

    class Shifted(dt.datetime, metaclass=_AnyDatetime):
        """`datetime` in a process whose clock is wrong."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            """The wrong time."""
            return dt.datetime.now(tz) + offset

    setattr(time, "time", lambda: right() + seconds)  # noqa: B010 a type checker sees the right one
    for name, module in list(sys.modules.items()):
        is_ours = name.split(".")[0] in OURS
        if is_ours and getattr(module, "datetime", None) is dt.datetime:
            vars(module)["datetime"] = Shifted
