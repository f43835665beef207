"""Everything that can end a command early, and the exit code it ends with.

    pipelines' own errors          ──┐
    sources.instantly.errors       ──┼──> exit_code_of() ──> cli.main ──> one line, one exit code
    transforms.dbt (models, checks) ─┘

A message has three parts: what happened, where, and what to do. They are separate arguments so that
an error without a remedy is visible where it is raised. Exit codes live here and nowhere else; a
scheduler reads them. Exit 3 (done in part) is a result, not an error, and so has no class.

The rooms below do not import this one, so their errors cannot inherit from `WarehouseError`. They
are recognised by class; the imports happen only once something has failed, because loading dlt to
say that a date is wrong would cost a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import ClassVar

from pipelines.text import one_line


class Exit(IntEnum):
    """The exit codes of every command: the contract with schedulers."""

    DONE = 0
    FAILED = 1
    CONFIGURATION = 2
    PARTIAL = 3
    LOCKED = 4
    REFUSED = 5
    INTERRUPTED = 130
    TERMINATED = 143


class WarehouseError(Exception):
    """A failure that is understood: `what` happened, `where`, and what `todo` about it.

    The text of the error is always one line: a message built from an API's answer or from a file
    name must not be able to forge a second line of log.
    """

    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what, where, todo)
        self.what, self.where, self.todo = what, where, todo

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.todo:
            text = f"{text.rstrip('.')}. {self.todo[:1].upper()}{self.todo[1:]}"
        return one_line(text)


class RunFailedError(WarehouseError):
    """The run could not be done; the warehouse is the last good one, byte for byte."""


class ConfigurationError(WarehouseError):
    """A setting or an argument is wrong; nothing was asked and nothing was written."""

    exit_code = Exit.CONFIGURATION


class LockHeldError(WarehouseError):
    """Another run works on the same warehouse."""

    exit_code = Exit.LOCKED


class DataRefusedError(WarehouseError):
    """The data is not fit to be published: a check failed or an answer broke the contract."""

    exit_code = Exit.REFUSED


class Terminated(BaseException):
    """SIGTERM arrived. Like KeyboardInterrupt, no `except Exception` may swallow it."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that led to it, nearest first; a chain that bites its tail ends."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def exit_code_of(error: BaseException) -> Exit:
    """The exit code for any error, known or not: the one place where they are mapped."""
    if isinstance(error, WarehouseError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return Exit.INTERRUPTED
    if isinstance(error, Terminated):
        return Exit.TERMINATED
    return _exit_code_from_below(error)


def is_understood(error: BaseException) -> bool:
    """True for errors whose text was written for the person who reads it."""
    if isinstance(error, WarehouseError):
        return True
    from sources.instantly.errors import InstantlyError
    from transforms.dbt import ChecksFailed, ModelFailed

    return isinstance(error, InstantlyError | ModelFailed | ChecksFailed)


def _exit_code_from_below(error: BaseException) -> Exit:
    """Errors of `sources` carry their code; of dbt's, only failed checks are about the data."""
    from sources.instantly.errors import InstantlyError
    from transforms.dbt import ChecksFailed

    if isinstance(error, InstantlyError):
        return Exit(error.exit_code)
    return Exit.REFUSED if isinstance(error, ChecksFailed) else Exit.FAILED
