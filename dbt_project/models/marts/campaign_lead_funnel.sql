{#- `loaded`: workspaces whose leads were read; elsewhere the stages are unknown, not zero. -#}
with loaded as (
    select distinct workspace_id
    from {{ ref("dim_leads") }}
),

counted as (
    select
        workspace_id,
        campaign_id,
        {{ counted_stages() }}
    from {{ ref("dim_leads") }}
    where campaign_id is not null
    group by workspace_id, campaign_id
),

known as (
    select
        workspace_id,
        campaign_id
    from {{ ref("int_campaigns") }}
    union distinct
    select
        workspace_id,
        campaign_id
    from counted
),

described as (
    select
        known.workspace_id,
        known.campaign_id,
        campaigns.campaign_name,
        campaigns.owner_user_id,
        coalesce(campaigns.is_deleted, false) as is_deleted,
        campaigns.open_tracking,
        campaigns.link_tracking,
        {{ zero_where(
            "counted.campaign_id is null and loaded.workspace_id is not null",
            funnel_stages(),
            "counted",
        ) }}
    from known
    left join {{ ref("int_campaigns") }} as campaigns
        on
            known.workspace_id = campaigns.workspace_id
            and known.campaign_id = campaigns.campaign_id
    left join counted
        on
            known.workspace_id = counted.workspace_id
            and known.campaign_id = counted.campaign_id
    left join loaded
        on known.workspace_id = loaded.workspace_id
),

tracked as (
    select
        described.*,
        {{ tracked_leads() }}
    from described
)

select
    workspace_id,
    campaign_id,
    campaign_name,
    owner_user_id,
    is_deleted,
    open_tracking,
    link_tracking,
    {{ funnel_stages() | join(",\n    ") }},
    {{ tracked_lead_names() | join(",\n    ") }},
    {{ rates_with_intervals(funnel_rates()) }}
from tracked
