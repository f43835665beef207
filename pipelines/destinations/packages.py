"""Packages of an extra: refused in one line where they are missing, and DuckDB's own among them.

DuckDB loads an extension from the file in its package: no host is asked, and nothing is written
into the home folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError
from pipelines.warehouse_file import text

if TYPE_CHECKING:
    import duckdb


def refuse_missing(destination: str, needs: Mapping[str, str]) -> None:
    """ConfigurationError when the extra of a destination is not installed.

    Args:
        destination: as in DESTINATION, which is the extra's name as well.
        needs: modules, and the packages that bring them.
    """
    missing = [package for module, package in needs.items() if not _is_there(module)]
    if missing:
        what = f"DESTINATION={destination} needs {', '.join(missing)}"
        raise ConfigurationError(what, todo=f"install instantly-warehouse[{destination}]")


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Loads an extension of DuckDB from the package that brings the file for this version."""
    connection.execute(f"load {text(str(_packed(name)))}")


def lay_out_extension(folder: Path, connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Puts a link to an extension where DuckDB looks with `folder` as `extension_directory`."""
    import duckdb

    ((platform,),) = connection.execute("pragma platform").fetchall()
    place = folder / f"v{duckdb.__version__}" / platform
    place.mkdir(parents=True, exist_ok=True)
    packed = _packed(name)
    (place / packed.name).symlink_to(packed)


def _packed(name: str) -> Path:
    import duckdb

    folder = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
    return Path(str(folder / f"{name}.duckdb_extension"))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
