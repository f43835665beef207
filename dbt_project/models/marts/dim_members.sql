with members as (
    {{ last_version(ref("stg_instantly__workspace_members"), ["workspace_id", "member_id"]) }}
),

owned as (
    select
        workspace_id,
        owner_user_id,
        count(*) as campaigns_owned
    from {{ ref("int_campaigns") }}
    group by workspace_id, owner_user_id
)

select
    members.workspace_id,
    members.member_id,
    members.user_id,
    members.email,
    members.first_name,
    members.last_name,
    members.role,
    members.is_accepted,
    coalesce(owned.campaigns_owned, 0) as campaigns_owned,
    members.created_at,
    members.valid_to_at as deleted_at,
    members.valid_to_at is not null as is_deleted
from members
left join owned
    on members.workspace_id = owned.workspace_id and members.user_id = owned.owner_user_id
