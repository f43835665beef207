with days as (
    select *
    from {{ ref("fct_account_engagement_daily") }}
),

summed as (
    select
        accounts.workspace_id,
        accounts.account_email,
        accounts.status_name,
        accounts.warmup_status_name,
        accounts.provider_name,
        accounts.is_deleted,
        min(case when days.sent > 0 then days.date end) as first_sent_on,
        max(case when days.sent > 0 then days.date end) as last_sent_on,
        count(case when days.sent > 0 then days.date end) as days_sending,
        {{ known_sums(account_counts(), "days.date", "days") }}
    from {{ ref("int_accounts") }} as accounts
    left join days
        on
            accounts.workspace_id = days.workspace_id
            and accounts.account_email = days.account_email
    group by
        accounts.workspace_id,
        accounts.account_email,
        accounts.status_name,
        accounts.warmup_status_name,
        accounts.provider_name,
        accounts.is_deleted
)

select
    workspace_id,
    account_email,
    status_name,
    warmup_status_name,
    provider_name,
    is_deleted,
    first_sent_on,
    last_sent_on,
    days_sending,
    {{ account_counts() | join(",\n    ") }},
    {{ rates_with_intervals(account_rates()) }}
from summed
