"""The settings on who is told when a run ends badly: a command, an address, and on what occasions.

    environment, .env ──> NotifySettings (part of Settings) ──> pipelines.notify

They can also be read alone: a night on which another setting is wrong is one somebody has to hear
of. The address counts as a key, since whoever has it can write into the chat behind it.
"""

from __future__ import annotations

import shlex
from enum import Enum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from pipelines.setting_values import LOOPBACK, setting, web_address


class Occasion(Enum):
    """What can be worth a message, the gravest first."""

    FAILURE = "failure"
    PARTIAL = "partial"
    MASS_DELETE = "mass_delete"
    RESTATEMENT = "restatement"
    SUCCESS = "success"


OCCASIONS = ", ".join(occasion.value for occasion in Occasion)


def _words(text: Any) -> Any:
    """`notify --to "on call"` as its three words; no shell, so no pipes and no variables."""
    if not isinstance(text, str):
        return text
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise ValueError("opens a quotation mark and does not close it") from None


def _hook(value: Any) -> Any:
    """An address to POST to; https unless the host is this machine."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str):
        parts = web_address(text.strip())
        if parts.username or parts.password:
            raise ValueError("holds a name or password; use an address with a token in its path")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("would send unencrypted; http is for this machine only")
        return text.strip()
    return value


def _occasions(text: str) -> str:
    if not _names(text):
        raise ValueError("names nothing")
    for name in _names(text):
        if name not in {occasion.value for occasion in Occasion}:
            raise ValueError(f"names {name!r}; there are {OCCASIONS}")
    return text


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
HookUrl = Annotated[SecretStr, BeforeValidator(_hook)]
Occasions = Annotated[str, AfterValidator(_occasions)]


class NotifySettings(BaseSettings):
    """Whom to tell; docs/operations.md shows what they are told."""

    notify_command: Words = setting(
        (), "NOTIFY_COMMAND", "a program and its arguments", "/usr/local/bin/tell-on-call --night"
    )
    notify_url: HookUrl | None = setting(
        None,
        "NOTIFY_URL",
        "an https address, or http on this machine",
        "https://hooks.example.com/services/…",
    )
    notify_on: Occasions = setting(
        "failure,partial,restatement,mass_delete",
        "NOTIFY_ON",
        f"names with commas between them, out of {OCCASIONS}",
        "failure,partial,restatement,mass_delete",
    )

    @property
    def occasions(self) -> frozenset[Occasion]:
        """The occasions on which somebody is told."""
        return frozenset(map(Occasion, _names(self.notify_on)))

    @property
    def tells_somebody(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self.notify_command or self.notify_url)


def host_of(url: SecretStr) -> str:
    """The part of the address that is no secret."""
    return urlsplit(url.get_secret_value()).netloc
