"""Whose report it is: a name and a logo, by settings, embedded in the file.

The logo is looked at before anything is read: a report that somebody sends without the logo they
asked for is worse than none. An SVG stands in the page as an image, where no browser runs its
scripts or follows its links.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from pipelines.errors import ConfigurationError
from pipelines.text import one_line

MOST_BYTES = 256 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"
VARIABLE = "REPORT_BRAND_LOGO"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture, checked to be what it says: `png` or `svg`."""

    kind: str
    data: bytes

    @property
    def as_address(self) -> str:
        """The picture as the address of an `<img>`."""
        media = {"png": "image/png", "svg": "image/svg+xml"}[self.kind]
        return f"data:{media};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True, slots=True)
class Brand:
    """What stands at the head of the report; both may be missing."""

    name: str = ""
    logo: Logo | None = None


def brand_of(name: str | None, logo: Path | None) -> Brand:
    """The brand of the settings; ConfigurationError for a logo that cannot be embedded."""
    return Brand(one_line(name or ""), _logo(logo) if logo else None)


def _logo(path: Path) -> Logo:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        what = f"{path} cannot be read: {(error.strerror or 'no such file').lower()}"
        raise _refused(what) from None
    if size > MOST_BYTES:
        raise _refused(f"{path} has {size // 1024:,} KiB, more than {MOST_BYTES // 1024}")
    if data.startswith(PNG) and data.rstrip(b"\0").endswith(b"IEND\xaeB`\x82"):
        return Logo("png", data)
    if _is_svg(data):
        return Logo("svg", data)
    raise _refused(f"{path} is neither a whole PNG nor an SVG")


def _is_svg(data: bytes) -> bool:
    try:
        return ElementTree.fromstring(data).tag == SVG  # noqa: S314 the user's own file; expat refuses entities that explode
    except (ElementTree.ParseError, ValueError, LookupError):
        return False


def _refused(what: str) -> ConfigurationError:
    todo = f"write the path of a PNG or SVG of at most {MOST_BYTES // 1024} KiB, or leave it empty"
    return ConfigurationError(what, where=VARIABLE, todo=todo)
