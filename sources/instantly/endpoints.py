"""THE TABLE: everything that is read from the Instantly API, one row each.

Adding an entity is a row here, its schema in `schemas/`, a source line in dbt, a staging model.
Nothing else in this package knows a path or a key.

    an answer          rows under     one row per                       loads as
    ----------------   ------------   -------------------------------   -----------------------
    {items, cursor}    items          entity                            versions (SCD2)
    [ ... ]            the array      campaign, or a day of a campaign  observations
    { ... }            the object     workspace                         versions (SCD2)

The reports of a campaign (`parent=CAMPAIGN`) carry no campaign id (quirk C5), so each is asked
for one campaign at a time and the id is written into the rows. `reports.py` decides which of
those requests are worth making; the listings are simply walked.

Refused: one hand-written function per endpoint (a fifth cursor bug hides in the fifth copy), and
dlt's `rest_api` dictionary (it cannot say "only the days that moved", and its envelope handling
turns `{"items": null}` into an empty load).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sources.instantly.errors import UnknownTable
from sources.instantly.shaping import rows as shape

Row = dict[str, Any]


class Tier(Enum):
    """What a table is for; the unit in which tables are selected."""

    CORE = "core"
    PEOPLE = "people"
    OPERATIONS = "operations"


class Answer(Enum):
    """The envelope in which the rows arrive (quirk B1)."""

    PAGES = "an object with `items` and a cursor"
    ARRAY = "a bare array"
    OBJECT = "one object"


class Load(Enum):
    """How a table keeps its history."""

    VERSIONS = "every version of a row, from when to when (SCD2); a vanished row is closed"
    OBSERVATIONS = "every distinct observation of a number, with the time it was seen"


@dataclass(frozen=True, slots=True)
class Parent:
    """The entity a request is made for: its id goes out as `param` and comes back as `column`."""

    table: str
    param: str
    column: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One table of the warehouse and the request that fills it.

    Attributes:
        table: name of the raw table.
        path: API path without the prefix `/api/v2`.
        entity: name of the schema in `schemas/`, the source of the column types.
        grain: what one row is, for people.
        key: columns that identify a row inside a workspace.
        tier: selection group.
        answer: envelope of the rows.
        load: how history is kept.
        scope: narrowest scope of the key, None where the API lists none.
        params: fixed query members.
        parent: asked once per row of another table.
        by_day: asked with start = end = one day, which becomes the column `date`.
        rows: turns one element of the answer into rows; by default the element is the row.
        added: columns that `rows` or the request add to the entity, with their JSON types.
        source: table whose answers this one is cut from, instead of requests of its own.
        moved_by: table whose change says that this report must be asked again.
        left_out: members that are not stored here, each with its reason.
    """

    table: str
    path: str
    entity: str
    grain: str
    key: tuple[str, ...]
    tier: Tier
    answer: Answer
    load: Load
    scope: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    parent: Parent | None = None
    by_day: bool = False
    rows: Callable[[Mapping[str, Any]], Iterator[Row]] = shape.as_it_is
    added: tuple[tuple[str, str], ...] = ()
    source: str | None = None
    moved_by: str | None = None
    left_out: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """A row that cannot be right cannot be built."""
        if not self.key:
            raise ValueError(f"{self.table}: a table needs a key")
        if not self.path.startswith("/"):
            raise ValueError(f"{self.table}: the path {self.path!r} must start with /")
        if self.parent and self.parent.column not in self.key:
            raise ValueError(f"{self.table}: rows of a parent need {self.parent.column} in the key")
        if self.by_day and (self.parent is None or "date" not in self.key):
            raise ValueError(f"{self.table}: one-day reports need a parent and `date` in the key")
        if self.parent and self.answer is Answer.PAGES:
            raise ValueError(f"{self.table}: no report per campaign is paged")
        if self.parent and not self.moved_by:
            raise ValueError(f"{self.table}: say which table's change makes it worth asking")

    @property
    def operation(self) -> str:
        """The request as a person would name it, for messages and counts."""
        return f"GET {self.path}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables without which this one cannot be read economically, or at all."""
        parent = self.parent.table if self.parent else None
        return tuple(table for table in (self.source, parent, self.moved_by) if table)


