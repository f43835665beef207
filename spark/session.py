"""Spark at work, started here and gone with the block.

Which Spark: `local-cluster[2,1,1024]` unless SPARK_CONF_DIR names settings of your own. That is a
driver, a master, two workers and two executors on this machine, the executors in Java processes of
their own, everything on the loopback. Tables and their catalog (Derby) stay in the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipelines.errors import ConfigurationError, DataRefusedError, RunFailedError
from transforms.dbt import PROJECT

PYTHON = PROJECT.parent / ".spark" / "bin" / "python"
CHILD = Path(__file__).with_name("spark_child.py")
TOLD = 5
MESSAGE_LENGTH = 300
SHORT_LIVED = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Java for processes that live for minutes: no time is spent on code that would be fast later."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made, and how many checks of it found nothing."""

    models: tuple[str, ...]
    checks: int

    def __add__(self, other: Built) -> Built:
        return Built(self.models + other.models, self.checks + other.checks)


@dataclass(frozen=True, slots=True)
class Spark:
    """A session that takes orders; started by `at_work`."""

    process: subprocess.Popen[bytes]
    answers: IO[bytes]
    log: Path
    dbt: tuple[str, ...]

    def say(self, statements: Iterable[str]) -> None:
        """Has statements done in turn. Raises RunFailedError with Spark's words."""
        self.told("statements", list(statements))

    def build(self, *selection: str) -> Built:
        """Builds models and looks at their checks; `selection` as on dbt's command line.

        Raises RunFailedError with the engine's words, DataRefusedError when a check found rows.
        """
        done = self.told("dbt", ["build", *self.dbt, *selection])
        if done["broken"]:
            raise DataRefusedError(f"the data break a check: {', '.join(done['broken'][:TOLD])}")
        return Built(tuple(done["models"]), done["checks"])

    def told(self, what: str, how: Any) -> Mapping[str, Any]:
        """Gives an order and waits for its end."""
        orders = self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            if orders is not None:
                orders.write(json.dumps({what: how}).encode() + b"\n")
                orders.flush()
        line = self.answers.readline()
        answer = json.loads(line) if line else {"error": "it has ended by itself"}
        if "error" in answer:
            words = " ".join(answer["error"].split())[:MESSAGE_LENGTH]  # plans fill pages
            raise RunFailedError(f"Spark: {words}", todo=f"see {self.log}")
        return answer


def refuse_missing(environment: Mapping[str, str]) -> None:
    """ConfigurationError where there is no Spark here or no Java to run it."""
    if not PYTHON.exists():
        todo = "call `make spark`, which makes it"
        raise ConfigurationError("Spark's environment .spark is missing", todo=todo)
    if not environment.get("JAVA_HOME") and not shutil.which("java", path=environment.get("PATH")):
        todo = "install Java 17 (Debian: apt install openjdk-17-jre-headless), or set JAVA_HOME"
        raise ConfigurationError("Spark needs Java, and there is none", todo=todo)


@contextlib.contextmanager
def at_work(
    folder: Path, workdir: Path, variables: Mapping[str, object], environment: Mapping[str, str]
) -> Generator[Spark]:
    """A session until the end of the block; whatever interrupts us ends it too.

    Args:
        folder: for the catalog, the tables and the log of all that Spark says.
        workdir: for what is thrown away.
        variables: the settings that the SQL reads.
        environment: the whole environment of Spark and dbt, without what is set here.
    """
    is_own = "SPARK_CONF_DIR" not in environment
    told = {"DBT_TARGET": "spark", "DBT_SPARK_METHOD": "session"}
    here = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(workdir / "workers")}
    log = folder / "spark.log"
    answers, theirs = os.pipe()
    with contextlib.ExitStack() as stack:
        lines = stack.enter_context(os.fdopen(answers, "rb"))
        try:
            process = subprocess.Popen(
                [PYTHON, "-P", CHILD, str(theirs)],
                cwd=workdir,
                env={**environment, **told, **(here if is_own else {})},
                stdin=subprocess.PIPE,
                stdout=stack.enter_context(log.open("wb")),
                stderr=subprocess.STDOUT,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        stack.callback(_end, process)
        spark = Spark(process, lines, log, _arguments(workdir, variables))
        spark.told("session", _local(folder, workdir) if is_own else {})
        yield spark
        spark.told("stop", {})


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends whatever is left of the session: Python, Java and the executors are one group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def _arguments(workdir: Path, variables: Mapping[str, object]) -> tuple[str, ...]:
    """What every command of dbt's is told."""
    return (
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(workdir / "target"), "--log-path", str(workdir / "logs")),
        *("--log-level-file", "none", "--no-use-colors", "--exclude-resource-type", "unit_test"),
        *("--vars", json.dumps(dict(variables), sort_keys=True)),
    )


def _local(folder: Path, workdir: Path) -> dict[str, str]:
    """A small cluster on this machine for a small warehouse: few parts, no compiled queries."""
    derby = f"jdbc:derby:;databaseName={folder / 'catalog'};create=true"
    return {
        "spark.master": "local-cluster[2,1,1024]",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(workdir / "local"),
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": derby,
        "spark.driver.extraJavaOptions": SHORT_LIVED,
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
