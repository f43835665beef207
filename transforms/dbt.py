"""Puts dbt to work on a warehouse file and says what came of it.

    at_work(warehouse) ─> child process: imports dbt, parses
      .build(…)        ─────┴─ fork: dbt build ─> <workdir>/target/run_results.json ─> BuildResult
                                               └> <workdir>/dbt.jsonl (dbt's own words)
    parse()            ─> child process: dbt parse ─> <workdir>/target/manifest.json

dbt runs as a child process although it can be called in this one, and that would save its start:
in process it keeps a read-write handle on the DuckDB file for as long as Python lives, so the file
could neither be checked read-only nor be swapped in. A process that has ended holds nothing. So
each build is a fork that ends with it; what forks has no thread and no handle, and its imports and
the parsed project serve all builds.

The child's working directory is the folder of the warehouse and the file goes by its bare name.
dbt hashes the connection into its parse cache; a path that changes with every run would make it
parse the whole project every time.
"""

from __future__ import annotations

import contextlib
import json
import os
import select as select_module
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
CHILD = Path(__file__).with_name("dbt_child.py")
PARSE_CACHE_NAME = "partial_parse.msgpack"
RESULTS_NAME = "run_results.json"
ANSWER_LENGTH = 16
FAILURES_TOLD = 5
MESSAGE_LENGTH = 300
GRACE_SECONDS = 5.0
SILENCE = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
TERSE = {"DBT_LOG_LEVEL": "warn"}
"""dbt says two lines for each node, which cost time and nobody reads; the results tell the same."""


class DbtError(Exception):
    """dbt could not do what it was asked for; `str()` is one line for people."""


class ModelFailed(DbtError):
    """A model, or dbt itself, ended in an error: nothing can be said about the data."""


class ChecksFailed(DbtError):
    """Every model was built, but the data break a promise; `failures` are the broken tests."""

    def __init__(self, message: str, failures: tuple[Node, ...]) -> None:
        super().__init__(message)
        self.failures = failures


