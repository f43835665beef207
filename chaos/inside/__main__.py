"""Starts the command in this process: `python -m chaos.inside [options] -- run --full-refresh`.

With `--serve` the process waits for orders, and goes on from here in a fork for each.
"""

from __future__ import annotations

import argparse
import atexit
import resource
import sys
from pathlib import Path
from typing import TextIO

from chaos.inside import clock, mutants, warm
from chaos.inside.effects import Effects


def main() -> None:
    """Reads what is wanted of this process, or of each of its forks."""
    parser = argparse.ArgumentParser(prog="python -m chaos.inside")
    parser.add_argument("--die-at", type=int, help="SIGKILL in front of this side effect")
    parser.add_argument("--trace", type=Path, help="where to write what was counted, a line each")
    parser.add_argument("--mutant", choices=sorted(mutants.MUTANTS))
    parser.add_argument("--clock", type=int, default=0, help="seconds by which the clock is wrong")
    parser.add_argument("--quota", type=int, help="bytes that no file may grow beyond")
    parser.add_argument("arguments", nargs="+")
    if sys.argv[1:2] != ["--serve"]:
        _begin(parser.parse_args())
        return
    arguments = warm.serve(int(sys.argv[2]))
    try:
        _begin(parser.parse_args(arguments))
    except SystemExit as end:
        warm.leave(end.code)


def _begin(chosen: argparse.Namespace) -> None:
    """Prepares the process, and becomes the command."""
    if chosen.quota is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (chosen.quota, chosen.quota))
    if chosen.mutant:
        mutants.MUTANTS[chosen.mutant].mutate()
    if chosen.clock:
        clock.shift(chosen.clock)
    if chosen.die_at or chosen.trace:
        effects = Effects(chosen.die_at)
        if chosen.trace:
            atexit.register(_note, chosen.trace.open("w", encoding="utf-8"), effects)
        effects.watch()
    from pipelines.cli import main as command

    sys.argv = ["instantly-warehouse", *chosen.arguments]
    command(chosen.arguments)


def _note(file: TextIO, effects: Effects) -> None:
    """Writes down what was counted; the file has been open from the start, lest it counts."""
    with file:
        file.writelines(f"{line}\n" for line in effects.told)


if __name__ == "__main__":
    main()
