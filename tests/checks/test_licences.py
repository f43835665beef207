"""Licences as packages write them, and which of them fit."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import Distribution, distribution
from typing import Any

import pytest

from checks.licences import FIT, UNKNOWN, fits, licence_of, listed, misfits, page


class Package(Distribution):
    """A package that says these things of itself."""

    def __init__(self, **said: str) -> None:
        self._said = said

    @property
    def metadata(self) -> Any:
        """The members, classifiers one by one."""
        found = Message()
        found["Name"] = "something"
        for name, value in self._said.items():
            for each in value.split(";"):
                found[name.replace("_", "-")] = each
        return found

    def read_text(self, filename: str) -> None:
        """Nothing."""

    def locate_file(self, path: Any) -> Any:
        """Nowhere."""
        return path


OSI = "License :: OSI Approved :: "


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"License_Expression": "mit and psf-2.0"}, "MIT AND PSF-2.0"),
        ({"License": "Apache License, Version 2.0"}, "Apache-2.0"),
        ({"License": "Copyright (c) somebody\n" * 9, "Classifier": f"{OSI}BSD License"}, "BSD"),
        ({"Classifier": f"{OSI}MIT License;{OSI}BSD License"}, "BSD AND MIT"),
        ({"Classifier": f"{OSI}An unheard-of one"}, UNKNOWN),
        ({"License": "see the file"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_a_licence_is_read_as_packages_write_it(said: dict[str, str], licence: str) -> None:
    assert licence_of(Package(**said)) == licence


@pytest.mark.parametrize(
    ("licence", "is_fit"),
    [
        ("MIT", True),
        ("MIT OR AFL-2.1", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("AGPL-3.0-only", False),
        (UNKNOWN, False),
    ],
)
def test_what_fits(licence: str, is_fit: bool) -> None:
    assert fits(licence, FIT) is is_fit


def test_a_tool_of_developers_may_be_what_a_part_of_the_program_may_not() -> None:
    found = {"With the program": {"a": "GPL-3.0"}, "For developers alone": {"b": "GPL-3.0"}}
    assert [wrong.split(":")[0] for wrong in misfits(found)] == ["a"]


def test_a_package_of_another_platform_keeps_its_line() -> None:
    found = {"With the program": {"here": "MIT", "elsewhere": None, "nowhere": None}}
    assert listed(page(found, {"elsewhere": "ISC"})) == {"here": "MIT", "elsewhere": "ISC"}


def test_a_real_package_is_read() -> None:
    assert licence_of(distribution("duckdb")) == "MIT"
