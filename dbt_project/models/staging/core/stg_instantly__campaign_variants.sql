select
    workspace_id,
    campaign_id,
    cast(step as {{ dbt.type_bigint() }}) as step,
    cast(variant as {{ dbt.type_bigint() }}) as variant,
    subject,
    body,
    copy_hash,
    coalesce(v_disabled, false) as is_disabled,
    {{ quoted("type") }} as step_type,
    cast(delay as {{ type_double() }}) as delay,
    delay_unit,
    cast(pre_delay as {{ type_double() }}) as pre_delay,
    pre_delay_unit,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "campaign_variants") }}
