"""The recorded demonstration: small, of today's commands, from no machine, asking no other host."""

import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "docs" / "images" / "demo.svg"
SVG = IMAGE.read_text("utf-8")
WORDS = "".join(ElementTree.fromstring(SVG).itertext())  # noqa: S314 our own file
TEXT = re.sub(r"\s+", " ", WORDS.replace("\xa0", " "))


def test_the_readme_shows_it() -> None:
    assert "](docs/images/demo.svg)" in (ROOT / "README.md").read_text("utf-8")


def test_it_is_small_and_asks_nobody() -> None:
    assert IMAGE.stat().st_size < 150_000
    assert "@font-face" not in SVG
    assert not re.search(r"(?:href|src)\s*=|url\(\s*['\"]?(?!#)", SVG)
    assert "<script" not in SVG


def test_it_names_no_place_of_a_machine() -> None:
    assert not re.search(r"/(?:tmp|root|home|Users|work|var|private)/", SVG)
    assert "data/warehouse.duckdb" in TEXT


def test_it_shows_the_commands_of_the_demo() -> None:
    shown = re.findall(r"\$ instantly-warehouse (\w+)", TEXT)
    assert shown == ["run", "status", "report"]
    for said in ("requests", "last success", "Call these", "beats"):
        assert said in TEXT
