with states as (
    select
        workspace_id,
        campaign_id,
        open_tracking,
        link_tracking,
        valid_from_at,
        valid_to_at,
        case when open_tracking then 'on' when not open_tracking then 'off' else 'unknown' end
        || '/'
        || case when link_tracking then 'on' when not link_tracking then 'off' else 'unknown' end
            as tracking_state
    from {{ ref("stg_instantly__campaigns") }}
),

stretched as (
    {{ stretches("states", ["workspace_id", "campaign_id"], "tracking_state") }}
)

select
    workspace_id,
    campaign_id,
    stretch,
    open_tracking,
    link_tracking,
    starts_at,
    days_from,
    days_before
from stretched
