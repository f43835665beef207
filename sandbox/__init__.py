"""A local Instantly API with invented workspaces whose true effects are known.

    specs ─▶ worlds ─▶ world ─▶ campaign ─▶ simulate      what happens, mail by mail
                                     └────▶ reports       what the API would count
    app (gate, faults, requestlog) ─▶ entities            what the API would answer
    control                                               time, changes, faults, truth

It is a server and not a patched client library, so that whatever reads the API can be tested as it
is: its pacing, its cursors, its patience. Nothing of the product imports it but the command, the
demo and the tests, and it imports nothing of the product.

    from sandbox import Sandbox

    with Sandbox(world="demo", seed=1) as api:
        print(api.url, api.key)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.gate import RateLimit
    from sandbox.server import Sandbox, serve

__all__ = ["RateLimit", "Sandbox", "serve"]


def __getattr__(name: str) -> Any:
    """Import the server when it is asked for: `import sandbox` stays cheap."""
    if name not in __all__:
        raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
    from sandbox import gate, server

    return getattr(gate if name == "RateLimit" else server, name)
