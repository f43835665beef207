"""The SQL of a build on one connection: what the marts cost without dbt.

python plain_sql.py warehouse.duckdb compiled.json
"""

import json
import sys
from pathlib import Path

import duckdb

_DEFINITIONS = {
    "view": "create or replace view {name} as ({sql})",
    "table": "create or replace table {name} as ({sql})",
    "incremental": "create or replace temp table latest as ({sql})",
    "test": "select count(*) from ({sql}) as broken",
}


def main() -> None:
    """Builds and tests everything, in one transaction."""
    file, compiled = sys.argv[1:]
    nodes = json.loads(Path(compiled).read_text())
    with duckdb.connect(file) as connection:
        connection.execute("begin")
        for name, becomes, sql in nodes:
            connection.execute(_DEFINITIONS[becomes].format(name=name, sql=sql)).fetchall()
        connection.execute("commit")


if __name__ == "__main__":
    main()
