with counted as (
    select
        workspace_id,
        campaign_id,
        step,
        campaign_name,
        is_deleted,
        open_tracking,
        link_tracking,
        auto_variant_trigger,
        count(case when is_attributed and is_current then variant end) as variants,
        {{ unknown_counts() }},
        {{ known_sums(engagement_counts() + tracked_count_names(), "variant") }}
    from {{ ref("variant_performance") }}
    group by
        workspace_id,
        campaign_id,
        step,
        campaign_name,
        is_deleted,
        open_tracking,
        link_tracking,
        auto_variant_trigger
)

select
    workspace_id,
    campaign_id,
    step,
    campaign_name,
    {{ step_number() }} as step_number,
    step >= 0 as is_attributed,
    variants,
    is_deleted,
    open_tracking,
    link_tracking,
    auto_variant_trigger,
    {{ performance_measures() }}
from counted
