"""What the published file is allowed to be, and how to look into it without getting in the way.

Before a run the file is looked at once: a folder in its place, a half-written or foreign file, a
write-ahead log that somebody left behind, a newer DuckDB. Each has its own sentence, because each
has its own remedy; DuckDB's messages are exact but speak of blocks and checksums. The file itself
is never repaired or removed here: what a person has is a person's to decide about.

Readers (`status`, `report`) open it read-only and shortly. A handle that is kept would still show
the old run after a swap, and DuckDB gives a second connect in one process the same old file.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from packaging.version import Version

from pipelines.errors import ConfigurationError, RunFailedError, causes

if TYPE_CHECKING:
    import duckdb

RAW = "instantly_raw"
STAGING = "instantly_staging"
JUDGED = "instantly_judged"
MARTS = "instantly"
SCHEMAS = (RAW, STAGING, JUDGED, MARTS)
"""All of a warehouse; any other is somebody else's."""

RESTORE = "restore it from a backup, or move it away and run again: a first run loads everything"


NOTHING_FETCHED: dict[str, Any] = {"autoinstall_known_extensions": "false"}
"""For a file of SQLite DuckDB would download its reader and read on."""

WRITTEN_AS: dict[str, Any] = {"storage_compatibility_version": "v1.4.0"}
"""How a new file is written: by default in a way that readers of 2023 understand, which takes a
third more room and as much more CPU to compress. A copy keeps the way of the file it is made of."""

PRODUCT = "instantly-warehouse"
WRITTEN_BY = "select arg_max(version, finished_at) from instantly_raw.sync_runs"

logger = logging.getLogger("instantly_warehouse")


