select
    workspace_id,
    id as webhook_id,
    name as webhook_name,
    campaign as campaign_id,
    target_hook_url as target_url,
    event_type,
    cast(custom_interest_value as {{ dbt.type_bigint() }}) as interest_status,
    cast(status as {{ dbt.type_bigint() }}) as status,
    {{ code_name("webhook_status", "status") }} as status_name,
    {{ utc_timestamp("timestamp_error") }} as disabled_at,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "webhooks") }}
