{%- set key = ["workspace_id", "campaign_id", "date"] -%}
with days as (
    select *
    from {{ ref("int_campaign_day_observations") }}
    where is_standing
),

described as (
    select
        tracking.open_tracking,
        tracking.link_tracking,
        days.*
    from days
    left join {{ ref("int_campaign_tracking") }} as tracking
        on
            days.workspace_id = tracking.workspace_id
            and days.campaign_id = tracking.campaign_id
            and days.date >= tracking.days_from
            and days.date < tracking.days_before
),

tracked as (
    select
        described.*,
        {{ tracked_counts() }}
    from described
)

select
    {{ key | join(",\n    ") }},
    open_tracking,
    link_tracking,
    {{ campaign_day_counts() | join(",\n    ") }},
    {{ rates_with_intervals(engagement_rates()) }},
    observed_at
from tracked
