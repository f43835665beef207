"""A run with BigQuery as its warehouse; the Python of `.bigquery` runs it, with its dlt and dbt.

    night.py WORKDIR COPY      loads, builds, judges, builds; then writes all into a DuckDB file

The steps are those of `pipelines.run`, called one by one, because no setting of the product names
BigQuery: there is no draft here, no lock, no publishing (docs/destinations/bigquery.md). Where the
emulator is, and with which key, stands in the environment.
"""

import json
import os
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import dlt
import duckdb
import orjson
from dlt.destinations.impl.bigquery.bigquery import BigQueryClient
from dlt.destinations.impl.bigquery.sql_client import BigQueryDBApiCursorImpl, BigQuerySqlClient
from google.cloud import bigquery
from google.oauth2.service_account import Credentials

from pipelines.judge import decision_rules, judge_steps
from pipelines.progress import SilentProgress
from pipelines.run import JUDGED, temporary_files_in
from pipelines.settings import child_environment, load_settings, quiet_dlt
from pipelines.sync import declare, load
from pipelines.warehouse_file import JUDGED as JUDGED_SCHEMA
from pipelines.warehouse_file import MARTS, RAW, quoted
from sources.instantly import select_tables
from transforms.dbt import at_work

KEY = Path(os.environ["DBT_BIGQUERY_KEYFILE"])
VARIABLES = {"settled_after_days": 14, "settled_days_keep": "greatest"}
LEFT_OUT = "tag:operations test_type:data"
"""Models of tables that are not loaded here; and tests, each a second or more of the emulator's:
the rows that they would look at are compared with those of the file, where they pass."""


class Emulated:
    """The emulated BigQuery, as far as loading and judging ask for a database."""

    file_format = "jsonl"

    def exists(self) -> bool:
        """Not for those who would look into it with DuckDB: lists of the forgotten and hidden."""
        return False

    def destination(self) -> Any:
        """dlt's own destination, with the client below."""
        return Destination(credentials=json.loads(KEY.read_text()), destination_name="bigquery")

    def kept_together(self) -> AbstractContextManager[None]:
        """Nothing keeps the jobs of a load together there."""
        return nullcontext()


class Destination(dlt.destinations.bigquery):
    """dlt asks the class for the client."""

    @property
    def client_class(self) -> type[BigQueryClient]:
        """That which unpacks JSON."""
        return Client


class Cursor(BigQueryDBApiCursorImpl):
    """dlt hands on the first page of a result as the whole of it."""

    def iter_arrow(self, chunk_size: int | None) -> Generator[Any]:
        """All pages in one where no size is asked for."""
        if chunk_size is not None:
            yield from super().iter_arrow(chunk_size)
            return
        yield self.native_cursor.query_job.result().to_arrow(create_bqstorage_client=False)


class SqlClient(BigQuerySqlClient):
    """dlt's way to ask, with that cursor."""

    @contextmanager
    def execute_query(self, query: Any, *args: Any, **kwargs: Any) -> Generator[Any]:
        """As dlt's, but for nulls: Google's library cannot tell of which type none is."""
        if None in args:
            texts = query.split("%s")
            places = ["null" if value is None else "%s" for value in args]
            query = "".join(chain(*zip(texts, places, strict=False), texts[len(places) :]))
            args = tuple(value for value in args if value is not None)
        with super().execute_query(query, *args, **kwargs) as cursor:
            yield Cursor(cursor.native_cursor)


class Client(BigQueryClient):
    """dlt writes a JSON column that comes as arrow as a text, and BigQuery keeps a text that it is
    given: `"{\\"a\\": 1}"`, which has no member `a`."""

    def __init__(self, schema: Any, config: Any, capabilities: Any) -> None:
        super().__init__(schema, config, capabilities)
        known = self.sql_client
        names = (known.dataset_name, known.staging_dataset_name)
        self.sql_client = SqlClient(
            *names, config.credentials, capabilities, config.get_location(), config.project_id
        )

    def _create_load_job(self, table: Any, file_path: str) -> Any:
        names = [n for n, hints in table["columns"].items() if hints.get("data_type") == "json"]
        if names and file_path.endswith(".jsonl"):
            file_path = unpacked(Path(file_path), names)
        return super()._create_load_job(table, file_path)


def unpacked(file: Path, names: list[str]) -> str:
    """The file with JSON where it had texts of it; of the same name, because jobs are named so."""
    folder = file.parent.parent / "unpacked"
    folder.mkdir(exist_ok=True)
    with file.open("rb") as lines, (folder / file.name).open("wb") as out:
        for line in lines:
            row = orjson.loads(line)
            json_texts = {name: row[name] for name in names if row.get(name) is not None}
            row |= {name: orjson.Fragment(text) for name, text in json_texts.items()}
            out.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return str(folder / file.name)


def main(workdir: Path, copy: Path) -> None:
    """The run."""
    settings, database = load_settings(), Emulated()
    quiet_dlt(workdir)
    os.environ |= {"LOAD__WORKERS": "8", "DATA_WRITER__DISABLE_COMPRESSION": "true"}
    with temporary_files_in(workdir):
        tables = select_tables(settings.tables)
        load(database, workdir / "load", settings, workdir.name, SilentProgress(), tables=tables)
        declare(database, workdir / "declare")
        there = {name: value for name, value in os.environ.items() if name.startswith("DBT_")}
        environment = {**child_environment(), **there}
        dbt = at_work(None, workdir=workdir / "dbt", variables=VARIABLES, environment=environment)
        with dbt as work:
            work.build(exclude=f"{JUDGED} {LEFT_OUT}")
            judge_steps(database, workdir / "judge", decision_rules(settings))
            work.build(select=JUDGED, exclude=LEFT_OUT)
        copy_out(copy)


def copy_out(file: Path) -> None:
    """Writes every table that is compared to a new file, under the same names."""
    credentials = Credentials.from_service_account_file(KEY)
    client = bigquery.Client(os.environ["DBT_BIGQUERY_PROJECT"], credentials=credentials)
    with duckdb.connect(str(file)) as connection:
        for schema in (RAW, JUDGED_SCHEMA, MARTS):
            connection.execute(f"create schema {schema}")
            for table in client.list_tables(schema):
                rows = client.list_rows(table.reference).to_arrow(create_bqstorage_client=False)
                connection.register("rows", rows)
                connection.execute(f"create table {schema}.{quoted(table.table_id)} as from rows")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
