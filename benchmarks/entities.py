"""What each table costs in a first and in a second sync: requests, seconds, CPU, rows.

    the sandbox's world `large` ──sync all──> requests, seconds, rows   (as `sync_runs` has them)
                                ──sync one──> CPU of the command, less that of asking nothing

    python -m benchmarks.entities            # some twenty minutes: e-mails have a slow lane

Requests and seconds are those of one sync of everything, twice, nothing changed in between. Tables
that are cut from one answer share their seconds. The CPU of one table cannot be seen there, threads
mix it: each table is synced alone as well, into a file of its own, twice, and what the same command
costs with `workspaces` alone is taken off. What a table needs of others (a report asks for the
campaigns) is counted with it. The sandbox has a process of its own, which is not counted.
"""

import argparse
import os
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.measuring import PROGRAM, cpu, markdown
from sandbox import Sandbox
from sources.instantly.endpoints import BY_TABLE, select_tables

NOTHING = "workspaces"
"""The table that every sync reads with its first request."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One table in one sync: requests, wall seconds, rows held afterwards, rows changed."""

    requests: int
    seconds: float
    rows: int
    changed: int


@dataclass(frozen=True, slots=True)
class Command:
    """The installed command, pointed at the sandbox and at one file."""

    api: Sandbox
    warehouse: Path

    def sync(self, tables: str) -> float:
        """Runs `sync --tables …`; its CPU seconds. Ends the benchmark if it fails."""
        settings = {
            "INSTANTLY_BASE_URL": self.api.url,
            "INSTANTLY_API_KEY": self.api.key,
            "INSTANTLY_SUB_WORKSPACES": "all",
            "INSTANTLY_REQUESTS_PER_MINUTE": "5400",
            "WAREHOUSE_PATH": str(self.warehouse),
        }
        with cpu(resource.RUSAGE_CHILDREN) as spent:
            subprocess.run(
                [str(PROGRAM), "--quiet", "sync", "--tables", tables],
                env={**os.environ, **settings},
                check=True,
            )
        return spent[0]

    def costs(self) -> dict[str, Cost]:
        """By table, over all workspaces, of the newest run in the file."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            rows = connection.execute(
                """
                select table_name, sum(requests), sum(seconds), sum(rows), sum(changed)
                from instantly_raw.sync_runs
                where run_id = (select max(run_id) from instantly_raw.sync_runs)
                group by table_name
                """
            ).fetchall()
        return {table: Cost(*numbers) for table, *numbers in rows}


def _alone(api: Sandbox, folder: Path, table: str) -> tuple[float, float]:
    """CPU of a first and of a second sync of this table and what it needs, into its own file."""
    command = Command(api, folder / f"{table}.duckdb")
    spent = command.sync(table), command.sync(table)
    command.warehouse.unlink()
    return spent


def _shown(
    first: dict[str, Cost], second: dict[str, Cost], spent: dict[str, tuple[float, float]]
) -> str:
    """One line per table, in the order of the endpoint table, and the sums of both syncs."""
    header = [
        *("table", "rows"),
        *("first: requests", "seconds", "CPU"),
        *("second: requests", "seconds", "CPU"),
    ]
    rows = [
        [
            f"`{table}`",
            f"{first[table].rows:,}",
            *_half(first[table], _above(spent, table, 0)),
            *_half(second[table], _above(spent, table, 1)),
        ]
        for table in BY_TABLE
        if table in first
    ]
    held, asked = (sum(getattr(c, name) for c in first.values()) for name in ("rows", "requests"))
    again = sum(cost.requests for cost in second.values())
    rows.append(["**all**", f"{held:,}", f"{asked:,}", "", "", f"{again:,}", "", ""])
    return markdown(header, rows, numbers_from=1)


def _half(cost: Cost, spent: str) -> list[str]:
    return [f"{cost.requests:,}", f"{cost.seconds:.1f}", spent]


def _above(spent: dict[str, tuple[float, float]], table: str, sync: int) -> str:
    """CPU over that of asking nothing; empty where the table was not measured alone."""
    if table not in spent:
        return ""
    return f"{max(0.0, spent[table][sync] - spent[NOTHING][sync]):.1f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.entities", description=__doc__)
    parser.add_argument("--world", default="large")
    parser.add_argument("--tables", default="all")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, Sandbox(chosen.world, seed=1) as api:
        folder = Path(place)
        everything = Command(api, folder / "warehouse.duckdb")
        together = everything.sync(chosen.tables)
        first = everything.costs()
        again = everything.sync(chosen.tables)
        second = everything.costs()
        print(f"all at once: {together:.1f} s of CPU, then {again:.1f} s", flush=True)
        names = [table for table in select_tables(chosen.tables) if table != "emails"]
        alone = {table: _alone(api, folder, table) for table in names}
        print(f"asking nothing: {alone[NOTHING][0]:.1f} s of CPU, then {alone[NOTHING][1]:.1f} s\n")
        print(_shown(first, second, alone))


if __name__ == "__main__":
    main()
