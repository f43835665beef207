"""The demonstration: the real command, twice, against a sandbox that moves on by some days.

    python -m sandbox.demo

The first run reads everything, the second only what moved in between; the table at the end counts
both at the server. What is shown is invented data; the true effects behind it are known to the
sandbox (`/sandbox/truth`).
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from sandbox import Sandbox

FOLDER = Path("data/demo")
WAREHOUSE = FOLDER / "warehouse.duckdb"
DAYS_BETWEEN = 5


def main() -> int:
    """Run the demonstration; the exit code is that of the first command that fails, else 0."""
    console = Console()
    started = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    today = dt.datetime.now(dt.UTC).date()
    with Sandbox("demo", seed=1, date=today - dt.timedelta(days=DAYS_BETWEEN)) as api:
        console.rule("first run: everything")
        first, code = _run(api)
        if code:
            return code
        api.advance(days=DAYS_BETWEEN)
        console.rule(f"{DAYS_BETWEEN} days later: what moved")
        second, code = _run(api)
        if code:
            return code
    console.rule("the A/B report")
    if code := _command("report", environment={"WAREHOUSE_PATH": str(WAREHOUSE)}):
        return code
    console.rule("what the runs asked for")
    console.print(_asked(first, second))
    _say_what_next(console, time.monotonic() - started)
    return 0


def _run(api: Sandbox) -> tuple[dict[str, int], int]:
    """One run: requests by operation, counted at the server, and the exit code."""
    api.reset_requests()
    code = _command(
        "run",
        environment={
            "INSTANTLY_BASE_URL": api.url,
            "INSTANTLY_API_KEY": api.key,
            "WAREHOUSE_PATH": str(WAREHOUSE),
            "INSTANTLY_REQUESTS_PER_MINUTE": "5400",  # the sandbox holds the API's limit of 6,000
        },
    )
    return api.requests()["by_operation"], code


def _command(name: str, environment: dict[str, str]) -> int:
    command = [str(Path(sys.executable).with_name("instantly-warehouse")), name]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def _asked(first: dict[str, int], second: dict[str, int]) -> Table:
    """Requests per operation of both runs."""
    table = Table(box=box.SIMPLE, show_footer=True)
    table.add_column("operation", footer="total")
    table.add_column("first run", justify="right", footer=f"{sum(first.values()):,}")
    table.add_column("second run", justify="right", footer=f"{sum(second.values()):,}")
    for operation in sorted(first.keys() | second.keys()):
        table.add_row(operation, f"{first.get(operation, 0):,}", f"{second.get(operation, 0):,}")
    return table


def _say_what_next(console: Console, seconds: float) -> None:
    console.print(
        f"The warehouse is {WAREHOUSE} ({seconds:.0f} s for all of this). Next:\n"
        f"  WAREHOUSE_PATH={WAREHOUSE} .venv/bin/instantly-warehouse status\n"
        f"  .venv/bin/python -c \"import duckdb; duckdb.connect('{WAREHOUSE}', read_only=True)"
        ".sql('from instantly.variant_performance').show()\"",
        highlight=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    sys.exit(main())
