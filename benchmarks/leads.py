"""What a lead costs on its way from a page to Arrow: by columns, and by a dictionary per lead.

    python -m benchmarks.leads --rounds 9

Both ways take the same pages of the sandbox, one after the other in every round, and the ratio is
taken within the round: a busy machine slows both. CPU time, not seconds. No network, no loading.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import requests

from sandbox import Sandbox
from sandbox.worlds import small
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.reading.leads.pages import LeadTables, page
from sources.instantly.reading.leads.walk import LEADS_AT_ONCE
from sources.instantly.shaping import columns

LEADS = BY_TABLE["leads"]
AT = datetime(2026, 11, 17, tzinfo=UTC)


def bodies(leads: int) -> list[bytes]:
    """Pages as they come over the wire, enough for so many leads."""
    found: list[bytes] = []
    with Sandbox(small(campaigns=1, days=40, leads_per_day=20), rate_limit=None) as api:
        asked: dict[str, object] = {"limit": 100}
        headers = {"Authorization": f"Bearer {api.key}", "User-Agent": "benchmark/1"}
        while True:
            answer = requests.post(
                f"{api.url}/api/v2/leads/list", json=asked, headers=headers, timeout=60
            )
            if not answer.json()["items"]:
                break
            found.append(answer.content)
            asked["starting_after"] = answer.json()["next_starting_after"]
    return (found * (leads // (100 * len(found)) + 1))[: leads // 100]


def by_columns(pages: list[bytes]) -> None:
    """The way of `reading.leads`."""
    LeadTables(LEADS, "w", AT).table([item for body in pages for item in page(body)["items"]])


def by_rows(pages: list[bytes]) -> None:
    """The way of every other table."""
    rows = [row for body in pages for row in orjson.loads(body)["items"]]
    columns.table(LEADS, rows, workspace_id="w", observed_at=AT)


def cpu(work: Callable[[list[bytes]], None], pages: list[bytes]) -> float:
    """Seconds of CPU for all pages, as many at once as are gathered in a run."""
    at_once = LEADS_AT_ONCE // 100
    began = time.process_time()
    for start in range(0, len(pages), at_once):
        work(pages[start : start + at_once])
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leads", description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    pages = bodies(chosen.leads)
    rounds = [(cpu(by_columns, pages), cpu(by_rows, pages)) for _ in range(chosen.rounds)]
    ratios = sorted(slow / fast for fast, slow in rounds)
    for name, seconds in zip(("columns", "rows"), zip(*rounds, strict=True), strict=True):
        each = statistics.median(seconds) / chosen.leads * 1e6
        print(f"by {name:<8} {each:6.1f} µs of CPU a lead")
    print(
        f"ratio       {statistics.median(ratios):6.1f}   "
        f"({ratios[0]:.1f} to {ratios[-1]:.1f} in {len(rounds)} rounds of {chosen.leads} leads)"
    )


if __name__ == "__main__":
    main()
