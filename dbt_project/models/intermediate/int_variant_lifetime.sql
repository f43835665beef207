{%- set key = ["workspace_id", "campaign_id", "step", "variant"] -%}
with reported as (
    {{ newest_observation(ref("stg_instantly__step_analytics"), key) }}
),

copies as (
    select *
    from {{ ref("int_copy_versions") }}
    where is_last
),

positions as (
    select
        {{ key | join(",\n        ") }},
        max(has_days) as has_days
    from (
        select {{ key | join(", ") }}, 0 as has_days from reported
        union all
        select {{ key | join(", ") }}, 0 as has_days from copies
        union all
        select {{ key | join(", ") }}, 1 as has_days
        from {{ ref("stg_instantly__step_analytics_daily") }}
    ) as known
    group by {{ key | join(", ") }}
)

select
    positions.workspace_id,
    positions.campaign_id,
    positions.step,
    positions.variant,
    copies.copy_version,
    coalesce(copies.copy_versions, 0) as copy_versions,
    copies.copy_hash,
    copies.subject,
    copies.body,
    coalesce(copies.is_current, false) as is_current,
    copies.is_disabled,
    reported.observed_at,
    {{ zero_where(
        "reported.observed_at is null and positions.has_days = 0", engagement_counts(), "reported",
    ) }}
from positions
left join reported
    on
        positions.workspace_id = reported.workspace_id
        and positions.campaign_id = reported.campaign_id
        and positions.step = reported.step
        and positions.variant = reported.variant
left join copies
    on
        positions.workspace_id = copies.workspace_id
        and positions.campaign_id = copies.campaign_id
        and positions.step = copies.step
        and positions.variant = copies.variant
