with checks as (
    {{ reconciliation_checks() }}
),

compared as (
    select
        campaigns.workspace_id,
        campaigns.campaign_id,
        checks.check_name,
        checks.metric,
        finer.counted as finer_value,
        coarser.counted as coarser_value,
        coalesce(finer.counted, 0) - coalesce(coarser.counted, 0) as residual,
        coalesce(finer.unattributed, 0) - coalesce(coarser.unattributed, 0) as unattributed,
        coalesce(finer.refused, 0) - coalesce(coarser.refused, 0) as refused,
        greatest(coalesce(finer.today, 0), coalesce(coarser.today, 0)) as today,
        0 as subsequences,
        campaigns.is_deleted,
        false as has_deleted_accounts
    from {{ ref("int_campaigns") }} as campaigns
    cross join checks
    left join {{ ref("int_report_counts") }} as finer
        on
            campaigns.workspace_id = finer.workspace_id
            and campaigns.campaign_id = finer.campaign_id
            and checks.finer = finer.report
            and checks.metric = finer.metric
    left join {{ ref("int_report_counts") }} as coarser
        on
            campaigns.workspace_id = coarser.workspace_id
            and campaigns.campaign_id = coarser.campaign_id
            and checks.coarser = coarser.report
            and checks.metric = coarser.metric
    where finer.counted is not null or coarser.counted is not null
    union all
    select
        workspaces.workspace_id,
        cast(null as {{ type_text() }}) as campaign_id,
        'campaigns against workspace' as check_name,
        'sent' as metric,
        sum(campaigns.sent) as finer_value,
        workspaces.sent as coarser_value,
        coalesce(sum(campaigns.sent), 0) - coalesce(workspaces.sent, 0) as residual,
        0 as unattributed,
        0 as refused,
        0 as today,
        0 as subsequences,
        workspaces.is_deleted,
        false as has_deleted_accounts
    from {{ ref("workspace_performance") }} as workspaces
    left join {{ ref("campaign_performance") }} as campaigns
        on workspaces.workspace_id = campaigns.workspace_id
    group by workspaces.workspace_id, workspaces.sent, workspaces.is_deleted
    union all
    select
        workspace_id,
        cast(null as {{ type_text() }}) as campaign_id,
        'account days against campaign days' as check_name,
        metric,
        account_value as finer_value,
        campaign_value as coarser_value,
        coalesce(account_value, 0) - coalesce(campaign_value, 0) as residual,
        0 as unattributed,
        0 as refused,
        today,
        subsequence_value as subsequences,
        has_deleted_campaigns and account_value > campaign_value as is_deleted,
        has_deleted_accounts
    from {{ ref("int_account_reports") }}
)

select
    workspace_id,
    campaign_id,
    check_name,
    metric,
    {{ as_bigint("finer_value") }} as finer_value,
    {{ as_bigint("coarser_value") }} as coarser_value,
    {{ as_bigint("residual") }} as residual,
    case
        when residual = 0 then 'equal'
        when {{ residual_reason() }} is not null then 'explained'
        else 'differs'
    end as status,
    {{ residual_reason() }} as reason
from compared
