"""Packages that others ask for by the way, left out while rows are loaded.

    pandas        Arrow imports it with the first array that is made of a list, DuckDB with the
                  first parameter that is bound: both to ask whether what they got is a frame of it
    SQLAlchemy    dlt imports it, where some extra has brought it, for the line with which it names
                  the place it has loaded into, which nobody reads

Nothing that loads makes a frame or a line of that kind, and both imports together are a fifth of
what a run costs that finds nothing new. All three libraries do without: to them these packages may
be missing, so here they are. Whoever needs one afterwards imports it as ever: the judgement does,
and Arrow then looks again.

Values as literals were refused: Arrow imports pandas all the same. So was None in `sys.modules`,
which ends an `import` of Python's and is handed out as the package where Cython compiled it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

LEFT_OUT = frozenset({"pandas", "sqlalchemy"})


class _Missing(MetaPathFinder):
    """Says that a package is not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """ModuleNotFoundError for what is left out; all else is somebody else's to find."""
        del path, target
        if fullname in LEFT_OUT:
            raise ModuleNotFoundError(
                f"{fullname} is left out while rows are loaded", name=fullname
            )
        return None


@contextmanager
def left_out() -> Generator[None]:
    """Nobody imports these packages while the block runs; one that is there already stays."""
    missing = _Missing()
    sys.meta_path.insert(0, missing)
    try:
        yield
    finally:
        sys.meta_path.remove(missing)
