"""An examination for people and for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipelines.doctor.examination import Examination
from pipelines.doctor.finding import Finding, Level
from pipelines.text import one_line

if TYPE_CHECKING:
    from rich.console import Console

VERDICTS = {0: "all well", 2: "a run cannot work like this", 3: "the rest works"}


def as_json(found: Examination) -> str:
    """One object: the findings in order, table by table what can be read, and the exit code."""
    access = [asdict(table) | {"is_readable": table.is_readable} for table in found.access]
    whole = {
        "warehouse": found.warehouse,
        "exit_code": int(found.exit_code),
        "findings": [_members(finding) for finding in found.findings],
        "tables": access,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _members(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "level": finding.level.value,
        "what": finding.what,
        "todo": finding.todo,
    }


def print_findings(found: Examination, console: Console) -> None:
    """A line per finding, what to do below it, and the verdict."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    for finding in found.findings:
        what = one_line(finding.what)
        if finding.todo:
            what += f" → {one_line(finding.todo)}"
        mark = finding.level.value.upper() if _is_bad(finding) else finding.level.value
        table.add_row(Text(mark), Text(one_line(finding.check)), Text(what))
    console.print(table)
    console.print(Text(VERDICTS[int(found.exit_code)]))


def _is_bad(finding: Finding) -> bool:
    return finding.level in (Level.MISSING, Level.WRONG)
