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
),

lists as (
    select
        workspace_id,
        owner_user_id,
        count(*) as lead_lists_owned
    from (
        {{ last_version(ref("stg_instantly__lead_lists"), ["workspace_id", "list_id"]) }}
    ) as listed
    group by workspace_id, owner_user_id
),

leads as (
    select
        workspace_id,
        assigned_to_user_id,
        count(*) as leads_assigned
    from {{ ref("stg_instantly__leads") }}
    where deleted_at is null
    group by workspace_id, assigned_to_user_id
),

accounts as (
    select
        workspace_id,
        owner_user_id,
        count(*) as accounts_added
    from {{ ref("int_accounts") }}
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
    coalesce(lists.lead_lists_owned, 0) as lead_lists_owned,
    coalesce(leads.leads_assigned, 0) as leads_assigned,
    coalesce(accounts.accounts_added, 0) as accounts_added,
    members.created_at,
    members.valid_to_at as deleted_at,
    members.valid_to_at is not null as is_deleted
from members
left join owned
    on members.workspace_id = owned.workspace_id and members.user_id = owned.owner_user_id
left join lists
    on members.workspace_id = lists.workspace_id and members.user_id = lists.owner_user_id
left join leads
    on members.workspace_id = leads.workspace_id and members.user_id = leads.assigned_to_user_id
left join accounts
    on members.workspace_id = accounts.workspace_id and members.user_id = accounts.owner_user_id
