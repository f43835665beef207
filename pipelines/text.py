"""Text of other people on one line of ours: names, subjects, error messages of an API.

Campaign names and subjects hold line breaks, emoji, other scripts and now and then a character that
turns the direction of everything after it. On a terminal, in a log or in a table they must stay
where they are put. Joiners stay: without them a family of emoji falls apart and Persian misspells.
"""

from __future__ import annotations

import unicodedata

TURNING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
BREAKING = frozenset({"Cc", "Zl", "Zp"})


def one_line(text: str) -> str:
    """The text on one line: breaks and control characters as spaces, direction marks gone.

    Half of a surrogate pair, which no output can encode, becomes U+FFFD.
    """
    return " ".join("".join(_visible(character) for character in text).split())


def _visible(character: str) -> str:
    if character in TURNING:
        return ""
    category = unicodedata.category(character)
    if category in BREAKING:
        return " "
    return "\ufffd" if category == "Cs" else character
