"""Signals and the deadline, in a process of their own: whatever the main thread is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

START = """
    import os, signal, subprocess, sys, threading, time
    from pathlib import Path
    from pipelines.signals import interruptible, leave
    folder = Path(sys.argv[1]); folder.mkdir()
    def tidy(): folder.rmdir()
    with interruptible({arguments}) as interruption:
        interruption.tidy_up = tidy
        {first}
        print("ready", flush=True)
        {body}
"""
DEAF = "signal.signal(signal.SIGTERM, lambda *_: None)"
WAIT = "threading.Event().wait(60)"
HANGING_CHILD = "subprocess.run(['sleep', '60'])"


def start(
    folder: Path, body: str, arguments: str = "seconds=0.5", first: str = "pass"
) -> subprocess.Popen[str]:
    """A process in the block, once `first` is done and `body` begins."""
    code = textwrap.dedent(START).format(body=body, arguments=arguments, first=first)
    command = [sys.executable, "-c", code, str(folder / "draft")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, **pipes)
    assert process.stdout.readline() == "ready\n"
    return process


def test_handler_of_a_library_over_ours_cannot_keep_the_process(tmp_path: Path) -> None:
    process = start(tmp_path, WAIT, first=DEAF)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 143
    assert "terminated (SIGTERM)" in said
    assert not (tmp_path / "draft").exists()


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "pipelines.errors.Terminated")],
)
def test_signal_interrupts_plain_work_at_once(tmp_path: Path, number: int, raised: str) -> None:
    process = start(tmp_path, "time.sleep(60)", "seconds=30")
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert said.splitlines()[-1] == raised


def test_deadline_ends_what_hangs_and_says_so(tmp_path: Path) -> None:
    process = start(tmp_path, WAIT, first=DEAF, arguments="deadline=0.5, seconds=0.5")
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "RUN_DEADLINE_MINUTES" in said
    assert not (tmp_path / "draft").exists()


def test_work_that_ends_in_time_is_left_alone(tmp_path: Path) -> None:
    process = start(tmp_path, "time.sleep(0.1)", "deadline=60")
    assert process.communicate(timeout=10)[1] == ""
    assert process.returncode == 0


def test_an_import_lock_that_is_never_given_back_cannot_keep_the_process(tmp_path: Path) -> None:
    process = start(tmp_path, WAIT, first="import _imp; _imp.acquire_lock(); " + DEAF)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 143
    assert "terminated (SIGTERM)" in said
    assert not (tmp_path / "draft").exists()


def test_tidying_up_that_hangs_cannot_keep_the_process(tmp_path: Path) -> None:
    process = start(tmp_path, WAIT, first="interruption.tidy_up = threading.Event().wait; " + DEAF)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143


def test_children_do_not_outlive_the_process(tmp_path: Path) -> None:
    import psutil

    process = start(tmp_path, HANGING_CHILD, first=DEAF)
    deadline = time.monotonic() + 10
    while not (children := psutil.Process(process.pid).children()):
        assert time.monotonic() < deadline
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("late", ["atexit.register(kill)", "sys.late = Late()"])
def test_the_last_instants_keep_the_code_and_say_nothing(number: int, late: str) -> None:
    """When a command has ended and Python has not: while it says goodbye, while it takes down."""
    code = f"""
        import atexit, functools, os, sys
        from pipelines.cli import main
        kill = functools.partial(os.kill, os.getpid(), {int(number)})
        class Late:
            def __del__(self, kill=kill): kill()
        {late}
        main(["--version"])
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr == ""
