"""`python -m benchmarks.throughput.server`: prints its address once it can answer."""

import argparse
import asyncio
import signal
from contextlib import suppress
from datetime import UTC, datetime

from benchmarks.throughput.server.api import Spec, Workspace
from benchmarks.throughput.server.http import Connection, Face


def main() -> None:
    """Serve until interrupted."""
    chosen = _parser().parse_args()
    spec = Spec(
        leads=chosen.leads,
        campaigns=chosen.campaigns,
        skew=chosen.skew,
        days=chosen.days,
        steps=chosen.steps,
        variants=chosen.variants,
        activity=chosen.activity,
        seed=chosen.seed,
    )
    now = datetime.now(UTC)
    workspaces = [Workspace(spec, number, now) for number in range(1, chosen.workspaces + 1)]
    face = Face({each.key: each for each in workspaces}, chosen.latency, chosen.rate)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(face, chosen.port))


async def _serve(face: Face, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(face), "127.0.0.1", port, backlog=512)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput.server",
        description="An API of invented leads. The key is invented-1, then invented-2 and so on.",
    )
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--workspaces", type=int, default=1)
    parser.add_argument("--skew", type=float, default=0.0, help="share of leads in one campaign")
    parser.add_argument("--days", type=int, default=90, help="days of reports")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--variants", type=int, default=3)
    parser.add_argument("--activity", type=float, default=0.3, help="share of days with mail")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--rate", type=int, default=0, help="requests a second; 0: no limit")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    main()
