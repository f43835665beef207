with positions as (
    select
        workspace_id,
        campaign_id,
        count(distinct step) as steps,
        count(*) as variants
    from {{ ref("int_copy_versions") }}
    where is_current
    group by workspace_id, campaign_id
)

select
    campaigns.workspace_id,
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.status,
    {{ campaign_status_name("campaigns.status") }} as status_name,
    campaigns.open_tracking,
    campaigns.link_tracking,
    campaigns.auto_variant_trigger,
    campaigns.owner_user_id,
    campaigns.is_evergreen,
    campaigns.is_text_only,
    campaigns.is_stopped_on_reply,
    campaigns.daily_limit,
    coalesce(positions.steps, 0) as steps,
    coalesce(positions.variants, 0) as variants,
    campaigns.created_at,
    campaigns.updated_at,
    campaigns.first_seen_at,
    campaigns.deleted_at,
    campaigns.is_deleted
from {{ ref("int_campaigns") }} as campaigns
left join positions
    on
        campaigns.workspace_id = positions.workspace_id
        and campaigns.campaign_id = positions.campaign_id
