{#- The days of an edit, what went out then and what came in, belong to neither text. -#}
{%- set position = ["workspace_id", "campaign_id", "step", "variant"] -%}
with days as (
    select *
    from {{ ref("int_variant_day_observations") }}
    where is_standing and {{ is_attributed() }}
)

select
    {{ columns_of("days", position) }},
    coalesce(copies.copy_version, 1) as copy_version,
    days.date,
    {{ columns_of("days", judged_counts()) }}
from days
left join {{ ref("int_copy_versions") }} as copies
    on
        days.workspace_id = copies.workspace_id
        and days.campaign_id = copies.campaign_id
        and days.step = copies.step
        and days.variant = copies.variant
        and days.date >= copies.days_from
        and days.date < copies.days_before
left join {{ ref("int_copy_edits") }} as edits
    on
        days.workspace_id = edits.workspace_id
        and days.campaign_id = edits.campaign_id
        and days.step = edits.step
        and days.variant = edits.variant
        and days.date >= cast(edits.unclear_from_at as date)
        and days.date <= cast(edits.valid_from_at as date)
where edits.workspace_id is null
