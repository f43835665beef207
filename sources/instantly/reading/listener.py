"""Who wants to know how reading goes on: a progress bar, a log, nobody."""

from typing import Protocol


class Listener(Protocol):
    """Told how work goes on; may be called from any thread."""

    def table_started(self, workspace: str, table: str, total: int | None = None) -> None:
        """A table begins, or its number of requests becomes known."""
        ...

    def advance(self, workspace: str, table: str, steps: int = 1) -> None:
        """Some requests of a table are done."""
        ...
