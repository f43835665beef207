"""A command that is forked is the command, but for its imports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chaos.command import INSIDE
from chaos.inside.mutants import MUTANTS
from chaos.warm import Warm


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with closing(Warm(INSIDE)) as warm:
        yield warm


def ended(warm: Warm, folder: Path, *words: str, **variables: str) -> tuple[str, str, int]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    command = warm.start(["--", *words], folder, environment)
    return command.stdout.read(), command.stderr.read(), command.wait()


@pytest.mark.slow
def test_each_has_an_environment_a_folder_and_an_end_of_its_own(warm: Warm, tmp_path: Path) -> None:
    said, _, code = ended(warm, tmp_path, "--version")
    assert said.strip()
    assert code == 0

    for name in ("one", "other"):
        (tmp_path / name).mkdir(exist_ok=True)
        _, said, code = ended(warm, tmp_path / name, "status", WAREHOUSE_PATH=f"{name}.duckdb")
        assert code != 0
        assert said.startswith("error: ")
        assert f"{name}.duckdb" in said


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_still_fits_the_product(warm: Warm, tmp_path: Path, name: str) -> None:
    command = warm.start(["--mutant", name, "--", "--version"], tmp_path, {})
    assert (command.stderr.read(), command.wait()) == ("", 0)


def test_one_that_is_left_alone_is_killed_by_the_next(warm: Warm, tmp_path: Path) -> None:
    left = warm.start(["--", "--help"], tmp_path, {"PATH": os.environ["PATH"]})
    assert ended(warm, tmp_path, "--version")[2] == 0
    assert left.returncode in (0, -9)
    assert warm.cpu_seconds() > 0