@dataclass(frozen=True, slots=True)
class Node:
    """One model or test as dbt left it.

    `status` is dbt's own word (`success`, `pass`, `fail`, `error`, `skipped`, …), `failures` the
    number of rows that break a test, `seconds` the wall time of the node, `sql` its query as dbt
    compiled it.
    """

    name: str
    resource_type: str
    status: str
    seconds: float
    failures: int | None
    message: str
    sql: str = ""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did: its nodes in the order they ended, and the wall time of the whole."""

    nodes: tuple[Node, ...]
    seconds: float

    @property
    def models(self) -> tuple[Node, ...]:
        """The models that were built."""
        return tuple(n for n in self.nodes if n.resource_type == "model" and n.status == "success")

    @property
    def tests(self) -> tuple[Node, ...]:
        """The data tests and unit tests that passed."""
        return tuple(n for n in self.nodes if n.resource_type != "model" and n.status == "pass")


@dataclass(frozen=True, slots=True)
class Dbt:
    """dbt at work on one warehouse, started by `at_work`."""

    child: Child
    target: Path
    arguments: tuple[str, ...]
    parse_cache: Path | None

    def build(
        self, *, select: str | None = None, exclude: str | None = None, timeout: float | None = None
    ) -> BuildResult:
        """Builds all models (or those that `select` names) and runs their tests.

        `select` and `exclude` are written as on dbt's command line. Afterwards dbt has let go of
        the file. Raises `ModelFailed` or `ChecksFailed`; the file is then not fit to be shown.
        """
        (self.target / RESULTS_NAME).unlink(missing_ok=True)
        results = self.target / RESULTS_NAME
        own = _selection(select, exclude)
        code = self.child.told("build", self.arguments, own, timeout, results=results)
        result = _read_results(results)
        _raise_for(result, code, self.child.log)
        if self.parse_cache is not None:
            _replace(self.target / PARSE_CACHE_NAME, self.parse_cache)
        return result


@contextlib.contextmanager
def at_work(
    warehouse: Path | None,
    *,
    workdir: Path,
    variables: Mapping[str, object],
    environment: Mapping[str, str],
    parse_cache: Path | None = None,
    unit_tests: bool = False,
    project: Path = PROJECT,
) -> Generator[Dbt]:
    """dbt, ready for builds of one file; it is started and parses the project once for all of them.

    Without a file dbt builds where `environment` says (DBT_TARGET and what belongs to it in
    `dbt_project/profiles.yml`).

    `environment` is the whole environment of the child. `workdir` takes dbt's target folder and
    logs. `parse_cache` is a file that outlives runs and saves dbt the parsing. `unit_tests` prove
    the SQL, not the data, so only the project's own test suite asks for them; then dbt writes its
    manifest as well.
    """
    workdir = workdir.absolute()
    folder = warehouse.absolute().parent if warehouse else workdir
    target = workdir / "target"
    target.mkdir(parents=True, exist_ok=True)
    _copy_if_there(parse_cache, target / PARSE_CACHE_NAME)
    file = {"DBT_WAREHOUSE_FILE": warehouse.name} if warehouse else {}
    told = json.dumps(dict(variables), sort_keys=True)
    arguments = (*_arguments(project, workdir), "--vars", told)
    more = () if unit_tests else ("--exclude-resource-type", "unit_test", "--no-write-json")
    with _started(workdir / "dbt.jsonl", folder, {**environment, **file}, more) as child:
        yield Dbt(child, target, arguments, parse_cache)


def build(
    warehouse: Path | None,
    *,
    select: str | None = None,
    exclude: str | None = None,
    timeout: float | None = None,
    **options: Any,
) -> BuildResult:
    """One build by a dbt of its own: `at_work` and `Dbt.build` in one."""
    with at_work(warehouse, **options) as dbt:
        return dbt.build(select=select, exclude=exclude, timeout=timeout)


def parse(
    workdir: Path, *, environment: Mapping[str, str], project: Path = PROJECT
) -> Mapping[str, Any]:
    """dbt's manifest of the project: every model, source and test, and what hangs on what.

    Needs no warehouse and reads none. `workdir` and `environment` as in `build`. Raises
    `ModelFailed`.
    """
    workdir = workdir.absolute()
    log, manifest = workdir / "dbt.jsonl", workdir / "target" / "manifest.json"
    file = {"DBT_WAREHOUSE_FILE": "parsed.duckdb"}
    with _started(log, workdir, {**environment, **file}) as child:
        code = child.told("parse", _arguments(project, workdir))
    if code != 0 or not manifest.exists():
        raise ModelFailed(f"dbt ended with code {code}: {_last_words(log)}")
    return json.loads(manifest.read_text(encoding="utf-8"))


def _arguments(project: Path, workdir: Path) -> list[str]:
    """What every command is told: everything that dbt writes goes to the working directory."""
    return [
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", str(workdir / "target"), "--log-path", str(workdir / "logs")),
        *("--log-format", "json", "--log-level-file", "none", "--no-use-colors"),
    ]


def _selection(select: str | None, exclude: str | None) -> list[str]:
    """The part of the command line that says which nodes are built; empty: all."""
    given = (("--select", select), ("--exclude", exclude))
    return [word for option, nodes in given if nodes for word in (option, nodes)]


@dataclass(frozen=True, slots=True)
class Child:
    """The process that holds dbt (`dbt_child.py`), its log, and the pipe of its answers.

    `more` are arguments of builds that parsing does not take.
    """

    process: subprocess.Popen[bytes]
    answers: int
    log: Path
    more: Sequence[str] = ()

    def told(
        self,
        command: str,
        arguments: Sequence[str],
        own: Sequence[str] = (),
        timeout: float | None = None,
        results: Path | None = None,
    ) -> int:
        """Has a command done and returns its exit code, or that of a child that died of it."""
        mine = [*(self.more if command == "build" else ()), *own]
        order = {"command": command, "arguments": list(arguments), "own": mine}
        order |= {"results": str(results)} if results else {}
        orders = self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            if orders is not None:
                orders.write(json.dumps(order).encode() + b"\n")
                orders.flush()
        if not select_module.select([self.answers], [], [], timeout)[0]:
            raise ModelFailed(f"dbt was stopped after {timeout:.0f} seconds")
        answer = os.read(self.answers, ANSWER_LENGTH)
        return int(answer) if answer else self.process.wait()


@contextlib.contextmanager
def _started(
    log: Path, cwd: Path, environment: Mapping[str, str], more: Sequence[str] = ()
) -> Generator[Child]:
    """A child until the end of the block; whatever interrupts us ends it too."""
    answers, theirs = os.pipe()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, answers)
        try:
            output = stack.enter_context(log.open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-P", str(CHILD), str(os.getpid()), str(theirs)],
                cwd=cwd,
                env={**TERSE, **environment, **SILENCE},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        stack.enter_context(_ended(process))
        yield Child(process, answers, log, more)


@contextlib.contextmanager
def _ended(child: subprocess.Popen[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """Makes sure that neither the child nor its helpers outlive the block."""
    try:
        yield child
    finally:
        if child.poll() is None:
            _signal_group(child, signal.SIGTERM)
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(child, signal.SIGKILL)
                child.wait()
        if child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _read_results(path: Path) -> BuildResult:
    """The nodes of run_results.json; none when dbt ended before it ran anything."""
    if not path.exists():
        return BuildResult(nodes=(), seconds=0.0)
    document = json.loads(path.read_text(encoding="utf-8"))
    nodes = tuple(_node(entry) for entry in document["results"])
    return BuildResult(nodes=nodes, seconds=document["elapsed_time"])


def _node(entry: Mapping[str, Any]) -> Node:
    """One entry of run_results.json, named by its unique id.

    That is `model.<project>.<name>`, `test.<project>.<name>.<hash>` or
    `unit_test.<project>.<model>.<name>`.
    """
    resource_type, _, *names = entry["unique_id"].split(".")
    name = names[-1] if resource_type == "unit_test" else names[0]
    return Node(
        name=name,
        resource_type=resource_type,
        status=entry["status"],
        seconds=entry["execution_time"],
        failures=entry["failures"],
        message=_one_line(entry["message"] or ""),
        sql=entry.get("compiled_code") or "",
    )


def _raise_for(result: BuildResult, code: int, log: Path) -> None:
    """Turns dbt's ending into an exception: first what is broken, then what is untrue."""
    errors = tuple(n for n in result.nodes if n.status == "error")
    if errors:
        raise ModelFailed("dbt: " + _told(errors))
    failures = tuple(n for n in result.nodes if n.status == "fail")
    if failures:
        raise ChecksFailed("the data break a check: " + _told(failures), failures)
    if code != 0:
        raise ModelFailed(f"dbt ended with code {code}: {_last_words(log)}")


