"""`python -m spark FOLDER`: the marts of the warehouse, built by Spark."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines.errors import exit_code_of, is_understood
from pipelines.settings import load_settings
from pipelines.text import one_line
from spark.building import build


@click.command(help="Copy the warehouse as Parquet files to FOLDER and build its marts with Spark.")
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """One line of what was built, or one of what went wrong; exit codes as of the commands."""
    try:
        built = build(load_settings(), folder)
    except BaseException as error:  # noqa: BLE001 whatever it is, it ends in one line
        words = str(error) if is_understood(error) else f"{type(error).__name__}: {error}"
        click.echo(f"error: {one_line(words)}", err=True)
        sys.exit(int(exit_code_of(error)))
    click.echo(f"built {len(built.models)} models in {folder}, {built.checks} checks passed")


if __name__ == "__main__":
    main()
