"""What the benchmarks share: the command they start, CPU seconds, and how results are shown."""

import resource
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("instantly-warehouse")
"""The installed command of this environment."""


@contextmanager
def cpu(who: int) -> Generator[list[float]]:
    """Puts the CPU seconds of the block into the list, those of ended children or of ourselves."""
    spent: list[float] = []
    before = resource.getrusage(who)
    yield spent
    after = resource.getrusage(who)
    spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def markdown(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int | None = None
) -> str:
    """A Markdown table; columns from `numbers_from` on are set to the right."""
    left = len(header) if numbers_from is None else numbers_from
    rule = [*["---"] * left, *["---:"] * (len(header) - left)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *rows))
