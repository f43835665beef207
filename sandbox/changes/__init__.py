"""What can happen to a world besides mail: people edit, platforms recount, things vanish.

A change takes effect at the world's present: mail that was sent before stays as it was. Kinds are
registered by name in three modules: what people do to campaigns, what the platform recounts, what
comes and goes in a workspace.
"""

from __future__ import annotations

from sandbox.changes import editing, furnishing, restating
from sandbox.changes.registry import CHANGES, apply

__all__ = ["CHANGES", "apply", "editing", "furnishing", "restating"]
