with listed as (
    {{ last_version(ref("stg_instantly__accounts"), ["workspace_id", "account_email"]) }}
),

known as (
    select
        workspace_id,
        account_email
    from listed
    union distinct
    select
        workspace_id,
        account_email
    from {{ ref("stg_instantly__account_analytics_daily") }}
),

first_versions as (
    select
        workspace_id,
        account_email,
        min(valid_from_at) as first_seen_at
    from {{ ref("stg_instantly__accounts") }}
    group by workspace_id, account_email
)

select
    known.workspace_id,
    known.account_email,
    listed.first_name,
    listed.last_name,
    listed.status,
    listed.status_name,
    listed.error_message,
    listed.warmup_status,
    listed.warmup_status_name,
    listed.warmup_score,
    listed.provider_code,
    listed.provider_name,
    listed.daily_limit,
    listed.is_managed,
    listed.added_by_user_id as owner_user_id,
    listed.warmup_started_at,
    listed.created_at,
    listed.updated_at,
    first_versions.first_seen_at,
    listed.valid_to_at as deleted_at,
    listed.account_email is null or listed.valid_to_at is not null as is_deleted
from known
left join listed
    on
        known.workspace_id = listed.workspace_id
        and known.account_email = listed.account_email
left join first_versions
    on
        known.workspace_id = first_versions.workspace_id
        and known.account_email = first_versions.account_email
