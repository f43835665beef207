"""The report as one HTML file that opens anywhere, also offline, and prints.

Jinja2 sets it (dbt brings it along), with every value escaped unless this package drew it. Styles
and pictures are inside; there is no script, and a policy in the head keeps a browser from asking
any other place for anything, whatever a campaign is called.
"""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipelines.client_report.document import Document, glued

TEMPLATES = Path(__file__).parent / "templates"
CODE = re.compile(r"`([^`]+)`")


def as_html(document: Document) -> str:
    """The whole page as text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": _with_code, "glued": glued}
    return environment.get_template("report.html.j2").render(document=document)


def _with_code(text: str) -> Markup:
    """A text in which the words between backticks are names of columns."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 escaped before
