"""A tap of the Singer SDK, piped into target-duckdb.

Nested members are handed on as JSON text, which is the cheapest that the target takes: it would
otherwise flatten them, a column for every variable.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import requests
from members import BOOLEANS, NESTED, NUMBERS, TEXTS, TIMES
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th


class Leads(RESTStream[str]):
    """The list of leads."""

    name = "leads"
    path = "/leads/list"
    http_method = "POST"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    records_jsonpath = "$.items[*]"
    next_page_token_jsonpath = "$.next_starting_after"  # noqa: S105 -- a path, no secret
    schema = th.PropertiesList(
        *(th.Property(name, th.StringType) for name in (*TEXTS, *NESTED)),
        *(th.Property(name, th.IntegerType) for name in NUMBERS),
        *(th.Property(name, th.DateTimeType) for name in TIMES),
        *(th.Property(name, th.BooleanType) for name in BOOLEANS),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """Where the API is."""
        return f"{self.config['url']}/api/v2"

    @property
    def http_headers(self) -> dict[str, str]:
        """The key."""
        return {"Authorization": f"Bearer {self.config['key']}", "User-Agent": "benchmark/1"}

    def prepare_request_payload(self, _context: Any, next_page_token: str | None) -> dict[str, Any]:
        """The cursor goes into the body."""
        after = {"starting_after": next_page_token} if next_page_token else {}
        return {"limit": 100, **after}

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """The leads of a page."""
        yield from response.json()["items"]

    def post_process(self, row: dict[str, Any], _context: Any = None) -> dict[str, Any]:
        """Nested members as text."""
        for name in NESTED:
            row[name] = json.dumps(row[name])
        return row


class TapLeads(Tap):
    """Leads, and nothing else."""

    name = "tap-leads"
    config_jsonschema = th.PropertiesList(
        th.Property("url", th.StringType), th.Property("key", th.StringType)
    ).to_dict()

    def discover_streams(self) -> list[RESTStream[str]]:
        """One stream."""
        return [Leads(self)]


def main() -> None:
    """Copy the leads."""
    if "--tap" in sys.argv:
        sys.argv.remove("--tap")
        TapLeads.cli()
    parser = argparse.ArgumentParser()
    for name in ("--url", "--key", "--file"):
        parser.add_argument(name, required=True)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "tap.json").write_text(json.dumps({"url": chosen.url, "key": chosen.key}))
        target = {"filepath": chosen.file, "default_target_schema": "raw"}
        (folder / "target.json").write_text(json.dumps(target))
        tap = subprocess.Popen(
            [sys.executable, __file__, "--tap", "--config", str(folder / "tap.json")],
            stdout=subprocess.PIPE,
        )
        program = Path(sys.executable).with_name("target-duckdb")
        done = subprocess.run(
            [str(program), "--config", str(folder / "target.json")], stdin=tap.stdout, check=False
        )
        sys.exit(tap.wait() or done.returncode)


if __name__ == "__main__":
    main()
