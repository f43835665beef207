with stretched as (
    {{ stretches(
        ref("stg_instantly__campaign_variants"),
        ["workspace_id", "campaign_id", "step", "variant"],
        "copy_hash",
    ) }}
)

select
    workspace_id,
    campaign_id,
    step,
    variant,
    cast(stretch as {{ dbt.type_bigint() }}) as copy_version,
    copy_hash,
    subject,
    body,
    is_disabled,
    step_type,
    delay,
    delay_unit,
    pre_delay,
    pre_delay_unit,
    starts_at as valid_from_at,
    valid_to_at,
    valid_to_at is null as is_current,
    days_from,
    days_before,
    row_number() over (
        partition by workspace_id, campaign_id, step, variant order by stretch desc
    ) = 1 as is_last,
    count(*) over (partition by workspace_id, campaign_id, step, variant) as copy_versions
from stretched
