"""The report on paper, set by Typst: an extra, one wheel with compiler and fonts.

    Document ── data.json ─┐
    logo, charts ──────────┼─> templates/report.typ ──> typst ──> PDF/UA-1
                           ┘
Typst was taken over WeasyPrint, which needs Pango from the system, and over fpdf2 and ReportLab,
which need font files for every script beyond Latin and leave right-to-left text to their caller.
What goes in is data and never markup, so that no name can be a command. A script that the wheel's
fonts do not have (Arabic, Chinese, emoji) is set in a font of the system's, if it has one.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.client_report.document import Document, glued
from pipelines.errors import ConfigurationError, RunFailedError

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def refuse_missing_typst() -> None:
    """ConfigurationError when the extra is not installed."""
    try:
        import typst  # noqa: F401 only whether it is there
    except ImportError:
        raise ConfigurationError(
            "a PDF needs the extra `pdf`, which is not installed",
            todo="pip install 'instantly-warehouse[pdf]', or print the html in a browser",
        ) from None


def as_pdf(document: Document, as_of: dt.datetime) -> bytes:
    """The file, tagged for reading aloud; RunFailedError when Typst refuses, a bad logo mostly.

    It is dated `as_of`, so that the same numbers are the same bytes.
    """
    refuse_missing_typst()
    import typst

    with TemporaryDirectory() as name:
        folder = Path(name)
        main = folder / TEMPLATE.name
        main.write_bytes(TEMPLATE.read_bytes())
        (folder / "data.json").write_text(json.dumps(_data(document, folder)), "utf-8")
        try:
            return typst.compile(
                main,
                root=folder,
                format="pdf",
                pdf_standards="ua-1",
                timestamp=int(as_of.replace(tzinfo=dt.UTC).timestamp()),
            )
        except typst.TypstError as error:
            raise RunFailedError(f"the PDF cannot be set: {error.message}") from None


def _data(document: Document, folder: Path) -> dict:
    """The document as JSON knows it; the logo becomes a file beside it."""
    logo, data = document.brand.logo, asdict(document)
    data["brand"] = {"name": document.brand.name, "logo": None}
    if logo:
        data["brand"]["logo"] = f"logo.{logo.kind}"
        (folder / f"logo.{logo.kind}").write_bytes(logo.data)
    for section in data["sections"]:
        for listing in section["listings"]:
            listing["lines"] = [glued(line) for line in listing["lines"]]
    return data
