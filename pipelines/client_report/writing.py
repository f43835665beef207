"""The report in the wanted format, and its way out: to standard output, or whole into a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal, get_args

from pipelines.client_report.brand import Brand
from pipelines.client_report.content import document_of
from pipelines.client_report.reading import ClientMonth
from pipelines.errors import ConfigurationError, RunFailedError

Format = Literal["html", "csv", "markdown", "pdf"]
FORMATS = get_args(Format)


def rendered(month: ClientMonth, format_: Format, brand: Brand, settled_after_days: int) -> bytes:
    """The bytes of the file; of each format only its own modules are loaded."""
    if format_ == "csv":
        from pipelines.client_report.sheet import as_csv

        return _encoded(as_csv(month))
    document = document_of(month, brand, settled_after_days)
    if format_ == "pdf":
        from pipelines.client_report.pdf import as_pdf

        return as_pdf(document, month.as_of)
    if format_ == "markdown":
        from pipelines.client_report.markdown import as_markdown

        return _encoded(as_markdown(document))
    from pipelines.client_report.html import as_html

    return _encoded(as_html(document))


def refuse_bad_output(output: Path | None, format_: Format, warehouse: Path) -> None:
    """ConfigurationError for a place that cannot be, or must not be, written to.

    `output` is absolute, links followed; None is standard output.
    """
    if output is None:
        if format_ == "pdf" and sys.stdout.isatty():
            todo = "add --output FILE, or send the output into a file"
            raise ConfigurationError("a PDF is nothing for a terminal", todo=todo)
        return
    todo = "write the path of a file in a folder that is there"
    if not output.parent.is_dir():
        raise ConfigurationError(f"{output.parent}: no such folder", where="--output", todo=todo)
    if output.exists() and not output.is_file():
        raise ConfigurationError(f"{output} is not a plain file", where="--output", todo=todo)
    if output == warehouse:
        what = f"{output} is the warehouse itself"
        raise ConfigurationError(what, where="--output", todo="write another name")


def write_out(data: bytes, output: Path | None) -> None:
    """Writes to the file, or to standard output; RunFailedError when there is no way to.

    A report that was there stays until the new one is whole.
    """
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with part.open("xb") as file:
            file.write(data)
        part.replace(output)
    except OSError as error:
        what = f"cannot be written: {(error.strerror or 'unknown reason').lower()}"
        raise RunFailedError(what, where=str(output)) from None
    finally:
        part.unlink(missing_ok=True)


def _encoded(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "replace")
