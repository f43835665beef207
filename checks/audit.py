"""Known holes in the locked packages, asked of osv.dev by `uv audit`.

    uv.lock ─> uv audit ─> names and versions to api.osv.dev ─> none | a list, exit 1
                                                             └─> out of reach: said, exit 0

A network without a way there must not stop a commit, so being out of reach is said and passes;
whoever releases looks at the line. Asking the package registry itself, name by name, was refused:
it is two hundred requests where this is one, and mirrors of the registry do not carry the answer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

FOUND = 1
UNREACHABLE = "error sending request"


def audit(uv: str, more: Sequence[str] = ()) -> tuple[int, str]:
    """The exit code of the check and what it has to say.

    Args:
        uv: the program.
        more: further arguments of `uv audit`.
    """
    command = [uv, "audit", "--frozen", "--preview-features", "audit-command", *more]
    environment = {**os.environ, "UV_HTTP_RETRIES": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = f"{done.stdout}{done.stderr}".strip()
    if done.returncode not in (0, FOUND) and UNREACHABLE in said:
        return 0, "not audited: api.osv.dev cannot be reached from here"
    return done.returncode, said


def main() -> None:
    """`python -m checks.audit .uv/bin/uv [arguments of uv audit]`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("uv")
    chosen, more = parser.parse_known_args()
    code, said = audit(chosen.uv, more)
    sys.stdout.write(f"{said}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
