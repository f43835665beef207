select
    workspace_id,
    id as subsequence_id,
    parent_campaign as campaign_id,
    name as subsequence_name,
    cast(status as {{ dbt.type_bigint() }}) as status,
    {{ code_name("campaign_status", "status") }} as status_name,
    {{ json_text("auto_variant_select", "trigger") }} as auto_variant_trigger,
    {{ json_whole("conditions") }} as entry_conditions,
    {{ json_whole("subsequence_schedule") }} as schedule,
    daily_limit_mode,
    cast(daily_limit as {{ type_double() }}) as daily_limit,
    ignore_account_daily_limit as is_account_limit_ignored,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("timestamp_leads_updated") }} as leads_updated_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "subsequences") }}
