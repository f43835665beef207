"""What `schedule` prints is understood by the schedulers' own readers."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from cronsim import CronSim

from pipelines.schedule import EVERY, KINDS, Times, schedule
from tests.pipelines.installed_program import PROGRAM


def printed(folder: Path, *arguments: str) -> str:
    """What the program prints when it is called in a folder."""
    command = [PROGRAM, "schedule", *arguments]
    return subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """A folder whose name means something to shells, to cron and to systemd."""
    folder = tmp_path / "100 % $HOME's"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("every", EVERY)
def test_cron_starts_at_the_asked_times(every: int, tmp_path: Path) -> None:
    line = schedule("cron", Times(time(13, 5), every), tmp_path).splitlines()[-1]
    starts = CronSim(" ".join(line.split()[:5]), datetime(2026, 1, 1, tzinfo=UTC))

    found = [next(starts) for _ in range(24 // every)]

    assert {start.date() for start in found} == {datetime(2026, 1, 1, tzinfo=UTC).date()}
    assert datetime(2026, 1, 1, 13, 5, tzinfo=UTC) in found


def test_the_line_of_a_crontab_runs_from_any_folder(odd_folder: Path) -> None:
    """Cron turns an escaped percent sign back and hands the rest to a shell."""
    line = printed(odd_folder, "cron").splitlines()[-1]
    command = line.split(maxsplit=5)[5].replace(r"\%", "%")

    subprocess.run(["/bin/sh", "-c", command], cwd="/", check=False)

    assert "no API key" in (odd_folder / "instantly-warehouse.log").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("kind", ["systemd-service", "systemd-timer"])
def test_systemd_takes_the_units(kind: str, odd_folder: Path, tmp_path: Path) -> None:
    for name in ("systemd-service", "systemd-timer"):
        unit = tmp_path / f"instantly-warehouse.{name.removeprefix('systemd-')}"
        unit.write_text(printed(odd_folder, name))
    file = tmp_path / f"instantly-warehouse.{kind.removeprefix('systemd-')}"
    command = ["systemd-analyze", "--user", "verify", str(file)]
    place = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}

    found = subprocess.run(command, env=place, capture_output=True, text=True, check=False)

    assert (found.returncode, found.stderr) == (0, "")


def test_github_takes_the_workflow(tmp_path: Path) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(printed(tmp_path, "github", "--every", "6"))
    command = [
        str(PROGRAM.with_name("check-jsonschema")),
        "--builtin-schema",
        "vendor.github-workflows",
        str(file),
    ]

    found = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("arguments", [["cron", "--at", "24:00"], ["cron", "--every", "5"], ["at"]])
def test_what_cannot_be_scheduled_is_one_line(arguments: list[str]) -> None:
    found = subprocess.run(
        [PROGRAM, "schedule", *arguments], capture_output=True, text=True, check=False
    )

    assert found.returncode == 2
    assert len(found.stderr.splitlines()) == 1


def test_every_kind_has_its_template() -> None:
    folder = Path(schedule.__code__.co_filename).parent / "schedules"

    assert {file.stem for file in folder.iterdir()} == set(KINDS)
