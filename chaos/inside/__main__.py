"""Starts the command in this process: `python -m chaos.inside [options] -- run --full-refresh`."""

from __future__ import annotations

import argparse
import atexit
import resource
import sys
from pathlib import Path

from chaos.inside import clock, mutants
from chaos.inside.effects import Effects


def main() -> None:
    """Prepares the process as told, then hands over to the command."""
    parser = argparse.ArgumentParser(prog="python -m chaos.inside")
    parser.add_argument("--die-at", type=int, help="SIGKILL in front of this side effect")
    parser.add_argument("--trace", type=Path, help="where to write what was counted, a line each")
    parser.add_argument("--mutant", choices=sorted(mutants.MUTANTS))
    parser.add_argument("--clock", type=int, default=0, help="seconds by which the clock is wrong")
    parser.add_argument("--quota", type=int, help="bytes that no file may grow beyond")
    parser.add_argument("arguments", nargs="+")
    chosen = parser.parse_args()
    if chosen.quota is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (chosen.quota, chosen.quota))
    if chosen.mutant:
        mutants.MUTANTS[chosen.mutant].mutate()
    if chosen.clock:
        clock.shift(chosen.clock)
    if chosen.die_at or chosen.trace:
        effects = Effects(chosen.die_at)
        if chosen.trace:
            note = chosen.trace.open("w", encoding="utf-8")
            atexit.register(lambda: note.writelines(f"{line}\n" for line in effects.told))
        effects.watch()
    from pipelines.cli import main as command

    sys.argv = ["instantly-warehouse", *chosen.arguments]
    command(chosen.arguments)


if __name__ == "__main__":
    main()
