"""Who a client is: a workspace, or a tag inside one, and nothing that only resembles them.

    --client ACME ─┬─ id or name of a workspace ──> all its campaigns
                   └─ id or label of a tag      ──> the campaigns that carry it, in that workspace

A workspace comes first. Names are compared whole, whatever their case: `report --campaign` takes a
part of a name, but what it shows goes to nobody, and `acme` must not send Acme the campaigns of
Acme Labs. One label in two workspaces is two clients that share a word, so it is refused with both
ids; putting them together would mix what two keys keep apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipelines.errors import ConfigurationError
from pipelines.report import TAGS
from pipelines.text import one_line
from pipelines.warehouse_file import has_table

if TYPE_CHECKING:
    import duckdb

MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Client:
    """A workspace or a tag; `campaigns` is the condition that every question carries."""

    kind: Literal["workspace", "tag"]
    workspace_id: str
    identity: str
    name: str

    @property
    def campaigns(self) -> str:
        """A condition on the columns `workspace_id` and `campaign_id`; its values are `values`."""
        if self.kind == "workspace":
            return "workspace_id = $workspace_id and $identity = $workspace_id"
        tagged = f"select campaign_id from {TAGS} where workspace_id = $workspace_id"  # noqa: S608 a constant
        return f"workspace_id = $workspace_id and campaign_id in ({tagged} and tag_id = $identity)"

    @property
    def values(self) -> dict[str, Any]:
        """The values of `campaigns`, by name."""
        return {"workspace_id": self.workspace_id, "identity": self.identity}


def rows_of(
    connection: duckdb.DuckDBPyConnection, client: Client, sql: str, **more: Any
) -> list[dict[str, Any]]:
    """The rows of a question about a client, by the marts' own names.

    `sql` carries the client's condition; `more` are values besides those of it.
    """
    found = connection.execute(sql, {**client.values, **more})
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def find_client(connection: duckdb.DuckDBPyConnection, wanted: str) -> Client:
    """The one client of that id or name.

    Raises:
        ConfigurationError: nobody has it, or several do; the names and ids there are stand in it.
    """
    workspaces, tags = _workspaces(connection), _tags(connection)
    for candidates in (workspaces, tags):
        by_id = [client for client in candidates if client.identity == wanted]
        named = [c for c in candidates if c.name.casefold() == one_line(wanted).casefold()]
        if found := by_id or named:
            return _only(found, wanted)
    raise ConfigurationError(
        f"no client {one_line(wanted)!r}",
        where="--client",
        todo=f"write a workspace ({_names(workspaces)}) or a tag ({_names(tags)})",
    )


def _workspaces(connection: duckdb.DuckDBPyConnection) -> list[Client]:
    found = connection.execute(
        "select workspace_id, workspace_name from dim_workspaces order by workspace_name nulls last"
    )
    return [Client("workspace", id_, id_, one_line(name or id_)) for id_, name in found.fetchall()]


def _tags(connection: duckdb.DuckDBPyConnection) -> list[Client]:
    """Tags that campaigns carry; none where tags are not loaded."""
    if not has_table(connection, "instantly", TAGS):
        return []
    found = connection.execute(
        f"select distinct workspace_id, tag_id, tag from {TAGS} order by tag, tag_id, workspace_id"  # noqa: S608 a constant
    )
    return [Client("tag", space, id_, one_line(tag or id_)) for space, id_, tag in found.fetchall()]


def _only(found: list[Client], wanted: str) -> Client:
    if len(found) == 1:
        return found[0]
    places = [f"{client.name} in workspace {client.workspace_id}" for client in found]
    if found[0].kind == "workspace":
        places = [client.name for client in found]
    ids = "; ".join(
        f"{client.identity} ({place})" for client, place in zip(found, places, strict=True)
    )
    what = f"{len(found)} {found[0].kind}s are called {one_line(wanted)!r}"
    raise ConfigurationError(what, where="--client", todo=f"write the id of one of them: {ids}")


def _names(clients: list[Client]) -> str:
    """Each name once; the first dozen of many."""
    names = list(dict.fromkeys(client.name for client in clients))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ("; ".join(names[:MOST_NAMES]) + more) if names else "there is none"
