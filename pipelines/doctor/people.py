"""The side of the people in the data: what is hidden, who is kept out, and whether it is so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.discretion import in_clear, read_forgotten, refuse_other_hashes
from pipelines.doctor.finding import Finding, Level
from pipelines.errors import WarehouseError
from pipelines.retention import rows_with_old_texts
from pipelines.settings import Settings
from sources.instantly import BY_TABLE
from sources.instantly.errors import UnknownColumn
from sources.instantly.shaping.addresses import columns_of_addresses
from sources.instantly.shaping.forgotten import OWN_SIDE
from sources.instantly.shaping.privacy import Privacy

if TYPE_CHECKING:
    import duckdb

OUR_MAILBOXES = frozenset({"eaccount", "sender_email", "resource_id"})
"""Columns in which a mailbox of ours stands in rows about somebody or something else."""


def hidden(
    settings: Settings, tables: Sequence[str], connection: duckdb.DuckDBPyConnection | None
) -> Iterator[Finding]:
    """PRIVACY_DROP and PRIVACY_HASH, held against the warehouse.

    Args:
        settings: as configured.
        tables: the selected ones.
        connection: to the warehouse, None when there is none that can be read.
    """
    try:
        privacy = settings.privacy(settings.lead_variables)
        if connection:
            refuse_other_hashes(connection, privacy)
    except (UnknownColumn, WarehouseError) as refused:
        todo = getattr(refused, "todo", "") or "correct the name"
        what = getattr(refused, "what", "") or str(refused)
        yield Finding("privacy", Level.WRONG, what, todo)
        return
    yield Finding("privacy", Level.OK, _said(privacy))
    if connection and (clear := in_clear(connection, privacy)):
        what = f"stored in clear so far: {', '.join(clear)}"
        todo = "run: the next run hides them and writes the file anew"
        yield Finding("privacy", Level.NOTE, what, todo)
    if elsewhere := _elsewhere(privacy, tables):
        what = f"addresses stay in clear in {', '.join(elsewhere)}"
        todo = "name them in PRIVACY_HASH or PRIVACY_DROP as well, if they are to be hidden"
        yield Finding("privacy", Level.NOTE, what, todo)


def old_texts(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """EMAIL_TEXT_DAYS, held against the warehouse."""
    if days := settings.email_text_days:
        yield Finding("texts", Level.OK, f"what mails say is kept for {days:,} days")
    if rows := rows_with_old_texts(connection, days):
        what = f"rows that hold older texts: {rows:,}"
        todo = "run: the next load removes them and writes the file anew"
        yield Finding("texts", Level.NOTE, what, todo)


def kept_out(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """How many people were forgotten."""
    if people := len(read_forgotten(connection).hashes):
        yield Finding("forgotten", Level.OK, f"people who are kept out: {people:,}")


def _said(privacy: Privacy) -> str:
    hidden = {"left empty": privacy.dropped, "hashed": privacy.hashed}
    parts = [
        f"{how}: " + ", ".join(sorted(f"{t}.{c}" for t, columns in chosen.items() for c in columns))
        for how, chosen in hidden.items()
        if chosen
    ]
    return "; ".join(parts) or "everything is stored as the API gives it"


def _elsewhere(privacy: Privacy, tables: Sequence[str]) -> list[str]:
    """Columns that may hold the same addresses as a hidden one, and hold them in clear."""
    hidden = [*privacy.dropped.items(), *privacy.hashed.items()]
    names = {f"{table}.{column}" for table, columns in hidden for column in columns}
    sides: dict[bool, list[str]] = {True: [], False: []}
    for endpoint in (BY_TABLE[table] for table in tables):
        for column in columns_of_addresses(endpoint):
            is_ours = endpoint.table in OWN_SIDE or column in (*endpoint.key, *OUR_MAILBOXES)
            sides[is_ours].append(f"{endpoint.table}.{column}")
    chosen = [side for side in sides.values() if names & set(side)]
    return [name for side in chosen for name in side if name not in names]
