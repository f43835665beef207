"""Copy, load, check, swap: the one mechanism behind every promise about the warehouse file.

    lock ─> leftovers of dead runs away ─> .warehouse.duckdb.run-<id>/     same file system
                                             ├── warehouse.duckdb          the draft: a copy
                                             └── work/                     dlt, dbt: thrown away
    the caller works on the draft ─> publish: tidy, checkpoint, fsync, os.replace, fsync folder
                                  ─> or anything fails: the folder goes, the file never knew
                                  ─> a long load publishes a piece and goes on with another copy

Working on the published file itself was refused after measuring: dlt with a kept working directory
did not heal from 18 % of the places where it can be killed, a reader in the wrong moment stops the
writer (and the other way round), and a failing dbt test does not take back a table. On a copy all
three cost nothing but the copy, and that is nothing where the disk can share blocks (reflink).

The draft has the published file's name, because DuckDB calls the catalog after the file and stored
views name the catalog. At every instant a reader finds one whole run under that name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import RunFailedError, is_understood
from pipelines.housekeeping import tidy, write_afresh
from pipelines.lock import locked
from pipelines.run_folders import is_full_disk, is_limited_file, leftovers, remove_all
from pipelines.warehouse_file import (
    damage,
    held_readable,
    log_of,
    make_default_folder,
    refuse_bad_place,
    refuse_stray_log,
)

FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file until one of them is written
ROOM_TO_WORK = 32 * 1024**2


@dataclass(slots=True)
class Draft:
    """A copy of the warehouse that nobody else sees.

    `database` is the file to work on (absent on a first run: whoever loads first creates it),
    `workdir` an empty folder for everything that may be thrown away. `was` says which file the
    draft is a copy of.
    """

    warehouse: Path
    folder: Path
    was: tuple[int, int, int] | None = None
    is_marked: bool = False

    @property
    def database(self) -> Path:
        """The draft's DuckDB file, of the same name as the published one."""
        return self.folder / self.warehouse.name

    @property
    def workdir(self) -> Path:
        """For dlt's working directory, dbt's target and logs."""
        return self.folder / "work"

    @property
    def dbt_environment(self) -> Mapping[str, str]:
        """Nothing: the file's name is all that dbt needs."""
        return {}

    def fill(self) -> None:
        """Copies the warehouse, which nobody can write to meanwhile; RunFailedError and
        ConfigurationError as `held_readable` has them."""
        self.was = _fingerprint(self.warehouse)
        if self.warehouse.exists():
            with held_readable(self.warehouse):
                copy_file(self.warehouse, self.database)
            self.database.chmod(0o600)
            self._put_mark()

    @property
    def _mark(self) -> Path:
        """A second name of the copy, by which it is known again; not every file system has them."""
        return self.folder / ".copy"

    def _put_mark(self) -> None:
        with suppress(OSError):
            self._mark.hardlink_to(self.database)
            self.is_marked = True

    def publish_and_go_on(self) -> None:
        """Publishes what is there by now, and makes a draft of it again."""
        self.publish()
        self.fill()

    def publish(self, *, afresh: bool = False) -> None:
        """Puts the draft in the place of the warehouse: all of it or nothing.

        Args:
            afresh: the file is written anew before, so that no byte of what was deleted is in it.

        Every handle to the draft must be closed. Raises RunFailedError, the published file
        untouched, when a write-ahead log remains or either file was changed behind our back.
        """
        self._refuse_lost()
        tidy(self.database)
        if afresh:
            write_afresh(self.database)
        if log_of(self.database).exists():
            what = "the draft still has a write-ahead log: something holds it open"
            raise RunFailedError(what, where=str(self.database), todo="report this as a bug")
        _sync(self.database)
        self._refuse_overtaken()
        if self.warehouse.exists():
            shutil.copymode(self.warehouse, self.database)
        self.database.replace(self.warehouse)
        _sync(self.warehouse.parent)

    def discard(self) -> None:
        """Removes the run folder, published or not."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _refuse_lost(self) -> None:
        """Where a copy is gone, the next library makes a new file: without all that it had read."""
        if self.is_lost():
            raise self.lost()
        self._mark.unlink(missing_ok=True)
        self.is_marked = False

    def is_lost(self) -> bool:
        """Whether somebody has deleted the run folder or the copy in it."""
        return not self.folder.exists() or (self.is_marked and not self._is_own())

    def lost(self) -> RunFailedError:
        """What to say when it is."""
        return RunFailedError(
            "the run's copy of the warehouse was deleted meanwhile; nothing was published",
            where=str(self.folder),
            todo="keep other programs out of this folder, and run again",
        )

    def _is_own(self) -> bool:
        with suppress(FileNotFoundError):
            return self.database.samefile(self._mark)
        return False

    def _refuse_overtaken(self) -> None:
        refuse_stray_log(self.warehouse)
        if _fingerprint(self.warehouse) != self.was:
            raise RunFailedError(
                "was changed by another program during the run; nothing was published",
                where=str(self.warehouse),
                todo="keep own tables in another file, and run again",
            )


@dataclass(frozen=True, slots=True)
class Swap:
    """The warehouse file of one path, and the way to change it."""

    warehouse: Path

    @contextmanager
    def begin(self, run_id: str) -> Generator[Draft]:
        """Yields a draft under the lock; its folder is gone when the block ends, however it ends.

        Nothing is published unless the block calls `draft.publish()`. Raises LockHeldError,
        ConfigurationError or RunFailedError before anything is written.
        """
        make_default_folder(self.warehouse)
        refuse_bad_place(self.warehouse)
        with locked(self.warehouse):
            remove_all(self.leftovers())
            refuse_stray_log(self.warehouse)
            self._refuse_full_disk()
            draft = Draft(self.warehouse, self._folder(run_id))
            try:
                with self._explained(draft):
                    draft.folder.mkdir(mode=0o700)  # dlt's packages hold people in clear
                    draft.workdir.mkdir()
                    draft.fill()
                    yield draft
            finally:
                draft.discard()

    def leftovers(self) -> Iterator[Path]:
        """Run folders beside the warehouse; all of them dead when the lock is ours."""
        return leftovers(self._folder(""))

    def _folder(self, run_id: str) -> Path:
        return self.warehouse.with_name(f".{self.warehouse.name}.run-{run_id}")

    def bytes_needed(self) -> int:
        """The copy, as much again by half for what the run rewrites, and room for small files."""
        size = self.warehouse.stat().st_size if self.warehouse.exists() else 0
        return size + size // 2 + ROOM_TO_WORK

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.warehouse.parent).free
        if free < self.bytes_needed():
            raise self._disk_full(free)

    def _disk_full(self, free: int) -> RunFailedError:
        needed = self.bytes_needed()
        return RunFailedError(
            f"not enough room on the disk: {free:,} bytes are free, about {needed:,} are needed",
            where=str(self.warehouse.parent),
            todo="make room, or move the warehouse with WAREHOUSE_PATH; the warehouse is unchanged",
        )

    def _file_limited(self) -> RunFailedError:
        return RunFailedError(
            "a file of the run would have grown beyond what this user or file system allows",
            where=str(self.warehouse.parent),
            todo="raise the limit (`ulimit -f`), or move the warehouse with WAREHOUSE_PATH; "
            "the warehouse is unchanged",
        )

    @contextmanager
    def _explained(self, draft: Draft) -> Generator[None]:
        """A full disk, a damaged file or a lost one in a sentence, whichever library met it."""
        try:
            yield
        except Exception as error:
            if is_full_disk(error):
                raise self._disk_full(shutil.disk_usage(self.warehouse.parent).free) from error
            if is_limited_file(error):
                raise self._file_limited() from error
            if damaged := damage(self.warehouse, error):
                raise damaged from error
            if not is_understood(error) and draft.is_lost():
                raise draft.lost() from error
            raise


def copy_file(source: Path, target: Path) -> None:
    """Copies a file, sharing its blocks where the file system can (btrfs, xfs, …)."""
    import fcntl

    with source.open("rb") as original, target.open("xb") as copy, suppress(OSError):
        fcntl.ioctl(copy.fileno(), FICLONE, original.fileno())
        return
    shutil.copyfile(source, target)


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    """What changes when somebody replaces or writes the file; None when there is none."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _sync(path: Path) -> None:
    """Makes a file or a folder's names survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