class Elsewhere(Protocol):
    """A warehouse that is no file but can be asked like one (`pipelines.destinations`)."""

    @property
    def schemas(self) -> tuple[str, ...]:
        """Those of the warehouse: a database may hold others, which are somebody else's."""
        ...

    def exists(self) -> bool:
        """Whether a run has ever begun to load into it."""
        ...

    def size_bytes(self) -> int:
        """What it takes up where it is."""
        ...

    def look(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A short read-only connection, in UTC, that sees one moment for as long as it is open."""
        ...


def log_of(path: Path) -> Path:
    """DuckDB's write-ahead log beside the file: there while somebody writes, or after a crash."""
    return path.with_name(f"{path.name}.wal")


def refuse_bad_place(path: Path) -> None:
    """ConfigurationError when a warehouse can never be at this path."""
    if not _is_reachable(path):
        todo = "give this user the right to enter it, or choose another WAREHOUSE_PATH"
        raise ConfigurationError("may not be entered", where=str(path.parent), todo=todo)
    if not path.parent.is_dir() and not _is_default_place(path):
        what = "is a file, not a folder" if path.parent.exists() else "no such folder"
        todo = "create the folder, or correct WAREHOUSE_PATH"
        raise ConfigurationError(what, where=str(path.parent), todo=todo)
    if path.is_dir():
        todo = f"write a file name into WAREHOUSE_PATH, for instance {path / 'warehouse.duckdb'}"
        raise ConfigurationError("is a folder, not a file", where=str(path), todo=todo)
    if "'" in str(path.absolute()):
        what = "holds an apostrophe, which the loader takes for the end of the path"
        todo = "choose another folder or name with WAREHOUSE_PATH"
        raise ConfigurationError(what, where=str(path), todo=todo)
    if path.exists() and not path.is_file():
        todo = "write the name of a plain file into WAREHOUSE_PATH"
        raise ConfigurationError("is not a plain file", where=str(path), todo=todo)


def refuse_missing(warehouse: Path | Elsewhere) -> None:
    """RunFailedError where a command needs a first run to have happened, and it has not."""
    variable = "DESTINATION_POSTGRES_URL"
    if isinstance(warehouse, Path):
        refuse_bad_place(warehouse)
        variable = "WAREHOUSE_PATH"
    if not warehouse.exists():
        todo = f"run `instantly-warehouse run` first, or correct {variable}"
        raise RunFailedError("there is no warehouse here yet", where=str(warehouse), todo=todo)


def size_of(warehouse: Path | Elsewhere) -> int:
    """What the warehouse takes up, in bytes."""
    return warehouse.stat().st_size if isinstance(warehouse, Path) else warehouse.size_bytes()


def make_default_folder(path: Path) -> None:
    """Creates the folder of the default path; any other one might be a typo, and stays missing."""
    if _is_default_place(path):
        path.parent.mkdir(exist_ok=True)


def warn_of_ambiguous_name(path: Path) -> None:
    """A line about a file called like the marts' schema: DuckDB names catalogs after files."""
    if path.stem == MARTS:
        logger.warning(
            "in a file called %s DuckDB cannot tell catalog and schema apart: write %s.%s.<table>, "
            "or give WAREHOUSE_PATH another name",
            path.name,
            path.stem,
            MARTS,
        )


def _is_default_place(path: Path) -> bool:
    """True for `data/` in the working directory, when nothing else has that name."""
    folder = path.parent
    return folder == Path.cwd() / "data" and (folder.is_dir() or not folder.exists())


def _is_reachable(path: Path) -> bool:
    """False when a folder on the way may not be entered; what is not there is another matter."""
    try:
        path.stat()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def refuse_stray_log(path: Path) -> None:
    """RunFailedError when a write-ahead log lies beside the published file.

    A run copies the file alone; what is only in the log would be lost, and a log beside a replaced
    file belongs to the wrong one.
    """
    log = log_of(path)
    if log.exists():
        raise RunFailedError(
            f"{log.name} lies beside the warehouse: another program writes to it, or died doing so",
            where=str(path.parent),
            todo=f"close that program; if the log stays, open {path.name} with the duckdb command, "
            "type CHECKPOINT; and leave (runs replace this file: keep own tables elsewhere)",
        )


def refuse_unreadable(path: Path) -> None:
    """What `held_readable` raises, where the file exists."""
    if path.exists():
        with held_readable(path):
            pass


@contextmanager
def held_readable(path: Path) -> Generator[None]:
    """The file is one that we read, and nobody writes to it while the block runs.

    RunFailedError when DuckDB cannot open it; ConfigurationError when a newer version of this
    program wrote it. A block that is missing or spoilt further inside is found when it is read
    (`damage`): the size of the file proves nothing, because DuckDB counts free blocks beyond its
    end.
    """
    if path.stat().st_size == 0:
        raise RunFailedError("is empty (0 bytes)", where=str(path), todo=RESTORE)
    with open_read_only(path) as connection:
        refuse_newer(path, written_by(connection))
        yield


def written_by(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The version of this program that loaded into the file last; None before the first load."""
    if not has_column(connection, RAW, "sync_runs", "version"):
        return None
    found = connection.execute(WRITTEN_BY).fetchone()
    return found[0] if found else None


def refuse_newer(path: Path | str, version: str | None) -> None:
    """ConfigurationError when a newer version of this program wrote the file: it may hold what
    this one would overlook or spoil. Reading it harms nothing."""
    ours = installed_version(PRODUCT)
    if version is not None and Version(version) > Version(ours):
        raise ConfigurationError(
            f"was last written by {PRODUCT} {version}, this is {ours}",
            where=str(path),
            todo=f"update {PRODUCT}, or put back a backup that {ours} has written",
        )


@contextmanager
def open_read_only(path: Path | Elsewhere) -> Generator[duckdb.DuckDBPyConnection]:
    """A short connection to the file as it is now, in UTC, with every failure in one sentence.

    While it is open no other process can open the file for writing. Unqualified names are looked
    up in the marts: the default file name makes `instantly` both catalog and schema, and DuckDB
    refuses `instantly.<mart>` as ambiguous.
    """
    if not isinstance(path, Path):
        with path.look() as connection:
            yield connection
        return
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=True, config=NOTHING_FETCHED)
    except duckdb.Error as error:
        raise _explained(path, error) from None
    try:
        connection.execute("set TimeZone = 'UTC'")
        _look_into_marts(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def open_marts(path: Path | Elsewhere) -> Generator[duckdb.DuckDBPyConnection]:
    """`open_read_only` for questions about marts; ConfigurationError when they lack a column that
    is asked for, because another version has built them."""
    import duckdb

    with open_read_only(path) as connection:
        try:
            yield connection
        except duckdb.BinderException:
            raise ConfigurationError(
                f"its marts were built by another version of {PRODUCT}",
                where=str(path),
                todo=f"run `{PRODUCT} transform`, which builds them anew and asks the API nothing",
            ) from None


def _look_into_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `instantly` the schema of unqualified names, once there is one."""
    catalog = connection.execute("select current_database()").fetchone()
    if catalog and has_schema(connection, MARTS):
        connection.execute(f"use {quoted(catalog[0])}.instantly")


def has_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> bool:
    """True when the schema exists in the opened file."""
    found = connection.execute(
        f"select 1 from duckdb_schemas() where schema_name = {text(schema)} and not internal"  # noqa: S608 literals
    )
    return found.fetchone() is not None


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """True when the table or view exists: marts come with the first transform, some later still."""
    found = connection.execute(
        "select 1 from information_schema.tables "  # noqa: S608 literals
        f"where table_schema = {text(schema)} and table_name = {text(table)}"
    )
    return found.fetchone() is not None


def has_column(connection: duckdb.DuckDBPyConnection, schema: str, table: str, column: str) -> bool:
    """True when the table exists and has the column.

    The table itself is asked: to list columns DuckDB reads the SQL of every view first.
    """
    if not has_table(connection, schema, table):
        return False
    relation = f"{quoted(schema)}.{quoted(table)}"
    described = connection.execute(f"from {relation} limit 0").description
    return column in [name for name, *_ in described or ()]


def quoted(identifier: str) -> str:
    """A name as SQL takes it, whatever signs are in it."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL takes it, for what short commands ask.

    DuckDB imports pandas to look at the first parameter that is bound to a statement: nearly half
    a second of a command that takes less without.
    """
    return "'" + value.replace("'", "''") + "'"


def damage(path: Path, error: BaseException) -> RunFailedError | None:
    """The error in the words of a person when it, or its cause, is damage in a DuckDB file."""
    texts = [str(cause) for cause in causes(error)]
    for mark, what, todo in DAMAGES:
        if any(mark in text for text in texts):
            return RunFailedError(what, where=str(path), todo=todo)
    return None


def _explained(path: Path, error: Exception) -> RunFailedError:
    """DuckDB's refusal to open a file, in the words of the person who has to mend it."""
    text = str(error)
    for mark, what, todo in (*DAMAGES, *REFUSALS):
        if mark in text:
            return RunFailedError(what.format(detail=text), where=str(path), todo=todo)
    return RunFailedError(f"DuckDB cannot open it: {text[:300]}", where=str(path), todo=RESTORE)


DAMAGES = (
    ("not a valid DuckDB database file", "is not a DuckDB file", RESTORE),
    ("Could not read enough bytes", "is cut short", RESTORE),
    ("Corrupt database file", "is corrupt: a checksum does not match", RESTORE),
)
REFUSALS = (
    (
        "newer version of DuckDB",
        "was written by a newer DuckDB than this program reads",
        "update instantly-warehouse, or write the file again with the older DuckDB",
    ),
    (
        "read versions between",
        "was written by another version of DuckDB than this program reads",
        "update instantly-warehouse, or write the file again with STORAGE_VERSION 'v1.0.0'",
    ),
    (
        "Conflicting lock",
        "is open for writing in another program ({detail:.200})",
        "close that program: readers open it read-only, and runs replace the file",
    ),
    ("Permission denied", "may not be read", "give this user the right to read it"),
    ("sqlite_scanner", "is a file of SQLite, not of DuckDB", RESTORE),
)
