"""`forget` from the command line: what is refused, and that nothing repeats the address."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.installed_program import PROGRAM, Program


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["jane@x"], 2, "not an e-mail address"),
        (["jane@x.com", "bob@x.com"], 2, "one address"),
        ([], 2, "one address"),
        (["jane@x.com"], 1, "no warehouse here yet"),
    ],
    ids=["no address", "two", "none", "no warehouse"],
)
def test_what_cannot_be_done_is_one_line_without_the_address(
    program: Program, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    done = program("forget", *arguments, WAREHOUSE_PATH="warehouse.duckdb")
    assert (done.returncode, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()
    assert says in line
    assert not [address for address in arguments if address in line]
    assert list(tmp_path.iterdir()) == []


def test_an_address_can_be_typed_instead(tmp_path: Path, environment: dict[str, str]) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema instantly_raw")
        connection.execute("create table instantly_raw.leads as select '1' id, 'Jane@x.com' email")
    done = subprocess.run(
        [str(PROGRAM), "forget", "-", "--log-format", "json"],
        cwd=tmp_path,
        env=environment | {"WAREHOUSE_PATH": "warehouse.duckdb"},
        input="jane@x.com\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "leads" in done.stdout) == (0, True), done.stderr
    assert "jane" not in (done.stdout + done.stderr).lower()
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        assert connection.sql("from instantly_raw.leads").fetchall() == []
    traces = [p.name for p in tmp_path.iterdir() if b"jane@x.com" in p.read_bytes().lower()]
    assert traces == []
