"""What the lake's catalog is called, and what PostgreSQL alone can say of it.

The tables of the catalog are DuckLake's; its specification describes them. Two questions are asked
of them directly, because they are asked before or without opening the lake.
"""

from __future__ import annotations

from pipelines.destinations.postgres.address import PostgresAddress

LAKE = "lake"
"""The lake's name in DuckDB, here and in `dbt_project`."""

CATALOG = "instantly_lake"
"""The schema of the database in which the catalog is, so that others can be beside it."""

HAS_CATALOG = f"select to_regclass('{CATALOG}.ducklake_schema') is not null"
IS_THERE = f"""
    select exists (
        select 1 from {CATALOG}.ducklake_schema
        where schema_name = 'instantly_raw' and end_snapshot is null
    )
"""  # noqa: S608 our own words
SIZE = f"""
    select sum(file_size_bytes) from {CATALOG}.ducklake_data_file where end_snapshot is null
"""  # noqa: S608 our own words


def is_there(address: PostgresAddress) -> bool:
    """Whether a run has ever begun to load into the lake of this database."""
    from pipelines.destinations.postgres.connecting import asked

    return bool(asked(address, HAS_CATALOG)) and bool(asked(address, IS_THERE))
