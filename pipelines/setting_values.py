"""The types of single settings: what a text has to look like, and what it becomes.

Each is an annotated type of pydantic, so that `pipelines.settings` stays a list. A check raises
ValueError with the second half of a sentence that begins with the variable's name. `setting` ties
a field to its variable.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

API_PATH = "/api/v2"
SHORTEST_SECRET = 16
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
RESERVED_STEMS = frozenset(
    {"instantly_raw", "instantly_staging", "instantly_judged", "main", "memory", "system", "temp"}
)


def setting(default: Any, variable: str, expects: str, example: str, **limits: Any) -> Any:
    """A field with its variable and what a message about it says."""
    words = {"expects": expects, "example": example}
    return Field(  # ty: ignore[no-matching-overload] the limits are given by name
        default, validation_alias=variable, json_schema_extra=words, **limits
    )


def _split(text: Any) -> Any:
    """`acme, globex` as ("acme", "globex"): repeated names once, empty ones not at all."""
    if not isinstance(text, str):
        return text
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _key(value: Any) -> Any:
    """A key that can travel in a header: printable ASCII without spaces."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str):
        text = text.strip()
        if not re.fullmatch(r"[!-~]+", text):
            raise ValueError("holds a space, a line break or a character that no key has")
    return text


def _secret(value: Any) -> Any:
    """A key of our own hashes: one that nobody finds by trying."""
    text = _key(value)
    if isinstance(text, str) and len(text) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters")
    return text


def _day(text: Any) -> Any:
    """A date as YYYY-MM-DD and in no other spelling: 01/02/2026 means two things."""
    if not isinstance(text, str):
        return text
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
        raise ValueError("is not written as YYYY-MM-DD")
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("is a day that no calendar has") from None


def _base_url(text: Any) -> Any:
    """Scheme and host of the API, without path; https unless the host is this machine."""
    parts = web_address(str(text).strip())
    if parts.username or parts.query or parts.fragment:
        raise ValueError("holds more than scheme, host and port")
    if parts.path.rstrip("/").removesuffix(API_PATH):
        raise ValueError(f"holds a path; {API_PATH} is added by itself")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("would send the key unencrypted; http is for this machine only")
    return f"{parts.scheme}://{parts.netloc}"


def web_address(text: str) -> SplitResult:
    """The parts of a web address; looking at the port is what makes Python check it."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or re.search(r"[^!-~]", text):
        raise ValueError("is not a web address")
    return parts


def _postgres_url(value: Any) -> Any:
    """The address of a PostgreSQL database with its password, as the destination reads it."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str):
        from pipelines.destinations.postgres.address import PostgresAddress

        text = text.strip()
        PostgresAddress.of(text)
    return text


def _warehouse(value: Any) -> Any:
    """An absolute path of a file, seen from the working directory, symbolic links followed.

    The file's stem becomes the name of DuckDB's catalog. One that is also a schema of the raw or
    staging layer makes every two-part name ambiguous, so it is refused here.
    """
    text = str(value).strip()
    if "\0" in text or text.startswith((":memory:", "md:")) or "://" in text:
        raise ValueError("is not the path of a file")
    try:
        path = Path(text).expanduser().resolve()
    except (OSError, RuntimeError):
        raise ValueError("leads nowhere: unknown home folder or links in a circle") from None
    if path.stem.lower() in RESERVED_STEMS:
        raise ValueError(f"names the file {path.name}, a name that DuckDB or a schema already has")
    return path


def _file(value: Any) -> Any:
    """An absolute path, seen from the working directory; whether a file is there is not asked."""
    text = str(value).strip()
    if not text or "\0" in text or "://" in text:
        raise ValueError("is not the path of a file")
    try:
        return Path(text).expanduser().resolve()
    except (OSError, RuntimeError):
        raise ValueError("leads nowhere: unknown home folder or links in a circle") from None


def _with_own_columns(names: tuple[str, ...]) -> tuple[str, ...]:
    """Custom variables of leads that become one column each; two that share one are refused."""
    if not names:
        return names
    from sources.instantly.reading.leads import twins

    if pair := twins(names):
        raise ValueError(f"names {pair[0]!r} and {pair[1]!r}, which would be one column")
    return names


Key = Annotated[SecretStr, BeforeValidator(_key)]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Variables = Annotated[Names, AfterValidator(_with_own_columns)]
Day = Annotated[date, BeforeValidator(_day)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
PostgresUrl = Annotated[SecretStr, BeforeValidator(_postgres_url)]
WarehousePath = Annotated[Path, BeforeValidator(_warehouse)]
FilePath = Annotated[Path, BeforeValidator(_file)]
