"""The end of a move into PostgreSQL: tables that were proved become those of the warehouse.

One transaction takes them from the draft's schema into `instantly_raw`, so readers see none of them
or all. To rename the schema was refused: where somebody has made `instantly_raw` beforehand and
given rights on it, they would be lost.
"""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from pipelines.destinations.postgres import DRAFT
from pipelines.warehouse_file import RAW

MADE = "select tablename from pg_tables where schemaname = %s order by tablename"


def settle(draft: Any) -> None:
    """Takes every table of the draft's schema into that of the raw tables, all at once."""
    session = draft.database.session
    with session.transaction():
        session.run(f"create schema if not exists {RAW}")
        for (table,) in session.run(MADE, DRAFT):
            name = sql.Identifier(DRAFT, table)
            session.run(sql.SQL("alter table {} set schema {}").format(name, sql.Identifier(RAW)))
