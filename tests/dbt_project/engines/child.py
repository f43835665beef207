"""Compiles the project for one engine; run by the Python of `.engines`, which has its adapter.

    child.py PROJECT WORKDIR VARIABLES       writes target/ and contract.sql to WORKDIR

Whoever asks for a name or a connection here is stopped: compiling must need neither the engine nor
a network.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

OFFLINE = ["--no-introspect", "--no-populate-cache"]
FORBIDDEN = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: an attempt to reach anything is an error that names what was tried."""
    if event in FORBIDDEN:
        raise RuntimeError(f"compiling asked the network: {event}{arguments!r}")


def main(project: str, workdir: str, variables: str) -> int:
    """Compiles models, tests and an empty contract; returns dbt's verdict as an exit code."""
    sys.addaudithook(refuse)
    folders = ["--project-dir", project, "--profiles-dir", project, "--vars", variables]
    folders += ["--target-path", f"{workdir}/target", "--log-path", f"{workdir}/logs"]
    done = dbtRunner().invoke(["compile", *OFFLINE, *folders, "--quiet", "--no-use-colors"])
    if not done.success:
        print(done.exception or [r.message for r in done.result.results if r.status == "error"])
        return 1
    types = ("bigint", "boolean", "date", "double", "timestamp", "varchar")
    columns = {f"a_{name}": {"name": f"a_{name}", "data_type": name} for name in types}
    columns["rows"] = {"name": "rows", "data_type": "bigint", "quote": True}
    inline = f"{{{{ get_empty_schema_sql({json.dumps(columns).replace('true', 'True')}) }}}}"
    asked = dbtRunner().invoke(
        ["compile", *OFFLINE, *folders, "--quiet", "--no-use-colors", "--inline", inline]
    )
    if not asked.success:
        print(asked.exception)
        return 1
    (Path(workdir) / "contract.sql").write_text(asked.result.results[0].node.compiled_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
