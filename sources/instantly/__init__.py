"""Instantly.ai, API v2, as a dlt source.

    workspaces                    workspace
    workspace_members             member of a workspace
    campaigns                     campaign
    campaign_variants             campaign × step × variant, with its copy
    campaign_analytics            campaign, lifetime
    campaign_analytics_daily      campaign × day
    step_analytics                campaign × step × variant, lifetime
    step_analytics_daily          campaign × step × variant × day
    subsequences                  subsequence of a campaign
    subsequence_variants          subsequence × step × variant, with its copy
    subsequence_analytics         subsequence, lifetime
    subsequence_step_analytics    subsequence × step × variant, lifetime
    accounts                      sending account
    account_analytics_daily       account × day
    account_campaign_mappings     account × campaign that uses it
    custom_tags                   tag
    custom_tag_mappings           tag on an account or campaign
    emails                        e-mail sent or received
    lead_lists                    lead list
    lead_list_verification_stats  lead list, with its verification counts
    lead_labels                   interest label
    leads                         lead: one address in one campaign or list
    warmup_analytics              account × day of warmup
    warmup_totals                 account, warmup of the last days
    campaign_sending_status       campaign, why it does or does not send
    subsequence_sending_status    subsequence, why it does or does not send
    block_list_entries            address or domain that is never written to
    inbox_placement_tests         inbox-placement test
    inbox_placement_test_totals   inbox-placement test, lifetime
    inbox_placement_daily         inbox-placement test × day
    inbox_placement_insights      inbox-placement test × provider of sender × of recipient
    inbox_placement_analytics     seed mail of an inbox-placement test, sent or received
    inbox_placement_reports       report on a sending domain of an inbox-placement test
    webhooks                      webhook
    webhook_events                delivery to a webhook
    background_jobs               background job
    audit_logs                    action of a user or key
    workspace_group_members       link between an admin workspace and a sub-workspace
    workspace_plans               workspace, with what it pays for
    workspace_subscriptions       subscription of a workspace
    supersearch_enrichments       lead list, with how it is enriched
    dfy_orders                    ordered domain
    dfy_accounts                  ordered mailbox
    phone_numbers                 rented phone number

*Versions* are slowly changing dimensions (SCD2): every version of a row with `_dlt_valid_from` and
`_dlt_valid_to`; a row that vanished from a complete listing is closed, never deleted.
*Observations* keep every distinct answer of a report with its `observed_at`, because the API
restates its past. *Rows* are kept as last read, a vanished one with its `deleted_at`. Every row of
every table carries its `workspace_id`. Which table is kept how stands in `endpoints`.

    feed = Feed(readers, Reads(tables=select_tables("core")), history)
    feed.contact()                # who is who; nothing is written before that is known
    pipeline.run(instantly_source(feed), loader_file_format="parquet")
    feed.readings                 # per workspace and table: how it went
"""

from sources.instantly.conversation.client import Client, Patience
from sources.instantly.endpoint import Endpoint, Load, Tier
from sources.instantly.endpoints import BY_TABLE, ENDPOINTS, select_tables
from sources.instantly.reading.agency import sub_workspaces
from sources.instantly.reading.discretion import DiscreetHistory, Discretion
from sources.instantly.reading.feed import Feed
from sources.instantly.reading.history import History
from sources.instantly.reading.window import Reads
from sources.instantly.reading.workspace import Reading, WorkspaceReader
from sources.instantly.source import instantly_source

__all__ = [
    "BY_TABLE",
    "ENDPOINTS",
    "Client",
    "DiscreetHistory",
    "Discretion",
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
