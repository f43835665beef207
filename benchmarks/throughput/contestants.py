"""Who is compared: the command that copies the leads, and how its file is read back.

Every file is read with the same few members of a lead, so one checksum tells whether it holds what
the server holds: ids, campaigns, a counter that moves, a time that moves, and one of the users' own
variables out of the nested object.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from benchmarks.measuring import PROGRAM
from benchmarks.throughput import environments
from benchmarks.throughput.measured import Run, measured, size_of
from benchmarks.throughput.serving import Api

QUIET = {
    "AIRBYTE_OFFLINE_MODE": "1",
    "AIRBYTE_NO_UPDATE_NOTIFIER": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
"""Nobody reports home; nobody would be reached either."""

_PER_MINUTE = "6000"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way of copying leads.

    Attributes:
        name: as in the results.
        command: program and arguments, of an API and a file.
        table: where the leads are in its file.
        industry: SQL for a variable out of `payload`.
        environment: set besides ours, of an API and a file.
    """

    name: str
    command: Callable[[Api, Path], Sequence[str]]
    table: str = "raw.leads"
    industry: str = "payload ->> '$.Industry'"
    environment: Callable[[Api, Path], Mapping[str, str]] = field(default=lambda _api, _file: {})

    def run(self, api: Api, file: Path, *more: str) -> Run:
        """Copies all leads into the file and reads them back; `more` goes on the command line."""
        api.reset()
        environment = {**QUIET, **self.environment(api, file)}
        command = [*self.command(api, file), *more]
        run = measured(self.name, command, folder=file.parent, environment=environment)
        self.look(run, api, file)
        return run

    def look(self, run: Run, api: Api, file: Path) -> None:
        """Notes what the server saw and what the file holds."""
        counts = api.counts()
        leads = counts["by_operation"].get("POST /leads/list", {"requests": 0})
        run.requests, run.refused = counts["requests"], counts["refused"]
        run.pages = leads["requests"]
        run.span = leads.get("last", 0.0) - leads.get("first", 0.0)
        run.file = size_of(file)
        truth = api.truth()
        run.rows, distinct, checksum = self.read(file)
        run.is_right = (run.rows, distinct, checksum) == (
            *(truth["leads"], truth["leads"]),
            truth["checksum"],
        )

    def read(self, file: Path) -> tuple[int, int, str]:
        """Leads, different leads, and the checksum of all."""
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            row = connection.execute(
                f"""
                select count(*), count(distinct id), bit_xor(md5_number(concat_ws('|',
                    id, campaign, cast(email_open_count as bigint),
                    epoch_ms(cast(timestamp_last_contact as timestamptz)),
                    {self.industry}
                )))::varchar
                from {self.table}
                """  # noqa: S608 -- names of our own
            ).fetchone()
        assert row is not None, "a sum over a table is one row"
        return row


def product_settings(api: Api, file: Path, workspaces: int = 1) -> dict[str, str]:
    """The settings of the installed command; nothing of the user's own is among them."""
    names = [f"w{number}" for number in range(1, workspaces + 1)]
    several = {f"INSTANTLY_API_KEY_W{n}": f"invented-{n}" for n in range(1, workspaces + 1)}
    several["INSTANTLY_WORKSPACES"] = ",".join(names)
    one = {"INSTANTLY_API_KEY": "invented-1", "INSTANTLY_WORKSPACES": ""}
    return {
        "INSTANTLY_BASE_URL": api.url,
        "INSTANTLY_REQUESTS_PER_MINUTE": _PER_MINUTE,
        "WAREHOUSE_PATH": str(file),
        **(one if workspaces == 1 else several),
    }


def _competitor(name: str, *options: str) -> Callable[[Api, Path], Sequence[str]]:
    def command(api: Api, file: Path) -> Sequence[str]:
        where = ("--url", api.url, "--key", "invented-1", "--file", str(file))
        script = environments.SCRIPTS / f"{name}.py"
        return [str(environments.python(name)), str(script), *where, *options]

    return command


def _floor(api: Api, file: Path) -> Sequence[str]:
    script = Path(__file__).with_name("floor.py")
    return [sys.executable, "-P", str(script), "--url", api.url, "--file", str(file)]


FLOOR = Contestant("floor", _floor, table="leads")
PRODUCT = Contestant(
    "product",
    lambda _api, _file: [str(PROGRAM), "sync", "--tables", "leads", "--log-format", "text"],
    table="instantly_raw.leads",
    environment=product_settings,
)
REST_API = Contestant("rest_api, parquet", _competitor("rest_api"), industry="payload__industry")
REST_API_AS_INSTALLED = Contestant(
    "rest_api, as installed",
    _competitor("rest_api", "--as-installed"),
    industry="payload__industry",
)
SINGER = Contestant("Singer", _competitor("singer"))
PYAIRBYTE = Contestant("PyAirbyte", _competitor("pyairbyte"))
COMPETITORS = (REST_API, SINGER, PYAIRBYTE)
