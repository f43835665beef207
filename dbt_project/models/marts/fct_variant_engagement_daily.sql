{%- set key = ["workspace_id", "campaign_id", "step", "variant", "date"] -%}
with days as (
    select *
    from {{ ref("int_variant_day_observations") }}
    where is_standing
),

described as (
    select
        tracking.open_tracking,
        tracking.link_tracking,
        copies.copy_version,
        days.*
    from days
    left join {{ ref("int_campaign_tracking") }} as tracking
        on
            days.workspace_id = tracking.workspace_id
            and days.campaign_id = tracking.campaign_id
            and days.date >= tracking.days_from
            and days.date < tracking.days_before
    left join {{ ref("int_copy_versions") }} as copies
        on
            days.workspace_id = copies.workspace_id
            and days.campaign_id = copies.campaign_id
            and days.step = copies.step
            and days.variant = copies.variant
            and days.date >= copies.days_from
            and days.date < copies.days_before
),

tracked as (
    select
        described.*,
        {{ tracked_counts() }}
    from described
)

select
    {{ key | join(",\n    ") }},
    {{ step_number() }} as step_number,
    {{ variant_label() }} as variant_label,
    {{ is_attributed() }} as is_attributed,
    copy_version,
    open_tracking,
    link_tracking,
    {{ engagement_counts() | join(",\n    ") }},
    {{ rates_with_intervals(engagement_rates()) }},
    observed_at
from tracked
