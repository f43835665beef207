"""Runs dbt commands in a process that cannot outlive the one that asked for them.

    stdin ── {"command": "build", "arguments": […], "own": […], "results": …} ──> this process:
    a pipe <── exit code ── fork: builds, writes the results, and ends <── imports and parses

Started by path, as `python -P dbt_child.py PARENT_PID ANSWERS`; `arguments` are those that all
commands share, `results` is where the account of a build goes. dbt would write it itself, but only
together with the whole parsed project, which nobody reads and which takes longer.

A parent killed with SIGKILL has no chance to stop its children, and a dbt that goes on would burn
the machine for a draft nobody wants. So on Linux the kernel is asked to end this process with its
parent, and a fork with this one; elsewhere the parent does what it can.

`-P` keeps the folder of this file out of the import path: `dbt.py` lies in it and must not stand
in for dbt.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import traceback
from typing import Any

PR_SET_PDEATHSIG = 1
FAILED, BROKEN = 1, 2


def die_with(parent: int) -> None:
    """Ends this process when `parent` ends, also when it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(f"the process {parent} that asked for dbt is gone")


def serve(answers: int) -> None:
    """Does what is asked, one command after the other, until nobody asks any more."""
    gc.disable()  # nearly all that is imported and parsed stays, and forks end without a farewell
    from dbt.cli.main import dbtRunner

    manifest: Any = None
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        arguments, code = order["arguments"], 0
        if order["command"] == "build":
            if manifest is None:
                parsed: Any = dbtRunner().invoke(["parse", "--no-write-json", *arguments])
                code, manifest = code_of(parsed), parsed.result
            if code == 0:
                command = ["build", *arguments, *order["own"]]
                code = in_a_fork(lambda: built(manifest, command, order["results"]))  # noqa: B023 called at once
        else:
            code = code_of(dbtRunner().invoke([order["command"], *arguments]))
        os.write(answers, str(code).encode())


def built(manifest: Any, command: list[str], results: str) -> Any:
    """Builds, and writes what came of every node, if it came so far."""
    from dbt.cli.main import dbtRunner

    done: Any = dbtRunner(manifest=manifest).invoke(command)
    if done.result is not None:
        done.result.write(results)
    return done


def code_of(done: Any) -> int:
    """The exit code that dbt's own command line would end with."""
    return 0 if done.success else BROKEN if done.exception else FAILED


def in_a_fork(work: Any) -> int:
    """The exit code of work in a process of its own, which lets go of everything by ending.

    It ends without the farewell of Python: libraries would wait there for threads that were never
    forked.
    """
    parent = os.getpid()
    sys.stdout.flush()
    gc.freeze()  # the fork has nothing to look for among what was there before it
    child = os.fork()
    if child == 0:
        code = BROKEN
        try:
            die_with(parent)
            code = code_of(work())
            close_database()
            sys.stdout.flush()
        except BaseException:  # noqa: BLE001 a fork that goes on would serve as well
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def close_database() -> None:
    """Has DuckDB write what is in its log into the file; dbt holds it open until Python ends."""
    from dbt.adapters.factory import FACTORY

    adapters: Any = FACTORY.adapters.values()
    for adapter in adapters:
        adapter.cleanup_connections()
        getattr(adapter.ConnectionManager, "close_all_connections", lambda: None)()
    gc.collect()


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    os.set_inheritable(int(sys.argv[2]), False)
    serve(int(sys.argv[2]))
