"""Runs the dbt command in a process that cannot outlive the one that asked for it.

Started by path, as `python -P dbt_child.py PARENT_PID build …`. A parent killed with SIGKILL has
no chance to stop its children, and a dbt that goes on would burn the machine for a draft nobody
wants. So on Linux the kernel is asked to end this process with its parent; elsewhere the parent
does what it can.

`-P` keeps the folder of this file out of the import path: `dbt.py` lies in it and must not stand
in for dbt.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ends this process when `parent` ends, also when it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(f"the process {parent} that asked for dbt is gone")


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    from dbt.cli.main import cli

    cli(sys.argv[2:], prog_name="dbt")
