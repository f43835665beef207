"""Identifiers that look like the API's and depend on the seed alone.

Rows created since October 2025 carry UUIDs of version 7, whose first 48 bits are the creation
time (quirks B12, D39), so that sorting by id is sorting by age. The remaining bits come from a
hash of the seed and a path of names. A random generator was refused: ids would then depend on the
order in which objects are first asked for, and two servers with one seed would disagree.
"""

from __future__ import annotations

from hashlib import blake2b


def digest(*parts: object, size: int = 10) -> bytes:
    """Bytes that depend on the parts only, never on Python's hash seed."""
    return blake2b("\x1f".join(str(part) for part in parts).encode(), digest_size=size).digest()


def chance(*parts: object) -> float:
    """A fixed number in [0, 1) for these parts."""
    return int.from_bytes(digest(*parts, size=6)) / 2**48


def uuid7(at: float, *parts: object) -> str:
    """A version 7 UUID for a moment (Unix seconds) and a path of names."""
    tail = int.from_bytes(digest(*parts))
    high = (round(at * 1000) & (2**48 - 1)) << 16 | 0x7000 | (tail >> 66 & 0xFFF)
    low = 0b10 << 62 | (tail & (2**62 - 1))
    text = f"{high << 64 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def born_ms(identifier: str) -> int:
    """The creation time in a version 7 UUID, in milliseconds."""
    return int(identifier.replace("-", "")[:12], 16)


def uuid4(*parts: object) -> str:
    """A version 4 UUID, as older rows and users carry."""
    number = int.from_bytes(digest(*parts, size=16))
    number = number & ~(0xF << 76) | 0x4 << 76
    number = number & ~(0b11 << 62) | 0b10 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def object_id(at: float, *parts: object) -> str:
    """A Mongo ObjectId, the id of background jobs (quirk B9)."""
    return f"{int(at):08x}{digest(*parts, size=8).hex()}"


def api_key(*parts: object) -> str:
    """An invented bearer key; it opens nothing but this sandbox."""
    return "sandbox-" + digest("key", *parts, size=20).hex()
