"""Who is told when a run ends badly, and whether they can be. Nobody is told anything here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from pipelines.doctor.finding import Finding, Level
from pipelines.notify_settings import NotifySettings, host_of


def told(settings: NotifySettings) -> Iterator[Finding]:
    """NOTIFY_COMMAND and NOTIFY_URL: a program that is there, an address by its host."""
    if not settings.tells_somebody:
        what = "nobody is told when a run fails"
        yield Finding("notify", Level.NOTE, what, "set NOTIFY_COMMAND or NOTIFY_URL, if you like")
        return
    if words := settings.notify_command:
        yield _program(words[0])
    if settings.notify_url:
        yield Finding("notify", Level.OK, f"{host_of(settings.notify_url)}: {settings.notify_on}")


def _program(name: str) -> Finding:
    """A program by the same search as when it is started: PATH, or from the working directory."""
    if shutil.which(name) is None:
        what = f"NOTIFY_COMMAND: there is no program {name} that could be started"
        todo = (
            "correct the path, or make it executable; relative paths count from the folder of .env"
        )
        return Finding("notify", Level.MISSING, what, todo)
    return Finding("notify", Level.OK, name)
