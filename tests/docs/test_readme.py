"""What the documentation shows must work as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.pipelines.installed_program import PROGRAM

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_commands_that_are_shown_exist() -> None:
    shown = {
        command
        for page in PAGES
        for command in re.findall(r"instantly-warehouse ([a-z]+)", page.read_text("utf-8"))
    }
    help_text = subprocess.run([str(PROGRAM), "--help"], capture_output=True, text=True, check=True)

    assert shown - set(re.findall(r"^  ([a-z]+) ", help_text.stdout, re.MULTILINE)) == set()


def test_make_targets_that_are_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }

    assert shown <= targets
