"""What may be said of one run: the six promises, asked of how it ended.

    codes        exit codes that are right for what happened to it
    honest       a failure says one line, and the rows are those of before
    silent       neither a key nor an address of the data in what it said or left behind

Convergence and no false success are `tables.compare`, good citizen is `watch.citizen`, snapshot is
`watch.readers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from chaos.command import Commands, Outcome, Started
from chaos.drawing.changes import CANARY
from chaos.places import Place, State
from chaos.schedule import Fault, Run
from chaos.tables import Finding
from chaos.warehouse import Warehouse

DONE = (0, 3)
LOCKED = 4
SECONDS_TO_STOP = 10.0
SECONDS_TO_SETTLE = 10.0
"""How long something may go on for a command that is dead."""

SIGNALLED = {"SIGTERM": frozenset({143}), "SIGINT": frozenset({130}), "SIGKILL": frozenset({-9})}
BEFORE_IT_LISTENED = {"SIGTERM": -15, "SIGINT": -2}
"""How a process ends that is told to stop before its first line has been read."""

LAWFUL = frozenset(
    {
        ("instantly_raw", "workspace_members", "email"),
        ("instantly_raw", "workspace_members", "user_email"),
        ("instantly_staging", "stg_instantly__workspace_members", "email"),
        ("instantly", "dim_members", "email"),
        ("instantly", "member_performance", "email"),
    }
)
"""Where the address of a member may stand."""


def codes(run: Run, outcome: Outcome, struck: Sequence[Fault]) -> frozenset[int]:
    """The exit codes that are right for this run; one that is not hit in time ends as if alone."""
    worst = [fault.ends for fault in struck if fault.ends != {0}]
    right = frozenset().union(*worst) if worst else frozenset({0})
    if run.room or run.blow:
        right |= {1}
    if run.death:
        right |= SIGNALLED[run.death.how]
        if not outcome.stages and run.death.how in BEFORE_IT_LISTENED:
            right |= {BEFORE_IT_LISTENED[run.death.how]}
    return right


def honest(
    outcome: Outcome, right: frozenset[int], was: State, state: State, *, may_change: bool
) -> Iterator[Finding]:
    """The exit code is right, and a failure left all rows alone and said why in a line.

    `may_change`: it was stopped, perhaps after it had published.
    """
    if outcome.code not in right:
        kind = "false success" if outcome.code in DONE else "dishonest"
        yield Finding(kind, f"{outcome}; right would be {sorted(right)}")
    if outcome.code in DONE:
        return
    if state.marts != was.marts and outcome.stages and "publish" not in outcome.stages:
        yield Finding("snapshot", "marts have changed, and publishing had not begun")
    if outcome.code < 0:
        return
    if state != was and not may_change:
        yield Finding("dishonest", f"exit {outcome.code}, but rows have changed")
    lines = outcome.stderr.strip().splitlines()
    if not lines or not lines[-1].startswith("error: "):
        yield Finding("dishonest", f"exit {outcome.code} without a reason: {lines[-1:]}")
    elif outcome.is_quiet and len(lines) > 1:
        yield Finding("dishonest", f"{len(lines)} lines for one failure: {lines[:3]}")
    elif "This is a bug" in lines[-1]:
        yield Finding("dishonest", f"not understood: {lines[-1][:300]}")


def overlapped(
    ended: Sequence[tuple[Started, Outcome]],
    spans: Sequence[tuple[float, float] | None],
    names: Callable[[int], str],
) -> Iterator[Finding]:
    """Of two commands at once one is done and one is locked out; both only if they never met.

    `spans` are the times between which each of them asked for something; `names` says how the
    process that holds the lock is told.
    """
    codes = [outcome.code for _, outcome in ended]
    if sorted(codes) == [0, 0]:
        met = sorted(span for span in spans if span)
        if len(met) < 2 or met[0][1] > met[1][0]:
            yield Finding("overlap", f"two commands worked at the same time: {spans}")
        return
    if sorted(codes) != [0, LOCKED]:
        yield Finding("overlap", f"one should be done and one locked out: {codes}")
        return
    loser = codes.index(LOCKED)
    if spans[loser]:
        yield Finding("overlap", "the command that was locked out asked for something")
    said, holder = ended[loser][1].stderr, ended[1 - loser][0].process.pid
    if names(holder) not in said and "only just started" not in said:
        yield Finding("dishonest", f"the holder is not named: {said[:200]}")


def silent(outcome: Outcome, keys: Iterable[str]) -> Iterator[Finding]:
    """Nothing that was said holds a key or an address of the data."""
    said = outcome.stdout + outcome.stderr
    if any(key in said for key in keys):
        yield Finding("leaked", "a key was printed")
    if CANARY in said:
        line = next(line for line in said.splitlines() if CANARY in line)
        yield Finding("leaked", f"an address was printed: {line.replace(CANARY, '<canary>')[:200]}")


def left_behind(commands: Commands, place: Place, keys: Iterable[str]) -> Iterator[Finding]:
    """After a good run there is what may stay, a file and its lock; no byte of it is a key."""
    for path in sorted([*commands.folder.rglob("*"), *commands.temporary.rglob("*")]):
        if path.is_dir() or path not in place.may_stay:
            yield Finding("leaked", f"{path.name} was left behind")
        elif any(key.encode() in path.read_bytes() for key in keys):
            yield Finding("leaked", f"a key stands in {path.name}")
        elif path.suffix == ".lock" and CANARY.encode() in path.read_bytes():
            yield Finding("leaked", "an address stands in the lock file")
    for what in place.leftovers():
        yield Finding("leaked", f"{what} was left behind")


def astray(warehouse: Warehouse, keys: Iterable[str]) -> Iterator[Finding]:
    """Columns that hold a key, or an address where none belongs."""
    secrets = tuple(keys)
    for schema in ("instantly_raw", "instantly_staging", "instantly_judged", "instantly"):
        for table in warehouse.tables(schema):
            found: set[str] = set()
            for row in warehouse.rows(schema, table):
                for name, value in row.items():
                    if not isinstance(value, str):
                        continue
                    is_lawful = (schema, table, name) in LAWFUL
                    if any(key in value for key in secrets) or (CANARY in value and not is_lawful):
                        found.add(name)
            for name in sorted(found):
                yield Finding("leaked", f"a key or an address stands in {schema}.{table}.{name}")
