"""What can be wrong with a `.env` file besides its values: lines that do not parse, and typos.

`python-dotenv` skips a line that it cannot read and `pydantic-settings` ignores a name that it does
not know. Both are kind to programs and unkind to people: `INSTANTLY_START_DAET=…` would load years
of history without a word. The environment itself is not searched for typos, because other programs
may own names there; a `.env` beside the command is ours.
"""

from __future__ import annotations

import io
from difflib import get_close_matches
from pathlib import Path

from pipelines.errors import ConfigurationError

OUR_PREFIX = "INSTANTLY_"


def refuse_odd_lines(env_file: Path) -> None:
    """ConfigurationError with the line's number when the file cannot be read as it is meant."""
    if not env_file.exists():
        return
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(_text(env_file))):
        if binding.error or (binding.key and binding.value is None):
            raise ConfigurationError(
                f"line {binding.original.line} is not NAME=value",
                where=str(env_file),
                todo="correct it, or put # in front of it",
            )


def refuse_typos(env_file: Path, known: tuple[str, ...], key_prefix: str) -> None:
    """ConfigurationError when a name in the file looks like one of ours and is none."""
    if not env_file.exists():
        return
    from dotenv import dotenv_values

    for name in dotenv_values(stream=io.StringIO(_text(env_file)), interpolate=False):
        if name in known or (name.startswith(key_prefix) and name != key_prefix):
            continue
        close = get_close_matches(name.upper(), known, n=1, cutoff=0.85)
        if close or name.upper().startswith(OUR_PREFIX):
            todo = f"write {close[0]}" if close else "see .env.example for the names there are"
            raise ConfigurationError(f"{name} is not a setting", where=str(env_file), todo=todo)


def _text(env_file: Path) -> str:
    try:
        return env_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else str(error.strerror).lower()
        todo = "save it as plain text in UTF-8, readable for you, or remove it"
        raise ConfigurationError(
            f"cannot be read: {reason}", where=str(env_file), todo=todo
        ) from None
