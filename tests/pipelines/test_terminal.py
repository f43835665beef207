"""What a person sees: on terminals of several widths, in colour and without, and in pipes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.pipelines.installed_program import PROGRAM, Program
from tests.pipelines.marts_by_hand import build

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BARS = """
import time
from pipelines.outcome import TableOutcome
from pipelines.progress import progress_for
place, table = "Northlight \\u00ab Agency \\u00bb of a long name", "subsequence_step_analytics"
with progress_for("auto") as shown:
    shown.stage("load")
    shown.table_started(place, table, 40)
    shown.advance(place, table, 35)
    time.sleep(0.3)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("terminal")
    build(made / "instantly.duckdb", verdicts=True)
    return made


@pytest.fixture
def variables(environment: dict[str, str]) -> dict[str, str]:
    """A terminal that can do everything, and nobody's taste about colour."""
    taste = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    clean = {name: value for name, value in environment.items() if name not in taste}
    return clean | {"TERM": "xterm-256color", "WAREHOUSE_PATH": "instantly.duckdb"}


def on_a_terminal(
    command: list[str], folder: Path, variables: dict[str, str], width: int = 80
) -> str:
    """What a terminal of that width is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    child = subprocess.Popen(
        command, cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        sent += part
    os.close(ours)
    assert child.wait(30) == 0, sent
    return sent.decode()


def lines_of(sent: str) -> list[str]:
    return re.split(r"[\r\n]+", CONTROL.sub("", sent).strip())


@pytest.mark.parametrize("width", [50, 80, 200])
@pytest.mark.parametrize("command", ["status", "report"])
def test_no_line_is_longer_than_the_terminal(
    folder: Path, variables: dict[str, str], command: str, width: int
) -> None:
    lines = lines_of(on_a_terminal([str(PROGRAM), command], folder, variables, width))
    assert [line for line in lines if cell_len(line) > width] == []
    if command == "report":
        assert any(re.match(r"B +1,000 ", line) for line in lines)
        return
    heads, campaigns, leads = lines[-4:-1] if "failed:" in lines[-1] else lines[-3:]
    assert leads.split()[-1] == "failed"
    assert {"workspace", "table", "age"} <= set(heads.split())
    assert " campaigns " in campaigns
    assert ("last success" in heads) is (width >= 80)
    assert ("30 days" in heads) is (width == 200)


def test_colour_is_for_terminals(
    folder: Path, variables: dict[str, str], program: Program, tmp_path: Path
) -> None:
    status = [str(PROGRAM), "status"]
    (tmp_path / "instantly.duckdb").write_bytes((folder / "instantly.duckdb").read_bytes())
    assert "\x1b[31m" in on_a_terminal(status, folder, variables)
    assert "\x1b[31m" not in on_a_terminal(status, folder, variables | {"NO_COLOR": "1"})
    assert not COLOUR.search(on_a_terminal(status, folder, variables | {"TERM": "dumb"}))
    taste = {"WAREHOUSE_PATH": "instantly.duckdb", "TERM": "xterm-256color"}
    assert "\x1b" not in program("status", **taste).stdout
    assert "\x1b[31m" in program("status", **taste, FORCE_COLOR="1").stdout


def test_quiet_says_only_what_is_wrong(program: Program, folder: Path) -> None:
    path = str(folder / "instantly.duckdb")
    done = program("status", "--quiet", WAREHOUSE_PATH=path)
    assert (done.returncode, done.stdout) == (0, "failed: leads: key lacks leads:read\n")


def test_a_file_below_the_folder_is_named_from_there(
    folder: Path, variables: dict[str, str]
) -> None:
    sent = on_a_terminal([str(PROGRAM), "status"], folder, variables)
    assert lines_of(sent)[0].startswith("instantly.duckdb, ")
    assert str(folder) not in sent


@pytest.mark.parametrize(("width", "has_bar"), [(40, False), (60, False), (80, True), (120, True)])
def test_progress_fits_and_keeps_its_numbers(
    folder: Path, variables: dict[str, str], width: int, has_bar: bool
) -> None:
    sent = on_a_terminal([sys.executable, "-c", BARS], folder, variables, width)
    lines = lines_of(sent)
    assert [line for line in lines if cell_len(line) > width] == []
    (last,) = {re.sub(r"^\S+ ", "", line) for line in lines if "35/40" in line}
    assert last.startswith("subsequence_s" if width == 40 else "Nor")
    assert ("━" in last) is has_bar


@pytest.mark.parametrize("taste", [{"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_bar_where_nothing_can_be_redrawn(
    folder: Path, variables: dict[str, str], taste: dict[str, str]
) -> None:
    """A pipe that is told to be coloured is still a pipe; a dumb terminal moves no cursor."""
    command = [sys.executable, "-c", BARS]
    if "TERM" in taste:
        assert "35/40" not in on_a_terminal(command, folder, variables | taste)
        return
    done = subprocess.run(
        command, cwd=folder, env=variables | taste, capture_output=True, text=True, check=True
    )
    assert "35/40" not in done.stdout + done.stderr
    assert "\x1b" not in done.stderr