def _told(nodes: tuple[Node, ...]) -> str:
    """The first nodes in words, and how many more there are."""
    told = [_in_words(node) for node in nodes[:FAILURES_TOLD]]
    if len(nodes) > FAILURES_TOLD:
        told.append(f"and {len(nodes) - FAILURES_TOLD} more")
    return "; ".join(told)


def _in_words(node: Node) -> str:
    if node.failures:
        return f"{node.name} ({node.failures} row{'s' if node.failures > 1 else ''})"
    return f"{node.resource_type} {node.name}: {node.message}"


def _last_words(log: Path) -> str:
    """The last error that dbt wrote, or else its last line."""
    last = "no output"
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        level, message = _log_line(line)
        if message and (level == "error" or not last.startswith("error: ")):
            last = f"error: {message}" if level == "error" else message
    return last.removeprefix("error: ").removeprefix("Encountered an error: ")


def _log_line(line: str) -> tuple[str, str]:
    """Level and text of a line of dbt's JSON log; a line of something else is plain text."""
    try:
        info = json.loads(line)["info"]
    except (ValueError, KeyError, TypeError):
        return "plain", _one_line(line)
    return info["level"], _one_line(info["msg"])


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= MESSAGE_LENGTH else words[: MESSAGE_LENGTH - 1] + "…"


def _copy_if_there(source: Path | None, destination: Path) -> None:
    if source is not None and source.is_file():
        shutil.copyfile(source, destination)


def _replace(source: Path, destination: Path) -> None:
    """Puts a new parse cache in place at once; without one the next build is only slower."""
    with contextlib.suppress(OSError):
        fresh = destination.with_name(f"{destination.name}.{os.getpid()}")
        shutil.copyfile(source, fresh)
        fresh.replace(destination)
