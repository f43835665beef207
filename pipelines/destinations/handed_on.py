"""One connection for all that dlt does in a load: how dlt's own classes come by it.

    destination ─ makes ─> RunClient ─ makes ─> RunSqlClient
         └──────── what is handed on, as attributes of both ────────┘

dlt asks a destination for the class of its client and builds client and SQL client itself, one for
every step and job; there is no other way to hand a connection on to all of them.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Handed:
    """A client of dlt's, before its own class in the order of bases.

    Attributes:
        sql_kind: the class of its SQL client.
        handed: names and values that the client and its SQL client have as attributes.
    """

    sql_kind: ClassVar[type]
    handed: ClassVar[dict[str, Any]]

    def __init__(self, schema: Any, config: Any, capabilities: Any) -> None:
        super().__init__(schema, config, capabilities)  # ty: ignore[too-many-positional-arguments]
        known: Any = self.sql_client
        own = type("RunSqlClient", (self.sql_kind,), self.handed)
        self.sql_client = own(
            known.dataset_name, known.staging_dataset_name, config.credentials, capabilities
        )


def destination_class(kind: Any, client: type[Handed], **handed: Any) -> Any:
    """A kind of dlt's destination, all of whose clients have what is handed on."""

    class RunDestination(kind):
        """dlt's, but for the class of its clients."""

        @property
        def client_class(self) -> type:
            return type("RunClient", (client,), {**handed, "handed": handed})

    return RunDestination
