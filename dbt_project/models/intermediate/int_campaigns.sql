with listed as (
    {{ last_version(ref("stg_instantly__campaigns"), ["workspace_id", "campaign_id"]) }}
),

reported as (
    select
        workspace_id,
        campaign_id,
        campaign_name,
        status
    from (
        select
            totals.*,
            row_number() over (
                partition by workspace_id, campaign_id order by observed_at desc nulls last
            ) as recency
        from {{ ref("stg_instantly__campaign_analytics") }} as totals
    ) as ranked
    where recency = 1
),

known as (
    select
        workspace_id,
        campaign_id
    from listed
    union distinct
    select
        workspace_id,
        campaign_id
    from reported
    union distinct
    select
        workspace_id,
        campaign_id
    from {{ ref("stg_instantly__campaign_analytics_daily") }}
    union distinct
    select
        workspace_id,
        campaign_id
    from {{ ref("stg_instantly__step_analytics") }}
    union distinct
    select
        workspace_id,
        campaign_id
    from {{ ref("stg_instantly__step_analytics_daily") }}
    union distinct
    select
        workspace_id,
        campaign_id
    from {{ ref("stg_instantly__campaign_variants") }}
),

first_versions as (
    select
        workspace_id,
        campaign_id,
        min(valid_from_at) as first_seen_at
    from {{ ref("stg_instantly__campaigns") }}
    group by workspace_id, campaign_id
)

select
    known.workspace_id,
    known.campaign_id,
    coalesce(listed.campaign_name, reported.campaign_name) as campaign_name,
    coalesce(listed.status, reported.status) as status,
    listed.open_tracking,
    listed.link_tracking,
    listed.auto_variant_trigger,
    listed.owner_user_id,
    listed.is_evergreen,
    listed.is_text_only,
    listed.is_stopped_on_reply,
    listed.daily_limit,
    listed.created_at,
    listed.updated_at,
    first_versions.first_seen_at,
    listed.valid_to_at as deleted_at,
    listed.campaign_id is null or listed.valid_to_at is not null as is_deleted
from known
left join listed
    on known.workspace_id = listed.workspace_id and known.campaign_id = listed.campaign_id
left join reported
    on known.workspace_id = reported.workspace_id and known.campaign_id = reported.campaign_id
left join first_versions
    on
        known.workspace_id = first_versions.workspace_id
        and known.campaign_id = first_versions.campaign_id
