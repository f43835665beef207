{#-
  `edits`: the days on which a text may have changed, from the last look at the old one to the first
  at the new one. What went out then, and what came in, belongs to neither.
-#}
{%- set position = ["workspace_id", "campaign_id", "step", "variant"] -%}
with days as (
    select *
    from {{ ref("int_variant_day_observations") }}
    where is_standing and {{ is_attributed() }}
),

copies as (
    select *
    from {{ ref("int_copy_versions") }}
),

listings as (
    select
        workspace_id,
        observed_at
    from {{ ref("stg_instantly__sync_runs") }}
    where table_name = 'campaign_variants' and status = 'ok'
),

edits as (
    select
        {{ columns_of("copies", position) }},
        copies.days_from as last_day,
        coalesce(cast(max(listings.observed_at) as date), copies.days_from) as first_day
    from copies
    left join listings
        on
            copies.workspace_id = listings.workspace_id
            and copies.valid_from_at > listings.observed_at
    where copies.copy_version > 1
    group by {{ columns_of("copies", position) }}, copies.days_from
)

select
    {{ columns_of("days", position) }},
    coalesce(copies.copy_version, 1) as copy_version,
    days.date,
    {{ columns_of("days", judged_counts()) }}
from days
left join copies
    on
        days.workspace_id = copies.workspace_id
        and days.campaign_id = copies.campaign_id
        and days.step = copies.step
        and days.variant = copies.variant
        and days.date >= copies.days_from
        and days.date < copies.days_before
left join edits
    on
        days.workspace_id = edits.workspace_id
        and days.campaign_id = edits.campaign_id
        and days.step = edits.step
        and days.variant = edits.variant
        and days.date >= edits.first_day
        and days.date <= edits.last_day
where edits.workspace_id is null
