with listed as (
    {{ last_version(ref("stg_instantly__workspaces"), ["workspace_id"]) }}
),

campaigns as (
    select
        workspace_id,
        count(*) as campaigns
    from {{ ref("int_campaigns") }}
    group by workspace_id
),

known as (
    select workspace_id from listed
    union distinct
    select workspace_id from campaigns
    union distinct
    select workspace_id from {{ ref("stg_instantly__workspace_members") }}
)

select
    known.workspace_id,
    listed.workspace_name,
    listed.owner_user_id,
    listed.plan_id,
    listed.default_opportunity_value,
    coalesce(campaigns.campaigns, 0) as campaigns,
    listed.created_at,
    listed.workspace_id is null or listed.valid_to_at is not null as is_deleted
from known
left join listed on known.workspace_id = listed.workspace_id
left join campaigns on known.workspace_id = campaigns.workspace_id
