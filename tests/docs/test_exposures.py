"""The marts that dbt says a page or report reads are those that its code names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
MARTS = {path.stem for path in (MODELS / "marts").glob("*.sql")}
READERS = {
    "dashboard": ROOT.glob("dashboard/**/*.py"),
    "report": ROOT.glob("pipelines/report.py"),
    "client_report": ROOT.glob("pipelines/client_report/*.py"),
}


def texts(path: Path) -> Iterator[str]:
    """What a module says in texts; docstrings speak of marts that others read, too."""
    tree = ast.parse(path.read_text("utf-8"))
    speaking = (ast.Module, ast.ClassDef, ast.FunctionDef)
    said = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, speaking)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value not in said
        ):
            yield node.value


@pytest.mark.parametrize("reader", READERS)
def test_an_exposure_lists_what_is_read(reader: str) -> None:
    exposures = yaml.safe_load((MODELS / "exposures.yml").read_text("utf-8"))["exposures"]
    exposure = next(entry for entry in exposures if entry["name"] == reader)
    listed = [re.sub(r"ref\('(\w+)'\)", r"\1", entry) for entry in exposure["depends_on"]]
    words = {
        w for path in READERS[reader] for text in texts(path) for w in re.findall(r"\w+", text)
    }

    assert listed == sorted(words & MARTS)


def test_every_reader_is_listed() -> None:
    exposures = yaml.safe_load((MODELS / "exposures.yml").read_text("utf-8"))["exposures"]
    assert [exposure["name"] for exposure in exposures] == list(READERS)
