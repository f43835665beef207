"""An agency's admin key: which sub-workspaces it may act on.

    admin key ── /workspace-group-members ──→ accepted links ──→ ids for `x-as-workspace`

The API has no list of workspaces and one key opens one workspace (quirk D36); the links of an admin
workspace to its sub-workspaces are the only way to find them. Invitations that were not accepted
open nothing and are left out.
"""

from collections.abc import Collection
from itertools import chain

from sources.instantly.conversation.client import Client
from sources.instantly.conversation.paging import elements
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.errors import UnknownWorkspace

ALL = "all"


def sub_workspaces(client: Client, wanted: Collection[str]) -> list[str]:
    """Ids of the sub-workspaces to read, in the order of the API.

    Args:
        client: the conversation with the admin workspace.
        wanted: ids or names of sub-workspaces, or `all`.

    Raises:
        UnknownWorkspace: a wanted one is not linked, or has not accepted.
        InstantlyError: the links cannot be read, for instance because the key lacks the scope.
    """
    links = chain.from_iterable(elements(client, BY_TABLE["workspace_group_members"]))
    accepted = {
        link["sub_workspace_id"]: link.get("sub_workspace_name")
        for link in links
        if link.get("status") == "accepted"
    }
    if ALL in wanted:
        return list(accepted)
    unknown = set(wanted) - accepted.keys() - set(accepted.values())
    if unknown:
        known = ", ".join(f"{name} ({id_})" for id_, name in accepted.items()) or "none"
        raise UnknownWorkspace(
            f"INSTANTLY_SUB_WORKSPACES: {', '.join(sorted(unknown))} is no sub-workspace of this "
            f"key; it may act on {known}"
        )
    return [id_ for id_, name in accepted.items() if {id_, name} & set(wanted)]
