"""Builds the site: dbt's pages, the pages of the repository, dictionary and diagram, then Zensical.

Everything is made in a folder of its own and put in place when it is whole. No warehouse is needed:
types stand in the contracts of the marts, so dbt is given an empty database in memory.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from handbook import diagram, dictionary, navigation, pages
from handbook.pages import ROOT
from handbook.project import Mart, marts_of

ROOM = Path(__file__).parent
PROJECT = ROOT / "dbt_project"
TOOLS = ROOT / ".docs" / "bin"
SILENCE = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "DBT_WAREHOUSE_FILE": ":memory:",
}
MARK = "search.json"
"""A file that every site has and hardly another folder."""
LINEAGE = """\
# Lineage

dbt's own pages of the project: every model with its SQL, its columns and tests, and what is made of
what, from the raw tables to the marts. They stand in one file that needs no network.

[Open the lineage](dbt.html){ .md-button }

The button at the bottom right draws the graph; on the page of a model it draws its neighbours.
"""
DIAGRAM = """\
# Diagram

What belongs to what. Only keys are drawn; the names lead to the [dictionary](dictionary/index.md).
A line is held by a test at every run; a dashed one follows from the keys, and a row may be without.

<object class="diagram" type="image/svg+xml" data="diagram.svg">the marts and their keys</object>

[The diagram alone](diagram.svg)
"""


class BuildError(Exception):
    """The site cannot be built; `str()` says what to do, or repeats the tool's last words."""


def build(site: Path, *, tools: Path = TOOLS) -> None:
    """Writes the site; BuildError when a tool is missing or finds something to complain of."""
    _refuse_missing(tools)
    with tempfile.TemporaryDirectory(prefix="handbook-") as scratch:
        folder = Path(scratch)
        manifest = _read_by_dbt(folder / "dbt")
        _write_pages(folder, marts_of(manifest), tools)
        _run([str(tools / "zensical"), "build", "--strict"], "zensical", cwd=folder)
        _put_in_place(folder / "site", site)


def _refuse_missing(tools: Path) -> None:
    for name in ("zensical", "d2"):
        if not (tools / name).exists():
            raise BuildError(f"{name} is not in {tools}: install the tools with `make docs`")


def _read_by_dbt(target: Path) -> Mapping[str, Any]:
    """Has dbt read the project and write its own pages; the manifest of it."""
    program = str(Path(sys.executable).with_name("dbt"))
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    places += ["--target-path", str(target), "--log-path", str(target / "logs")]
    command = [program, "--quiet", "docs", "generate", "--static", "--empty-catalog", *places]
    command += ["--select", "resource_type:model"]  # SQL is worked out for models, not for tests
    _run(command, "dbt", environment=SILENCE)
    return json.loads((target / "manifest.json").read_text("utf-8"))


def _write_pages(folder: Path, marts: Iterable[Mart], tools: Path) -> None:
    """Everything that Zensical reads."""
    docs, marts = folder / "docs", tuple(marts)
    docs.mkdir()
    own = pages.pages()
    pages.write(own, docs)
    written = dictionary.pages(marts) | {"lineage.md": LINEAGE, "diagram.md": DIAGRAM}
    for place, text in written.items():
        (docs / place).parent.mkdir(exist_ok=True)
        (docs / place).write_text(text, "utf-8")
    diagram.draw(marts, tools / "d2", docs / "diagram.svg")
    shutil.copyfile(folder / "dbt" / "static_index.html", docs / "dbt.html")
    shutil.copytree(ROOM / "assets", docs / "assets")
    settings = Template((ROOM / "zensical.toml").read_text("utf-8"))
    menu = navigation.as_toml(navigation.sections(own, marts))
    (folder / "zensical.toml").write_text(settings.substitute(navigation=menu), "utf-8")


def _run(
    command: list[str],
    name: str,
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """BuildError with what the tool said when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{name} failed:\n{done.stdout}{_without_traceback(done.stderr)}")


def _without_traceback(text: str) -> str:
    return text.split("Traceback (most recent call last)")[0]


def _put_in_place(made: Path, site: Path) -> None:
    """Replaces an earlier site; never a folder that is something else."""
    if site.exists() and any(site.iterdir()) and not (site / MARK).exists():
        raise BuildError(f"{site} holds something that is no site: choose another --site")
    shutil.rmtree(site, ignore_errors=True)
    site.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, site)
