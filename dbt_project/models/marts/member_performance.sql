with members as (
    select *
    from (
        select
            dim_members.*,
            row_number() over (
                partition by workspace_id, user_id
                order by
                    case when is_deleted then 1 else 0 end asc,
                    deleted_at desc nulls last,
                    member_id asc nulls last
            ) as recency
        from {{ ref("dim_members") }} as dim_members
    ) as ranked
    where recency = 1
),

campaigns as (
    select
        campaign_performance.*,
        coalesce(owner_user_id, 'unowned') as user_id
    from {{ ref("campaign_performance") }} as campaign_performance
),

users as (
    select
        workspace_id,
        user_id
    from members
    union distinct
    select
        workspace_id,
        user_id
    from campaigns
),

counted as (
    select
        users.workspace_id,
        users.user_id,
        count(campaigns.campaign_id) as campaigns,
        {{ known_sums(
            performance_counts() + tracked_count_names(), "campaigns.campaign_id", "campaigns",
        ) }}
    from users
    left join campaigns
        on users.workspace_id = campaigns.workspace_id and users.user_id = campaigns.user_id
    group by users.workspace_id, users.user_id
),

named as (
    select
        members.member_id,
        members.email,
        members.role,
        counted.user_id <> 'unowned' and coalesce(members.is_deleted, true) as is_deleted,
        counted.*
    from counted
    left join members
        on counted.workspace_id = members.workspace_id and counted.user_id = members.user_id
)

select
    workspace_id,
    user_id,
    member_id,
    email,
    role,
    campaigns,
    is_deleted,
    {{ performance_measures() }}
from named
