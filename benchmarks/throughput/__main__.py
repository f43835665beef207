"""`python -m benchmarks.throughput`: measures, keeps the results, draws the page.

python -m benchmarks.throughput                                   # as `make bench`
python -m benchmarks.throughput --only first-load,ceiling --leads 100000 --rounds 5
python -m benchmarks.throughput --page                            # draw the page again
"""

import argparse
import signal
import sys

from benchmarks.throughput import environments, page
from benchmarks.throughput.results import keep
from benchmarks.throughput.scenarios import SCENARIOS, Scenario


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput")
    known = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", default="", help=f"of {', '.join(known)}")
    parser.add_argument("--leads", type=int, help="instead of the sizes that each scenario has")
    parser.add_argument("--rounds", type=int, help="instead of the rounds that each scenario has")
    parser.add_argument("--page", action="store_true", help="measure nothing, draw the page")
    chosen = parser.parse_args()
    wanted = [name for name in chosen.only.split(",") if name] or known
    if unknown := set(wanted) - set(known):
        sys.exit(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended, too
    if not chosen.page:
        environments.compile_ours()
        for scenario in SCENARIOS:
            if scenario.name in wanted:
                _measure(scenario, chosen.leads, chosen.rounds)
    page.draw()


def _measure(scenario: Scenario, leads: int | None, rounds: int | None) -> None:
    own = scenario.sizes if leads is None else ((leads, scenario.sizes[0][1]),)
    for size, times in own:
        print(f"{scenario.name} {size:,} leads", flush=True)
        for measured in scenario.measure(size, rounds or times):
            keep(measured)


if __name__ == "__main__":
    main()
