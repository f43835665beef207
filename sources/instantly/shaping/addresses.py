"""E-mail addresses in what the API answers: which columns hold them, and where a text hides one.

    a column of addresses   format `email`, or named like one       emails.to_address_email_list
    a text that holds one   anything else, bodies and JSON too      "write to jane@x.com!"

Addresses are compared trimmed and in lower case. A text is searched from each `@` outwards, within
the lengths that an address can have, because a pattern for the whole of it takes quadratic time on
a long run of letters. It may be percent-encoded (links), stand behind a JSON escape (`\\njane@…`)
or be packed into base64 or hex (tracking links). A longer address that ends or begins alike is
another person's and stays.
"""

import base64
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote

from sources.instantly.endpoint import Endpoint
from sources.instantly.shaping import columns

LONGEST_LOCAL = 192  # 64 bytes before the @, each perhaps as %XX
LONGEST_DOMAIN = 255

PACKED_AT = r"Q[A-P]|[EUk0][A-D]|[BFJNRVZdhlptx159]A|40"
"""How an @ looks in base64, by its place in a group of three bytes, and in hex."""

MAY_PACK = rf"[A-Za-z0-9+/_-](?:{PACKED_AT})[A-Za-z0-9+/_-]{{4,}}"
"""RE2: texts in which an address may be packed, whatever it is."""

MAY_HOLD = f"@|%40|{MAY_PACK}"
"""RE2: texts that are worth a closer look; any other holds no address in any form."""

_NAMED_LIKE_ONE = re.compile(
    r"(.+_)?email(_list|_account)?|eaccount|lead|reply_to|bl_value|resource_id"
)
_ONE = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@(?:[\w-]+\.)+[\w-]{2,63}")
_AT = re.compile("@|%40")
_LOCAL = re.compile(r"[\w.!#$&'*+/=?^`{|}~%-]*")
_DOMAIN = re.compile(r"[\w.-]*")
_BEGINS = re.compile(r"%[0-9A-Fa-f]{2}|[^\w.+%-]")
_JSON_ESCAPE = re.compile(r"u[0-9a-fA-F]{4}|[bfnrt]")
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(r"[0-9a-fA-F]{12,}")
_PACKED_AT = re.compile(PACKED_AT)


class Found(NamedTuple):
    """An address in a text, normalised, and where it stands."""

    address: str
    start: int
    end: int


@cache
def columns_of_addresses(endpoint: Endpoint) -> tuple[str, ...]:
    """The text columns of a table that hold one address, or several with commas between them."""
    members = columns.schema_of(endpoint.entity)["properties"]
    texts = [name for name, kind in columns.declared(endpoint).items() if kind is columns.TEXT]
    formats = {name: members.get(name, {}).get("format") for name in texts}
    return tuple(
        name
        for name, format_ in formats.items()
        if format_ == "email" or (format_ is None and _NAMED_LIKE_ONE.fullmatch(name))
    )


def normalised(text: str) -> str:
    """The form in which addresses are compared."""
    return text.strip().lower()


def is_address(text: str) -> bool:
    """Whether a text is one e-mail address and nothing else."""
    return len(text) <= LONGEST_DOMAIN and _ONE.fullmatch(text) is not None


def found_in(text: str) -> Iterator[Found]:
    """Every address that a text may mean, in every reading: `to=jane@x.com` is also `jane@x.com`.

    Of one place the longest reading comes first.
    """
    for at in _AT.finditer(text):
        before = text[max(0, at.start() - LONGEST_LOCAL) : at.start()]
        first = at.start() - len(_run(_LOCAL, before[::-1]))
        domain = _run(_DOMAIN, text[at.end() : at.end() + LONGEST_DOMAIN]).rstrip("._-")
        for start in _beginnings(text, first, at.start()):
            if domain and start < at.start():
                spelled = unquote(f"{text[start : at.start()]}@{domain}")
                yield Found(normalised(spelled), start, at.end() + len(domain))


def _run(pattern: re.Pattern[str], text: str) -> str:
    """What the pattern, which accepts nothing as well, accepts at the beginning of the text."""
    match = pattern.match(text)
    return match[0] if match else ""


def _beginnings(text: str, first: int, at: int) -> list[int]:
    """Where the part before the @ may begin; never inside a JSON escape, which would break it."""
    run = text[first:at]
    starts = {first, first + len(run) - len(run.lstrip("._-"))}
    starts |= {first + sign.end() for sign in _BEGINS.finditer(run)}
    if text[first - 1 : first] == "\\" and (escape := _JSON_ESCAPE.match(run)):
        behind = first + escape.end()
        starts = {behind} | {start for start in starts if start > behind}
    return sorted(starts)


def without(text: str, is_meant: Callable[[str], bool], mark: str) -> str:
    """The text with a mark in the place of every address that is meant, packed ones too.

    Args:
        text: plain text, or JSON as text; JSON stays JSON.
        is_meant: told normalised addresses.
        mark: what stands there instead; no sign that JSON would have to escape.
    """
    parts: list[str] = []
    done = 0
    for address, start, end in found_in(text):
        if start >= done and is_meant(address):
            parts += [text[done:start], mark]
            done = end
    plain = "".join([*parts, text[done:]])
    return _PACKED.sub(lambda run: mark if _packs(run[0], is_meant) else run[0], plain)


def masked(text: str) -> str:
    """A text that people are shown, without anybody's address."""
    return without(text, is_address, "[address]")


def _packs(run: str, is_meant: Callable[[str], bool]) -> bool:
    """Whether a run of letters is base64 or hex of a text that holds a meant address."""
    return _PACKED_AT.search(run) is not None and any(
        is_meant(found.address)
        for packed in _unpacked(run)
        for found in found_in(packed.decode("utf-8", "replace"))
    )


def _unpacked(run: str) -> Iterator[bytes]:
    """What a run may stand for; letters of a link before it shift where the groups begin."""
    letters = run.replace("-", "+").replace("_", "/")
    for shift in range(4):
        group = letters[shift:]
        group = group[: len(group) - (len(group) % 4 == 1)]
        yield base64.b64decode(group + "=" * (-len(group) % 4))
    for digits in _HEX.findall(run):
        for shift in range(2):
            pairs = digits[shift:]
            yield bytes.fromhex(pairs[: len(pairs) // 2 * 2])
