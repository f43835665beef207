"""`python -m handbook [--site site]`: builds the handbook; 1 when something in it is broken."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from handbook.build import BuildError, build
from handbook.pages import BrokenLink


def main() -> int:
    """Build, and say where it is."""
    parser = argparse.ArgumentParser(
        prog="handbook", description="Builds the documentation's site."
    )
    parser.add_argument("--site", type=Path, default=Path("site"), help="folder that is replaced")
    site = parser.parse_args().site.resolve()
    try:
        build(site)
    except (BuildError, BrokenLink) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{site / 'index.html'}: open it in a browser; it needs no network")
    return 0


if __name__ == "__main__":
    sys.exit(main())
