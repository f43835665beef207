"""Every operation that reads data, one module per family.

Left out are live checks and computed answers, which no warehouse asks for: export, tracking-domain
and vitals tests, reply classification, address verification, OAuth sessions, lead searches.
"""

from __future__ import annotations

from sandbox.answers import Operation
from sandbox.entities import (
    accounts,
    campaigns,
    daily_life,
    emails,
    lead_lists,
    leads,
    placement,
    purchases,
    subsequences,
    tags,
    webhooks,
    workspaces,
)

_FAMILIES = (
    campaigns,
    workspaces,
    subsequences,
    accounts,
    tags,
    leads,
    lead_lists,
    emails,
    placement,
    webhooks,
    daily_life,
    purchases,
)
OPERATIONS: tuple[Operation, ...] = tuple(
    operation for family in _FAMILIES for operation in family.OPERATIONS
)
