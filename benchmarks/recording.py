"""Records what the commands print into docs/images/demo.svg: the README's demonstration.

    python -m benchmarks.recording

    sandbox <── run, status, report (the installed command, coloured) ──> rich ──> demo.svg

A recording by hand is out of date with the next change of a line. A film of a terminal was refused:
it cannot be read at one's own pace, nor searched, nor read aloud. Long output is cut, and says so.
The commands run in a folder of their own with the default path, so that no path of this machine is
in the picture; the picture asks no other host for a font.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from benchmarks.measuring import PROGRAM
from sandbox import Sandbox

IMAGE = Path("docs/images/demo.svg")
WIDTH = 100
FONT_OF_ANOTHER_HOST = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class Shown(NamedTuple):
    """A command, how many of its lines are kept at the beginning, and how many at the end."""

    command: str
    first: int
    last: int


COMMANDS = (Shown("run", 8, 3), Shown("status", 8, 0), Shown("report", 26, 0))


def main() -> int:
    """Records all commands; the exit code is that of the first that fails, else 0."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="standard"
    )
    with TemporaryDirectory() as name, Sandbox("demo", seed=1, date=_today()) as api:
        (Path(name) / "data").mkdir()
        for shown in COMMANDS:
            done = _run(shown.command, Path(name), api)
            if done.returncode:
                sys.stderr.write(done.stderr)
                return done.returncode
            console.print(Text(f"$ instantly-warehouse {shown.command}", style="bold"))
            console.print(Text.from_ansi(_cut(done.stdout, shown)), soft_wrap=True)
            console.print()
    svg = console.export_svg(title="invented data", unique_id="demo")
    IMAGE.write_text(FONT_OF_ANOTHER_HOST.sub("", svg), "utf-8")
    print(f"{IMAGE}: {IMAGE.stat().st_size / 1000:.0f} kB")
    return 0


def _run(command: str, folder: Path, api: Sandbox) -> subprocess.CompletedProcess[str]:
    """The installed command as on a terminal of that width."""
    settings = {
        "INSTANTLY_BASE_URL": api.url,
        "INSTANTLY_API_KEY": api.key,
        "INSTANTLY_REQUESTS_PER_MINUTE": "5400",  # the sandbox holds the API's limit of 6,000
    }
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    return subprocess.run(
        [str(PROGRAM), command],
        cwd=folder,
        env={**os.environ, **settings, **terminal},
        capture_output=True,
        text=True,
        check=False,
    )


def _cut(output: str, shown: Shown) -> str:
    """Beginning and end, with an ellipsis in the place of what lies between."""
    lines = output.rstrip().splitlines()
    if len(lines) <= shown.first + shown.last:
        return "\n".join(lines)
    end = lines[len(lines) - shown.last :] if shown.last else []
    return "\n".join([*lines[: shown.first], "  …", *end])


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


if __name__ == "__main__":
    sys.exit(main())
