{%- set key = ["workspace_id", "campaign_id", "step"] -%}
with listed as (
    select *
    from (
        select
            copies.*,
            row_number() over (
                partition by {{ key | join(", ") }}
                order by
                    case when is_current then 0 else 1 end asc,
                    valid_to_at desc nulls last,
                    variant asc nulls last
            ) as recency
        from {{ ref("int_copy_versions") }} as copies
    ) as ranked
    where recency = 1
),

positions as (
    select
        {{ key | join(", ") }},
        count(case when is_current then variant end) as variants
    from {{ ref("int_variant_lifetime") }}
    group by {{ key | join(", ") }}
)

select
    positions.workspace_id,
    positions.campaign_id,
    positions.step,
    {{ step_number("positions.step") }} as step_number,
    positions.step >= 0 as is_attributed,
    listed.step_type,
    listed.delay,
    listed.delay_unit,
    listed.pre_delay,
    listed.pre_delay_unit,
    positions.variants,
    coalesce(listed.is_current, false) as is_current
from positions
left join listed
    on
        positions.workspace_id = listed.workspace_id
        and positions.campaign_id = listed.campaign_id
        and positions.step = listed.step
