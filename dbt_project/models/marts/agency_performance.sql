with summed as (
    select
        count(*) as workspaces,
        {{ as_bigint("coalesce(sum(campaigns), 0)") }} as campaigns,
        {{ known_sums(performance_counts() + tracked_count_names(), "workspace_id") }}
    from {{ ref("workspace_performance") }}
)

select
    workspaces,
    campaigns,
    {{ performance_measures() }}
from summed
