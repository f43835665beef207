"""The project, compiled for engines that cannot be started here.

    compiled("snowflake", folder)  ->  the SQL of every model and test, by the path of its file

dbt compiles with the engine's own adapter, from `.engines`; there is no server, and what stands in
the environment for it is invented.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from transforms.dbt import PROJECT

ROOT = PROJECT.parent
PYTHON = ROOT / ".engines" / "bin" / "python"
CHILD = Path(__file__).with_name("child.py")
VARIABLES = {"settled_after_days": 14, "settled_days_keep": "greatest"}
# output of profiles.yml -> what it wants to know
ENGINES: dict[str, dict[str, str]] = {
    "motherduck": {"MOTHERDUCK_TOKEN": "invented"},
    "snowflake": {
        "DBT_SNOWFLAKE_ACCOUNT": "invented",
        "DBT_SNOWFLAKE_USER": "invented",
        "DBT_SNOWFLAKE_PASSWORD": "invented",
        "DBT_SNOWFLAKE_WAREHOUSE": "invented",
        "DBT_SNOWFLAKE_DATABASE": "INSTANTLY",
    },
    "bigquery": {"DBT_BIGQUERY_PROJECT": "invented", "DBT_BIGQUERY_METHOD": "service-account"},
    "databricks": {
        "DBT_DATABRICKS_HOST": "invented.invalid",
        "DBT_DATABRICKS_HTTP_PATH": "/sql/1.0/warehouses/invented",
        "DBT_DATABRICKS_TOKEN": "invented",
    },
    "spark": {"DBT_SPARK_HOST": "invented.invalid"},
    "redshift": {
        "DBT_REDSHIFT_HOST": "invented.invalid",
        "DBT_REDSHIFT_USER": "invented",
        "DBT_REDSHIFT_PASSWORD": "invented",
        "DBT_REDSHIFT_DBNAME": "instantly",
    },
    "clickhouse": {"DBT_CLICKHOUSE_HOST": "invented.invalid", "DBT_CLICKHOUSE_PASSWORD": "x"},
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What dbt made for one engine: SQL by file name, and a contract with one column per type."""

    statements: dict[str, str]
    contract: str


def compiled(engine: str, folder: Path) -> Compiled:
    """Compiles every model and data test for the engine. Raises with dbt's words where it fails."""
    environment = {**os.environ, **ENGINES[engine], "DBT_TARGET": engine, "DO_NOT_TRACK": "1"}
    if engine == "bigquery":
        environment["DBT_BIGQUERY_KEYFILE"] = str(_invented_key(folder))
    done = subprocess.run(
        [PYTHON, "-P", CHILD, PROJECT, folder, json.dumps(VARIABLES)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    files = (folder / "target" / "compiled" / "instantly_warehouse" / "models").rglob("*.sql")
    # a test's file stands in a folder that is named like the yml of its model
    statements = {p.name: p.read_text(encoding="utf-8") for p in files if p.is_file()}
    return Compiled(statements, (folder / "contract.sql").read_text(encoding="utf-8"))


def _invented_key(folder: Path) -> Path:
    """A key file in the shape that BigQuery's client wants: it reads it, and asks nobody."""
    key = folder / "key.pem"
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-out", key]
    subprocess.run(command, check=True, capture_output=True)
    account = {
        "type": "service_account",
        "project_id": "invented",
        "private_key": key.read_text(),
        "client_email": "nobody@invented.invalid",
        "token_uri": "https://invented.invalid/token",
    }
    path = folder / "key.json"
    path.write_text(json.dumps(account))
    return path
