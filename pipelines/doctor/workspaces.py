"""The side of the API: which workspaces the keys open, and which tables they may read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.connections import connected
from pipelines.doctor.finding import Finding, Level, TableAccess
from pipelines.settings import Settings
from sources.instantly import BY_TABLE, Client, sub_workspaces
from sources.instantly.conversation import paging
from sources.instantly.errors import InstantlyError, PlanRequired, ScopeMissing
from sources.instantly.reading import scopes

RETRY_SECONDS = 20.0
A_WRONG_CLOCK = timedelta(minutes=5)
LATER = "look again later, or see whether INSTANTLY_BASE_URL and the network are right"


@dataclass(frozen=True, slots=True)
class _Workspace:
    """A workspace that answered."""

    label: str
    identifier: str
    client: Client


class Rounds:
    """Visits every configured workspace.

    Args:
        settings: keys and address.
        tables: the selected ones.
        known: which workspace each name stood for so far, from the warehouse.
    """

    def __init__(self, settings: Settings, tables: Sequence[str], known: dict[str, str]) -> None:
        self._settings = settings
        self._tables = tables
        self._known = known
        self._seen: dict[str, str] = {}
        self.access: list[TableAccess] = []

    def findings(self) -> Iterator[Finding]:
        """Everything there is to say; `access` is complete when these are."""
        settings = self._settings
        with ExitStack() as connections:
            clients = [
                (workspace.name, self._connected(connections, workspace.api_key))
                for workspace in settings.workspaces
            ]
            for name, client in clients:
                yield from self._visit(name, client)
            if settings.sub_workspaces:
                yield from self._subordinate(connections, clients[0][1])
        if not self._seen:
            what = "no workspace can be read, so a run would fail"
            yield Finding("workspaces", Level.WRONG, what, "see the findings above")

    def _connected(self, connections: ExitStack, key: Any, acting_as: str | None = None) -> Client:
        settings = self._settings
        return connected(connections, settings, key, acting_as, retry_seconds=RETRY_SECONDS)

    def _subordinate(self, connections: ExitStack, admin: Client) -> Iterator[Finding]:
        """The sub-workspaces of an agency's key."""
        try:
            chosen = sub_workspaces(admin, self._settings.sub_workspaces)
        except InstantlyError as refused:
            yield Finding("sub-workspaces", Level.WRONG, str(refused), "correct the setting or key")
            return
        yield Finding("sub-workspaces", Level.OK, f"{len(chosen)} have accepted and are chosen")
        key = self._settings.workspaces[0].api_key
        for identifier in chosen:
            yield from self._visit(None, self._connected(connections, key, identifier), identifier)

    def _visit(self, name: str | None, client: Client, identifier: str = "") -> Iterator[Finding]:
        check = f"workspace {name or identifier}".strip()
        try:
            (itself,) = next(paging.elements(client, BY_TABLE["workspaces"]))
        except ScopeMissing:
            yield Finding(check, *_refusal(scopes.lacks(BY_TABLE["workspaces"])))
            return
        except InstantlyError as refused:
            yield Finding(check, *_refusal(refused))
            return
        found = _Workspace(name or itself.get("name") or itself["id"], itself["id"], client)
        is_first = not self._seen
        yield from self._identity(found)
        if is_first:
            yield from _clock(client)
        yield from self._tables_of(found)

    def _identity(self, found: _Workspace) -> Iterator[Finding]:
        check = f"workspace {found.label}"
        known = self._known.get(found.label, found.identifier)
        twin = self._seen.setdefault(found.identifier, found.label)
        if known != found.identifier:
            what = f"the key opens {found.identifier}, but the warehouse holds {known} by that name"
            todo = "correct the key, or start another warehouse with WAREHOUSE_PATH"
            yield Finding(check, Level.WRONG, what, todo)
        elif twin != found.label:
            what = f"opens the same workspace as the key of {twin}"
            yield Finding(check, Level.WRONG, what, "remove one of the two")
        else:
            yield Finding(check, Level.OK, f"the key opens {found.identifier}")

    def _tables_of(self, found: _Workspace) -> Iterator[Finding]:
        """Which of the selected tables can be read."""
        check = f"tables of {found.label}"
        asked = [table for table in self._tables if table != "workspaces"]
        try:
            missing = scopes.missing(found.client, asked)
        except InstantlyError as refused:
            yield Finding(check, *_refusal(refused))
            return
        for table in self._tables:
            reason = str(missing[table]) if table in missing else ""
            access = TableAccess(found.label, table, BY_TABLE[table].scope, reason)
            self.access.append(access)
        readable = [table for table in self._tables if table not in missing]
        yield _readable(check, readable, len(self._tables))
        reasons: dict[str, list[str]] = {}
        for table, reason in missing.items():
            reasons.setdefault(str(reason), []).append(table)
        for reason, tables in reasons.items():
            level = _level(missing[tables[0]])
            what, _, todo = reason.partition("; ")
            yield Finding(check, level, f"{', '.join(tables)}: {what}", todo or LATER)


def _readable(check: str, tables: Sequence[str], of: int) -> Finding:
    """How much can be read, and by which scopes."""
    found = dict.fromkeys(BY_TABLE[table].scope for table in tables)
    having = ", ".join(scope for scope in found if scope) or "none"
    what = f"{len(tables)} of {of} selected tables can be read, by the scopes {having}"
    return Finding(check, Level.OK, what)


def _refusal(refused: InstantlyError) -> tuple[Level, str, str]:
    what, _, todo = str(refused).partition("; ")
    return _level(refused), what, todo or LATER


def _level(refused: InstantlyError) -> Level:
    """A scope or a plan costs what needs it; everything else would end a run."""
    is_partial = isinstance(refused, ScopeMissing | PlanRequired)
    return Level.MISSING if is_partial else Level.WRONG


def _clock(client: Client) -> Iterator[Finding]:
    """This machine's clock beside the server's, by which a load goes."""
    if client.server_time is None:
        return
    apart = abs(datetime.now(UTC) - client.server_time)
    if apart > A_WRONG_CLOCK:
        what = f"this machine's clock and the server's are {_words(apart)} apart"
        todo = "set this machine's clock; loads go by the server's, ages in `status` by this one"
        yield Finding("clock", Level.NOTE, what, todo)
    else:
        yield Finding("clock", Level.OK, f"within {_words(max(apart, timedelta(seconds=1)))}")


def _words(time: timedelta) -> str:
    return f"{time.days} days" if time.days else f"{time.total_seconds():,.0f} s"
