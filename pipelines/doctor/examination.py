"""All checks in order, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.doctor import hooks, machine, people
from pipelines.doctor.finding import Finding, Level, TableAccess
from pipelines.doctor.workspaces import Rounds
from pipelines.errors import ConfigurationError, Exit, WarehouseError
from pipelines.settings import Settings
from pipelines.warehouse_file import RAW, has_table, open_read_only
from sources.instantly import select_tables
from sources.instantly.errors import UnknownTable

if TYPE_CHECKING:
    import duckdb

    from pipelines.destinations import Place

NAMES = """
    select workspace_name, arg_max(workspace_id, observed_at) from instantly_raw.sync_runs
    where status = 'ok' group by workspace_name
"""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, in the order of the checks, and table by table what can be read."""

    warehouse: str
    findings: tuple[Finding, ...]
    access: tuple[TableAccess, ...]

    @property
    def exit_code(self) -> Exit:
        """The worst of all findings: 2 a run cannot work, 3 something is missing, 0 all well."""
        found = {finding.level.exit_code for finding in self.findings}
        order = (Exit.CONFIGURATION, Exit.PARTIAL)
        return next((code for code in order if code in found), Exit.DONE)


def examine(settings: Settings) -> Examination:
    """Looks at everything and changes nothing."""
    place = settings.place
    findings = [machine.versions(), *_around(place)]
    findings += hooks.told(settings)
    tables, wrong = _selected(settings)
    findings += wrong
    access: list[TableAccess] = []
    with ExitStack() as connections:
        warehouse = _opened(connections, settings)
        findings += people.hidden(settings, tables, warehouse)
        if warehouse:
            findings += people.old_texts(settings, warehouse)
            findings += people.kept_out(warehouse)
        known = _names(warehouse) if warehouse else {}
    findings += _visited(settings, tables, known, access)
    return Examination(str(place), tuple(findings), tuple(access))


def _around(place: Place) -> Iterator[Finding]:
    """Everything about the place, of whichever kind it is."""
    if isinstance(place, Path):
        yield from machine.around(place)
        return
    from pipelines.destinations.postgres import PostgresWarehouse

    if isinstance(place, PostgresWarehouse):
        from pipelines.doctor import database

        yield from database.around(place)
        return
    from pipelines.doctor import lake

    yield from lake.around(place)


def _selected(settings: Settings) -> tuple[tuple[str, ...], list[Finding]]:
    """The selected tables; none where a name is wrong."""
    try:
        return select_tables(settings.tables), []
    except UnknownTable as refused:
        what = f"INSTANTLY_TABLES: {refused}"
        return (), [Finding("tables", Level.WRONG, what, "correct the name")]


def _opened(connections: ExitStack, settings: Settings) -> duckdb.DuckDBPyConnection | None:
    """The warehouse, None where there is none that can be read."""
    place = settings.place
    if isinstance(place, Path) and not place.is_file():
        return None
    try:
        return connections.enter_context(open_read_only(place))
    except WarehouseError:
        return None


def _names(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Which workspace each name stood for."""
    if not has_table(warehouse, RAW, "sync_runs"):
        return {}
    return dict(warehouse.execute(NAMES).fetchall())


def _visited(
    settings: Settings, tables: tuple[str, ...], known: dict[str, str], access: list[TableAccess]
) -> Iterator[Finding]:
    try:
        rounds = Rounds(settings, tables, known)
        yield from rounds.findings()
    except ConfigurationError as refused:
        yield Finding("keys", Level.WRONG, f"{refused.where}: {refused.what}", refused.todo)
        return
    access += rounds.access
