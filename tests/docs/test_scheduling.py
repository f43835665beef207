"""The page about schedulers names what there is."""

import ast
import re
from pathlib import Path

from pipelines.errors import Exit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scheduling.md").read_text()


def test_the_dag_is_python_and_knows_the_exit_codes() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    numbers = {
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and type(node.value) is int
    }

    assert {Exit.PARTIAL, Exit.LOCKED, Exit.CONFIGURATION, Exit.REFUSED} <= numbers


def test_every_exit_code_has_its_line() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}

    assert told == set(Exit) - {Exit.INTERRUPTED}


def test_files_it_names_are_there() -> None:
    for name in re.findall(r"\b(?:container|orchestration)/[\w.]+\.(?:sh|yaml)\b", PAGE):
        assert (ROOT / name).is_file(), name
