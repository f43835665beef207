"""Ready lines for the schedulers people have: cron, systemd, GitHub.

    kind, every so many hours, at ──> a template of schedules/ ──> text for a file or a crontab

What differs between two installations (folder, program, hours) is filled in, each in the quoting
of its scheduler; everything else stands in the template, where it can be read as it will be.
Writing to crontabs or unit folders was refused: what runs at night should be put there by the
person who will be called when it fails.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from datetime import time
from importlib.resources import files
from pathlib import Path
from string import Template

KINDS = ("cron", "systemd-service", "systemd-timer", "github")
"""What can be printed; a file `schedules/<kind>.txt` each."""

HOURS_A_DAY = 24
EVERY = tuple(hours for hours in range(1, HOURS_A_DAY + 1) if HOURS_A_DAY % hours == 0)
"""Intervals in hours that meet the same times every day."""


@dataclass(frozen=True, slots=True)
class Times:
    """When a job starts: every so many hours, one of the starts at a given time of day."""

    at: time
    every: int

    @property
    def hours(self) -> str:
        """The hours of a day, as cron and systemd write a list: `4` or `1,7,13,19`."""
        return ",".join(str(hour) for hour in range(self.at.hour % self.every, 24, self.every))

    @property
    def calendar(self) -> str:
        """The times as a calendar event of systemd: `*-*-* 01,07,13,19:17:00`."""
        hours = ",".join(f"{int(hour):02}" for hour in self.hours.split(","))
        return f"*-*-* {hours}:{self.at.minute:02}:00"


def schedule(kind: str, times: Times, folder: Path) -> str:
    """The text for a scheduler.

    Args:
        kind: one of `KINDS`.
        times: when to start.
        folder: where the job starts: `.env` and relative paths are looked for there.
    """
    program = Path(sys.argv[0]).absolute()
    quote = _for_systemd if kind.startswith("systemd") else _for_cron
    template = (files("pipelines") / "schedules" / f"{kind}.txt").read_text("utf-8")
    return Template(template).substitute(
        minute=times.at.minute,
        hours=times.hours,
        calendar=times.calendar,
        folder=quote(str(folder)) if kind == "cron" else str(folder).replace("%", "%%"),
        program=quote(str(program)),
        log=quote(str(folder / "instantly-warehouse.log")),
    )


def _for_cron(text: str) -> str:
    """Quoted for the shell; a percent sign would end the command of a crontab."""
    return shlex.quote(text).replace("%", r"\%")


def _for_systemd(text: str) -> str:
    """Quoted for a command line of systemd, in which % and $ begin what is filled in."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != text or " " in text else text
