with summed as (
    select
        workspaces.workspace_id,
        workspaces.workspace_name,
        workspaces.is_deleted,
        count(campaigns.campaign_id) as campaigns,
        {{ known_sums(
            performance_counts() + tracked_count_names(), "campaigns.campaign_id", "campaigns",
        ) }}
    from {{ ref("dim_workspaces") }} as workspaces
    left join {{ ref("campaign_performance") }} as campaigns
        on workspaces.workspace_id = campaigns.workspace_id
    group by workspaces.workspace_id, workspaces.workspace_name, workspaces.is_deleted
)

select
    workspace_id,
    workspace_name,
    campaigns,
    is_deleted,
    {{ performance_measures() }}
from summed
