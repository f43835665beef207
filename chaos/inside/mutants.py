"""The product with one safeguard taken out each: the judge is judged by finding them.

    no_lock             nobody waits for anybody
    no_envelope_check   `null`, `{"error": …}` and a page without its list are an empty answer
    in_place            the load works on the published file
    torn_publish        the file is copied into its place, not renamed
    no_look_back        only what moved in the totals is read again
    first_copy_wins     of two copies of a row in one listing the first one stands
    append              rows of versions are added, never merged
    impatient           Retry-After is not heard
    swallowed           a failure ends like a success

and in a PostgreSQL database

    no_server_lock      nobody waits for anybody
    torn_load           every table of a load is kept by itself
    torn_marts          every mart is shown by itself

Each is what the tutorial would have done. A mutant replaces functions of the product in this
process alone; a name that is no longer there is an error, so that no mutant dies unnoticed (a test
tries them all).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

SESSION = "pipelines.destinations.postgres.session"


SHOWN_AS = {
    "one run at a time": frozenset({"overlap"}),
    "no false success": frozenset({"false success"}),
    "snapshot": frozenset({"snapshot"}),
    "convergence": frozenset({"false success", "lost", "doubled", "stale", "snapshot"}),
    "good citizen": frozenset({"bad citizen"}),
}
"""What breaking a promise is told as. Anything else gives no mutant away: one that no longer fits
the product fails where it should do harm, and that is honest."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of the product, the promise it breaks, and a theme of schedules that meets it.

    `destination` is where the safeguard stands.
    """

    mutate: Callable[[], None]
    breaks: str
    theme: str
    destination: str = "duckdb"


def _put(owner: str, name: str, new: Any) -> None:
    """Replaces an attribute of a module or of a class in it (`module:Class`)."""
    module, _, inner = owner.partition(":")
    holder: Any = import_module(module)
    holder = getattr(holder, inner) if inner else holder
    getattr(holder, name)  # an AttributeError here says that the mutant has to be mended
    setattr(holder, name, new)


def _put_everywhere(module: str, name: str, new: FunctionType) -> None:
    """Gives a function another body, for all who hold it, under whatever name."""
    old: Any = getattr(import_module(module), name)
    old.__code__ = new.__code__


def _no_lock() -> None:
    @contextlib.contextmanager
    def open_door(_warehouse: Path) -> Generator[None]:
        yield

    _put("pipelines.swap", "locked", open_door)


def _no_envelope_check() -> None:
    answers = import_module("sources.instantly.conversation.answers")
    strict = answers.decoded

    def lenient(operation: str, *rest: Any, **named: Any) -> Any:
        answer = strict(operation, *rest, **named)
        is_wrong = answer is None or (
            isinstance(answer, dict)
            and not answer.get("id")
            and not isinstance(answer.get("items"), list)
        )
        if not is_wrong:
            return answer
        return [] if "/analytics" in operation else {"items": []}

    _put("sources.instantly.conversation.answers", "decoded", lenient)


def _in_place() -> None:
    swap = import_module("pipelines.swap")

    def publish(draft: Any, **_options: Any) -> None:
        swap.tidy(draft.database)

    _put("pipelines.swap:Draft", "database", property(lambda draft: draft.warehouse))
    _put("pipelines.swap:Draft", "publish", publish)
    _put("pipelines.swap:Draft", "fill", lambda _draft: None)


def _torn_publish() -> None:
    swap = import_module("pipelines.swap")

    def publish(draft: Any, **_options: Any) -> None:
        swap.tidy(draft.database)
        content = draft.database.read_bytes()
        with draft.warehouse.open("wb") as target:
            for start in range(0, len(content), 4096):
                target.write(content[start : start + 4096])

    _put("pipelines.swap:Draft", "publish", publish)


def _no_look_back() -> None:
    _put("sources.instantly.reading.window:Window", "trailing", lambda _window: [])


def _first_copy_wins() -> None:
    def first_by_key(rows: Any, key: Any) -> list[Any]:
        found: dict[Any, Any] = {}
        for row in rows:
            found.setdefault(tuple(row.get(column) for column in key), row)
        return list(found.values())

    _put_everywhere("sources.instantly.shaping.rows", "last_by_key", first_by_key)


def _append() -> None:
    source: Any = import_module("sources.instantly.source")
    load = import_module("sources.instantly").Load
    merged = source._dispatched

    def appended(endpoint: Any, rows: Any, at: Any, *scope: Any, **hints: Any) -> Any:
        import dlt
        import pyarrow as pa

        if endpoint.load is not load.VERSIONS:
            return merged(endpoint, rows, at, *scope, **hints)
        times = pa.timestamp("us", "UTC")
        since = pa.array([at] * rows.num_rows, times)
        rows = rows.append_column("_dlt_valid_from", since)
        rows = rows.append_column("_dlt_valid_to", pa.nulls(rows.num_rows, times))
        adding = dlt.mark.make_hints(
            table_name=endpoint.table,
            write_disposition="append",
            columns=source._columns(endpoint, rows.column_names),
        )
        return dlt.mark.with_hints(rows, adding, create_table_variant=True)

    _put("sources.instantly.source", "_dispatched", appended)


def _impatient() -> None:
    def deaf(_response: Any) -> None:
        return None

    _put_everywhere("sources.instantly.conversation.answers", "retry_after", deaf)


def _swallowed() -> None:
    ends: Any = import_module("pipelines.command_ends")
    said = ends._failed

    @functools.wraps(said)
    def quietly(common: Any, error: BaseException) -> int:
        said(common, error)
        return 0

    _put("pipelines.command_ends", "_failed", quietly)


def _no_server_lock() -> None:
    _put(f"{SESSION}:Session", "lock", lambda _session: None)


def _torn_load() -> None:
    _put(f"{SESSION}:Session", "begin", lambda _session: None)


def _torn_marts() -> None:
    @contextlib.contextmanager
    def each_by_itself(_session: Any) -> Generator[None]:
        yield

    _put(f"{SESSION}:Session", "transaction", each_by_itself)


MUTANTS = {
    "no_lock": Mutant(_no_lock, "one run at a time", "overlap"),
    "no_envelope_check": Mutant(_no_envelope_check, "no false success", "envelopes"),
    "in_place": Mutant(_in_place, "snapshot", "effects"),
    "torn_publish": Mutant(_torn_publish, "snapshot", "readers"),
    "no_look_back": Mutant(_no_look_back, "convergence", "quiet"),
    "first_copy_wins": Mutant(_first_copy_wins, "convergence", "copies"),
    "append": Mutant(_append, "convergence", "changes"),
    "impatient": Mutant(_impatient, "good citizen", "limits"),
    "swallowed": Mutant(_swallowed, "no false success", "refusals"),
    "no_server_lock": Mutant(_no_server_lock, "one run at a time", "overlap", "postgres"),
    "torn_load": Mutant(_torn_load, "convergence", "effects", "postgres"),
    "torn_marts": Mutant(_torn_marts, "snapshot", "readers", "postgres"),
}
"""Every mutant by name."""
