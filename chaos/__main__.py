"""`python -m chaos --schedules 200 --seed 1`, and what goes with it."""

from __future__ import annotations

import argparse
import signal
import sys

from chaos import points, session
from chaos.inside.mutants import MUTANTS


def main() -> int:
    """Plays what is asked for; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="start at this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="schedules side by side")
    parser.add_argument(
        "--destination", choices=("duckdb", "postgres"), default="duckdb", help="load into this"
    )
    parser.add_argument("--warm", action="store_true", help="fork commands with imports done")
    parser.add_argument("--replay", metavar="SEED:NUMBER", help="one schedule again, with events")
    parser.add_argument("--points", action="store_true", help="die at every side effect in turn")
    parser.add_argument("--every", type=int, default=1, help="with --points: only each n-th")
    parser.add_argument("--mutants", nargs="*", metavar="NAME", help="judge the judge: all or some")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="with --replay")
    chosen = parser.parse_args()
    # a shell starts what it puts in the background deaf to SIGINT, and children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if chosen.replay:
        result = session.replayed(chosen.replay, chosen.mutant, chosen.destination)
        print("\n".join([*result.schedule.lines(), "", *result.events]))
        session.show(result)
        return 0 if result.is_good else 1
    if chosen.points:
        return 0 if points.run(chosen.every, chosen.destination) else 1
    if chosen.mutants is not None:
        there = (n for n, mutant in MUTANTS.items() if mutant.destination == chosen.destination)
        return 0 if session.judge_mutants(chosen.seed, chosen.mutants or sorted(there)) else 1
    numbers = range(chosen.first, chosen.first + chosen.schedules)
    is_good = session.run(
        chosen.seed, numbers, chosen.jobs, chosen.destination, is_warm=chosen.warm
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
