with tags as (
    select
        workspace_id,
        account_email,
        {{ sorted_texts(quoted("tag")) }} as tags
    from {{ ref("account_tags") }}
    group by workspace_id, account_email
),

campaigns as (
    select
        workspace_id,
        account_email,
        count(distinct campaign_id) as campaigns
    from {{ ref("stg_instantly__account_campaign_mappings") }}
    where valid_to_at is null
    group by workspace_id, account_email
)

select
    accounts.workspace_id,
    accounts.account_email,
    accounts.first_name,
    accounts.last_name,
    accounts.status,
    accounts.status_name,
    accounts.error_message,
    accounts.warmup_status,
    accounts.warmup_status_name,
    accounts.warmup_score,
    accounts.provider_code,
    accounts.provider_name,
    accounts.daily_limit,
    accounts.is_managed,
    accounts.owner_user_id,
    tags.tags,
    coalesce(campaigns.campaigns, 0) as campaigns,
    accounts.warmup_started_at,
    accounts.created_at,
    accounts.updated_at,
    accounts.first_seen_at,
    accounts.deleted_at,
    accounts.is_deleted
from {{ ref("int_accounts") }} as accounts
left join tags
    on
        accounts.workspace_id = tags.workspace_id
        and accounts.account_email = tags.account_email
left join campaigns
    on
        accounts.workspace_id = campaigns.workspace_id
        and accounts.account_email = campaigns.account_email