_CAMPAIGN = Parent(table="campaigns", param="campaign_id", column="campaign_id")
_POSITION = (("step", "integer"), ("variant", "integer"))
_STEP_SETTINGS = (
    ("type", "string"),
    ("delay", "number"),
    ("delay_unit", "string"),
    ("pre_delay", "number"),
    ("pre_delay_unit", "string"),
)
_WITH_OPPORTUNITIES = (("include_opportunities_count", "true"),)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        table="workspaces",
        path="/workspaces/current",
        entity="workspace",
        grain="workspace",
        key=("id",),
        tier=Tier.CORE,
        answer=Answer.OBJECT,
        load=Load.VERSIONS,
        scope="workspaces:read",
    ),
    Endpoint(
        table="workspace_members",
        path="/workspace-members",
        entity="workspace_member",
        grain="member of a workspace",
        key=("id",),
        tier=Tier.CORE,
        answer=Answer.PAGES,
        load=Load.VERSIONS,
        scope="workspace_members:read",
    ),
    Endpoint(
        table="campaigns",
        path="/campaigns",
        entity="campaign",
        grain="campaign",
        key=("id",),
        tier=Tier.CORE,
        answer=Answer.PAGES,
        load=Load.VERSIONS,
        scope="campaigns:read",
        left_out=(("sequences", "the copy is the table campaign_variants"),),
    ),
    Endpoint(
        table="campaign_variants",
        path="/campaigns",
        entity="sequence_variant",
        grain="campaign × step × variant, with its copy",
        key=("campaign_id", "step", "variant"),
        tier=Tier.CORE,
        answer=Answer.PAGES,
        load=Load.VERSIONS,
        scope="campaigns:read",
        rows=shape.copy_variants,
        added=(*_POSITION, *_STEP_SETTINGS, ("copy_hash", "string")),
        source="campaigns",
    ),
    Endpoint(
        table="campaign_analytics",
        path="/campaigns/analytics",
        entity="campaign_analytics",
        grain="campaign, lifetime",
        key=("campaign_id",),
        tier=Tier.CORE,
        answer=Answer.ARRAY,
        load=Load.OBSERVATIONS,
    ),
    Endpoint(
        table="campaign_analytics_daily",
        path="/campaigns/analytics/daily",
        entity="campaign_daily_point",
        grain="campaign × day",
        key=("campaign_id", "date"),
        tier=Tier.CORE,
        answer=Answer.ARRAY,
        load=Load.OBSERVATIONS,
        parent=_CAMPAIGN,
        moved_by="campaign_analytics",
    ),
    Endpoint(
        table="step_analytics",
        path="/campaigns/analytics/steps",
        entity="step_variant_analytics",
        grain="campaign × step × variant, lifetime",
        key=("campaign_id", "step", "variant"),
        tier=Tier.CORE,
        answer=Answer.ARRAY,
        load=Load.OBSERVATIONS,
        params=_WITH_OPPORTUNITIES,
        parent=_CAMPAIGN,
        rows=shape.step_and_variant,
        added=_POSITION,
        moved_by="campaign_analytics",
    ),
    Endpoint(
        table="step_analytics_daily",
        path="/campaigns/analytics/steps",
        entity="step_variant_analytics",
        grain="campaign × step × variant × day",
        key=("campaign_id", "step", "variant", "date"),
        tier=Tier.CORE,
        answer=Answer.ARRAY,
        load=Load.OBSERVATIONS,
        params=_WITH_OPPORTUNITIES,
        parent=_CAMPAIGN,
        by_day=True,
        rows=shape.step_and_variant,
        added=(*_POSITION, ("date", "date")),
        moved_by="campaign_analytics_daily",
    ),
    Endpoint(
        table="workspace_group_members",
        path="/workspace-group-members",
        entity="workspace_group_member",
        grain="link between an admin workspace and a sub-workspace",
        key=("id",),
        tier=Tier.OPERATIONS,
        answer=Answer.PAGES,
        load=Load.VERSIONS,
        scope="workspace_group_members:read",
    ),
)

BY_TABLE: Mapping[str, Endpoint] = {endpoint.table: endpoint for endpoint in ENDPOINTS}
"""The endpoint of each raw table."""


def select_tables(text: str) -> tuple[str, ...]:
    """The tables that a list of tiers and tables stands for, in the order of THE TABLE.

    Args:
        text: names with commas between them: tiers, tables, or `all`. Tables that a named one
            needs come with it.

    Raises:
        UnknownTable: a name is neither a tier nor a table.
    """
    chosen: set[str] = set()
    for name in (part.strip() for part in text.split(",") if part.strip()):
        chosen |= _named(name)
    return tuple(endpoint.table for endpoint in ENDPOINTS if endpoint.table in chosen)


def _named(name: str) -> set[str]:
    found = {
        endpoint.table
        for endpoint in ENDPOINTS
        if name in ("all", endpoint.tier.value, endpoint.table)
    }
    if not found:
        tiers = ", ".join(tier.value for tier in Tier)
        raise UnknownTable(
            f"{name!r} is no table and no tier; write all, a tier ({tiers}) or a table "
            f"({', '.join(BY_TABLE)})"
        )
    return found.union(*(_named(needed) for table in found for needed in BY_TABLE[table].needs))
