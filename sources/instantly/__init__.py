"""Instantly.ai, API v2, as a dlt source.

    workspaces                  workspace                                   versions
    workspace_members           member of a workspace                       versions
    campaigns                   campaign                                    versions
    campaign_variants           campaign × step × variant, with its copy    versions
    campaign_analytics          campaign, lifetime                          observations
    campaign_analytics_daily    campaign × day                              observations
    step_analytics              campaign × step × variant, lifetime         observations
    step_analytics_daily        campaign × step × variant × day             observations
    workspace_group_members     link of an admin to a sub-workspace         versions

*Versions* are slowly changing dimensions (SCD2): every version of a row with `_dlt_valid_from` and
`_dlt_valid_to`; a row that vanished from a complete listing is closed, never deleted.
*Observations* keep every distinct answer of a report with its `observed_at`, because the API
restates its past. Every row carries its `workspace_id`.

    feed = Feed(readers, Reads(tables=select_tables("core")), history)
    feed.contact()                # who is who; nothing is written before that is known
    pipeline.run(instantly_source(feed), loader_file_format="parquet")
    feed.readings                 # per workspace and table: how it went
"""

from sources.instantly.conversation.client import Client, Patience
from sources.instantly.endpoints import BY_TABLE, ENDPOINTS, Endpoint, Load, Tier, select_tables
from sources.instantly.reading.agency import sub_workspaces
from sources.instantly.reading.feed import Feed
from sources.instantly.reading.history import History
from sources.instantly.reading.window import Reads
from sources.instantly.reading.workspace import Reading, WorkspaceReader
from sources.instantly.source import instantly_source

__all__ = [
    "BY_TABLE",
    "ENDPOINTS",
    "Client",
    "Endpoint",
    "Feed",
    "History",
    "Load",
    "Patience",
    "Reading",
    "Reads",
    "Tier",
    "WorkspaceReader",
    "instantly_source",
    "select_tables",
    "sub_workspaces",
]
