"""The licence of every package that is installed, in docs/licences.md, and none that does not fit.

    uv.lock ─ uv export ─> names per group ─┐
    .venv ─ importlib.metadata ─> licence  ─┴─> table ─> docs/licences.md (written | compared)

Packages say their licence in three ways: an SPDX expression, a text of their own choice, trove
classifiers; the first that is there counts. `pip-licenses` was looked at: it prints what it finds
and knows neither the groups of the lock nor the spellings, which are most of the work.

What comes with the program may be permissive, or copyleft by file (MPL). Tools that only developers
start may be more. A package of another platform or Python is not installed here and keeps its line.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = Path(__file__).parents[1] / "docs" / "licences.md"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "With the program": ("--no-default-groups",),
    "With its extras": ("--no-default-groups", "--all-extras"),
    "For developers alone": ("--all-extras", "--all-groups"),
}
"""Sections of the page, and what `uv export` is asked for; each holds what those before lack."""

FIT = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python"),
        *("ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
    }
)
ALSO_FOR_DEVELOPERS = frozenset({"GPL-3.0", "LGPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later"})
ADMITTED = {
    "axe-playwright-python": (
        "MIT AND MPL-2.0",
        "says so in files alone: its own licence and the one at the head of axe-core, inside it",
    ),
    "psycopg2-binary": (
        "LGPL-3.0-or-later",
        "with exceptions; dlt and dbt import it unchanged, and only the extra `postgres` brings it",
    ),
    "text-unidecode": (
        "Artistic-1.0-Perl OR GPL-2.0-or-later",
        "taken under the Artistic License; python-slugify imports it, unchanged",
    ),
}
"""Packages that are looked at one by one: their licence, and why it fits."""

SPELLINGS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache v2": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "2-clause bsd": "BSD-2-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd": "BSD",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd license": "BSD",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "license :: osi approved :: mit license": "MIT",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
"""How packages write what SPDX has an identifier for. `BSD` is not one: which, they do not say."""

HEAD = """# Licences

What is installed beside the program, and under which licence, as the packages say it themselves;
versions stand in `uv.lock`. Written by `make licences`, held to the lock by `make check`.
"""

RULES = {("package", "licence"), ("---", "---")}
UNKNOWN = "unknown"
LONGEST_NAME = 60


def licence_of(package: Distribution) -> str:
    """An SPDX expression where the package gives enough for one, else `unknown`."""
    name = canonicalize_name(package.metadata["Name"])
    if name in ADMITTED:
        return ADMITTED[name][0]
    members = ("License-Expression", "License")
    for text in (package.metadata[name] for name in members if name in package.metadata):
        if text and len(text) <= LONGEST_NAME and (found := _identifier(text)):
            return found
    classifiers = package.metadata.get_all("Classifier") or []
    named = {
        _identifier(classifier.rpartition(" :: ")[2]) or UNKNOWN
        for classifier in classifiers
        if classifier.startswith("License :: OSI Approved :: ")
    }
    return " AND ".join(sorted(named)) or UNKNOWN


def _identifier(text: str) -> str | None:
    if known := SPELLINGS.get(text.strip().lower()):
        return known
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def fits(licence: str, allowed: Iterable[str]) -> bool:
    """Whether one of the alternatives of an expression is allowed; inside brackets, all of them."""
    alternatives = [licence] if "(" in licence else licence.split(" OR ")
    named = [set(re.findall(r"[\w.+-]+", each)) for each in alternatives]
    return any(names - {"AND", "OR", "WITH"} <= set(allowed) for names in named)


def exported(uv: str, options: Iterable[str]) -> dict[str, Requirement]:
    """What the lock names, by package, whatever the platform."""
    command = [uv, "export", "--frozen", "--no-emit-project", "--no-hashes", "--no-annotate"]
    done = subprocess.run(
        [*command, "--no-header", *options], capture_output=True, text=True, check=True
    )
    found = [Requirement(line) for line in done.stdout.splitlines() if line.strip()]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def sections(uv: str) -> dict[str, dict[str, str | None]]:
    """Title, package, licence; None for a package that is not for this platform."""
    seen: set[str] = set()
    found = {}
    for title, options in GROUPS.items():
        names = exported(uv, options).keys() - seen
        seen |= names
        found[title] = {name: _installed(name) for name in sorted(names)}
    return found


def _installed(name: str) -> str | None:
    try:
        return licence_of(distribution(name))
    except PackageNotFoundError:
        return None


def misfits(found: Mapping[str, Mapping[str, str | None]]) -> list[str]:
    """Packages whose licence is not among those that fit, in words."""
    wrong = []
    for title, packages in found.items():
        is_for_developers = title == list(GROUPS)[-1]
        allowed = FIT | ALSO_FOR_DEVELOPERS if is_for_developers else FIT
        wrong += [
            f"{name}: {licence} does not fit ({title.lower()}); checks/licences.py says what does"
            for name, licence in packages.items()
            if licence and name not in ADMITTED and not fits(licence, allowed)
        ]
    return wrong


def page(found: Mapping[str, Mapping[str, str | None]], before: Mapping[str, str]) -> str:
    """The text of the page; what is not installed here keeps the licence it had there."""
    parts = [HEAD]
    for title, packages in found.items():
        rows = [
            f"| {name} | {licence or before.get(name)} |"
            for name, licence in packages.items()
            if licence or name in before
        ]
        parts.append(
            "\n".join([f"\n## {title}\n", "| package | licence |", "| --- | --- |", *rows, ""])
        )
    parts.append("\n## Looked at one by one\n\n")
    parts += [f"- {name}: {why}.\n" for name, (_, why) in ADMITTED.items()]
    return "".join(parts)


def listed(text: str) -> dict[str, str]:
    """The packages of a page and their licences."""
    lines = re.findall(r"^\| ([a-z0-9.-]+) \| (.+?) \|$", text, re.MULTILINE)
    return {name: licence for name, licence in lines if (name, licence) not in RULES}


def main() -> None:
    """`python -m checks.licences .uv/bin/uv [--write]`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("uv")
    parser.add_argument("--write", action="store_true", help="write the page instead of comparing")
    chosen = parser.parse_args()
    found = sections(chosen.uv)
    before = PAGE.read_text("utf-8") if PAGE.exists() else ""
    now = page(found, listed(before))
    if chosen.write:
        PAGE.write_text(now, "utf-8")
    elif now != before:
        sys.exit("docs/licences.md is not what is installed; write it with: make licences")
    if wrong := misfits(found):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
