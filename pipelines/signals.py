"""Ctrl-C, SIGTERM, deadline: a run told to stop has stopped ten seconds later, and left nothing.

    signal ──> Python handler (KeyboardInterrupt, Terminated) ──> the draft's `finally` tidies up
       └─────> wake-up descriptor ──> watcher thread ──(5 s)──> kills children, tidies up, exits

The first way is the normal one. It is not enough: dlt puts its own handlers over ours and drains
its pools first, a thread pool waits for a request that hangs, C code does not return. The second
way does not depend on any of them: the kernel's signal is written to a pipe even while another
handler is installed, and a thread reads it. The deadline of a run is a SIGTERM to itself, so that
whatever hangs, wherever, ends the same way.

Outside such a block, while a command reads its settings or says what it has done, `heed` and
`settle` see to it that a signal ends the process in one line and with a code that is ours.

The watcher imports nothing. DuckDB imports pandas when a statement first has a parameter, and drops
what is raised meanwhile, our exception included; the interpreter's import lock can stay taken then.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NoReturn

from pipelines.errors import Exit, Terminated

SECONDS_TO_STOP = 5.0
SECONDS_TO_LEAVE = 4.5
"""For the second way itself; whatever it hangs in, the process has ended after both."""

SAFE = "the warehouse is whole, safe to run again"
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated (SIGTERM)"}
SHOW_CURSOR = "\x1b[?25h"


class Interruption:
    """Whether this process was told to stop, and what has to be tidied up if it cannot.

    `stopping` may be waited for by any thread. `tidy_up` is called from the watcher thread when the
    main thread has not ended in time; it must be safe to call at any moment. So must `worded`,
    which makes the last line out of a reason, and `tell`, which may take a few seconds to hand that
    reason and the exit code on.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.is_overdue = False
        self.stopping = threading.Event()
        self.tidy_up: Callable[[], object] = lambda: None
        self.worded: Callable[[str, int], str] = lambda reason, _: f"error: {reason}"
        self.tell: Callable[[str, int], object] = lambda _, __: None

    @property
    def exit_code(self) -> int:
        """128 + the signal, as shells count; 1 when it was our own, at the deadline."""
        is_ours = self.is_overdue or self.signal is None
        return Exit.FAILED if is_ours else 128 + self.signal

    @property
    def reason(self) -> str:
        """Why the process was told to stop, for people."""
        if self.is_overdue:
            return "the run took longer than RUN_DEADLINE_MINUTES"
        return WORDS[signal.Signals(self.signal or signal.SIGTERM)]


def heed() -> None:
    """From now on SIGTERM raises `Terminated` in the main thread, as Ctrl-C raises its own.

    By default it would end the process where it stands, without a word and with a code of the
    system's, even after the new file is in its place.
    """
    signal.signal(signal.SIGTERM, _raise_terminated)
    atexit.register(_ignore)  # the first to be registered is the last to be called


def settle(code: int) -> None:
    """From now on a signal can only end the process sooner: `code` stays, and nothing is said.

    All that is left is what Python does at its end, which would write a traceback for anything
    raised there, and may wait for a thread of a library.
    """
    for number in WORDS:
        signal.signal(number, lambda _number, _frame: os._exit(code))


def _ignore() -> None:
    """For the very last instants: Python takes handlers back before the process has ended."""
    for number in WORDS:
        signal.signal(number, signal.SIG_IGN)


def _raise_terminated(_number: int, _frame: object) -> NoReturn:
    raise Terminated


@contextmanager
def interruptible(
    deadline: float | None = None, seconds: float = SECONDS_TO_STOP
) -> Generator[Interruption]:
    """The block ends within `seconds` of SIGINT, SIGTERM or the deadline.

    `deadline` is in seconds from now. A no-op outside the main thread, where Python lets nobody
    handle signals.
    """
    import psutil  # noqa: F401 `leave` needs it, and may have to do without the import lock

    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    done = threading.Event()
    handlers = {number: _handler(interruption) for number in WORDS}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    wakeup_before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    args = (reader, interruption, done, seconds)
    watcher = threading.Thread(target=_watch, args=args, name="signals", daemon=True)
    watcher.start()
    alarm = _alarm(interruption, deadline)
    try:
        yield interruption
    finally:
        done.set()
        alarm.cancel()
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()
        watcher.join()
        reader.close()


def _alarm(interruption: Interruption, deadline: float | None) -> threading.Timer:
    """Tells this very process to stop once the deadline has passed."""

    def ring() -> None:
        interruption.is_overdue = True
        os.kill(os.getpid(), signal.SIGTERM)

    alarm = threading.Timer(deadline or 0, ring)
    alarm.daemon = True
    if deadline is not None:
        alarm.start()
    return alarm


def _handler(interruption: Interruption) -> Callable[[int, object], None]:
    """Raises once; a second Ctrl-C must not break the tidying up after the first."""
    raised = False

    def handle(number: int, _frame: object) -> None:
        nonlocal raised
        interruption.signal = interruption.signal or number
        interruption.stopping.set()
        if not raised:
            raised = True
            raise KeyboardInterrupt if number == signal.SIGINT else Terminated

    return handle


def _watch(
    reader: socket.socket, interruption: Interruption, done: threading.Event, seconds: float
) -> None:
    """Sees the signal whoever handles it; ends the process when nobody did in time."""
    while data := reader.recv(64):
        arrived = [number for number in data if number in WORDS]
        if not arrived:
            continue
        interruption.signal = interruption.signal or arrived[0]
        interruption.stopping.set()
        if not done.wait(seconds):
            leave(interruption)
        return


def leave(interruption: Interruption) -> NoReturn:
    """Ends the process now: children first, so that none writes on, then the run folder.

    Not by `sys.exit`: the interpreter would wait for threads that wait for the network.
    """
    import psutil

    last_resort = threading.Timer(SECONDS_TO_LEAVE, os._exit, [interruption.exit_code])
    last_resort.daemon = True
    last_resort.start()
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    interruption.tidy_up()
    cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
    reason, code = f"{interruption.reason}; {SAFE}", interruption.exit_code
    sys.stderr.write(f"{cursor}{interruption.worded(reason, code)}\n")
    sys.stderr.flush()
    interruption.tell(reason, code)
    os._exit(code)
