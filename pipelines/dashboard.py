"""Starts the pages of `dashboard/` on the warehouse file: this machine only, nothing reported home.

    serve() ──> python -m dashboard <warehouse> ──> streamlit run dashboard/server.py

The server takes the place of this process: a parent that only waited could die and leave a server
behind that nobody sees. The pages are another room with packages of their own; nothing of them is
imported here, so that a run never needs them.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.destinations import Place

HOST = "127.0.0.1"
NEEDS = ("streamlit", "altair")
SWITCHES = {
    "BROWSER_GATHER_USAGE_STATS": "false",
    "BROWSER_SERVER_ADDRESS": HOST,
    "CLIENT_SHOW_ERROR_DETAILS": "none",  # a traceback is for the terminal, not for the page
    "CLIENT_SHOW_ERROR_LINKS": "false",
    "CLIENT_TOOLBAR_MODE": "viewer",
    "LOGGER_HIDE_WELCOME_MESSAGE": "true",
    "SERVER_ADDRESS": HOST,
    "SERVER_ALLOWED_HOSTS": f"{HOST} localhost",  # another name for this machine is an attack
    "SERVER_FILE_WATCHER_TYPE": "none",
    "SERVER_SHOW_EMAIL_PROMPT": "false",
    "THEME_DARK_PRIMARY_COLOR": "#56B4E9",  # for `theme` as a whole, dark would never be chosen
    "THEME_LIGHT_PRIMARY_COLOR": "#0072B2",
}


def refuse_missing_packages() -> None:
    """ConfigurationError when the extra is not installed."""
    missing = [package for package in NEEDS if find_spec(package) is None]
    if missing:
        todo = "run `make dashboard`, or install instantly-warehouse[dashboard]"
        raise ConfigurationError(f"the dashboard needs {' and '.join(missing)}", todo=todo)


def refuse_other_places(place: Place) -> None:
    """ConfigurationError when the warehouse is no file: the pages know it by its file."""
    if not isinstance(place, Path):
        raise ConfigurationError(
            "the dashboard reads a DuckDB file, and DESTINATION says otherwise",
            where=str(place),
            todo="point a BI tool at the schema `instantly` of the database, or use `report`",
        )


def refuse_taken_port(port: int) -> None:
    """ConfigurationError when something else answers there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            what = f"{HOST}:{port}: {os.strerror(error.errno or 0).lower()}"
            raise ConfigurationError(what, todo="choose another with --port") from None


def serve(
    warehouse: Path, port: int, environment: Mapping[str, str], *, open_browser: bool
) -> NoReturn:
    """Becomes the server; ends with it: 0 on Ctrl-C."""
    switches = SWITCHES | {
        "SERVER_PORT": str(port),
        "SERVER_HEADLESS": "false" if open_browser else "true",
    }
    own = {f"STREAMLIT_{name}": value for name, value in switches.items()}
    command = [sys.executable, "-m", "dashboard", str(warehouse)]
    os.execve(sys.executable, command, {**environment, **own})  # noqa: S606 no shell is wanted
