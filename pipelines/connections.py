"""Conversations with the API, made of the settings: one per key, closed when nobody needs them.

Settings ─→ connected(…) ─→ sources.instantly.Client
"""

from __future__ import annotations

from contextlib import ExitStack
from importlib.metadata import version

from pydantic import SecretStr

from pipelines.settings import Settings
from pipelines.warehouse_file import PRODUCT
from sources.instantly import Client, Patience

RETRY_SECONDS = 900.0


def connected(
    connections: ExitStack,
    settings: Settings,
    key: SecretStr,
    acting_as: str | None = None,
    *,
    retry_seconds: float = RETRY_SECONDS,
) -> Client:
    """A conversation that ends with `connections`.

    Args:
        connections: closes it.
        settings: address and pace.
        key: of the workspace, or of the admin workspace.
        acting_as: id of the sub-workspace to act on.
        retry_seconds: as in `Patience`.
    """
    client = Client(
        settings.base_url,
        key.get_secret_value(),
        user_agent=f"{PRODUCT}/{version(PRODUCT)}",
        patience=Patience(
            requests_per_minute=settings.requests_per_minute, retry_seconds=retry_seconds
        ),
        as_workspace=acting_as,
    )
    connections.callback(client.close)
    return client
