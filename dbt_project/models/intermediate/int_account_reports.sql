{#-
  Days of mailboxes are held against days of campaigns where both are known: mailboxes are asked for
  fewer days. They count the mails of subsequences and of campaigns deleted since (quirk C32).
-#}
{%- set today = "date = (select today from last_run)" -%}
with last_run as (
    select cast(max(observed_at) as date) as today
    from {{ ref("stg_instantly__sync_runs") }}
),

account_days as (
    select *
    from {{ ref("int_account_day_observations") }}
    where is_standing
),

account_span as (
    select
        workspace_id,
        min(date) as first_day,
        max(date) as last_day
    from account_days
    group by workspace_id
),

campaign_days as (
    select campaigns.*
    from {{ ref("int_campaign_day_observations") }} as campaigns
    inner join account_span
        on
            campaigns.workspace_id = account_span.workspace_id
            and campaigns.date >= account_span.first_day
            and campaigns.date <= account_span.last_day
    where campaigns.is_standing
),

accounts_counted as (
    {{ workspace_report("account_days", additive_counts(), today) }}
),

campaigns_counted as (
    {{ workspace_report("campaign_days", additive_counts(), today) }}
),

subsequences_counted as (
    {{ workspace_report(ref("int_subsequence_lifetime"), additive_counts()) }}
),

deleted as (
    select
        workspace_id,
        max(campaigns) as campaigns,
        max(accounts) as accounts
    from (
        {{ deleted_of(ref("int_campaigns"), campaigns=1, accounts=0) }}
        union all
        {{ deleted_of(ref("int_accounts"), campaigns=0, accounts=1) }}
    ) as gone
    group by workspace_id
)

select
    accounts_counted.workspace_id,
    accounts_counted.metric,
    accounts_counted.counted as account_value,
    campaigns_counted.counted as campaign_value,
    coalesce(subsequences_counted.counted, 0) as subsequence_value,
    greatest(accounts_counted.today, coalesce(campaigns_counted.today, 0)) as today,
    coalesce(deleted.campaigns, 0) = 1 as has_deleted_campaigns,
    coalesce(deleted.accounts, 0) = 1 as has_deleted_accounts
from accounts_counted
left join campaigns_counted
    on
        accounts_counted.workspace_id = campaigns_counted.workspace_id
        and accounts_counted.metric = campaigns_counted.metric
left join subsequences_counted
    on
        accounts_counted.workspace_id = subsequences_counted.workspace_id
        and accounts_counted.metric = subsequences_counted.metric
left join deleted
    on accounts_counted.workspace_id = deleted.workspace_id
