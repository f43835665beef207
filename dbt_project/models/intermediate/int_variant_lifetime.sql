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

{{ lifetime_of_positions(key, engagement_counts()) }}
