"""Every lasting thing that the command does, counted; and death in front of the n-th.

    open for writing · rename · remove · mkdir · flock · child process      audit events of Python
    insert · delete · create · commit · checkpoint · close · …              DuckDB's connection
    the same, savepoint, copy                                               psycopg2's, in a server

An audit event comes before its effect, so dying at the n-th leaves exactly the n−1 before it: over
all n these are all states that the file system can be left in between two lines of Python. What
happens inside one statement of DuckDB is done to a draft that is then thrown away.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = frozenset(
    {
        "os.rename",
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "os.link",
        "os.symlink",
        "os.truncate",
        "os.chmod",
        "fcntl.flock",
        "fcntl.ioctl",
        "subprocess.Popen",
    }
)
READING = ("select", "from", "show", "pragma", "describe", "set", "use", "with", "explain")
METHODS = ("begin", "commit", "rollback", "checkpoint", "close")
ELSEWHERE = ("/dev/", "/proc/", "__pycache__")


class Effects:
    """Counts from 1; `die_at` is the number that is never reached."""

    def __init__(self, die_at: int | None) -> None:
        self.count = 0
        self.told: list[str] = []
        self._die_at = die_at
        self._guard = threading.Lock()

    def watch(self) -> None:
        """From now on everything is counted, in every thread, until the process ends."""
        import duckdb

        connection: Any = duckdb.DuckDBPyConnection
        connection.execute = self._of_statement(connection.execute)
        for method in METHODS:
            setattr(connection, method, self._of_method(method, getattr(connection, method)))
        if os.environ.get("DESTINATION") == "postgres":
            self._watch_postgres()
        sys.addaudithook(self._heard)

    def _watch_postgres(self) -> None:
        """Its classes are C's and stay as they are; whoever connects is given one of ours."""
        import psycopg2
        from psycopg2.extensions import connection, cursor

        happens = self._happens_in

        class Cursor(cursor):
            def execute(self, query: Any, values: Any = None) -> None:
                happens("postgres", query.as_string(self) if hasattr(query, "as_string") else query)
                super().execute(query, values)

            def copy_expert(self, query: Any, file: Any, size: int = 8192) -> None:
                happens("postgres", "copy")
                super().copy_expert(query, file, size)

        class Connection(connection):
            def cursor(self, *rest: Any, **named: Any) -> Any:
                return super().cursor(*rest, **{"cursor_factory": Cursor, **named})

            def commit(self) -> None:
                happens("postgres", "commit")
                super().commit()

        real: Any = psycopg2.connect

        def connect(*rest: Any, **named: Any) -> Any:
            return real(*rest, **{"connection_factory": Connection, **named})

        setattr(psycopg2, "connect", connect)  # noqa: B010 a type checker sees the right one

    def _happens_in(self, where: str, query: Any) -> None:
        """A statement that does not only read is an effect."""
        text = query.decode() if isinstance(query, bytes) else query
        words = text.lower().split() if isinstance(text, str) else ["statement"]
        if words and not words[0].startswith(READING):
            self.happens(f"{where} {' '.join(words)[:80]}")

    def happens(self, what: str) -> None:
        """One more effect is about to happen."""
        with self._guard:
            self.count += 1
            self.told.append(what)
            if self.count == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = any(letter in (mode or "") for letter in "wax+") or (flags or 0) & WRITING
            if writes and not _is_elsewhere(path):
                self.happens(f"open {path}")
        elif event in CHANGES and not (arguments and _is_elsewhere(arguments[0])):
            self.happens(f"{event} {arguments[0] if arguments else ''}")

    def _of_statement(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        def watched(connection: Any, query: Any, *rest: Any, **named: Any) -> Any:
            self._happens_in("duckdb", query)
            return execute(connection, query, *rest, **named)

        return watched

    def _of_method(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def watched(connection: Any, *rest: Any, **named: Any) -> Any:
            self.happens(f"duckdb {name}()")
            return method(connection, *rest, **named)

        return watched


def _is_elsewhere(path: object) -> bool:
    """Whether it is a device, or a file that Python keeps for itself."""
    text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    return any(part in text for part in ELSEWHERE)
