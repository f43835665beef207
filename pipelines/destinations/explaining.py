"""An engine's error in a sentence, however many libraries have wrapped it on its way up.

    dlt's error ─ cause ─> … ─ cause ─> psycopg2's or DuckDB's ── told ──> what to do, or None

Each place says itself what its engine's errors mean; how they are found among others' is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from pipelines.errors import ConfigurationError, RunFailedError, causes, is_understood


@contextmanager
def explained(
    kind: type[Exception], told: Callable[[Any], ConfigurationError | RunFailedError | None]
) -> Generator[None]:
    """Raises what is told of the nearest cause of a kind; what nobody can tell, as it is.

    An error that somebody has explained already is left alone.
    """
    try:
        yield
    except Exception as error:
        if is_understood(error):
            raise
        for cause in causes(error):
            if isinstance(cause, kind) and (understood := told(cause)):
                raise understood from error
        raise
