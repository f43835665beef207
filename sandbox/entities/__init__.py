"""Every readable operation of the API, one module per family; order decides between routes."""

from __future__ import annotations

from sandbox.answers import Operation
from sandbox.entities import campaigns, workspaces

OPERATIONS: tuple[Operation, ...] = (
    *campaigns.OPERATIONS,
    *workspaces.OPERATIONS,
)
