"""The order: copy, let go of the copy before, build, judge, build what hangs on the verdicts."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ConfigurationError
from pipelines.judge import decision_rules
from pipelines.lock import locked
from pipelines.outcome import new_run_id
from pipelines.run import JUDGED as HANGS_ON_VERDICTS
from pipelines.run import temporary_files_in
from pipelines.settings import Settings, child_environment, quiet_dlt
from pipelines.warehouse_file import JUDGED, RAW, refuse_missing
from spark import session
from spark.copying import COUNTS, copied, judged
from spark.session import Built, Spark
from spark.tables import counted, databases, over_files

COPIES = "copies"
WORK = ".work"


@dataclass(frozen=True, slots=True)
class Order:
    """Which warehouse is built where, and how its steps are judged."""

    settings: Settings
    warehouse: Path
    folder: Path

    @property
    def variables(self) -> dict[str, object]:
        """The settings that the SQL reads."""
        return {
            "settled_after_days": self.settings.settled_after_days,
            "settled_days_keep": self.settings.settled_days_keep,
        }


def build(settings: Settings, folder: Path) -> Built:
    """Builds all marts of the warehouse in a folder, in place of those from before.

    Returns what was built. Raises ConfigurationError before anything is written, LockHeldError
    when somebody else builds there, RunFailedError with the engine's words, DataRefusedError when a
    check found rows; what was built by then is there to be looked at.
    """
    order = _order(settings, folder)
    order.folder.mkdir(exist_ok=True)
    with locked(order.folder / COPIES), _emptied(order.folder / WORK) as workdir:
        return _built(order, order.folder / COPIES / new_run_id(), workdir)


def _order(settings: Settings, folder: Path) -> Order:
    """What can be refused before anything is written is refused here."""
    warehouse = settings.place
    if not isinstance(warehouse, Path):
        raise ConfigurationError("only a file is copied for Spark", where=str(warehouse))
    refuse_missing(warehouse)
    folder = folder.expanduser().resolve()
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise ConfigurationError("cannot be a folder", where=str(folder), todo="name another")
    if "'" in str(folder):
        what = "holds an apostrophe, which the loader does not escape"
        raise ConfigurationError(what, where=str(folder), todo="name another folder")
    session.refuse_missing(child_environment())
    return Order(settings, warehouse, folder)


def _built(order: Order, copy: Path, workdir: Path) -> Built:
    quiet_dlt(workdir)
    with session.at_work(order.folder, workdir, order.variables, child_environment()) as spark:
        with _removed_if_broken(copy):
            tables = copied(order.warehouse, copy, workdir)
            spark.say([*databases(), *over_files(RAW, tables, copy / RAW)])
        _remove_others(copy)
        built = spark.build("--exclude", HANGS_ON_VERDICTS)
        return built + _judged(order, spark, copy, workdir)


def _judged(order: Order, spark: Spark, copy: Path, workdir: Path) -> Built:
    """Verdicts on what was built, and what hangs on them."""
    spark.say(counted(copy / COUNTS))
    verdicts = judged(copy, workdir, decision_rules(order.settings))
    spark.say(over_files(JUDGED, verdicts, copy / JUDGED))
    return spark.build("--select", HANGS_ON_VERDICTS)


@contextmanager
def _emptied(folder: Path) -> Generator[Path]:
    """A folder for what is thrown away: dlt's packages hold people in clear."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        with temporary_files_in(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _removed_if_broken(copy: Path) -> Generator[None]:
    """A copy that Spark has no tables over is of no use."""
    try:
        yield
    except BaseException:
        shutil.rmtree(copy, ignore_errors=True)
        raise


def _remove_others(copy: Path) -> None:
    """Copies before this one, and rests of builds that died: Spark's tables are over this one, and
    the others may hold people who were forgotten since."""
    for other in copy.parent.iterdir():
        if other != copy:
            shutil.rmtree(other, ignore_errors=True)
