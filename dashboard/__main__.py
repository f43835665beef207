"""`python -m dashboard <warehouse>`: Streamlit's own command on the server of the pages.

Ctrl-C is how a server is ended and no failure: Streamlit would say "Aborted!" and end with 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from streamlit.web import cli

SERVER = Path(__file__).with_name("server.py")


def main(warehouse: str) -> int:
    """Serve until told to stop; switches come as STREAMLIT_… in the environment."""
    try:
        cli.main(["run", str(SERVER), "--", warehouse], standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
