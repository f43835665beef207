"""How a command ends: whatever happens in it, one line on stderr and one of the exit codes.

    click's usage errors        ──┐
    what pipelines.errors knows ──┼──> one line, masked ──> stderr, and the hooks of a run
    anything else: a bug        ──┘                    └──> its exit code

A signal that comes outside the work of a run ends here, too; inside, `pipelines.signals` sees to
it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import click

from pipelines import signals
from pipelines.command_options import Common
from pipelines.errors import Exit, Terminated, exit_code_of, is_understood
from pipelines.text import one_line


def carried_out(common: Common, command: Callable[[], object]) -> int:
    """Does what was asked for; its exit code, once whoever waits for it has been told."""
    try:
        return _carried_out(common, command)
    except (KeyboardInterrupt, click.Abort):
        return _stopped(common, Exit.INTERRUPTED)
    except Terminated:
        return _stopped(common, Exit.TERMINATED)


def _carried_out(common: Common, command: Callable[[], object]) -> int:
    try:
        result = command()
        sys.stdout.flush()
        return result if isinstance(result, int) else Exit.DONE
    except (KeyboardInterrupt, click.Abort, Terminated, SystemExit):
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except click.ClickException as error:
        return _say(common, error.format_message(), Exit(error.exit_code))
    except BaseException as error:  # noqa: BLE001 whatever it is, it ends in one line
        return _failed(common, error)


def _failed(common: Common, error: BaseException) -> Exit:
    """One line for an error that is understood; a hint where it is not."""
    text = str(error)
    if not is_understood(error):
        text = f"unexpected {type(error).__name__}: {text[:300]}. This is a bug; "
        text += "the warehouse is untouched; run again with -v for the traceback"
    if common.verbose:
        common.show_traceback(error)
    return _say(common, text, exit_code_of(error))


def _say(common: Common, text: str, code: Exit) -> Exit:
    """The one line that a failing command leaves on stderr."""
    line = one_line(text)
    click.echo(common.error_line(line, code), err=True)
    if common.notifier:
        common.notifier.failed(line, code)
    return code


def _stopped(common: Common, code: Exit) -> Exit:
    """One line where a signal came before the work or after it, and little time is left."""
    line = f"{signals.WORDS[signal.Signals(code - 128)]}; safe to run again"
    click.echo(common.error_line(line, code), err=True)
    if common.notifier:
        common.notifier.last_words(line, code)
    return code
