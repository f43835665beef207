"""Which tables a key may not read, found out before anything is read.

    GET /campaigns?limit=1                        → 200        the scope is there
    GET /campaigns/00000000-…/sending-status      → 404, 400   it is, such a row is not
    GET /subsequences?limit=1                     → 403        the key lacks the scope
    GET /inbox-placement-tests?limit=1            → 402        the plan lacks the feature

One question per scope, the cheapest of the tables that need it; a table of which the API lists no
scope is not asked for. Nobody can ask the API what a key may do (`/api-keys` answers with the keys
themselves), and waiting for the 403 in the middle of a long first load would tell it too late.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sources.instantly.conversation.client import Client
from sources.instantly.endpoint import Answer, Endpoint, Method, Place
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import (
    Cancelled,
    InstantlyError,
    KeyRefused,
    PlanRequired,
    ScopeMissing,
)

NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that no row has."""
GIVE_UP_SECONDS = 5.0
_QUESTIONS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Probe:
    """One question and what it stands for.

    Attributes:
        scope: what the key needs.
        asked: the endpoint that is asked.
        tables: the tables that need the scope.
    """

    scope: str
    asked: Endpoint
    tables: tuple[str, ...]


def probes(tables: Iterable[str]) -> list[Probe]:
    """The questions that tell whether tables may be read, one per scope."""
    by_scope: dict[str, list[Endpoint]] = {}
    for table in tables:
        endpoint = BY_TABLE[table]
        if endpoint.scope:
            by_scope.setdefault(endpoint.scope, []).append(endpoint)
    return [
        Probe(scope, min(those, key=_cost), tuple(endpoint.table for endpoint in those))
        for scope, those in by_scope.items()
    ]


def _cost(endpoint: Endpoint) -> tuple[bool, bool]:
    """A list of one row is the surest question; an answer about nobody says less."""
    return endpoint.parent is not None, endpoint.answer is not Answer.PAGES


def missing(client: Client, tables: Iterable[str]) -> dict[str, InstantlyError]:
    """Tables that cannot be read for want of a scope or a plan, each with the reason.

    Tables that are read by way of such a table are among them.

    Args:
        client: the conversation with one workspace.
        tables: in the order of THE TABLE.

    Raises:
        KeyRefused: nothing can be read with this key.
    """
    wanted = list(tables)
    refused = dict(_refused(client, probes(wanted)))
    for table in wanted:
        for needed in BY_TABLE[table].needs:
            if needed in refused and table not in refused:
                refused[table] = type(refused[needed])(f"needs {needed}: {refused[needed]}")
    return refused


def _refused(client: Client, asked: list[Probe]) -> Iterator[tuple[str, InstantlyError]]:
    with ThreadPoolExecutor(_QUESTIONS_AT_ONCE, thread_name_prefix="scopes") as executor:
        reasons = executor.map(lambda probe: refusal(client, probe), asked)
        for probe, reason in zip(asked, reasons, strict=True):
            if reason:
                yield from ((table, reason) for table in probe.tables)


def refusal(client: Client, probe: Probe) -> InstantlyError | None:
    """Why what a probe stands for cannot be read; None when it can, or when that is not the reason.

    An API that stumbles over the question says nothing about the key; reading will meet it again,
    and has the patience for it.

    Raises:
        KeyRefused: nothing can be read with this key.
    """
    try:
        _ask(client, probe.asked)
    except ScopeMissing:
        return lacks(probe.asked)
    except PlanRequired as refused:
        return refused
    except (KeyRefused, Cancelled):
        raise
    except InstantlyError:
        return None
    return None


def lacks(endpoint: Endpoint) -> ScopeMissing:
    """A refusal that names the scope."""
    return ScopeMissing(
        f"the key lacks the scope {endpoint.scope} (403 at {endpoint.operation}); create a key "
        "with it, or take what needs it out of INSTANTLY_TABLES"
    )


def _ask(client: Client, endpoint: Endpoint) -> None:
    """Asks for one row, or for the rows of nobody."""
    parent, values = endpoint.parent, {}
    asked: dict[str, Any] = dict(endpoint.params)
    is_post = endpoint.method is Method.POST
    if endpoint.answer is Answer.PAGES:
        asked["limit"] = 1 if is_post else "1"
    if parent and parent.place is Place.PATH:
        values = {parent.param: NOBODY}
    elif parent:
        asked[parent.param] = [NOBODY] if parent.batch > 1 else NOBODY
    if is_post:
        client.post(endpoint.path, asked, table=endpoint.table, check=_anything)
    else:
        client.get(
            endpoint.path,
            asked,
            table=endpoint.table,
            check=_anything,
            values=values,
            give_up_seconds=GIVE_UP_SECONDS,
        )


def _anything(_: Any) -> None:
    """An answer is all that is asked for."""
