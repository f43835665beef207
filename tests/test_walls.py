"""Rules about the house that a reader could break without noticing."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("pipelines", "sources", "transforms", "sandbox", "dashboard")
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
READS_THE_ENVIRONMENT = {"pipelines/settings.py", "sandbox/demo.py"}
"""The demo starts the command as a person would, with variables set."""


def names_used(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_settings_reads_the_environment(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in READS_THE_ENVIRONMENT:
        assert not names_used(path) & {"environ", "getenv"}


def test_no_room_is_a_drawer_for_everything() -> None:
    assert not [path for path in CODE if path.stem in ("utils", "helpers", "common", "misc")]


def test_marts_never_read_raw_tables() -> None:
    marts = (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")

    assert not [path.name for path in marts if "source(" in path.read_text("utf-8")]


def test_no_file_holds_a_path_of_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "grep", "-lIE", "/(root|home|Users)/[a-z]"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(tracked.stdout.split()) <= {"tests/test_walls.py"}
