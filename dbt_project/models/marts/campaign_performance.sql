with counted as (
    select
        campaigns.campaign_name,
        campaigns.status,
        campaigns.owner_user_id,
        campaigns.is_deleted,
        campaigns.auto_variant_trigger,
        lifetime.*
    from {{ ref("int_campaigns") }} as campaigns
    inner join {{ ref("int_campaign_lifetime") }} as lifetime
        on
            campaigns.workspace_id = lifetime.workspace_id
            and campaigns.campaign_id = lifetime.campaign_id
),

tracked as (
    select
        counted.*,
        {{ tracked_counts() }}
    from counted
)

select
    workspace_id,
    campaign_id,
    campaign_name,
    status,
    {{ campaign_status_name("status") }} as status_name,
    owner_user_id,
    is_deleted,
    open_tracking,
    link_tracking,
    auto_variant_trigger,
    {{ performance_measures() }}
from tracked
