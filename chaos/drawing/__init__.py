"""Drawing a schedule: a theme that is sure to happen, and whatever else happens in a night.

    number modulo themes ─> theme ─> its steps ─┐
    Random(seed:number) ─> world, fillers ──────┴─> Schedule

Themes go round so that every kind of trouble comes up in any two dozen schedules, and a mutant that
one theme must find is found there. All else is drawn. Three rules keep a schedule fair:

- A reply that moves between days leaves the totals as they are. Such quiet changes are promised
  within the trailing days only (docs/loading.md), so they come after the last passing of time.
- An answer that lies (whole, well-formed, wrong) cannot be told from the truth. After one the
  promise is convergence by `--full-refresh`.
- Nothing is drawn that needs the patience of a quarter of an hour.
"""

from __future__ import annotations

import datetime as dt
from random import Random

from chaos.drawing.changes import any_change, quiet
from chaos.drawing.deaths import killed_at_effect, killed_in_sync, told_to_stop
from chaos.drawing.faults import passing
from chaos.drawing.themes import THEMES, THEMES_OF_A_SERVER, WITH_MARTS, ZONES, Theme
from chaos.schedule import Pass, Restore, Run, Schedule, Step, World

DATES = (
    dt.date(2026, 11, 17),
    dt.date(2026, 4, 2),  # the clocks of Europe have just changed
    dt.date(2027, 3, 16),  # those of America
    dt.date(2027, 1, 4),
    dt.date(2028, 3, 2),  # a leap day among the last twelve
    dt.date(2026, 11, 4),
)


def themes(destination: str = "duckdb") -> dict[str, Theme]:
    """The themes that go round where the warehouse is there."""
    return THEMES if destination == "duckdb" else THEMES_OF_A_SERVER


def theme_of(number: int, destination: str = "duckdb") -> str:
    """The theme of a schedule."""
    known = list(themes(destination))
    return known[number % len(known)]


def draw(seed: int, number: int, destination: str = "duckdb") -> Schedule:
    """The schedule of this seed, number and destination: always the same one."""
    rng = Random(f"{seed}:{number}")
    theme = theme_of(number, destination)
    world = World(
        seed=rng.randrange(1, 10_000),
        date=rng.choice(DATES),
        campaigns=rng.choice((2, 2, 3)),
        days=rng.randint(7, 13),
        pace=rng.choice((5.0, 7.0, 9.0)),
        drafts=103 if theme in ("pages", "copies") else rng.choice((0, 0, 1)),
        workspaces=2 if theme == "agencies" else 1,
        subsequences=rng.choice((0, 1, 2)),
    )
    is_quiet = theme == "quiet"
    steps = [*_before(rng, is_quiet), *themes(destination)[theme](rng), *_after(rng, is_quiet)]
    is_whole = theme in WITH_MARTS or (rng.random() < 0.06 and not is_quiet)
    return Schedule(
        seed=seed,
        number=number,
        theme=theme,
        world=world,
        steps=tuple(steps),
        finale="run" if is_whole else "sync",
        requests_per_minute=600 if theme == "limits" else rng.choice((1200, 3000, 6000)),
        readers=_readers(rng, theme, steps, destination),
        is_full=rng.random() < 0.2,
        destination=destination,
    )


def _readers(rng: Random, theme: str, steps: list[Step], destination: str) -> int:
    """How many look on; nobody can, while a database is put back."""
    number = 3 if theme == "readers" else int(rng.random() < 0.15)
    is_barred = destination != "duckdb" and any(isinstance(step, Restore) for step in steps)
    return 0 if is_barred else number


def _before(rng: Random, is_quiet: bool) -> list[Step]:
    """Nothing, mostly; now and then the night begins badly."""
    if is_quiet or rng.random() < 0.7:
        return []
    return [rng.choice((_a_killed_run, _a_faulty_run, any_change))(rng)]


def _after(rng: Random, is_quiet: bool) -> list[Step]:
    """What happens between the theme and the morning."""
    if is_quiet:
        return []
    steps = (any_change, _a_pass, _a_pass, _a_killed_run, _a_faulty_run)
    found = [rng.choice(steps)(rng)]
    if rng.random() < 0.5:
        found.append(rng.choice((any_change, _a_killed_run, quiet))(rng))
    return found


def _a_pass(rng: Random) -> Pass:
    return Pass(rng.choice((1, 6, 24, 49, 170)))


def _a_killed_run(rng: Random) -> Run:
    return Run(death=rng.choice((killed_at_effect, killed_in_sync, told_to_stop))(rng))


def _a_faulty_run(rng: Random) -> Run:
    return Run(faults=(passing(rng), passing(rng)), zone=rng.choice(ZONES))
